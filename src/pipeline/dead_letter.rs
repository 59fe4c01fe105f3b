//! Dead letters: the original key, value and headers byte for byte, and headers that say what, where and why.

use std::sync::Arc;

use rdkafka::message::{Header, OwnedHeaders};

use crate::config::HeaderNames;
use crate::kafka::{IncomingRecord, OutgoingRecord};

use super::outcome::Failure;

/// The dead letter for a record. `attempts` counts how often it was tried.
pub(super) fn dead_letter(
    topic: &Arc<str>,
    record: &IncomingRecord,
    failure: &Failure,
    attempts: u32,
    names: HeaderNames,
) -> OutgoingRecord {
    let mut headers = record.headers.clone().unwrap_or_default();
    if names != HeaderNames::Connect {
        headers = with_own_headers(headers, record, failure, attempts);
    }
    if names != HeaderNames::Tonewire {
        headers = with_connect_headers(headers, record, failure);
    }
    OutgoingRecord {
        topic: Arc::clone(topic),
        key: record.key.clone(),
        value: record.value.clone(),
        headers,
        timestamp_ms: record.carried_timestamp_ms(),
    }
}

/// Under the names of Kafka Connect (KIP-298), all values text as there.
fn with_connect_headers(headers: OwnedHeaders, record: &IncomingRecord, failure: &Failure) -> OwnedHeaders {
    let source = &record.source;
    let stage = match failure.stage {
        "decode" => "VALUE_CONVERTER",
        "produce" => "KAFKA_PRODUCE",
        _ => "TRANSFORMATION",
    };
    [
        ("topic", source.partition.topic.to_string()),
        ("partition", source.partition.partition.to_string()),
        ("offset", source.offset.to_string()),
        ("connector.name", "tonewire".to_owned()),
        // Connect's tasks are numbered within a connector; an instance is its only one.
        ("task.id", "0".to_owned()),
        ("stage", stage.to_owned()),
        ("class.name", format!("tonewire.{}", failure.stage)),
        ("exception.class.name", failure.code.to_owned()),
        ("exception.message", failure.message.clone()),
    ]
    .iter()
    .fold(headers, |all, (name, value)| insert(all, &format!("__connect.errors.{name}"), value))
}

fn with_own_headers(
    headers: OwnedHeaders,
    record: &IncomingRecord,
    failure: &Failure,
    attempts: u32,
) -> OwnedHeaders {
    let source = &record.source;
    [
        ("tonewire.dlq.topic", source.partition.topic.to_string()),
        ("tonewire.dlq.partition", source.partition.partition.to_string()),
        ("tonewire.dlq.offset", source.offset.to_string()),
        ("tonewire.dlq.timestamp", record.timestamp_ms.map(|millis| millis.to_string()).unwrap_or_default()),
        ("tonewire.dlq.stage", failure.stage.to_owned()),
        ("tonewire.dlq.error_code", failure.code.to_owned()),
        ("tonewire.dlq.error", failure.message.clone()),
        ("tonewire.dlq.attempts", attempts.to_string()),
        ("tonewire.dlq.version", env!("CARGO_PKG_VERSION").to_owned()),
    ]
    .iter()
    .fold(headers, |all, (key, value)| insert(all, key, value))
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
