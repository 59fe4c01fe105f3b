//! The form of a dead letter, for its schema: the original record, with headers that say what went wrong.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A record of the dead-letter topic. Key and value are the original bytes, unchanged; JSON tools see
/// them in base64.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetterRecord {
    /// The key of the original record, byte for byte; null where it had none.
    #[schemars(extend("contentEncoding" = "base64"))]
    pub key: Option<String>,
    /// The value of the original record, byte for byte.
    #[schemars(extend("contentEncoding" = "base64"))]
    pub value: Option<String>,
    /// The headers of the original record, in their order and byte for byte; those below follow them.
    pub original_headers: Vec<OriginalHeader>,
    pub headers: DeadLetterHeaders,
}

/// A header of the original record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OriginalHeader {
    pub name: String,
    #[schemars(extend("contentEncoding" = "base64"))]
    pub value: Option<String>,
}

/// Headers that are added to a dead letter. All are UTF-8 text, numbers in decimal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetterHeaders {
    /// Topic of the original record.
    #[serde(rename = "tonewire.dlq.topic")]
    pub topic: String,
    /// Partition of the original record.
    #[serde(rename = "tonewire.dlq.partition")]
    pub partition: String,
    /// Offset of the original record.
    #[serde(rename = "tonewire.dlq.offset")]
    pub offset: String,
    /// Timestamp of the original record, milliseconds since 1970.
    #[serde(rename = "tonewire.dlq.timestamp")]
    pub timestamp: String,
    /// The step that failed, such as `decode`.
    #[serde(rename = "tonewire.dlq.stage")]
    pub stage: String,
    /// Stable name of the error, such as `invalid_json`.
    #[serde(rename = "tonewire.dlq.error_code")]
    pub error_code: String,
    /// The error in words.
    #[serde(rename = "tonewire.dlq.error")]
    pub error: String,
    /// How often the record was tried.
    #[serde(rename = "tonewire.dlq.attempts")]
    pub attempts: String,
    /// Version of the program.
    #[serde(rename = "tonewire.dlq.version")]
    pub version: String,
}
