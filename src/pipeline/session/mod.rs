//! One session: from joining the group to leaving it, on the thread that owns both Kafka clients.
//!
//! A turn of the loop collects outcomes, emits the finished prefix of each partition, closes the batch if
//! one of its limits is reached, and reads new records. What goes wrong ends the batch (its records are
//! read again), the session (new clients follow) or the service, as [`SessionEnd`] says.
//!
//! ```text
//!   reading      what a poll brought: records, assignments, errors
//!   emitting     outcomes into their slots, finished prefixes into the open batch
//!   closing      the end of a batch: committed, or given up and rewound
//!   rebalancing  partitions that come and go
//!   pressure     bounds on what is in work
//!   waiting      what the loop does while it waits for brokers
//!   positions    where the group stands, for lag
//!   admission    what brokers refuse, and what shows that they grant it
//!   ending       a stop, and the way out of the group
//! ```

mod admission;
mod closing;
mod emitting;
mod ending;
mod positions;
mod pressure;
mod reading;
mod rebalancing;
mod waiting;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::kafka::{BatchWriter, GroupConsumer, Verdict};
use crate::telemetry::events::LogLimiter;
use crate::telemetry::{Health, Telemetry};

use super::access::{Access, Refused};
use super::ledger::Ledger;
use super::outcome::Failure;
use super::process::Processor;
use super::refusals::Refusals;
use super::service::{ServiceError, StopSwitch};
use super::slots::Slots;
use super::topics::TopicCheck;
use super::workers::WorkerPool;

use positions::{Positions, Report};
use pressure::Pressure;
use waiting::{Held, Vigil, heard_from_brokers};

/// Wait for a record or an outcome when something is in work: bounds the latency that waiting adds.
const BUSY_POLL: Duration = Duration::from_millis(2);

/// Why a session is over.
pub(super) enum SessionEnd {
    /// The service was asked to stop; what was finished is committed.
    Stopped,
    /// The brokers stayed silent for too long. New clients find out what became of the last batch; however long
    /// an outage takes, it is no fault of the clients.
    Outage(String),
    /// New clients can go on, unless the same fault comes again and again.
    Rebuild(String),
    /// Another member holds our transactional id.
    Fenced(String),
    /// The brokers refuse something until a person changes that.
    Refused(Refused),
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
    pub(super) access: Access,
    pub(super) topics: TopicCheck,
    pub(super) ledger: Ledger,
    pub(super) pool: WorkerPool,
}

/// The clients of one session and what is in work.
pub(super) struct Session<'a> {
    shared: &'a mut Shared,
    consumer: GroupConsumer,
    writer: BatchWriter,
    slots: Slots,
    refusals: Refusals,
    pressure: Pressure,
    positions: Positions,
    report: Option<Report>,
    held: Held,
    /// The batch was given up, and the consumer is not back at the committed offsets yet: what it reads is not
    /// what comes next.
    rewind_due: bool,
    failed_batches: u32,
    last_housekeeping: Instant,
    /// Whether the newest statistics of a client show a broker that it is logged in to.
    consumer_is_in: bool,
    producer_is_in: bool,
}

type Turn = Result<(), SessionEnd>;

impl<'a> Session<'a> {
    /// A session on clients that have joined the group and claimed the transactional id.
    pub(super) fn new(shared: &'a mut Shared, consumer: GroupConsumer, writer: BatchWriter) -> Self {
        let slots = Slots::marking(shared.config.analysis.duplicates);
        Self {
            shared,
            consumer,
            writer,
            slots,
            refusals: Refusals::default(),
            pressure: Pressure::default(),
            positions: Positions::default(),
            report: None,
            held: Held::default(),
            rewind_due: false,
            failed_batches: 0,
            last_housekeeping: Instant::now(),
            consumer_is_in: false,
            producer_is_in: true,
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
        if self.rewind_due {
            self.rewind()?;
        }
        self.collect(Duration::ZERO);
        self.emit(None)?;
        let limits = &self.shared.config.kafka.transaction;
        if self.shared.ledger.batch_is_due(limits) || self.writer.producer().has_failed() {
            self.close_batch()?;
        }
        self.regulate();
        self.receive()?;
        self.housekeeping();
        self.heed_producers_refusal()
    }

    /// Calls that wait for brokers, with the consumer kept alive meanwhile.
    fn waiting<T>(&mut self, wait: impl FnOnce(&mut BatchWriter, &GroupConsumer, &mut Vigil<'_>) -> T) -> T {
        let now = Instant::now();
        let mut vigil = Vigil {
            consumer: &self.consumer,
            health: &self.shared.health,
            stop: &self.shared.stop,
            held: &mut self.held,
            paused: &mut self.pressure.paused,
            since: now,
            polled: now,
        };
        wait(&mut self.writer, &self.consumer, &mut vigil)
    }

    /// Once a second: overdue records, gauges, health.
    fn housekeeping(&mut self) {
        self.shared.ledger.report_in_flight(&self.slots);
        if self.last_housekeeping.elapsed() < Duration::from_secs(1) {
            return;
        }
        self.last_housekeeping = Instant::now();
        self.give_up_overdue();
        if let Some(statistics) = self.writer.producer().take_statistics() {
            heard_from_brokers(&self.shared.health, &statistics);
            self.producer_is_in = statistics.a_broker_is_up();
            // Brokers close connections that are idle; with nothing to send that is no fault.
            let idle = self.writer.producer().outstanding() == 0;
            self.shared.health.set_producer_reachable(self.producer_is_in || idle);
        }
        self.learn_positions();
        self.report_lag();
        self.shared.topics.look_again(
            &self.shared.config.kafka,
            self.writer.producer(),
            self.slots.is_empty(),
        );
        self.shared.ledger.report_queue(self.shared.pool.waiting(), self.writer.producer().outstanding());
    }

    /// Records whose analysis takes longer than allowed become bad records.
    fn give_up_overdue(&mut self) {
        let limit = self.shared.config.pipeline.record_time_limit;
        for job in self.shared.pool.give_up_overdue(limit) {
            // It may have come to an end in this very moment.
            self.collect(Duration::ZERO);
            if job.stay.is_over() || !self.slots.is_unfinished(&job.record.source) {
                continue;
            }
            let message = format!(
                "the analysis took longer than pipeline.record_time_limit_ms = {}",
                limit.as_millis()
            );
            let failure = Failure { stage: "analysis", code: "timeout", message };
            let outcome = self.shared.processor.fail(&job.record, failure, 1);
            self.slots.finish(&job.record, outcome);
        }
    }

    /// How the session ends for an error.
    fn ended_by(&self, verdict: Verdict, reason: String) -> SessionEnd {
        match verdict {
            // The broker gave our transaction up when its time was over, and tells us so with the error that a
            // second instance would cause.
            Verdict::Fenced if self.writer.is_overdue() => SessionEnd::Outage(reason),
            Verdict::Fenced => SessionEnd::Fenced(reason),
            Verdict::Refused(refusal) => SessionEnd::Refused(Refused { refusal, output_topic: None, reason }),
            Verdict::Stop => SessionEnd::Failed(ServiceError::Refused(reason)),
            Verdict::Retry | Verdict::Abort | Verdict::Rebuild => SessionEnd::Rebuild(reason),
        }
    }
}
