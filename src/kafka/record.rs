//! Records detached from the client's buffers, so that librdkafka can free those at once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Headers, Message, OwnedHeaders};

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionId {
    pub topic: Arc<str>,
    pub partition: i32,
}

/// Where an input record stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SourceOffset {
    pub partition: PartitionId,
    /// The record's own offset; what is committed after it is one more.
    pub offset: i64,
}

/// A record as consumed.
#[derive(Debug)]
pub struct IncomingRecord {
    pub source: SourceOffset,
    /// Milliseconds since 1970, where the broker has one.
    pub timestamp_ms: Option<i64>,
    pub key: Option<Vec<u8>>,
    /// `None` for a tombstone.
    pub value: Option<Vec<u8>>,
    /// Kept in the client's own form: names and values need not be UTF-8, may repeat and may be null.
    pub headers: Option<OwnedHeaders>,
    pub content_type: Option<String>,
}

impl IncomingRecord {
    /// Copies a message out of the client's buffers.
    #[must_use]
    pub fn detach(message: &BorrowedMessage<'_>, topic: Arc<str>) -> Self {
        let headers = message.headers();
        Self {
            source: SourceOffset {
                partition: PartitionId { topic, partition: message.partition() },
                offset: message.offset(),
            },
            timestamp_ms: message.timestamp().to_millis().filter(|&millis| millis >= 0),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            content_type: headers.and_then(|headers| last_text(headers, "content-type")),
            headers: headers.map(BorrowedHeaders::detach),
        }
    }

    /// The timestamp for what is written about this record: its own, but none in the future. Brokers refuse a record
    /// more than an hour ahead of their clock (`message.timestamp.after.max.ms`), and with it the whole batch;
    /// nanoseconds in a field of milliseconds are far ahead. `None`: the time of sending.
    #[must_use]
    pub fn carried_timestamp_ms(&self) -> Option<i64> {
        let now_ms = jiff::Timestamp::now().as_millisecond();
        self.timestamp_ms.filter(|&millis| millis <= now_ms)
    }

    /// The last header of that name as text.
    #[must_use]
    pub fn header_text(&self, name: &str) -> Option<String> {
        last_text(self.headers.as_ref()?, name)
    }

    /// Bytes of key and value.
    #[must_use]
    pub fn size(&self) -> usize {
        self.key.as_ref().map_or(0, Vec::len) + self.value.as_ref().map_or(0, Vec::len)
    }
}

/// The last header of that name, as in HTTP without regard to case.
///
/// rust-rdkafka panics on a header whose *name* is not UTF-8 (names are strings in the protocol, but
/// nothing checks them). Such a record has no readable headers, and they are still carried over.
fn last_text(headers: &impl Headers, name: &str) -> Option<String> {
    catch_unwind(AssertUnwindSafe(|| {
        let found = headers.iter().filter(|header| header.key.eq_ignore_ascii_case(name)).last();
        found.and_then(|header| header.value).map(|value| String::from_utf8_lossy(value).into_owned())
    }))
    .unwrap_or_default()
}

/// A record to be produced.
#[derive(Debug)]
pub struct OutgoingRecord {
    pub topic: Arc<str>,
    pub key: Option<Vec<u8>>,
    /// `None` for a tombstone.
    pub value: Option<Vec<u8>>,
    pub headers: OwnedHeaders,
    /// Milliseconds since 1970; `None`: the time of sending.
    pub timestamp_ms: Option<i64>,
}

impl OutgoingRecord {
    /// Bytes of key and value.
    #[must_use]
    pub fn size(&self) -> usize {
        self.key.as_ref().map_or(0, Vec::len) + self.value.as_ref().map_or(0, Vec::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_in_the_future_is_not_carried_over_and_any_other_is() {
        let now_ms = jiff::Timestamp::now().as_millisecond();
        let carried = |timestamp_ms| {
            let source =
                SourceOffset { partition: PartitionId { topic: Arc::from("t"), partition: 0 }, offset: 0 };
            let record = IncomingRecord {
                source,
                timestamp_ms,
                key: None,
                value: None,
                headers: None,
                content_type: None,
            };
            record.carried_timestamp_ms()
        };
        for kept in [Some(1), Some(now_ms - 1), Some(0), None] {
            assert_eq!(carried(kept), kept);
        }
        for future in [now_ms + 3_600_000, now_ms * 1_000_000, i64::MAX] {
            assert_eq!(carried(Some(future)), None);
        }
    }
}
