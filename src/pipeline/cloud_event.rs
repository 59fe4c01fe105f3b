//! CloudEvents 1.0 around enriched records, for consumers that route by events. The binding to Kafka is
//! <https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/kafka-protocol-binding.md>.

use rdkafka::message::OwnedHeaders;
use serde::Serialize;

use super::dead_letter::insert;
use crate::article::Article;
use crate::kafka::IncomingRecord;
use crate::record::EnrichedRecord;

/// Media type of an event in structured mode.
pub(super) const STRUCTURED: &str = "application/cloudevents+json";

/// The attributes of an event. `id` and `source` together are unique, and the same when a record is read again.
#[derive(Debug, Serialize)]
pub(super) struct CloudEvent<'a> {
    specversion: &'static str,
    id: String,
    source: String,
    #[serde(rename = "type")]
    kind: &'static str,
    subject: &'a str,
    time: String,
    datacontenttype: &'static str,
    data: &'a EnrichedRecord,
}

impl<'a> CloudEvent<'a> {
    pub(super) fn of(
        record: &IncomingRecord,
        article: &Article,
        data: &'a EnrichedRecord,
        topic: &str,
    ) -> Self {
        let source = &record.source;
        let place = format!("{}/{}/{}", source.partition.topic, source.partition.partition, source.offset);
        Self {
            specversion: "1.0",
            id: article.position.map_or_else(|| place.clone(), |position| format!("{place}/{position}")),
            source: format!("urn:tonewire:{topic}"),
            kind: "tonewire.enriched.v1",
            subject: &data.article.id,
            time: data.processing.processed_at.to_string(),
            datacontenttype: "application/json",
            data,
        }
    }

    /// Binary mode: the attributes as headers, the value as it is.
    pub(super) fn add_to(&self, headers: OwnedHeaders) -> OwnedHeaders {
        [
            ("ce_specversion", self.specversion),
            ("ce_id", &self.id),
            ("ce_source", &self.source),
            ("ce_type", self.kind),
            ("ce_subject", self.subject),
            ("ce_time", &self.time),
        ]
        .into_iter()
        .fold(headers, |all, (name, value)| insert(all, name, value))
    }
}
