//! Offsets and output together: as a transaction (`exactly_once`), or by waiting for every delivery
//! before the offsets are committed (`at_least_once`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use rdkafka::TopicPartitionList;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::producer::Producer;

use crate::config::Delivery;

use super::consumer::GroupConsumer;
use super::errors::{Verdict, verdict};
use super::producer::{FailedDelivery, OutputProducer, SendError};
use super::record::{OutgoingRecord, SourceOffset};
use super::refusal::Refusal;

/// One client call inside a batch. Short, so that a stop is noticed; a call that times out is resumed by
/// the same call (librdkafka #3041).
const CALL_TIMEOUT: Duration = Duration::from_secs(1);

/// librdkafka asks for a poll between retries; its own thread polls, so a pause is enough.
const RETRY_PAUSE: Duration = Duration::from_millis(50);

/// How often a wait for a commit looks up.
const COMMIT_TICK: Duration = Duration::from_millis(20);

/// Share of the transaction's timeout after which undelivered records are given up: before the broker gives up
/// the transaction, which would fence this producer.
const DELIVERY_SHARE: f64 = 0.8;
/// A batch that is closed late has at least this share for its last deliveries.
const LATE_SHARE: f64 = 0.1;

/// Longest wait, before an abort, for the answers to what brokers were already given.
const UNDER_WAY_GRACE: Duration = Duration::from_secs(1);

/// librdkafka's `batch.size`.
const LARGEST_BATCH: usize = 1_000_000;
/// Below this, waiting for each batch costs more than an abort now and then.
const SMALLEST_WINDOW: usize = 16 * 1024;

/// What a wait for the brokers does meanwhile, at least once a second. False: there is no time left to wait.
pub type GoOn<'a> = &'a mut dyn FnMut() -> bool;

/// Why a batch could not be closed. Nothing of it is committed then, or (timeout) nobody knows.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// Brokers did not accept some records.
    #[error("{} records were not accepted, the first with: {}", .0.len(), first_error(.0))]
    Deliveries(Vec<FailedDelivery>),
    /// The brokers did not take all records in time. Nothing is committed.
    #[error("{outstanding} records were not taken by the brokers within {waited:?}")]
    Undelivered { outstanding: usize, waited: Duration },
    /// The brokers did not answer in time.
    #[error("the brokers did not answer {call} within {waited:?}")]
    Timeout { call: &'static str, waited: Duration },
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
            Self::Deliveries(failed) => {
                let refused = failed.iter().find_map(|delivery| Refusal::of(&delivery.error));
                refused.map_or(Verdict::Abort, Verdict::Refused)
            }
            Self::Undelivered { .. } | Self::NotAMember => Verdict::Abort,
            Self::Timeout { .. } => Verdict::Rebuild,
            Self::Client { verdict, .. } => *verdict,
        }
    }

    /// Whether silence of the brokers is the reason, and not a fault of the clients.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Undelivered { .. } | Self::Timeout { .. })
    }
}

/// Writes output in batches, each closed together with the offsets of its input.
pub struct BatchWriter {
    producer: OutputProducer,
    delivery: Delivery,
    /// Longest time to close a batch: after it the broker has aborted the transaction by itself.
    timeout: Duration,
    /// Since when a batch is open.
    opened: Option<Instant>,
    /// Bytes sent since nothing was under way.
    under_way: usize,
    /// Most bytes under way at a time, once a topic has refused batches.
    window: Option<usize>,
    /// Bytes of the batch that was last refused for its size.
    refused: usize,
}

impl BatchWriter {
    /// A writer without an open batch.
    #[must_use]
    pub fn new(producer: OutputProducer, delivery: Delivery, timeout: Duration) -> Self {
        Self { producer, delivery, timeout, opened: None, under_way: 0, window: None, refused: LARGEST_BATCH }
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

    /// Hands one record to the client, and begins a batch if none is open. Without a timestamp it gets the time
    /// of sending.
    ///
    /// # Errors
    ///
    /// [`SendError`]; the record was not taken then.
    pub fn send(
        &mut self,
        record: &OutgoingRecord,
        timestamp_ms: Option<i64>,
        source: &Arc<SourceOffset>,
    ) -> Result<(), SendError> {
        self.begin().map_err(SendError::Client)?;
        self.producer.send(record, timestamp_ms, source)?;
        if self.producer.outstanding() <= 1 {
            self.under_way = 0;
        }
        self.under_way += record.size();
        Ok(())
    }

    /// Whether a record of that size would make too large a batch for the topic, going by what it has refused:
    /// what is under way is to be delivered first.
    #[must_use]
    pub fn window_is_full(&self, size: usize) -> bool {
        self.window.is_some_and(|window| self.under_way + size > window && self.producer.outstanding() > 0)
    }

    /// Notes the size of a batch that a topic refused as too large, for [`shrink_window`](Self::shrink_window).
    pub fn note_refused_size(&mut self) {
        self.refused = self.under_way.min(LARGEST_BATCH);
    }

    /// A batch was too large though none of its records was: the next are half as large as it was. Halving the
    /// largest that could be instead would have several more batches refused, each with all its records read again
    /// and sent one by one.
    pub fn shrink_window(&mut self) {
        let window = self.window.unwrap_or(LARGEST_BATCH).min(self.refused) / 2;
        self.window = Some(window.max(SMALLEST_WINDOW));
        tracing::info!(
            window_bytes = self.window,
            "a topic refuses batches of this size: lower kafka.producer \"batch.size\" to its max.message.bytes"
        );
    }

    fn begin(&mut self) -> KafkaResult<()> {
        if self.opened.is_none() {
            if self.delivery == Delivery::ExactlyOnce {
                self.producer.native().begin_transaction()?;
            }
            self.opened = Some(Instant::now());
        }
        Ok(())
    }

    /// Whether the open batch is older than the timeout of its transaction: the broker may have given it up,
    /// and then says so with the error of a second instance.
    #[must_use]
    pub fn is_overdue(&self) -> bool {
        self.opened.is_some_and(|opened| opened.elapsed() >= self.timeout)
    }

    /// Commits the output sent so far together with `offsets` (each the offset after the last settled
    /// record of its partition). Waits for it as long as `go_on` allows and the timeout of the transaction.
    ///
    /// # Errors
    ///
    /// [`CloseError`]; the caller then aborts or rebuilds as its verdict says.
    pub fn close(
        &mut self,
        consumer: &GroupConsumer,
        offsets: &TopicPartitionList,
        go_on: GoOn<'_>,
    ) -> Result<(), CloseError> {
        self.begin().map_err(|error| client_error("begin_transaction", error))?;
        self.wait_for_deliveries(go_on)?;
        let failed = self.producer.take_failed();
        if !failed.is_empty() {
            return Err(CloseError::Deliveries(failed));
        }
        let mut patience = Patience::new(self.timeout, go_on);
        match self.delivery {
            Delivery::ExactlyOnce => self.commit_transaction(consumer, offsets, &mut patience)?,
            Delivery::AtLeastOnce => patience.await_answers("commit", || {
                consumer.commit(offsets).map_err(|error| client_error("commit", error))
            })?,
        }
        self.opened = None;
        Ok(())
    }

    /// Waits until every record sent is reported on. Without this, rust-rdkafka's commit adds its own
    /// flush, which never takes less than 100 ms (measured: 102 ms a transaction against 3 to 9 ms).
    ///
    /// # Errors
    ///
    /// [`CloseError::Undelivered`] when most of the time of the transaction is over.
    pub fn wait_for_deliveries(&self, go_on: GoOn<'_>) -> Result<(), CloseError> {
        let started = Instant::now();
        let opened = self.opened.unwrap_or(started);
        let late = started + self.timeout.mul_f64(LATE_SHARE);
        let deadline = late.max(opened + self.timeout.mul_f64(DELIVERY_SHARE));
        loop {
            let outstanding = self.producer.outstanding();
            if outstanding == 0 {
                return Ok(());
            }
            if Instant::now() >= deadline || !go_on() {
                return Err(CloseError::Undelivered { outstanding, waited: started.elapsed() });
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn commit_transaction(
        &self,
        consumer: &GroupConsumer,
        offsets: &TopicPartitionList,
        patience: &mut Patience<'_>,
    ) -> Result<(), CloseError> {
        let producer = self.producer.native();
        if offsets.count() > 0 {
            patience.await_answers("send_offsets_to_transaction", || self.send_offsets(consumer, offsets))?;
        }
        patience.insist("commit_transaction", || producer.commit_transaction(CALL_TIMEOUT))
    }

    /// Begins to add offsets to the transaction. The answer comes from a thread of its own: the call has a time limit
    /// that librdkafka (2.12) does not keep when the group's coordinator goes away during it; it then comes back with
    /// that broker, and the loop would stand still for as long.
    fn send_offsets(
        &self,
        consumer: &GroupConsumer,
        offsets: &TopicPartitionList,
    ) -> Result<Receiver<KafkaResult<()>>, CloseError> {
        // Read anew each time: the generation changes with every rebalance.
        let member = consumer.group_metadata().ok_or(CloseError::NotAMember)?;
        let (sender, answer) = bounded(1);
        let (producer, offsets) = (self.producer.native().clone(), offsets.clone());
        let call =
            move || drop(sender.send(producer.send_offsets_to_transaction(&offsets, &member, CALL_TIMEOUT)));
        std::thread::Builder::new().name("send offsets".into()).spawn(call).map_err(|_| {
            let error = KafkaError::ConsumerCommit(RDKafkaErrorCode::CriticalSystemResource);
            client_error("send_offsets_to_transaction", error)
        })?;
        Ok(answer)
    }

    /// Gives up the open batch: readers with `isolation.level=read_committed` never see its records.
    ///
    /// # Errors
    ///
    /// When the client cannot abort, or must not: [`CloseError::Undelivered`] if a broker was given records and has
    /// not answered. It has to be rebuilt then.
    pub fn abort(&mut self, go_on: GoOn<'_>) -> Result<(), CloseError> {
        if self.opened.is_none() {
            return Ok(());
        }
        if self.delivery == Delivery::ExactlyOnce {
            self.settle_what_is_under_way()?;
        }
        let mut patience = Patience::new(self.timeout, go_on);
        match self.delivery {
            Delivery::ExactlyOnce => {
                patience
                    .insist("abort_transaction", || self.producer.native().abort_transaction(CALL_TIMEOUT))?;
            }
            Delivery::AtLeastOnce => self.producer.purge(),
        }
        while self.producer.outstanding() > 0 {
            patience.check("purge")?;
            std::thread::sleep(Duration::from_millis(1));
        }
        let _aborted_with_the_batch = self.producer.take_failed();
        self.opened = None;
        Ok(())
    }

    /// A broker that stands still may write what it was given long after the abort, and then it becomes part of the
    /// next transaction of the same epoch and is committed with it: a repeat that every reader sees (the gap that
    /// KIP-890 describes). A new claim on the transactional id begins a new epoch, and
    /// brokers refuse records of the old one. So an abort waits for answers, and is not made without them.
    fn settle_what_is_under_way(&self) -> Result<(), CloseError> {
        // What no broker was given (such as records for a topic that does not exist) can do no harm.
        self.producer.purge_waiting();
        let started = Instant::now();
        while self.producer.outstanding() > 0 {
            let waited = started.elapsed();
            if waited >= UNDER_WAY_GRACE {
                return Err(CloseError::Undelivered { outstanding: self.producer.outstanding(), waited });
            }
            std::thread::sleep(Duration::from_millis(1));
        }
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
    started: Instant,
    limit: Duration,
    go_on: GoOn<'a>,
}

impl<'a> Patience<'a> {
    fn new(limit: Duration, go_on: GoOn<'a>) -> Self {
        Self { started: Instant::now(), limit, go_on }
    }

    fn check(&mut self, call: &'static str) -> Result<(), CloseError> {
        let waited = self.started.elapsed();
        if waited >= self.limit || !(self.go_on)() {
            return Err(CloseError::Timeout { call, waited });
        }
        Ok(())
    }

    /// Makes the same call again as long as its error says that this can help.
    fn insist(
        &mut self,
        call: &'static str,
        attempt: impl Fn() -> KafkaResult<()>,
    ) -> Result<(), CloseError> {
        loop {
            let Err(error) = attempt() else { return Ok(()) };
            if verdict(&error) != Verdict::Retry {
                return Err(client_error(call, error));
            }
            self.check(call)?;
            tracing::debug!(call, %error, "kafka call is tried again");
            std::thread::sleep(RETRY_PAUSE);
        }
    }

    /// Like [`insist`](Self::insist), for a call that is made on a thread of its own since it has no time limit.
    fn await_answers(
        &mut self,
        call: &'static str,
        attempt: impl Fn() -> Result<Receiver<KafkaResult<()>>, CloseError>,
    ) -> Result<(), CloseError> {
        loop {
            let answer = attempt()?;
            let result = loop {
                match answer.recv_timeout(COMMIT_TICK) {
                    Ok(result) => break result,
                    Err(RecvTimeoutError::Timeout) => self.check(call)?,
                    Err(RecvTimeoutError::Disconnected) => return Err(CloseError::NotAMember),
                }
            };
            let Err(error) = result else { return Ok(()) };
            if verdict(&error) != Verdict::Retry {
                return Err(client_error(call, error));
            }
            self.check(call)?;
            std::thread::sleep(RETRY_PAUSE);
        }
    }
}
