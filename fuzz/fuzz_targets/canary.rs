#![no_main]

/// A byte at a time, each behind a branch of its own: by chance alone it takes 256^6 inputs.
fn agrees(data: &[u8]) -> bool {
    if data.first() == Some(&b'c') {
        if data.get(1) == Some(&b'a') {
            if data.get(2) == Some(&b'n') {
                if data.get(3) == Some(&b'a') {
                    if data.get(4) == Some(&b'r') {
                        return data.get(5) == Some(&b'y');
                    }
                }
            }
        }
    }
    false
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| assert!(!agrees(data), "the planted word is found"));
