//! Sessions one after the other, on a thread of their own, until the service is stopped.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;

use crate::analysis::Analyze;
use crate::config::{Config, KafkaConfig};
use crate::kafka::{
    BatchWriter, GroupConsumer, OutputProducer, SourceOffset, Tokens, Verdict, consumer_config,
    producer_config, verdict,
};
use crate::recent::Recent;
use crate::telemetry::events::{ClientsRebuilt, LogLimiter};
use crate::telemetry::{Health, Telemetry};

use super::access::{Access, Point, Refused};
use super::ledger::{Ledger, Totals};
use super::letter_limits::TooManyDeadLetters;
use super::outcome::Failure;
use super::process::Processor;
use super::session::{Session, SessionEnd, Shared};
use super::topics::TopicCheck;
use super::workers::WorkerPool;

/// A client without TLS at a port that wants it sees connections that end, and librdkafka gives no reason.
const REMEDY_FOR_SILENCE: &str = "if it lasts, check kafka.brokers, the network, and kafka.security.protocol (a broker that expects TLS does not answer a client without it)";

/// More rebuilds than this within [`REBUILD_WINDOW`] are a fault that rebuilding does not mend.
const MOST_REBUILDS: usize = 5;
const REBUILD_WINDOW: Duration = Duration::from_mins(10);
/// Wait before topics that do not exist are asked for again.
const TOPICS_PAUSE: Duration = Duration::from_secs(1);
/// Wait before new clients; doubles with each rebuild in the window.
const FIRST_REBUILD_PAUSE: Duration = Duration::from_secs(1);

/// Why the service ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// librdkafka refuses the configuration.
    #[error("the kafka client refuses its configuration: {0}; run `tonewire check --config FILE`")]
    Client(#[source] KafkaError),
    /// A thread could not be started.
    #[error("a thread could not be started")]
    Thread(#[source] std::io::Error),
    /// The broker refuses us, and trying again cannot help.
    #[error(
        "the broker refuses this service: {0}; check credentials, ACLs (read on group and input, write on output, dead letters and the transactional id) and broker version"
    )]
    Refused(String),
    /// Another instance uses our transactional id.
    #[error(
        "another instance works under the transactional id {id:?} ({reason}); give each live instance its own kafka.instance_name"
    )]
    Fenced { id: String, reason: String },
    /// The clients failed again and again.
    #[error("the kafka clients failed {MOST_REBUILDS} times in 10 minutes, the last time with: {0}")]
    TooManyRebuilds(String),
    /// `kafka.start_from = "fail"` and no committed offset.
    #[error(
        "no committed offset and kafka.start_from = \"fail\": {0}; commit offsets for the group or choose \"earliest\" or \"latest\""
    )]
    NoOffset(String),
    /// `input.on_bad_record = "stop"`.
    #[error("bad record at {}/{} offset {} ({}): {}; input.on_bad_record = \"stop\"", source_offset.partition.topic, source_offset.partition.partition, source_offset.offset, failure.code, failure.message)]
    BadRecord { source_offset: SourceOffset, failure: Failure },
    /// More dead letters than `input.dead_letter_limits` allow.
    #[error(transparent)]
    DeadLetters(#[from] TooManyDeadLetters),
    /// A stop came while the brokers did not take the last batch.
    #[error(
        "stopped, but the last batch is not committed: {0}; its records are read again at the next start"
    )]
    Uncommitted(String),
    /// A defect: the Kafka thread panicked.
    #[error("a defect of tonewire: the kafka thread panicked")]
    Panicked,
}

/// Records by class, over the life of the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub received: u64,
    pub enriched: u64,
    pub dead_lettered: u64,
    pub skipped: u64,
    /// Read and given back unsettled.
    pub returned: u64,
}

/// Asks the service to stop, from any thread, and tells how much time is left.
#[derive(Clone, Debug)]
pub struct StopSwitch {
    on: Arc<AtomicBool>,
    since: Arc<Mutex<Option<Instant>>>,
    limit: Duration,
}

impl StopSwitch {
    fn new(limit: Duration) -> Self {
        Self { on: Arc::default(), since: Arc::default(), limit }
    }

    /// Asks for the stop. Once asked, it cannot be taken back.
    pub fn stop(&self) {
        self.since.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
        self.on.store(true, Ordering::Release);
    }

    /// Whether the stop has been asked for.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.on.load(Ordering::Acquire)
    }

    /// Whether so much of `shutdown_timeout` is used up that waiting for brokers must end. The last fifth
    /// is left for closing the clients.
    pub(super) fn is_past_deadline(&self) -> bool {
        let since = *self.since.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| since.elapsed() >= self.limit.mul_f64(0.6))
    }

    /// What is left of `shutdown_timeout`, once the stop has been asked for.
    pub(super) fn time_left(&self) -> Option<Duration> {
        let since = *self.since.lock().unwrap_or_else(PoisonError::into_inner);
        since.map(|since| self.limit.saturating_sub(since.elapsed()))
    }

    /// Sleeps, but wakes when the stop is asked for.
    pub(super) fn sleep(&self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end && !self.is_on() {
            std::thread::sleep(Duration::from_millis(10).min(end.saturating_duration_since(Instant::now())));
        }
    }
}

/// The service: a consumer group member that enriches articles.
pub struct Service;

impl Service {
    /// Starts the Kafka thread and the workers. Brokers that are away are waited for.
    ///
    /// # Errors
    ///
    /// When librdkafka refuses the configuration or a thread cannot be started.
    pub fn start(
        config: Arc<Config>,
        analyzer: Arc<dyn Analyze>,
        telemetry: Arc<Telemetry>,
        health: Arc<Health>,
    ) -> Result<ServiceHandle, ServiceError> {
        Self::start_watched(config, analyzer, telemetry, health, None)
    }

    /// As [`start`](Self::start), with somebody who is told what each committed article shows.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_watched(
        config: Arc<Config>,
        analyzer: Arc<dyn Analyze>,
        telemetry: Arc<Telemetry>,
        health: Arc<Health>,
        watcher: Option<Arc<Recent>>,
    ) -> Result<ServiceHandle, ServiceError> {
        let stop = StopSwitch::new(config.kafka.shutdown_timeout);
        let totals = Arc::new(Totals::default());
        describe_limits(&telemetry, &config, analyzer.model());
        health.model_loaded();
        let processor = Processor::new(Arc::clone(&config), analyzer, Arc::clone(&telemetry));
        let processor = Arc::new(if watcher.is_some() { processor.watched() } else { processor });
        let pool = WorkerPool::start(
            Arc::clone(&processor),
            config.pipeline.workers.get(),
            config.pipeline.max_in_flight_records + 1,
            telemetry.worker_busy_seconds.clone(),
        )
        .map_err(ServiceError::Thread)?;
        let ledger = Ledger::new(
            Arc::clone(&telemetry),
            Arc::clone(&health),
            result_topics(&config.kafka),
            config.input.dead_letter_limits,
            Arc::clone(&totals),
        )
        .watched_by(watcher);
        let access = Access::new(Arc::clone(&telemetry), Arc::clone(&health));
        let topics = TopicCheck::new(Arc::clone(&telemetry), Arc::clone(&health));
        let shared = Shared {
            config,
            processor,
            telemetry,
            health,
            stop: stop.clone(),
            limiter: LogLimiter::default(),
            access,
            topics,
            ledger,
            pool,
        };
        let thread = std::thread::Builder::new()
            .name("kafka".into())
            .spawn(move || Sessions { shared, rebuilds: VecDeque::new() }.run())
            .map_err(ServiceError::Thread)?;
        Ok(ServiceHandle { stop, totals, thread })
    }
}

fn describe_limits(telemetry: &Telemetry, config: &Config, model: &str) {
    let librdkafka = rdkafka::util::get_rdkafka_version().1;
    telemetry.build_info.with_label_values(&[env!("CARGO_PKG_VERSION"), librdkafka.as_str(), model]).set(1);
    telemetry.start_time.set(crate::telemetry::events::seconds_since_1970());
    let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    telemetry.workers.set(gauge(config.pipeline.workers.get()));
    telemetry
        .queue_capacity
        .with_label_values(&["workers"])
        .set(gauge(config.pipeline.max_in_flight_records));
}

/// A running service.
pub struct ServiceHandle {
    stop: StopSwitch,
    totals: Arc<Totals>,
    thread: JoinHandle<Result<(), ServiceError>>,
}

impl ServiceHandle {
    /// Asks for a graceful stop: finish and commit what is in work within the drain time, leave the group.
    pub fn stop(&self) {
        self.stop.stop();
    }

    /// A switch for use while another thread waits on the handle.
    #[must_use]
    pub fn stop_switch(&self) -> StopSwitch {
        self.stop.clone()
    }

    /// Whether the service has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Records by class so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.totals.summary()
    }

    /// Waits until the service has ended.
    ///
    /// # Errors
    ///
    /// Why it ended by itself.
    pub fn wait(self) -> Result<Summary, ServiceError> {
        self.thread.join().map_err(|_| ServiceError::Panicked)??;
        Ok(self.totals.summary())
    }
}

/// Runs on the Kafka thread.
struct Sessions {
    shared: Shared,
    /// When clients were rebuilt, within the window.
    rebuilds: VecDeque<Instant>,
}

impl Sessions {
    fn run(mut self) -> Result<(), ServiceError> {
        let result = self.run_sessions();
        self.shared.health.set_stopping();
        // What still runs is a record that took too long to be waited for; the process ends without it.
        let limit = self.shared.config.kafka.drain_timeout;
        let left = self.shared.stop.time_left().unwrap_or(limit);
        self.shared.pool.stop(limit.min(left / 2));
        result
    }

    fn run_sessions(&mut self) -> Result<(), ServiceError> {
        while !self.shared.stop.is_on() {
            match self.session()? {
                SessionEnd::Stopped => return Ok(()),
                SessionEnd::Failed(error) => return Err(error),
                SessionEnd::Refused(refused) => self.wait_for_access(&refused),
                SessionEnd::Outage(reason) => self.await_brokers(&reason),
                SessionEnd::Rebuild(reason) => self.rebuild(reason, ServiceError::TooManyRebuilds)?,
                SessionEnd::Fenced(reason) => {
                    let id = self.shared.config.kafka.transactional_id.clone();
                    self.rebuild(reason, |reason| ServiceError::Fenced { id, reason })?;
                }
            }
        }
        Ok(())
    }

    fn session(&mut self) -> Result<SessionEnd, ServiceError> {
        let config = Arc::clone(&self.shared.config);
        let kafka = &config.kafka;
        let tokens = Tokens::from(kafka.oauth_token.as_ref());
        let producer = OutputProducer::create(&producer_config(&config), tokens.clone())
            .map_err(ServiceError::Client)?;
        let writer = BatchWriter::new(producer, kafka.delivery, kafka.transaction.timeout);
        if let Some(end) = self.initialise(&writer) {
            return Ok(end);
        }
        self.shared.health.set_producer_reachable(true);
        for granted in [Point::LogIn, Point::Cluster, Point::TransactionalId] {
            self.shared.access.granted(&granted);
        }
        let consumer = GroupConsumer::join(&consumer_config(kafka), &kafka.input_topics, tokens)
            .map_err(ServiceError::Client)?;
        Ok(Session::new(&mut self.shared, consumer, writer).run())
    }

    /// Claims the transactional id, waiting for brokers that are away and for topics that do not exist. `None`:
    /// claimed.
    fn initialise(&mut self, writer: &BatchWriter) -> Option<SessionEnd> {
        let shared = &mut self.shared;
        loop {
            shared.health.polled_now();
            if shared.stop.is_on() {
                return Some(SessionEnd::Stopped);
            }
            let topics_exist = shared.topics.allows_session(&shared.config.kafka, writer.producer());
            if topics_exist.is_ok() {
                shared.health.heard_from_brokers(Duration::ZERO);
            }
            let error = match topics_exist
                .and_then(|all| if all { writer.initialise().map(|()| true) } else { Ok(false) })
            {
                Ok(true) => return None,
                Ok(false) => {
                    shared.stop.sleep(TOPICS_PAUSE);
                    continue;
                }
                Err(error) => error,
            };
            if let Some((refusal, reason)) = writer.producer().take_refusal() {
                shared.health.set_producer_reachable(false);
                return Some(SessionEnd::Refused(Refused { refusal, output_topic: None, reason }));
            }
            match verdict(&error) {
                Verdict::Refused(refusal) => {
                    let reason = error.to_string();
                    return Some(SessionEnd::Refused(Refused { refusal, output_topic: None, reason }));
                }
                Verdict::Retry | Verdict::Abort => {
                    shared.health.set_producer_reachable(false);
                    if let Some(suppressed) = shared.limiter.admit("start") {
                        let (brokers, remedy) = (&shared.config.kafka.brokers, REMEDY_FOR_SILENCE);
                        tracing::warn!(%error, brokers, remedy, suppressed, "waiting for the brokers");
                    }
                    shared.stop.sleep(Duration::from_millis(200));
                }
                Verdict::Rebuild => return Some(SessionEnd::Rebuild(error.to_string())),
                Verdict::Fenced => return Some(SessionEnd::Fenced(error.to_string())),
                Verdict::Stop => return Some(SessionEnd::Failed(ServiceError::Refused(error.to_string()))),
            }
        }
    }

    /// New clients try again later: with passwords and tokens read anew, and a fresh look at what the
    /// brokers allow.
    fn wait_for_access(&mut self, refused: &Refused) {
        let wait = self.shared.access.refused(&self.shared.config.kafka, refused);
        // A refusal is an answer.
        self.shared.health.heard_from_brokers(Duration::ZERO);
        let end = Instant::now() + wait;
        while Instant::now() < end && !self.shared.stop.is_on() {
            // Waiting is what there is to do: a restart would not help.
            self.shared.health.polled_now();
            self.shared.stop.sleep(Duration::from_millis(500).min(wait));
        }
    }

    /// New clients after an outage. However often brokers go away, that is no fault of the clients and does not
    /// count as one; the next session waits until they are back.
    fn await_brokers(&self, reason: &str) {
        self.shared.health.set_producer_reachable(false);
        ClientsRebuilt { reason, wait: FIRST_REBUILD_PAUSE }.emit(&self.shared.telemetry);
        self.shared.stop.sleep(FIRST_REBUILD_PAUSE);
    }

    fn rebuild(
        &mut self,
        reason: String,
        too_many: impl FnOnce(String) -> ServiceError,
    ) -> Result<(), ServiceError> {
        let now = Instant::now();
        self.rebuilds.retain(|at| now.duration_since(*at) < REBUILD_WINDOW);
        if self.rebuilds.len() >= MOST_REBUILDS {
            return Err(too_many(reason));
        }
        let doublings = u32::try_from(self.rebuilds.len()).unwrap_or(u32::MAX);
        let wait = FIRST_REBUILD_PAUSE.saturating_mul(2u32.saturating_pow(doublings));
        self.rebuilds.push_back(now);
        ClientsRebuilt { reason: &reason, wait }.emit(&self.shared.telemetry);
        self.shared.stop.sleep(wait);
        Ok(())
    }
}

/// The topics that take results.
fn result_topics(kafka: &KafkaConfig) -> Vec<Arc<str>> {
    let topics = [Some(&kafka.output_topic), kafka.actor_row_topic.as_ref()];
    topics.into_iter().flatten().map(|topic| Arc::from(topic.as_str())).collect()
}
