//! What comes out, read as any other client of the cluster would read it.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::record::EnrichedRecord;
use crate::record::text::render;

const ANSWER_TIME: Duration = Duration::from_secs(10);

/// Where a record stood in the raw topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) partition: i32,
    pub(super) offset: i64,
}

/// A record of an output topic.
#[derive(Debug)]
pub(super) struct Arrival {
    /// Of the record that it was made from.
    pub(super) place: Place,
    /// For people.
    pub(super) text: String,
}

pub(super) struct Reader {
    consumer: BaseConsumer,
}

impl Reader {
    /// Reads these topics from their beginnings, outside of any group.
    pub(super) fn new(brokers: &str, topics: &[&str]) -> KafkaResult<Self> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("client.id", "tonewire-demo-reader")
            // The client insists on a name even where no group is joined.
            .set("group.id", "tonewire-demo-reader")
            .set("enable.auto.commit", "false")
            .create()?;
        let mut partitions = TopicPartitionList::new();
        for topic in topics {
            let metadata = consumer.fetch_metadata(Some(topic), ANSWER_TIME)?;
            for partition in metadata.topics().iter().flat_map(rdkafka::metadata::MetadataTopic::partitions) {
                partitions.add_partition_offset(topic, partition.id(), Offset::Beginning)?;
            }
        }
        consumer.assign(&partitions)?;
        Ok(Self { consumer })
    }

    /// The next record, if one comes within the time.
    pub(super) fn next(&self, time: Duration) -> KafkaResult<Option<Arrival>> {
        match self.consumer.poll(time) {
            Some(message) => Ok(arrival(&message?)),
            None => Ok(None),
        }
    }
}

fn arrival(message: &BorrowedMessage<'_>) -> Option<Arrival> {
    let dead_letter_place = || {
        Some(Place {
            partition: header(message, "tonewire.dlq.partition")?.parse().ok()?,
            offset: header(message, "tonewire.dlq.offset")?.parse().ok()?,
        })
    };
    if let Some(place) = dead_letter_place() {
        let code = header(message, "tonewire.dlq.error_code").unwrap_or_default();
        let error = header(message, "tonewire.dlq.error").unwrap_or_default();
        return Some(Arrival { place, text: format!("  dead letter: {code}: {error}") });
    }
    let place = source_place(&header(message, "tonewire-source")?)?;
    let text = readable(message.payload().unwrap_or_default());
    Some(Arrival { place, text })
}

/// The record in readable lines, from the bytes that other clients get.
fn readable(value: &[u8]) -> String {
    match serde_json::from_slice::<EnrichedRecord>(value) {
        Ok(record) => render(&record),
        Err(error) => format!("  a record that is not of the documented form: {error}"),
    }
}

/// Reads `topic/partition/offset`.
fn source_place(source: &str) -> Option<Place> {
    let mut parts = source.rsplit('/');
    let offset = parts.next()?.parse().ok()?;
    let partition = parts.next()?.parse().ok()?;
    Some(Place { partition, offset })
}

fn header(message: &BorrowedMessage<'_>, name: &str) -> Option<String> {
    let value = message.headers()?.iter().filter(|header| header.key == name).last()?.value?;
    Some(String::from_utf8_lossy(value).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_header_names_partition_and_offset_last() {
        assert_eq!(source_place("articles.raw/2/17"), Some(Place { partition: 2, offset: 17 }));
        assert_eq!(source_place("articles.raw"), None);
        assert_eq!(source_place(""), None);
    }
}
