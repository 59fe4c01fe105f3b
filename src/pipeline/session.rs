//! One session: from joining the group to leaving it, on the thread that owns both Kafka clients.
//!
//! A turn of the loop collects outcomes, emits the finished prefix of each partition, closes the batch if
//! one of its limits is reached, and reads new records. What goes wrong ends the batch (its records are
//! read again), the session (new clients follow) or the service, as [`SessionEnd`] says.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::config::{Config, StartFrom};
use crate::kafka::{
    BatchWriter, CloseError, FailedDelivery, GroupConsumer, IncomingRecord, PartitionId, Polled, SendError,
    SourceOffset, Verdict, verdict,
};
use crate::telemetry::events::{
    BatchClosed, BatchGivenUp, ConsumerProblem, ConsumptionPaused, LogLimiter, Rebalanced,
};
use crate::telemetry::{Health, Telemetry};

use super::dead_letter::without_value;
use super::ledger::Ledger;
use super::outcome::{Class, Failure};
use super::process::Processor;
use super::service::{ServiceError, StopSwitch};
use super::slots::{Slots, Taken};
use super::workers::{Finished, Job, WorkerPool};

/// Records read in one turn before outcomes are looked at again.
const RECORDS_PER_TURN: usize = 200;
/// Wait for a record when nothing is in work.
const IDLE_POLL: Duration = Duration::from_millis(20);
/// Wait for a record or an outcome when something is in work: bounds the latency that waiting adds.
const BUSY_POLL: Duration = Duration::from_millis(2);
/// How long a rewind may take before new clients are the better way.
const REWIND_TIMEOUT: Duration = Duration::from_secs(10);
/// Waits between batches that fail one after the other.
const FIRST_ABORT_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_ABORT_PAUSE: Duration = Duration::from_secs(5);

/// Why a session is over.
pub(super) enum SessionEnd {
    /// The service was asked to stop; what was finished is committed.
    Stopped,
    /// New clients can go on.
    Rebuild(String),
    /// Another member holds our transactional id.
    Fenced(String),
    Failed(ServiceError),
}

/// What all sessions of a service share.
pub(super) struct Shared {
    pub(super) config: Arc<Config>,
    pub(super) processor: Arc<Processor>,
    pub(super) telemetry: Arc<Telemetry>,
    pub(super) health: Arc<Health>,
    pub(super) stop: StopSwitch,
    pub(super) limiter: LogLimiter,
    pub(super) ledger: Ledger,
    pub(super) pool: WorkerPool,
    /// Records whose output a broker refused: they are dead-lettered when they come again.
    pub(super) refused: HashMap<SourceOffset, String>,
}

/// The clients of one session and what is in work.
pub(super) struct Session<'a> {
    shared: &'a mut Shared,
    consumer: GroupConsumer,
    writer: BatchWriter,
    slots: Slots,
    over_limit_since: Option<Instant>,
    paused: bool,
    failed_batches: u32,
    last_housekeeping: Instant,
}

type Turn = Result<(), SessionEnd>;

impl<'a> Session<'a> {
    /// A session on clients that have joined the group and claimed the transactional id.
    pub(super) fn new(shared: &'a mut Shared, consumer: GroupConsumer, writer: BatchWriter) -> Self {
        Self {
            shared,
            consumer,
            writer,
            slots: Slots::default(),
            over_limit_since: None,
            paused: false,
            failed_batches: 0,
            last_housekeeping: Instant::now(),
        }
    }

    /// Runs until something ends the session, then leaves the group.
    pub(super) fn run(mut self) -> SessionEnd {
        let end = loop {
            if self.shared.stop.is_on() {
                break self.finish();
            }
            if let Err(end) = self.turn() {
                break end;
            }
        };
        self.leave();
        end
    }

    fn turn(&mut self) -> Turn {
        self.shared.health.polled_now();
        self.collect(Duration::ZERO);
        self.emit(None)?;
        if self.shared.ledger.batch_is_due(&self.shared.config.kafka.transaction) {
            self.close_batch()?;
        }
        self.regulate();
        self.receive()?;
        self.housekeeping();
        Ok(())
    }

    // ---- reading ----

    fn receive(&mut self) -> Turn {
        if self.over_limit_since.is_some() && !self.paused {
            // Not polling for less than `pause_after` keeps what the client has fetched.
            self.collect(BUSY_POLL);
            return Ok(());
        }
        let busy = self.slots.records() > 0 || !self.shared.ledger.batch_is_empty();
        let mut timeout = if busy { BUSY_POLL } else { IDLE_POLL };
        for _ in 0..RECORDS_PER_TURN {
            match self.consumer.poll(timeout) {
                Polled::Nothing => break,
                polled => self.handle(polled)?,
            }
            if self.over_limit() || self.shared.stop.is_on() {
                break;
            }
            timeout = Duration::ZERO;
        }
        Ok(())
    }

    fn handle(&mut self, polled: Polled) -> Turn {
        match polled {
            Polled::Nothing => Ok(()),
            Polled::Record(record) => self.take(record),
            Polled::Assigned(partitions) => self.assigned(&partitions),
            Polled::Revoked { partitions, lost } => self.revoked(&partitions, lost),
            Polled::Statistics(statistics) => {
                self.shared.ledger.report_lag(&statistics, &self.slots);
                Ok(())
            }
            Polled::Error(error) => self.consumer_error(&error),
        }
    }

    fn take(&mut self, record: IncomingRecord) -> Turn {
        let record = Arc::new(record);
        let (taken, stay) =
            self.slots.take(&record).map_err(|error| SessionEnd::Rebuild(error.to_string()))?;
        match taken {
            Taken::NotOurs => return Ok(()),
            Taken::New => self.shared.ledger.received(&record),
            Taken::Again => {}
        }
        if let Some(message) = self.shared.refused.get(&record.source) {
            let failure = Failure { stage: "produce", code: "output_refused", message: message.clone() };
            let outcome = self.shared.processor.fail(&record, failure, 2);
            self.slots.finish(&record, outcome);
            return Ok(());
        }
        let job = Job { record, stay };
        self.shared
            .pool
            .submit(job)
            .map_err(|_| SessionEnd::Rebuild("the workers' queue is full or closed".into()))
    }

    fn consumer_error(&mut self, error: &KafkaError) -> Turn {
        let code = error.rdkafka_error_code();
        if code == Some(RDKafkaErrorCode::AutoOffsetReset)
            && self.shared.config.kafka.start_from == StartFrom::Fail
        {
            return Err(SessionEnd::Failed(ServiceError::NoOffset(error.to_string())));
        }
        let name = code.map_or_else(|| "unknown".to_owned(), |code| format!("{code:?}"));
        ConsumerProblem { error_code: &name, error: &error.to_string() }
            .emit(&self.shared.telemetry, &self.shared.limiter);
        // Everything else heals by itself while polling goes on, a missing topic or right among it.
        match error {
            KafkaError::MessageConsumptionFatal(_) => Err(ended_by(verdict(error), error.to_string())),
            _ => Ok(()),
        }
    }

    // ---- outcomes ----

    /// Puts finished outcomes into their slots; waits at most `timeout` for the first.
    fn collect(&mut self, timeout: Duration) {
        let mut timeout = timeout;
        while let Some(Finished { job, outcome }) = self.shared.pool.next_finished(timeout) {
            timeout = Duration::ZERO;
            if job.stay.is_over() || !self.slots.finish(&job.record, outcome) {
                self.shared.telemetry.stale_results.inc();
            }
        }
    }

    /// Emits the finished prefix of all partitions, or of those given.
    fn emit(&mut self, only: Option<&[PartitionId]>) -> Turn {
        let ids = only.map_or_else(|| self.slots.ids(), <[PartitionId]>::to_vec);
        for id in &ids {
            while self.emit_head(id)? {
                if self.shared.ledger.batch_is_full(&self.shared.config.kafka.transaction) {
                    self.close_batch()?;
                }
            }
        }
        Ok(())
    }

    /// Emits the first slot of a partition. False when it is unfinished or the producer's queue is full.
    fn emit_head(&mut self, id: &PartitionId) -> Result<bool, SessionEnd> {
        let Some(slot) = self.slots.finished_head(id) else { return Ok(false) };
        let source = Arc::new(slot.record.source.clone());
        let Some(outcome) = slot.outcome.as_mut() else { return Ok(false) };
        if let Class::Stops(failure) = &outcome.class {
            let (source, failure) = ((*source).clone(), failure.clone());
            return Err(SessionEnd::Failed(ServiceError::BadRecord { source_offset: source, failure }));
        }
        let mut begun = false;
        while let Some(output) = outcome.outputs.front() {
            match self.writer.send(output, &source) {
                Ok(()) => {
                    self.shared.ledger.sent(output);
                    outcome.outputs.pop_front();
                    begun = true;
                }
                Err(SendError::QueueFull) if !begun => return Ok(false),
                // Half a record must not stay in the batch: the batch could be committed without its offset.
                Err(SendError::QueueFull) => std::thread::sleep(Duration::from_millis(1)),
                Err(SendError::Refused(error)) if matches!(outcome.class, Class::DeadLettered(_)) => {
                    tracing::warn!(%error, "dead letter is sent without its value");
                    let shorter = without_value(output);
                    outcome.outputs.pop_front();
                    outcome.outputs.push_front(shorter);
                }
                Err(SendError::Refused(error)) => {
                    let failure =
                        Failure { stage: "produce", code: "output_refused", message: error.to_string() };
                    *outcome = self.shared.processor.fail(&slot.record, failure, 1);
                    return Ok(true);
                }
                Err(SendError::Client(error)) => {
                    let reason = format!("a record could not be handed to the producer: {error}");
                    self.give_up_batch(verdict(&error), &reason, &[])?;
                    return Ok(false);
                }
            }
        }
        if let Some(slot) = self.slots.emit_head(id) {
            self.shared.ledger.emitted(slot);
        }
        Ok(true)
    }

    // ---- batches ----

    fn close_batch(&mut self) -> Turn {
        if self.shared.ledger.batch_is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        let offsets =
            self.slots.offsets_to_commit().map_err(|error| SessionEnd::Rebuild(error.to_string()))?;
        let stop = self.shared.stop.clone();
        match self.writer.close(&self.consumer, &offsets, &|| stop.is_past_deadline()) {
            Ok(()) => {
                self.slots.settle();
                self.failed_batches = 0;
                let records = self.shared.ledger.settle_batch(&self.slots);
                BatchClosed { records, duration: started.elapsed() }.emit(&self.shared.telemetry);
                self.shared.health.committed_now();
                Ok(())
            }
            Err(error) => {
                let (verdict, reason) = (error.verdict(), error.to_string());
                let failed = match error {
                    CloseError::Deliveries(failed) => failed,
                    _ => Vec::new(),
                };
                self.give_up_batch(verdict, &reason, &failed)
            }
        }
    }

    /// Aborts the batch and goes back to the committed offsets, or ends the session if the clients are
    /// beyond that.
    fn give_up_batch(&mut self, verdict: Verdict, reason: &str, failed: &[FailedDelivery]) -> Turn {
        self.abort_batch(verdict, reason, failed)?;
        self.pause_after_failure();
        let partitions = self.slots.first_seen();
        self.consumer
            .rewind(&partitions, REWIND_TIMEOUT)
            .map_err(|error| SessionEnd::Rebuild(format!("cannot go back to the committed offsets: {error}")))
    }

    /// Aborts the batch and forgets what is in work.
    fn abort_batch(&mut self, verdict: Verdict, reason: &str, failed: &[FailedDelivery]) -> Turn {
        BatchGivenUp { reason, records: self.shared.ledger.batch_len() }.emit(&self.shared.telemetry);
        for delivery in failed.iter().filter(|delivery| delivery.is_refusal_of_record()) {
            self.shared.refused.insert((*delivery.source).clone(), delivery.error.to_string());
        }
        self.failed_batches += 1;
        self.shared.ledger.rewound();
        self.slots.rewind();
        match verdict {
            Verdict::Abort | Verdict::Retry => {
                let stop = self.shared.stop.clone();
                self.writer
                    .abort(&|| stop.is_past_deadline())
                    .map_err(|error| ended_by(rebuild_at_least(error.verdict()), error.to_string()))
            }
            other => Err(ended_by(other, reason.to_owned())),
        }
    }

    fn pause_after_failure(&self) {
        let factor = 2u32.saturating_pow(self.failed_batches.saturating_sub(1));
        let pause = FIRST_ABORT_PAUSE.saturating_mul(factor).min(LONGEST_ABORT_PAUSE);
        self.shared.stop.sleep(pause);
    }

    // ---- rebalances ----

    fn assigned(&mut self, partitions: &TopicPartitionList) -> Turn {
        Rebalanced { kind: "assign", partitions: &describe(partitions) }.emit(&self.shared.telemetry);
        for id in ids(partitions) {
            self.slots.assign(id);
        }
        self.consumer
            .accept_assignment(partitions)
            .map_err(|error| SessionEnd::Rebuild(format!("the assignment was refused: {error}")))?;
        if self.paused {
            // New partitions arrive running (arroyo PR #412).
            self.set_paused(true);
        }
        self.assignment_changed();
        Ok(())
    }

    fn revoked(&mut self, partitions: &TopicPartitionList, lost: bool) -> Turn {
        let kind = if lost { "lost" } else { "revoke" };
        Rebalanced { kind, partitions: &describe(partitions) }.emit(&self.shared.telemetry);
        let revoked = ids(partitions);
        let closed = if lost {
            self.abort_batch(Verdict::Abort, "partitions were lost to another member", &[])
        } else {
            self.drain(&revoked).and_then(|()| self.close_batch())
        };
        for id in &revoked {
            let dropped = self.slots.revoke(id);
            self.shared.ledger.returned(id, dropped);
        }
        self.consumer
            .release(partitions)
            .map_err(|error| SessionEnd::Rebuild(format!("partitions could not be released: {error}")))?;
        self.assignment_changed();
        closed?;
        if lost {
            let kept = self.slots.first_seen();
            self.consumer.rewind(&kept, REWIND_TIMEOUT).map_err(|error| {
                SessionEnd::Rebuild(format!("cannot go back to the committed offsets: {error}"))
            })?;
        }
        Ok(())
    }

    /// Waits for the records of `ids` that are in work, at most `drain_timeout`: a longer wait would hold
    /// up the whole group (backbeat PR #2787: 299 s).
    fn drain(&mut self, ids: &[PartitionId]) -> Turn {
        let started = Instant::now();
        let limit = self.shared.config.kafka.drain_timeout;
        while started.elapsed() < limit {
            self.shared.health.polled_now();
            self.collect(BUSY_POLL);
            self.emit(Some(ids))?;
            if !self.slots.has_pending(ids) {
                break;
            }
        }
        self.emit(Some(ids))?;
        self.shared.telemetry.drain_duration.set(started.elapsed().as_secs_f64());
        Ok(())
    }

    fn assignment_changed(&mut self) {
        self.shared.health.set_assigned(true);
        self.shared.ledger.report_assignment(&self.slots);
    }

    // ---- limits ----

    fn over_limit(&self) -> bool {
        let limits = self.shared.config.pipeline;
        let in_work = self.slots.records() + self.shared.ledger.batch_len();
        in_work >= limits.max_in_flight_records || self.slots.bytes() >= limits.max_in_flight_bytes
    }

    /// Pauses after back-pressure that lasts, and resumes at half the limit.
    fn regulate(&mut self) {
        let limits = self.shared.config.pipeline;
        if self.over_limit() {
            let since = *self.over_limit_since.get_or_insert_with(Instant::now);
            if !self.paused && since.elapsed() >= limits.pause_after {
                self.set_paused(true);
            }
            return;
        }
        if let Some(since) = self.over_limit_since.filter(|_| !self.paused) {
            self.back_pressure_ended(since);
        }
        let relieved = self.slots.records() <= limits.max_in_flight_records / 2
            && self.slots.bytes() <= limits.max_in_flight_bytes / 2;
        if self.paused && relieved {
            self.set_paused(false);
            if let Some(since) = self.over_limit_since {
                self.back_pressure_ended(since);
            }
        }
    }

    fn back_pressure_ended(&mut self, since: Instant) {
        let counter = self.shared.telemetry.backpressure_seconds.with_label_values(&["consume"]);
        counter.inc_by(since.elapsed().as_secs_f64());
        self.over_limit_since = None;
    }

    fn set_paused(&mut self, paused: bool) {
        let done = if paused { self.consumer.pause() } else { self.consumer.resume() };
        match done {
            Ok(()) => {
                if self.paused != paused {
                    ConsumptionPaused { paused, records: self.slots.records(), bytes: self.slots.bytes() }
                        .emit();
                }
                self.paused = paused;
            }
            Err(error) => tracing::warn!(%error, paused, "partitions could not be paused or resumed"),
        }
    }

    /// Once a second: overdue records, gauges, health.
    fn housekeeping(&mut self) {
        if self.last_housekeeping.elapsed() < Duration::from_secs(1) {
            self.shared.ledger.report_in_flight(&self.slots);
            return;
        }
        self.last_housekeeping = Instant::now();
        let limit = self.shared.config.pipeline.record_time_limit;
        for job in self.shared.pool.give_up_overdue(limit) {
            let message = format!(
                "the analysis took longer than pipeline.record_time_limit_ms = {}",
                limit.as_millis()
            );
            let failure = Failure { stage: "analysis", code: "timeout", message };
            if !job.stay.is_over() {
                let outcome = self.shared.processor.fail(&job.record, failure, 1);
                self.slots.finish(&job.record, outcome);
            }
        }
        if let Some(statistics) = self.writer.producer().take_statistics() {
            self.shared.health.set_producer_reachable(statistics.a_broker_is_up());
        }
        self.shared.ledger.report_in_flight(&self.slots);
        self.shared.ledger.report_queue(self.shared.pool.waiting(), self.writer.producer().outstanding());
    }

    // ---- the end ----

    /// Finishes what can be finished within the drain time, and commits it.
    fn finish(&mut self) -> SessionEnd {
        let owned = self.slots.ids();
        match self.drain(&owned).and_then(|()| self.close_batch()) {
            Ok(()) | Err(SessionEnd::Stopped) => SessionEnd::Stopped,
            Err(SessionEnd::Failed(error)) => SessionEnd::Failed(error),
            Err(SessionEnd::Rebuild(reason) | SessionEnd::Fenced(reason)) => {
                tracing::warn!(
                    reason,
                    "the last batch is not committed; its records are read again at the next start"
                );
                SessionEnd::Stopped
            }
        }
    }

    fn leave(mut self) {
        for id in self.slots.ids() {
            let dropped = self.slots.revoke(&id);
            self.shared.ledger.returned(&id, dropped);
        }
        self.shared.ledger.session_ended();
        self.shared.health.set_assigned(false);
        self.shared.ledger.report_assignment(&self.slots);
        // The open transaction, if any, is ended by the coordinator when the id is claimed again; aborting
        // it now lets readers go on at once.
        let stop = self.shared.stop.clone();
        if let Err(error) = self.writer.abort(&|| stop.is_past_deadline()) {
            tracing::debug!(%error, "the open batch could not be aborted");
        }
        if !self.consumer.close(self.shared.config.kafka.drain_timeout) {
            tracing::warn!(
                "the consumer could not leave its group in time; the group notices after session.timeout.ms"
            );
        }
    }
}

fn ended_by(verdict: Verdict, reason: String) -> SessionEnd {
    match verdict {
        Verdict::Fenced => SessionEnd::Fenced(reason),
        Verdict::Stop => SessionEnd::Failed(ServiceError::Refused(reason)),
        Verdict::Retry | Verdict::Abort | Verdict::Rebuild => SessionEnd::Rebuild(reason),
    }
}

fn rebuild_at_least(verdict: Verdict) -> Verdict {
    if matches!(verdict, Verdict::Retry | Verdict::Abort) { Verdict::Rebuild } else { verdict }
}

fn ids(partitions: &TopicPartitionList) -> Vec<PartitionId> {
    let elements = partitions.elements();
    let id = |topic: &str, partition| PartitionId { topic: Arc::from(topic), partition };
    elements.iter().map(|element| id(element.topic(), element.partition())).collect()
}

fn describe(partitions: &TopicPartitionList) -> String {
    let names: Vec<String> = partitions
        .elements()
        .iter()
        .map(|element| format!("{}/{}", element.topic(), element.partition()))
        .collect();
    names.join(" ")
}
