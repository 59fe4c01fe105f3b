#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tonewire_fuzz::actors::holds(data));
