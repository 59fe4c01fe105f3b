//! A plain consumer without a group, from the beginning of all partitions of a topic.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::{Offset, TopicPartitionList};
use serde_json::Value;

use super::broker::KafkaBroker;
use super::wait::{PATIENCE, eventually};

/// Longest time for one answer; the question is asked again.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// Which records a reader sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Those of committed transactions, and those outside of any.
    ReadCommitted,
    /// Those of open and of aborted transactions too.
    ReadUncommitted,
}

/// A record as it stands in a topic.
#[derive(Clone, Debug)]
pub struct Record {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    pub timestamp_ms: Option<i64>,
}

impl Record {
    fn detach(message: &BorrowedMessage<'_>) -> Self {
        let headers = message.headers().map(|headers| {
            headers.iter().map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec))).collect()
        });
        Self {
            partition: message.partition(),
            offset: message.offset(),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            headers: headers.unwrap_or_default(),
            timestamp_ms: message.timestamp().to_millis(),
        }
    }

    /// The value as JSON.
    pub fn json(&self) -> Value {
        let value = self.value.as_deref().expect("the record has a value");
        serde_json::from_slice(value)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(value)))
    }

    /// The id of the article in an enriched record.
    pub fn article_id(&self) -> String {
        let json = self.json();
        json.pointer("/article/id")
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no /article/id: {json}"))
            .to_owned()
    }

    /// The only header of that name, as text.
    pub fn header(&self, name: &str) -> String {
        let found: Vec<_> = self.headers.iter().filter(|(key, _)| key == name).collect();
        assert_eq!(found.len(), 1, "one header {name} in {:?}", self.headers);
        let value = found[0].1.as_deref().unwrap_or_else(|| panic!("header {name} is null"));
        String::from_utf8(value.to_vec()).unwrap_or_else(|error| panic!("header {name}: {error}"))
    }

    /// Partition and offset of the input record, from the header `tonewire-source`; `topic` is that of the input.
    pub fn source(&self, topic: &str) -> (i32, i64) {
        let source = self.header("tonewire-source");
        let parts: Vec<&str> = source.split('/').collect();
        assert_eq!((parts.len(), parts[0]), (3, topic), "tonewire-source: {source}");
        (parts[1].parse().expect("a partition"), parts[2].parse().expect("an offset"))
    }
}

/// Reads a topic as far as told, and goes on from there.
pub struct Reader {
    consumer: BaseConsumer,
    topic: String,
    /// Everything read so far.
    pub records: Vec<Record>,
    partitions: usize,
}

impl Reader {
    pub fn new(broker: &KafkaBroker, topic: &str, isolation: Isolation) -> Self {
        let level = match isolation {
            Isolation::ReadCommitted => "read_committed",
            Isolation::ReadUncommitted => "read_uncommitted",
        };
        let consumer: BaseConsumer = broker
            .client()
            // librdkafka wants a group name even for a consumer that joins no group.
            .set("group.id", "tonewire-test-reader")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("isolation.level", level)
            .set("fetch.wait.max.ms", "50")
            .create()
            .expect("a consumer can be made");
        let partitions = eventually(&format!("topic {topic} is there"), || {
            let metadata = consumer.fetch_metadata(Some(topic), ANSWER_LIMIT).ok()?;
            let partitions = metadata.topics().first()?.partitions().len();
            (partitions > 0).then_some(partitions)
        });
        let mut start = TopicPartitionList::new();
        for partition in 0..partitions {
            let partition = i32::try_from(partition).expect("few partitions");
            start.add_partition_offset(topic, partition, Offset::Beginning).expect("a valid offset");
        }
        consumer.assign(&start).expect("partitions can be assigned");
        Self { consumer, topic: topic.to_owned(), records: Vec::new(), partitions }
    }

    /// Everything that can be read now.
    pub fn all(broker: &KafkaBroker, topic: &str, isolation: Isolation) -> Vec<Record> {
        let mut reader = Self::new(broker, topic, isolation);
        let mut at_end = BTreeSet::new();
        let deadline = Instant::now() + PATIENCE;
        while at_end.len() < reader.partitions {
            assert!(Instant::now() < deadline, "the end of {topic} was not reached");
            if let Some(partition) = reader.poll() {
                at_end.insert(partition);
            }
        }
        reader.records
    }

    /// Reads on until `enough` is true of what has been read since the beginning.
    ///
    /// # Panics
    ///
    /// When that takes longer than [`PATIENCE`].
    pub fn read_until(&mut self, what: &str, enough: impl FnMut(&[Record]) -> bool) {
        self.read_until_within(PATIENCE, what, enough);
    }

    /// Like [`read_until`](Self::read_until), with another limit.
    pub fn read_until_within(
        &mut self,
        limit: Duration,
        what: &str,
        mut enough: impl FnMut(&[Record]) -> bool,
    ) {
        let deadline = Instant::now() + limit;
        let mut judged = usize::MAX;
        loop {
            if self.records.len() != judged {
                judged = self.records.len();
                if enough(&self.records) {
                    return;
                }
            }
            assert!(Instant::now() < deadline, "{what}: only {judged} records in {}", self.topic);
            self.poll();
        }
    }

    /// Reads on until there are `count` different articles.
    pub fn read_articles(&mut self, count: usize) {
        let mut seen = BTreeSet::new();
        let mut judged = 0;
        self.read_until(&format!("{count} different articles"), |records| {
            seen.extend(records[judged..].iter().map(Record::article_id));
            judged = records.len();
            seen.len() >= count
        });
    }

    /// Takes one event; gives the partition whose end was reached.
    fn poll(&mut self) -> Option<i32> {
        match self.consumer.poll(Duration::from_millis(50))? {
            Ok(message) => {
                self.records.push(Record::detach(&message));
                None
            }
            Err(KafkaError::PartitionEOF(partition)) => Some(partition),
            // A broker that is away, or no longer the leader: the client looks for the new one by itself.
            Err(KafkaError::MessageConsumption(
                RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::AllBrokersDown
                | RDKafkaErrorCode::OperationTimedOut
                | RDKafkaErrorCode::RequestTimedOut
                | RDKafkaErrorCode::NotLeaderForPartition
                | RDKafkaErrorCode::LeaderNotAvailable,
            )) => None,
            Err(error) => panic!("reading {}: {error}", self.topic),
        }
    }
}

/// How often each article comes, by id.
pub fn occurrences(records: &[Record]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for record in records {
        *counts.entry(record.article_id()).or_default() += 1;
    }
    counts
}

/// # Panics
///
/// Unless every expected article is there, and no other.
pub fn assert_none_lost(records: &[Record], expected: &[String]) {
    let counts = occurrences(records);
    let lost: Vec<_> = expected.iter().filter(|id| !counts.contains_key(*id)).collect();
    assert!(lost.is_empty(), "{} of {} articles lost: {lost:?}", lost.len(), expected.len());
    assert_eq!(counts.len(), expected.len(), "articles that were never sent");
}

/// # Panics
///
/// Unless every expected article is there exactly once, and no other.
pub fn assert_each_once(records: &[Record], expected: &[String]) {
    assert_none_lost(records, expected);
    let repeated: Vec<_> = occurrences(records).into_iter().filter(|(_, count)| *count > 1).collect();
    assert!(repeated.is_empty(), "{} articles repeated: {repeated:?}", repeated.len());
}
