//! W3C trace context: the span of a record's processing within the trace of whoever sent it.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// Version, trace, span and flags: `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`.
const LENGTH: usize = 55;

/// The `traceparent` for what comes of a record: the trace and its flags are those of the sender, the span is ours. It
/// is made from the place of the record, so that a record that is read again has the same span. `None` where the
/// sender's is not valid: then the trace begins anew, as the recommendation says, and that is not for us to do.
pub(super) fn child(traceparent: &str, place: &str) -> Option<String> {
    let parent = traceparent.trim();
    let version = parent.get(..2)?;
    // Later versions may have more behind the flags; what is known of them is written as version 00.
    let is_known_length =
        parent.len() == LENGTH || (version != "00" && parent.as_bytes().get(LENGTH) == Some(&b'-'));
    let (trace, span, flags) = (parent.get(3..35)?, parent.get(36..52)?, parent.get(53..LENGTH)?);
    let dashes = [2, 35, 52].iter().all(|at| parent.as_bytes().get(*at) == Some(&b'-'));
    let is_valid = [version, trace, span, flags].into_iter().all(is_hexadecimal)
        && version != "ff"
        && !is_zero(trace)
        && !is_zero(span);
    (is_known_length && dashes && is_valid).then(|| format!("00-{trace}-{}-{flags}", span_of(trace, place)))
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_zero(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'0')
}

fn span_of(trace: &str, place: &str) -> String {
    let digest = Sha256::digest(format!("tonewire {trace} {place}"));
    digest.iter().take(8).fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn the_trace_is_kept_and_the_span_is_ours_and_the_same_again() {
        let child = child(PARENT, "raw/0/7").unwrap();
        assert_eq!((&child[..36], &child[52..]), (&PARENT[..36], &PARENT[52..]));
        assert_ne!(child[36..52], PARENT[36..52]);
        assert_eq!(Some(&child), super::child(PARENT, "raw/0/7").as_ref());
        assert_ne!(Some(&child), super::child(PARENT, "raw/0/8").as_ref());
    }

    #[test]
    fn what_is_no_trace_context_gives_none() {
        for text in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
            "éé-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(child(text, "raw/0/7"), None, "{text}");
        }
        let later = format!("01{}-more", &PARENT[2..]);
        assert!(child(&later, "raw/0/7").unwrap().starts_with("00-4bf92f35"));
    }
}
