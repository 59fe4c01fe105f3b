//! A topic from its beginning to where it ends now, without joining a group: for commands that look into topics.

use std::collections::BTreeMap;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::{Offset, TopicPartitionList};

use crate::config::KafkaConfig;

use super::client_log;
use super::properties::{consumer_config, without_values};
use super::token::Tokens;

/// Longest time for an answer, and for the next record.
const ANSWER_TIME: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);

/// Why a topic cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TopicReadError {
    #[error("the kafka client refuses its configuration: {0}")]
    Client(#[source] KafkaError),
    #[error(
        "{what} of the topic {topic:?} failed: {error}; `tonewire check --connect` shows what brokers refuse"
    )]
    Broker { what: &'static str, topic: String, error: KafkaError },
    #[error(
        "partition {partition} of the topic {topic:?} gave no record for {} s before its end; are its brokers up? (`tonewire check --connect`)",
        ANSWER_TIME.as_secs()
    )]
    Silent { topic: String, partition: i32 },
}

/// A record as it stands in a topic.
#[derive(Clone, Debug)]
pub struct TopicRecord {
    pub partition: i32,
    pub offset: i64,
    pub timestamp_ms: Option<i64>,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    /// `None`: a name is not UTF-8, which the client library cannot show.
    pub headers: Option<Vec<(String, Option<Vec<u8>>)>>,
}

impl TopicRecord {
    fn detach(message: &BorrowedMessage<'_>) -> Self {
        Self {
            partition: message.partition(),
            offset: message.offset(),
            timestamp_ms: message.timestamp().to_millis().filter(|&millis| millis >= 0),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            headers: headers(message),
        }
    }
}

/// rust-rdkafka panics on a name that is not UTF-8.
fn headers(message: &BorrowedMessage<'_>) -> Option<Vec<(String, Option<Vec<u8>>)>> {
    let Some(headers) = message.headers() else { return Some(Vec::new()) };
    catch_unwind(AssertUnwindSafe(|| {
        headers.iter().map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec))).collect()
    }))
    .ok()
}

struct Context {
    tokens: Tokens,
}

impl ClientContext for Context {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client_log::line("reader", level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        client_log::problem("reader", &error, reason);
    }

    fn generate_oauth_token(&self, _config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        Ok(self.tokens.token()?)
    }
}

impl ConsumerContext for Context {}

/// Offsets of a partition: from the first, up to but without the second.
type Range = (i64, i64);

/// Reads a topic within the ends that it had when this was made.
pub struct TopicReader {
    client: BaseConsumer<Context>,
    topic: String,
    ranges: BTreeMap<i32, Range>,
}

impl TopicReader {
    /// Asks for the ends of all partitions. Records of open transactions lie beyond them. `group` is only used by
    /// [`remembered`](Self::remembered) and [`remember`](Self::remember).
    ///
    /// # Errors
    /// [`TopicReadError`]
    pub fn open(
        kafka: &KafkaConfig,
        topic: &str,
        partitions: usize,
        group: &str,
    ) -> Result<Self, TopicReadError> {
        let mut config = consumer_config(kafka);
        config
            .set("group.id", group)
            .set("enable.partition.eof", "true")
            .set("isolation.level", "read_committed")
            .set("auto.offset.reset", "earliest")
            .set("statistics.interval.ms", "0");
        let context = Context { tokens: Tokens::from(kafka.oauth_token.as_ref()) };
        let client: BaseConsumer<Context> = config
            .create_with_context(context)
            .map_err(|error| TopicReadError::Client(without_values(error)))?;
        let mut reader = Self { client, topic: topic.to_owned(), ranges: BTreeMap::new() };
        // Asks for a token, where one is needed, before the first question.
        let _ = reader.client.poll(POLL);
        for partition in (0..).take(partitions) {
            let range = reader
                .client
                .fetch_watermarks(topic, partition, ANSWER_TIME)
                .map_err(|error| reader.failed("asking for the ends", error))?;
            reader.ranges.insert(partition, range);
        }
        Ok(reader)
    }

    /// The partitions, each with the offset of its first record and the one after its last, as of the start.
    #[must_use]
    pub fn ranges(&self) -> &BTreeMap<i32, (i64, i64)> {
        &self.ranges
    }

    /// Reads partition after partition, each in the order of its offsets, from its first record or from the offset in
    /// `starts`, until `take` gives false. `wanted`: only that partition.
    ///
    /// # Errors
    /// [`TopicReadError`], or what `take` gives.
    pub fn read<E: From<TopicReadError>>(
        &self,
        wanted: Option<i32>,
        starts: &BTreeMap<i32, i64>,
        mut take: impl FnMut(TopicRecord) -> Result<bool, E>,
    ) -> Result<(), E> {
        for (&partition, &(first, end)) in &self.ranges {
            let start = starts.get(&partition).map_or(first, |&start| start.max(first));
            if wanted.is_some_and(|wanted| wanted != partition) || start >= end {
                continue;
            }
            if !self.read_partition(partition, start, end, &mut take)? {
                break;
            }
        }
        let _ = self.client.unassign();
        Ok(())
    }

    fn read_partition<E: From<TopicReadError>>(
        &self,
        partition: i32,
        start: i64,
        end: i64,
        take: &mut impl FnMut(TopicRecord) -> Result<bool, E>,
    ) -> Result<bool, E> {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.topic, partition, Offset::Offset(start))
            .and_then(|()| self.client.assign(&list))
            .map_err(|error| self.failed("reading", error))?;
        let mut heard = Instant::now();
        loop {
            match self.client.poll(POLL) {
                Some(Ok(message)) => {
                    heard = Instant::now();
                    if message.partition() != partition || message.offset() < start {
                        continue;
                    }
                    if message.offset() >= end {
                        return Ok(true);
                    }
                    let last = message.offset() + 1 == end;
                    if !take(TopicRecord::detach(&message))? {
                        return Ok(false);
                    }
                    if last {
                        return Ok(true);
                    }
                }
                // What ends a topic may be the marker of a transaction, which is no record.
                Some(Err(KafkaError::PartitionEOF(ended))) if ended == partition => return Ok(true),
                // The client connects again by itself; the limit below ends it.
                Some(Err(_)) | None => {}
            }
            if heard.elapsed() > ANSWER_TIME {
                return Err(TopicReadError::Silent { topic: self.topic.clone(), partition }.into());
            }
        }
    }

    /// What the group has stored for each partition: an offset and a text.
    ///
    /// # Errors
    /// [`TopicReadError`]
    pub fn remembered(&self) -> Result<BTreeMap<i32, (i64, String)>, TopicReadError> {
        let mut wanted = TopicPartitionList::new();
        for &partition in self.ranges.keys() {
            wanted.add_partition(&self.topic, partition);
        }
        let found = self
            .client
            .committed_offsets(wanted, ANSWER_TIME)
            .map_err(|error| self.failed("reading the group's offsets", error))?;
        Ok(found
            .elements()
            .iter()
            .filter_map(|element| match element.offset() {
                Offset::Offset(offset) => {
                    Some((element.partition(), (offset, element.metadata().to_owned())))
                }
                _ => None,
            })
            .collect())
    }

    /// Stores an offset and a text for partitions in the group. No member of the group may be running.
    ///
    /// # Errors
    /// [`TopicReadError`]
    pub fn remember(&self, places: &[(i32, i64, String)]) -> Result<(), TopicReadError> {
        let failed = |error| self.failed("storing the group's offsets", error);
        let mut list = TopicPartitionList::new();
        for (partition, offset, text) in places {
            list.add_partition_offset(&self.topic, *partition, Offset::Offset(*offset)).map_err(failed)?;
            if let Some(mut element) = list.find_partition(&self.topic, *partition) {
                element.set_metadata(text);
            }
        }
        self.client.commit(&list, CommitMode::Sync).map_err(failed)
    }

    fn failed(&self, what: &'static str, error: KafkaError) -> TopicReadError {
        TopicReadError::Broker { what, topic: self.topic.clone(), error }
    }
}
