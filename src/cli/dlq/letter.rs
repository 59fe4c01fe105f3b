//! A dead letter with the words to show it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::kafka::TopicRecord;
use crate::record::LetterHeaders;

/// A dead letter as it stands in its topic, and what its headers say.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) record: TopicRecord,
    pub(super) about: LetterHeaders,
}

impl From<TopicRecord> for Letter {
    fn from(record: TopicRecord) -> Self {
        let about = LetterHeaders::parse(record.headers.as_deref().unwrap_or_default());
        Self { record, about }
    }
}

impl Letter {
    pub(super) fn time(&self) -> String {
        self.record.timestamp_ms.map_or_else(|| "-".to_owned(), time)
    }

    /// The error code, `-` for a record that says none.
    pub(super) fn reason(&self) -> &str {
        or_dash(&self.about.reason)
    }

    pub(super) fn stage(&self) -> &str {
        or_dash(&self.about.stage)
    }

    /// Topic, partition and offset of the original.
    pub(super) fn source(&self) -> String {
        self.about.source.as_ref().map_or_else(
            || "-".to_owned(),
            |(topic, partition, offset)| format!("{topic}/{partition}/{offset}"),
        )
    }

    /// Length of the original value in bytes, whether it stands here or was left out.
    pub(super) fn size(&self) -> u64 {
        let here = self.record.value.as_ref().map_or(0, Vec::len);
        self.about.value_left_out.unwrap_or(here as u64)
    }

    /// Everything but the value, as one JSON object.
    pub(super) fn json(&self) -> Value {
        let about = &self.about;
        let source = about.source.as_ref().map(
            |(topic, partition, offset)| json!({ "topic": topic, "partition": partition, "offset": offset }),
        );
        json!({
            "partition": self.record.partition,
            "offset": self.record.offset,
            "time": self.record.timestamp_ms.map(time),
            "reason": about.reason,
            "stage": about.stage,
            "error": about.error,
            "attempts": about.attempts,
            "replays": about.replays,
            "source": source,
            "key": self.record.key.as_deref().map(printable),
            "key_hex": self.record.key.as_deref().map(hex),
            "size": self.size(),
            "value_left_out": about.value_left_out.is_some(),
        })
    }
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

pub(super) fn time(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis).map_or_else(|_| millis.to_string(), |time| time.to_string())
}

/// Bytes for a terminal: text with its control characters escaped, or hexadecimal.
pub(super) fn printable(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text
            .chars()
            .flat_map(|c| {
                if c.is_control() { c.escape_default().to_string() } else { c.to_string() }
                    .chars()
                    .collect::<Vec<_>>()
            })
            .collect(),
        Err(_) => format!("0x{}", hex(bytes)),
    }
}

/// As [`printable`], with words for null and empty.
pub(super) fn printable_or_null(bytes: Option<&[u8]>) -> String {
    match bytes {
        None => "(null)".to_owned(),
        Some([]) => "(empty)".to_owned(),
        Some(bytes) => printable(bytes),
    }
}

/// No more than `most` characters.
pub(super) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes as `hexdump -C` shows them: offset, sixteen bytes, their ASCII.
pub(super) fn hex_dump(bytes: &[u8]) -> String {
    let mut dump = String::new();
    for (row, bytes) in bytes.chunks(16).enumerate() {
        let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let ascii: String = bytes
            .iter()
            .map(|&byte| if (32..127).contains(&byte) { char::from(byte) } else { '.' })
            .collect();
        let _ = writeln!(dump, "{:08x}  {:<47}  |{ascii}|", row * 16, pairs.join(" "));
    }
    dump
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_key_can_move_the_cursor_of_a_terminal() {
        assert_eq!(printable(b"a\x1b[2Jb\n"), "a\\u{1b}[2Jb\\n");
        assert_eq!(printable("Zürich".as_bytes()), "Zürich");
        assert_eq!(printable(&[0xff, 0]), "0xff00");
        assert_eq!([printable_or_null(None), printable_or_null(Some(b""))], ["(null)", "(empty)"]);
    }

    #[test]
    fn a_dump_shows_offset_bytes_and_ascii() {
        let dump = hex_dump(b"caf\xe9 and some more text");
        assert_eq!(
            dump,
            "00000000  63 61 66 e9 20 61 6e 64 20 73 6f 6d 65 20 6d 6f  |caf. and some mo|\n\
             00000010  72 65 20 74 65 78 74                             |re text|\n"
        );
    }
}
