//! Every commit that a group ever made, from the topic in which the brokers keep them.
//!
//! Asking the group for its offsets now and then would miss an offset that moves back for a moment. The topic
//! misses none. The layout is that of Kafka's `OffsetCommitKey` and `OffsetCommitValue` messages.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};

use crate::support::broker::KafkaBroker;
use crate::support::reader::{Isolation, Reader, Record};

const TOPIC: &str = "__consumer_offsets";
/// Longest time for a group to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// Version of `OffsetCommitKey`; 2 is that of group metadata.
const NEWEST_KEY_VERSION: i16 = 1;

/// Committed offsets per partition of a topic, in the order in which they were committed.
pub type History = BTreeMap<i32, Vec<i64>>;

/// The history of a group on a topic. Offsets of aborted transactions are not in it.
pub fn history(broker: &'static KafkaBroker, group: &str, topic: &str) -> History {
    let mut history = History::new();
    for record in Reader::all(broker, TOPIC, Isolation::ReadCommitted) {
        if let Some((partition, offset)) = commit(&record, group, topic) {
            history.entry(partition).or_default().push(offset);
        }
    }
    history
}

fn commit(record: &Record, group: &str, topic: &str) -> Option<(i32, i64)> {
    let mut key = Fields(record.key.as_deref()?);
    if key.int16()? > NEWEST_KEY_VERSION
        || key.string()? != group.as_bytes()
        || key.string()? != topic.as_bytes()
    {
        return None;
    }
    let partition = key.int32()?;
    // Without a value, the offset was deleted with its topic or group.
    let mut value = Fields(record.value.as_deref()?);
    let _version = value.int16()?;
    Some((partition, value.int64()?))
}

/// What the group answers now: the committed offset of each partition that has one. `None` without an answer.
pub fn committed(
    broker: &KafkaBroker,
    group: &str,
    topic: &str,
    partitions: i32,
) -> Option<BTreeMap<i32, i64>> {
    let client: BaseConsumer = broker.client().set("group.id", group).create().expect("a client can be made");
    let mut wanted = TopicPartitionList::new();
    for partition in 0..partitions {
        wanted.add_partition(topic, partition);
    }
    let answer = client.committed_offsets(wanted, ANSWER_LIMIT).ok()?;
    let known = answer.elements().into_iter().filter_map(|element| match element.offset() {
        Offset::Offset(offset) => Some((element.partition(), offset)),
        _ => None,
    });
    Some(known.collect())
}

/// Big-endian fields, one after the other.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk()?;
        self.0 = tail;
        Some(*head)
    }

    fn int16(&mut self) -> Option<i16> {
        self.bytes().map(i16::from_be_bytes)
    }

    fn int32(&mut self) -> Option<i32> {
        self.bytes().map(i32::from_be_bytes)
    }

    fn int64(&mut self) -> Option<i64> {
        self.bytes().map(i64::from_be_bytes)
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.int16()?).ok()?;
        let (head, tail) = self.0.split_at_checked(length)?;
        self.0 = tail;
        Some(head)
    }
}
