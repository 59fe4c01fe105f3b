//! One session: from joining the group to leaving it, on the thread that owns both Kafka clients.
//!
//! A turn of the loop collects outcomes, emits the finished prefix of each partition, closes the batch if
//! one of its limits is reached, and reads new records. What goes wrong ends the batch (its records are
//! read again), the session (new clients follow) or the service, as [`SessionEnd`] says.

mod closing;
mod emitting;
mod ending;
mod pressure;
mod reading;
mod rebalancing;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::kafka::{BatchWriter, GroupConsumer, SourceOffset, Verdict};
use crate::telemetry::events::LogLimiter;
use crate::telemetry::{Health, Telemetry};

use super::ledger::Ledger;
use super::outcome::Failure;
use super::process::Processor;
use super::service::{ServiceError, StopSwitch};
use super::slots::Slots;
use super::workers::WorkerPool;

/// Wait for a record or an outcome when something is in work: bounds the latency that waiting adds.
const BUSY_POLL: Duration = Duration::from_millis(2);
/// How long a rewind may take before new clients are the better way.
const REWIND_TIMEOUT: Duration = Duration::from_secs(10);

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
}

fn ended_by(verdict: Verdict, reason: String) -> SessionEnd {
    match verdict {
        Verdict::Fenced => SessionEnd::Fenced(reason),
        Verdict::Stop => SessionEnd::Failed(ServiceError::Refused(reason)),
        Verdict::Retry | Verdict::Abort | Verdict::Rebuild => SessionEnd::Rebuild(reason),
    }
}
