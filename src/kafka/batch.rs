//! Offsets and output together: as a transaction (`exactly_once`), or by waiting for every delivery
//! before the offsets are committed (`at_least_once`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::producer::Producer;

use crate::config::Delivery;

use super::consumer::GroupConsumer;
use super::errors::{Verdict, verdict};
use super::producer::{FailedDelivery, OutputProducer, SendError};
use super::record::{OutgoingRecord, SourceOffset};

/// One client call inside a batch. Short, so that a stop is noticed; a call that times out is resumed by
/// the same call (librdkafka #3041).
const CALL_TIMEOUT: Duration = Duration::from_secs(1);

/// librdkafka asks for a poll between retries; its own thread polls, so a pause is enough.
const RETRY_PAUSE: Duration = Duration::from_millis(50);

/// Why a batch could not be closed. Nothing of it is committed then, or (timeout) nobody knows.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// Brokers did not accept some records.
    #[error("{} records were not accepted, the first with: {}", .0.len(), first_error(.0))]
    Deliveries(Vec<FailedDelivery>),
    /// The brokers did not answer in time.
    #[error("the brokers did not answer within {0:?}")]
    Timeout(Duration),
    /// The consumer has no group membership to commit for.
    #[error("the consumer is not a member of its group")]
    NotAMember,
    /// The client refused a call.
    #[error("{call} failed: {error}")]
    Client {
        call: &'static str,
        verdict: Verdict,
        #[source]
        error: KafkaError,
    },
}

fn first_error(failed: &[FailedDelivery]) -> String {
    failed.first().map(|delivery| delivery.error.to_string()).unwrap_or_default()
}

impl CloseError {
    /// What to do about it.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Deliveries(_) | Self::NotAMember => Verdict::Abort,
            Self::Timeout(_) => Verdict::Rebuild,
            Self::Client { verdict, .. } => *verdict,
        }
    }
}

/// Writes output in batches, each closed together with the offsets of its input.
pub struct BatchWriter {
    producer: OutputProducer,
    delivery: Delivery,
    /// Longest time to close a batch: after it the broker has aborted the transaction by itself.
    timeout: Duration,
    open: bool,
}

impl BatchWriter {
    /// A writer without an open batch.
    #[must_use]
    pub fn new(producer: OutputProducer, delivery: Delivery, timeout: Duration) -> Self {
        Self { producer, delivery, timeout, open: false }
    }

    /// Claims the transactional id: fences a predecessor and ends its open transaction. Must succeed once
    /// before the first batch; may be called again after a retriable error.
    ///
    /// # Errors
    ///
    /// What the coordinator answered.
    pub fn initialise(&self) -> KafkaResult<()> {
        match self.delivery {
            Delivery::ExactlyOnce => self.producer.native().init_transactions(CALL_TIMEOUT * 5),
            Delivery::AtLeastOnce => Ok(()),
        }
    }

    /// Hands one record to the client, and begins a batch if none is open.
    ///
    /// # Errors
    ///
    /// [`SendError`]; the record was not taken then.
    pub fn send(&mut self, record: &OutgoingRecord, source: &Arc<SourceOffset>) -> Result<(), SendError> {
        self.begin().map_err(SendError::Client)?;
        self.producer.send(record, source)
    }

    fn begin(&mut self) -> KafkaResult<()> {
        if !self.open {
            if self.delivery == Delivery::ExactlyOnce {
                self.producer.native().begin_transaction()?;
            }
            self.open = true;
        }
        Ok(())
    }

    /// Commits the output sent so far together with `offsets` (each the offset after the last settled
    /// record of its partition). Waits for it, unless `give_up` says that there is no time left.
    ///
    /// # Errors
    ///
    /// [`CloseError`]; the caller then aborts or rebuilds as its verdict says.
    pub fn close(
        &mut self,
        consumer: &GroupConsumer,
        offsets: &TopicPartitionList,
        give_up: &dyn Fn() -> bool,
    ) -> Result<(), CloseError> {
        let patience = Patience { deadline: Instant::now() + self.timeout, timeout: self.timeout, give_up };
        self.begin().map_err(|error| client_error("begin_transaction", error))?;
        self.wait_for_deliveries(&patience)?;
        match self.delivery {
            Delivery::ExactlyOnce => self.commit_transaction(consumer, offsets, &patience)?,
            Delivery::AtLeastOnce => patience.insist("commit", || consumer.commit(offsets))?,
        }
        self.open = false;
        Ok(())
    }

    /// Waits until every record sent is reported on. Without this, rust-rdkafka's commit adds its own
    /// flush, which never takes less than 100 ms (measured: 102 ms a transaction against 3 to 9 ms).
    fn wait_for_deliveries(&self, patience: &Patience<'_>) -> Result<(), CloseError> {
        while self.producer.outstanding() > 0 {
            patience.check()?;
            std::thread::sleep(Duration::from_millis(1));
        }
        let failed = self.producer.take_failed();
        if failed.is_empty() { Ok(()) } else { Err(CloseError::Deliveries(failed)) }
    }

    fn commit_transaction(
        &self,
        consumer: &GroupConsumer,
        offsets: &TopicPartitionList,
        patience: &Patience<'_>,
    ) -> Result<(), CloseError> {
        let producer = self.producer.native();
        if offsets.count() > 0 {
            // Read anew each time: the generation changes with every rebalance.
            let member = consumer.group_metadata().ok_or(CloseError::NotAMember)?;
            patience.insist("send_offsets_to_transaction", || {
                producer.send_offsets_to_transaction(offsets, &member, CALL_TIMEOUT)
            })?;
        }
        patience.insist("commit_transaction", || producer.commit_transaction(CALL_TIMEOUT))
    }

    /// Gives up the open batch: readers with `isolation.level=read_committed` never see its records.
    ///
    /// # Errors
    ///
    /// When the client cannot abort; it has to be rebuilt then.
    pub fn abort(&mut self, give_up: &dyn Fn() -> bool) -> Result<(), CloseError> {
        if !self.open {
            return Ok(());
        }
        let patience = Patience { deadline: Instant::now() + self.timeout, timeout: self.timeout, give_up };
        match self.delivery {
            Delivery::ExactlyOnce => {
                patience
                    .insist("abort_transaction", || self.producer.native().abort_transaction(CALL_TIMEOUT))?;
            }
            Delivery::AtLeastOnce => self.producer.purge(),
        }
        while self.producer.outstanding() > 0 {
            patience.check()?;
            std::thread::sleep(Duration::from_millis(1));
        }
        let _aborted_with_the_batch = self.producer.take_failed();
        self.open = false;
        Ok(())
    }

    /// The producer, for its statistics.
    #[must_use]
    pub fn producer(&self) -> &OutputProducer {
        &self.producer
    }
}

fn client_error(call: &'static str, error: KafkaError) -> CloseError {
    CloseError::Client { call, verdict: verdict(&error), error }
}

/// How long to go on trying.
struct Patience<'a> {
    deadline: Instant,
    timeout: Duration,
    give_up: &'a dyn Fn() -> bool,
}

impl Patience<'_> {
    fn check(&self) -> Result<(), CloseError> {
        if Instant::now() >= self.deadline || (self.give_up)() {
            return Err(CloseError::Timeout(self.timeout));
        }
        Ok(())
    }

    /// Makes the same call again as long as its error says that this can help.
    fn insist(&self, call: &'static str, attempt: impl Fn() -> KafkaResult<()>) -> Result<(), CloseError> {
        loop {
            let Err(error) = attempt() else { return Ok(()) };
            if verdict(&error) != Verdict::Retry {
                return Err(client_error(call, error));
            }
            self.check()?;
            tracing::debug!(call, %error, "kafka call is tried again");
            std::thread::sleep(RETRY_PAUSE);
        }
    }
}
