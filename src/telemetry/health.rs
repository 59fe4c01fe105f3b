//! How the service is doing, as the Kafka loop sees it: written there, read by the probes.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// With records waiting, this time without a commit means that something is stuck. It catches what no
/// error tells: a consumer that stays silent after a rebalance (rust-rdkafka #638, #840, vector #22006).
pub const STUCK_AFTER: Duration = Duration::from_secs(60);

/// Shared state of the service. Times are milliseconds since the start of this process.
#[derive(Debug)]
pub struct Health {
    started: Instant,
    assigned: AtomicBool,
    model_loaded: AtomicBool,
    producer_reachable: AtomicBool,
    stopping: AtomicBool,
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
            assigned: AtomicBool::new(false),
            model_loaded: AtomicBool::new(false),
            producer_reachable: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
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

    /// Whether the group has answered with an assignment, be it an empty one.
    pub fn set_assigned(&self, assigned: bool) {
        self.assigned.store(assigned, Ordering::Relaxed);
        // What waited while the partitions were another's is not our delay.
        self.committed_now();
    }

    /// What the brokers refuse us, such as `topic articles.raw`; `None`: nothing that we know of.
    pub fn set_refused(&self, what: Option<String>) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = what;
    }

    /// The stage is ready to analyse.
    pub fn model_loaded(&self) {
        self.model_loaded.store(true, Ordering::Relaxed);
    }

    /// Whether the producer has a broker to send to.
    pub fn set_producer_reachable(&self, reachable: bool) {
        self.producer_reachable.store(reachable, Ordering::Relaxed);
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
            condition(
                "producer_reachable",
                is_set(&self.producer_reachable),
                "brokers answer",
                "no broker answers the producer",
            ),
            condition(
                "assigned",
                is_set(&self.assigned),
                "the group has assigned partitions",
                "no assignment from the group yet",
            ),
            self.access(),
            self.progress(),
        ];
        Readiness { ready: conditions.iter().all(|condition| condition.holds), conditions }
    }

    fn access(&self) -> Condition {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let reason = refused.as_ref().map(|what| format!("the brokers refuse {what}"));
        condition("access", reason.is_none(), "the brokers refuse nothing", &reason.unwrap_or_default())
    }

    fn progress(&self) -> Condition {
        let lag = self.lag.load(Ordering::Relaxed);
        let age = self.age(&self.last_progress_ms);
        let stuck = lag > 0 && age >= STUCK_AFTER;
        let reason = format!("{lag} records wait, last commit {} s ago", age.as_secs());
        let idle = lag <= 0;
        condition("progress", !stuck, if idle { "no records wait" } else { &reason }, &reason)
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

    fn running(health: Health) -> Health {
        health.model_loaded();
        health.set_producer_reachable(true);
        health.assigned.store(true, Ordering::Relaxed);
        health
    }

    fn failing(health: &Health) -> Vec<&'static str> {
        let readiness = health.readiness();
        assert_eq!(readiness.ready, readiness.conditions.iter().all(|c| c.holds));
        readiness.conditions.iter().filter(|c| !c.holds).map(|c| c.name).collect()
    }

    #[test]
    fn a_service_is_ready_only_when_every_condition_holds() {
        let health = Health::new();
        assert_eq!(failing(&health), ["model_loaded", "producer_reachable", "assigned"]);
        let health = running(health);
        assert_eq!(failing(&health), [""; 0]);
        health.set_refused(Some("topic articles.raw".into()));
        assert_eq!(failing(&health), ["access"]);
        health.set_refused(None);
        health.set_stopping();
        assert_eq!(failing(&health), ["running"]);
    }

    #[test]
    fn waiting_records_without_a_commit_for_a_minute_are_stuck() {
        let health = running(Health::started_before(STUCK_AFTER));
        health.lag.store(5, Ordering::Relaxed);
        assert_eq!(failing(&health), ["progress"]);
        health.committed_now();
        assert_eq!(failing(&health), [""; 0]);
    }

    #[test]
    fn silence_is_no_fault_while_no_record_waits() {
        let health = running(Health::started_before(STUCK_AFTER));
        assert_eq!(failing(&health), [""; 0]);
        // The first record after a quiet night must not look like a night without a commit.
        health.set_lag(1);
        assert_eq!(failing(&health), [""; 0]);
    }

    #[test]
    fn a_loop_that_stands_still_is_not_live() {
        let health = Health::started_before(MINUTES);
        assert!(!health.is_live(MINUTES));
        health.polled_now();
        assert!(health.is_live(MINUTES));
    }
}
