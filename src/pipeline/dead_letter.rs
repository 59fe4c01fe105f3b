//! Dead letters: the original key, value and headers byte for byte, and headers that say what, where and why.

use std::sync::Arc;

use rdkafka::message::{Header, OwnedHeaders};

use crate::kafka::{IncomingRecord, OutgoingRecord};

use super::outcome::Failure;

/// The dead letter for a record. `attempts` counts how often it was tried.
pub(super) fn dead_letter(
    topic: &Arc<str>,
    record: &IncomingRecord,
    failure: &Failure,
    attempts: u32,
) -> OutgoingRecord {
    let source = &record.source;
    let headers = [
        ("tonewire.dlq.topic", source.partition.topic.to_string()),
        ("tonewire.dlq.partition", source.partition.partition.to_string()),
        ("tonewire.dlq.offset", source.offset.to_string()),
        ("tonewire.dlq.timestamp", record.timestamp_ms.map(|millis| millis.to_string()).unwrap_or_default()),
        ("tonewire.dlq.stage", failure.stage.to_owned()),
        ("tonewire.dlq.error_code", failure.code.to_owned()),
        ("tonewire.dlq.error", failure.message.clone()),
        ("tonewire.dlq.attempts", attempts.to_string()),
        ("tonewire.dlq.version", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    let original = record.headers.clone().unwrap_or_default();
    OutgoingRecord {
        topic: Arc::clone(topic),
        key: record.key.clone(),
        value: record.value.clone(),
        headers: headers.iter().fold(original, |all, (key, value)| insert(all, key, value)),
        timestamp_ms: record.carried_timestamp_ms(),
    }
}

/// A dead letter whose value even the dead-letter topic refuses: it goes without the value and says so.
/// The original still stands in the input topic under the coordinates given.
pub(super) fn without_value(letter: &OutgoingRecord) -> OutgoingRecord {
    let length = letter.value.as_ref().map_or(0, Vec::len);
    OutgoingRecord {
        topic: Arc::clone(&letter.topic),
        key: letter.key.clone(),
        value: Some(Vec::new()),
        headers: insert(letter.headers.clone(), "tonewire.dlq.value_left_out_bytes", &length.to_string()),
        timestamp_ms: letter.timestamp_ms,
    }
}

/// Adds a header with a text value.
pub(super) fn insert(headers: OwnedHeaders, key: &str, value: &str) -> OwnedHeaders {
    headers.insert(Header { key, value: Some(value) })
}
