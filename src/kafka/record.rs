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
            content_type: headers.and_then(content_type),
            headers: headers.map(BorrowedHeaders::detach),
        }
    }

    /// Bytes of key and value.
    #[must_use]
    pub fn size(&self) -> usize {
        self.key.as_ref().map_or(0, Vec::len) + self.value.as_ref().map_or(0, Vec::len)
    }
}

/// The last `content-type` header, as in HTTP without regard to case.
///
/// rust-rdkafka panics on a header whose *name* is not UTF-8 (names are strings in the protocol, but
/// nothing checks them). Such a record has no readable content type, and its headers are still carried over.
fn content_type(headers: &impl Headers) -> Option<String> {
    catch_unwind(AssertUnwindSafe(|| {
        let found = headers.iter().filter(|header| header.key.eq_ignore_ascii_case("content-type")).last();
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
