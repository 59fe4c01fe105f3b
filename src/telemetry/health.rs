//! How the service is doing, as the Kafka loop sees it: written there, read by the probes.
//!
//! Conditions are judged when they are asked for, by the time that has passed since the last good news. A loop
//! that stands still or waits for brokers therefore cannot keep readiness true by saying nothing.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::steady::Steady;

/// With records waiting, this time without a commit means that something is stuck. It catches what no
/// error tells: a consumer that stays silent after a rebalance (rust-rdkafka #638, #840, vector #22006).
pub const STUCK_AFTER: Duration = Duration::from_secs(60);

/// Silence of all brokers for this time takes readiness away, and so does a producer or an assignment that is lost
/// for as long. Shorter than the 30 s within which an outage has to be seen, longer than a hand-over between
/// brokers or a rebalance, which must not make readiness flap.
pub const GIVEN_UP_AFTER: Duration = Duration::from_secs(20);

/// No broker has ever answered.
const NEVER: i64 = -1;

/// Shared state of the service. Times are milliseconds since the start of this process.
#[derive(Debug)]
pub struct Health {
    started: Instant,
    model_loaded: AtomicBool,
    stopping: AtomicBool,
    /// When a broker last answered, or [`NEVER`].
    last_answer_ms: AtomicI64,
    producer: Mutex<Steady>,
    assignment: Mutex<Steady>,
    /// Of the assignment.
    partitions: AtomicUsize,
    topics: Mutex<MissingTopics>,
    /// What the brokers refuse us, in words.
    refused: Mutex<Option<String>>,
    /// Records between the committed offsets and the ends of the assigned partitions.
    lag: AtomicI64,
    last_poll_ms: AtomicU64,
    /// The last commit, or the last time there was nothing to commit.
    last_progress_ms: AtomicU64,
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

/// Topics of the configuration that do not exist, in words, with what to do about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MissingTopics {
    /// Without these there is nothing to read, or nowhere to write to.
    pub needed: Option<String>,
    /// The dead-letter topic, which is needed as soon as a record is bad.
    pub needed_later: Option<String>,
}

/// Whether the service should get work, condition by condition.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Readiness {
    /// All conditions hold.
    pub ready: bool,
    pub conditions: Vec<Condition>,
}

/// One condition of readiness.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Condition {
    pub name: &'static str,
    pub holds: bool,
    /// What was seen.
    pub reason: String,
}

impl Health {
    /// Nothing is reached yet, and the loop counts as moving since now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
            model_loaded: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            last_answer_ms: AtomicI64::new(NEVER),
            producer: Mutex::default(),
            assignment: Mutex::default(),
            partitions: AtomicUsize::new(0),
            topics: Mutex::default(),
            refused: Mutex::new(None),
            lag: AtomicI64::new(0),
            last_poll_ms: AtomicU64::new(0),
            last_progress_ms: AtomicU64::new(0),
        }
    }

    /// The loop has asked the consumer for records.
    pub fn polled_now(&self) {
        self.last_poll_ms.store(self.now_ms(), Ordering::Relaxed);
    }

    /// Offsets were committed.
    pub fn committed_now(&self) {
        self.last_progress_ms.store(self.now_ms(), Ordering::Relaxed);
    }

    /// A broker has answered so long ago.
    pub fn heard_from_brokers(&self, ago: Duration) {
        let ago = u64::try_from(ago.as_millis()).unwrap_or(u64::MAX);
        let at = i64::try_from(self.now_ms().saturating_sub(ago)).unwrap_or(i64::MAX);
        self.last_answer_ms.fetch_max(at, Ordering::Relaxed);
    }

    /// The group has answered: this instance owns so many partitions now, possibly none.
    pub fn set_assigned(&self, partitions: usize) {
        self.partitions.store(partitions, Ordering::Relaxed);
        lock(&self.assignment).set(true, self.now_ms());
        // What waited while the partitions were another's is not our delay.
        self.committed_now();
    }

    /// All partitions are taken away and the group has not said yet what comes next, or the group is left.
    pub fn set_unassigned(&self) {
        self.partitions.store(0, Ordering::Relaxed);
        lock(&self.assignment).set(false, self.now_ms());
        self.committed_now();
    }

    /// Which topics of the configuration do not exist.
    pub fn set_missing_topics(&self, missing: MissingTopics) {
        *lock(&self.topics) = missing;
    }

    /// What the brokers refuse us, such as `topic articles.raw`; `None`: nothing that we know of.
    pub fn set_refused(&self, what: Option<String>) {
        *lock(&self.refused) = what;
    }

    /// The stage is ready to analyse.
    pub fn model_loaded(&self) {
        self.model_loaded.store(true, Ordering::Relaxed);
    }

    /// Whether the producer can send.
    pub fn set_producer_reachable(&self, reachable: bool) {
        lock(&self.producer).set(reachable, self.now_ms());
    }

    /// Records that wait in the assigned partitions. Without any there is nothing to commit, so time
    /// without a commit only counts from the first one on.
    pub fn set_lag(&self, records: i64) {
        if self.lag.swap(records, Ordering::Relaxed) <= 0 {
            self.committed_now();
        }
    }

    /// The service was told to stop: it gets no more work, but is alive until it ends.
    pub fn set_stopping(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Time since the last poll, for `tonewire_poll_age_seconds`.
    #[must_use]
    pub fn poll_age(&self) -> Duration {
        self.age(&self.last_poll_ms)
    }

    /// Time since the last commit while records wait; zero while none waits.
    #[must_use]
    pub fn progress_age(&self) -> Duration {
        if self.lag.load(Ordering::Relaxed) > 0 { self.age(&self.last_progress_ms) } else { Duration::ZERO }
    }

    /// Whether the loop moves. A restart helps if it does not.
    #[must_use]
    pub fn is_live(&self, max_poll_interval: Duration) -> bool {
        self.poll_age() < max_poll_interval
    }

    /// Every condition with what was seen.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        let conditions = vec![
            condition("running", !is_set(&self.stopping), "running", "stopping"),
            condition("model_loaded", is_set(&self.model_loaded), "loaded", "not loaded yet"),
            self.brokers(),
            self.topics(),
            condition(
                "producer_reachable",
                lock(&self.producer).holds(self.now_ms()),
                "the producer can send",
                "the producer cannot send",
            ),
            self.assigned(),
            self.access(),
            self.progress(),
        ];
        Readiness { ready: conditions.iter().all(|condition| condition.holds), conditions }
    }

    fn brokers(&self) -> Condition {
        const NAME: &str = "brokers";
        let last = self.last_answer_ms.load(Ordering::Relaxed);
        let Ok(last) = u64::try_from(last) else {
            return condition(
                NAME,
                false,
                "",
                "no broker has answered yet; check kafka.brokers and the network",
            );
        };
        let silent = Duration::from_millis(self.now_ms().saturating_sub(last));
        let reason = format!("no broker has answered for {} s", silent.as_secs());
        condition(NAME, silent < GIVEN_UP_AFTER, "brokers answer", &reason)
    }

    fn topics(&self) -> Condition {
        let missing = lock(&self.topics);
        let later = missing.needed_later.as_deref().unwrap_or("all topics exist");
        condition("topics", missing.needed.is_none(), later, missing.needed.as_deref().unwrap_or_default())
    }

    fn assigned(&self) -> Condition {
        let assignment = *lock(&self.assignment);
        let now_ms = self.now_ms();
        let reason = match (assignment.lost_for(now_ms), self.partitions.load(Ordering::Relaxed)) {
            (Some(lost), _) => {
                format!("no answer from the group since it took the partitions {} s ago", lost.as_secs())
            }
            (None, _) if !assignment.holds(now_ms) => "no assignment from the group yet".to_owned(),
            (None, 0) => {
                "no partition: there are more instances than partitions, and this one stands by".to_owned()
            }
            (None, partitions) => format!("partitions: {partitions}"),
        };
        condition("assigned", assignment.holds(now_ms), &reason, &reason)
    }

    fn access(&self) -> Condition {
        let refused = lock(&self.refused);
        let reason = refused.as_ref().map(|what| format!("the brokers refuse {what}"));
        condition("access", reason.is_none(), "the brokers refuse nothing", &reason.unwrap_or_default())
    }

    fn progress(&self) -> Condition {
        let lag = self.lag.load(Ordering::Relaxed);
        let age = self.progress_age();
        let reason = format!("{lag} records wait, last commit {} s ago", age.as_secs());
        let idle = lag <= 0;
        condition("progress", age < STUCK_AFTER, if idle { "no records wait" } else { &reason }, &reason)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn age(&self, since: &AtomicU64) -> Duration {
        Duration::from_millis(self.now_ms().saturating_sub(since.load(Ordering::Relaxed)))
    }

    /// A service that started this long ago, since tests cannot wait a minute.
    #[cfg(test)]
    pub(crate) fn started_before(age: Duration) -> Self {
        let started = Instant::now().checked_sub(age).expect("the machine runs that long");
        Self { started, ..Self::new() }
    }

    /// As if this time had passed.
    #[cfg(test)]
    fn pass(&mut self, time: Duration) {
        self.started = self.started.checked_sub(time).expect("the machine runs that long");
    }
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_set(flag: &AtomicBool) -> bool {
    flag.load(Ordering::Relaxed)
}

fn condition(name: &'static str, holds: bool, yes: &str, no: &str) -> Condition {
    Condition { name, holds, reason: if holds { yes } else { no }.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTES: Duration = Duration::from_secs(300);
    const SECOND: Duration = Duration::from_secs(1);

    fn running(health: Health) -> Health {
        health.model_loaded();
        health.heard_from_brokers(Duration::ZERO);
        health.set_producer_reachable(true);
        let progress = health.last_progress_ms.load(Ordering::Relaxed);
        health.set_assigned(2);
        health.last_progress_ms.store(progress, Ordering::Relaxed);
        health
    }

    fn failing(health: &Health) -> Vec<&'static str> {
        let readiness = health.readiness();
        assert_eq!(readiness.ready, readiness.conditions.iter().all(|c| c.holds));
        readiness.conditions.iter().filter(|c| !c.holds).map(|c| c.name).collect()
    }

    fn reason(health: &Health, name: &str) -> String {
        let conditions = health.readiness().conditions;
        conditions.into_iter().find(|c| c.name == name).expect("a condition").reason
    }

    #[test]
    fn a_service_is_ready_only_when_every_condition_holds() {
        let health = Health::new();
        assert_eq!(failing(&health), ["model_loaded", "brokers", "producer_reachable", "assigned"]);
        let health = running(health);
        assert_eq!(failing(&health), [""; 0]);
        health.set_refused(Some("topic articles.raw".into()));
        assert_eq!(failing(&health), ["access"]);
        health.set_refused(None);
        health.set_stopping();
        assert_eq!(failing(&health), ["running"]);
    }

    #[test]
    fn silent_brokers_take_readiness_away_though_the_loop_says_nothing() {
        let mut health = running(Health::new());
        health.pass(GIVEN_UP_AFTER.saturating_sub(SECOND));
        assert_eq!(failing(&health), [""; 0]);
        health.pass(SECOND);
        assert_eq!(failing(&health), ["brokers"]);
        assert_eq!(reason(&health, "brokers"), "no broker has answered for 20 s");
        // The statistics of an outage go on telling of the same last answer.
        health.heard_from_brokers(GIVEN_UP_AFTER);
        assert_eq!(failing(&health), ["brokers"]);
        health.heard_from_brokers(SECOND);
        assert_eq!(failing(&health), [""; 0]);
    }

    #[test]
    fn a_rebalance_does_not_flap_and_one_without_end_shows() {
        let mut health = running(Health::new());
        health.set_unassigned();
        health.set_unassigned();
        assert_eq!(failing(&health), [""; 0]);
        health.pass(GIVEN_UP_AFTER);
        health.heard_from_brokers(Duration::ZERO);
        assert_eq!(failing(&health), ["assigned"]);
        health.set_assigned(0);
        assert_eq!(failing(&health), [""; 0], "an instance that stands by is ready to take over");
        assert!(reason(&health, "assigned").contains("more instances than partitions"));
    }

    #[test]
    fn a_missing_topic_is_named_and_only_the_dead_letters_can_wait() {
        let health = running(Health::new());
        let named = |name: &str| Some(format!("the topic {name:?} does not exist"));
        health.set_missing_topics(MissingTopics { needed_later: named("dead"), ..MissingTopics::default() });
        assert_eq!(failing(&health), [""; 0]);
        assert!(reason(&health, "topics").contains("\"dead\""));
        health.set_missing_topics(MissingTopics { needed: named("raw"), needed_later: None });
        assert_eq!(failing(&health), ["topics"]);
        assert!(reason(&health, "topics").contains("\"raw\""));
    }

    #[test]
    fn waiting_records_without_a_commit_for_a_minute_are_stuck() {
        let health = running(Health::started_before(STUCK_AFTER));
        health.lag.store(5, Ordering::Relaxed);
        assert_eq!(failing(&health), ["progress"]);
        assert!(health.progress_age() >= STUCK_AFTER);
        health.committed_now();
        assert_eq!(failing(&health), [""; 0]);
    }

    #[test]
    fn silence_is_no_fault_while_no_record_waits() {
        let health = running(Health::started_before(STUCK_AFTER));
        assert_eq!(failing(&health), [""; 0]);
        assert_eq!(health.progress_age(), Duration::ZERO);
        // The first record after a quiet night must not look like a night without a commit.
        health.set_lag(1);
        assert_eq!(failing(&health), [""; 0]);
        assert!(health.progress_age() < SECOND * 10);
    }

    #[test]
    fn a_loop_that_stands_still_is_not_live() {
        let health = Health::started_before(MINUTES);
        assert!(!health.is_live(MINUTES));
        health.polled_now();
        assert!(health.is_live(MINUTES));
    }
}
