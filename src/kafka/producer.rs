//! Records on their way out, and what became of them.

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::producer::{
    BaseRecord, DeliveryResult, Producer, ProducerContext, PurgeConfig, ThreadedProducer,
};

use super::client_log;
use super::properties::without_values;
use super::record::{OutgoingRecord, SourceOffset};
use super::refusal::Refusal;
use super::statistics::ClientStatistics;
use super::token::Tokens;

/// Why a record was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The client's queue is full: back-pressure, not a failure.
    #[error("the producer's queue is full")]
    QueueFull,
    /// The client will never take this record, such as one above `message.max.bytes`.
    #[error("the record is refused: {0}")]
    Refused(#[source] KafkaError),
    /// The client as a whole cannot take records now.
    #[error("the producer cannot send: {0}")]
    Client(#[source] KafkaError),
}

/// A record that a broker did not accept.
#[derive(Debug)]
pub struct FailedDelivery {
    pub source: Arc<SourceOffset>,
    /// The topic it was sent to.
    pub topic: String,
    pub error: KafkaError,
}

impl FailedDelivery {
    /// What the broker has against the record, if it is the reason, so that sending it again as it is cannot
    /// help. `None`: the broker is the reason (an outage, a missing topic or right), or a neighbour in its batch.
    #[must_use]
    pub fn objection(&self) -> Option<Objection> {
        use RDKafkaErrorCode as Code;
        match self.error.rdkafka_error_code()? {
            // Judged by batch: every record of a request that is too large as a whole fails with these.
            Code::MessageSizeTooLarge | Code::MessageBatchTooLarge => Some(Objection::Size),
            Code::InvalidTimestamp => Some(Objection::Timestamp),
            Code::InvalidRecord | Code::InvalidMessage | Code::PolicyViolation => Some(Objection::Content),
            _ => None,
        }
    }
}

/// What a broker has against a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// The batch that it came in is above `max.message.bytes` of the topic (after compression).
    Size,
    /// Its timestamp is further off than `message.timestamp.before/after.max.ms` of the topic allow.
    Timestamp,
    /// Such as a record without a key for a compacted topic.
    Content,
}

/// What brokers say of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicState {
    Missing,
    /// A partition has no leader: all its copies are away, or out of step.
    WithoutLeader,
    /// A partition has one copy in a cluster of several brokers.
    OnlyCopy,
    Whole,
}

/// Shared with the client's own thread, which reports deliveries.
#[derive(Default)]
pub(super) struct Deliveries {
    failed: Mutex<Vec<FailedDelivery>>,
    statistics: Mutex<Option<ClientStatistics>>,
    refused: Mutex<Option<(Refusal, String)>>,
    tokens: Tokens,
}

impl Deliveries {
    fn failed(&self) -> MutexGuard<'_, Vec<FailedDelivery>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client_log::line("producer", level, facility, message);
    }

    fn stats_raw(&self, report: &[u8]) {
        if let Some(statistics) = ClientStatistics::parse(report) {
            *self.statistics.lock().unwrap_or_else(PoisonError::into_inner) = Some(statistics);
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        client_log::problem("producer", &error, reason);
        if let Some(refusal) = Refusal::of_report(&error, reason) {
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some((refusal, reason.to_owned()));
        }
    }

    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, _config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        Ok(self.tokens.token()?)
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = Arc<SourceOffset>;

    fn delivery(&self, result: &DeliveryResult<'_>, source: Arc<SourceOffset>) {
        if let Err((error, message)) = result {
            let topic = message.topic().to_owned();
            self.failed().push(FailedDelivery { source, topic, error: error.clone() });
        }
    }
}

/// The producer, with a thread of its own that serves delivery reports: without one, an abort during an
/// outage does not come back ("event queue must be polled in a separate thread").
pub struct OutputProducer {
    producer: ThreadedProducer<Deliveries>,
}

impl OutputProducer {
    /// Creates the client. Transactions are initialised separately.
    ///
    /// # Errors
    ///
    /// When librdkafka refuses a property.
    pub fn create(config: &ClientConfig, tokens: Tokens) -> KafkaResult<Self> {
        let deliveries = Deliveries { tokens, ..Deliveries::default() };
        Ok(Self { producer: config.create_with_context(deliveries).map_err(without_values)? })
    }

    /// Hands a record to the client, which copies it.
    ///
    /// # Errors
    ///
    /// [`SendError`]; the record was not taken then.
    pub fn send(
        &self,
        record: &OutgoingRecord,
        timestamp_ms: Option<i64>,
        source: &Arc<SourceOffset>,
    ) -> Result<(), SendError> {
        match self.offer(record, timestamp_ms, source) {
            // A record larger than the whole queue (`queue.buffering.max.kbytes`) finds it full even when it is
            // empty: waiting for room would never end.
            Err(SendError::QueueFull) if self.outstanding() == 0 => {
                match self.offer(record, timestamp_ms, source) {
                    Err(SendError::QueueFull) if self.outstanding() == 0 => {
                        let code = RDKafkaErrorCode::MessageSizeTooLarge;
                        Err(SendError::Refused(KafkaError::MessageProduction(code)))
                    }
                    other => other,
                }
            }
            other => other,
        }
    }

    fn offer(
        &self,
        record: &OutgoingRecord,
        timestamp_ms: Option<i64>,
        source: &Arc<SourceOffset>,
    ) -> Result<(), SendError> {
        let mut native: BaseRecord<'_, [u8], [u8], Arc<SourceOffset>> =
            BaseRecord::with_opaque_to(&record.topic, Arc::clone(source)).headers(record.headers.clone());
        native.key = record.key.as_deref();
        native.payload = record.value.as_deref();
        native.timestamp = timestamp_ms;
        self.producer.send(native).map_err(|(error, _)| match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::QueueFull) => SendError::QueueFull,
            Some(RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::InvalidRecord) => {
                SendError::Refused(error)
            }
            _ => SendError::Client(error),
        })
    }

    /// Records handed over and not yet reported on.
    #[must_use]
    pub fn outstanding(&self) -> usize {
        usize::try_from(self.producer.in_flight_count()).unwrap_or(0)
    }

    /// Whether a delivery has failed: the open batch cannot be committed any more.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        !self.deliveries().failed().is_empty()
    }

    /// Takes the deliveries that failed since the last call.
    #[must_use]
    pub fn take_failed(&self) -> Vec<FailedDelivery> {
        std::mem::take(&mut *self.deliveries().failed())
    }

    /// Takes the newest statistics, if there are new ones.
    #[must_use]
    pub fn take_statistics(&self) -> Option<ClientStatistics> {
        self.deliveries().statistics.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Takes the newest refusal that brokers gave this client, with their reason.
    #[must_use]
    pub fn take_refusal(&self) -> Option<(Refusal, String)> {
        self.deliveries().refused.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Throws away all records that are not delivered; each is reported as failed.
    pub fn purge(&self) {
        self.producer.purge(PurgeConfig::default().queue().inflight());
    }

    /// Throws away what no broker has been given yet; each is reported as failed.
    pub fn purge_waiting(&self) {
        self.producer.purge(PurgeConfig::default().queue());
    }

    /// The transactional calls of the client.
    pub(super) fn native(&self) -> &ThreadedProducer<Deliveries> {
        &self.producer
    }

    fn deliveries(&self) -> &Deliveries {
        self.producer.context()
    }

    /// Asks any broker how a topic is, without creating it. Where the broker does not tell, as to users without the
    /// right to know, it counts as whole.
    ///
    /// # Errors
    ///
    /// When no broker answers within `timeout`.
    pub fn topic_state(&self, topic: &str, timeout: Duration) -> KafkaResult<TopicState> {
        let metadata = self.producer.client().fetch_metadata(Some(topic), timeout)?;
        let Some(found) = metadata.topics().first() else { return Ok(TopicState::Whole) };
        let unknown = [RDKafkaErrorCode::UnknownTopicOrPartition, RDKafkaErrorCode::UnknownTopic];
        if found.error().map(RDKafkaErrorCode::from).is_some_and(|error| unknown.contains(&error)) {
            return Ok(TopicState::Missing);
        }
        let partitions = found.partitions();
        let several_brokers = metadata.brokers().len() > 1;
        Ok(if partitions.iter().any(|partition| partition.leader() < 0) {
            TopicState::WithoutLeader
        } else if several_brokers && partitions.iter().any(|partition| partition.replicas().len() == 1) {
            TopicState::OnlyCopy
        } else {
            TopicState::Whole
        })
    }
}
