//! One type per event: `emit` writes its log line and moves its metric, so that the two cannot drift apart.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::metrics::Telemetry;

/// A record could not be enriched; it is dead-lettered, skipped, or stops the service.
pub struct RecordFailed<'a> {
    /// `decode`, `analysis`, `encode` or `produce`.
    pub stage: &'static str,
    pub error_code: &'static str,
    /// May quote the input, shortened; only ever logged.
    pub error: &'a str,
    pub topic: &'a str,
    pub partition: i32,
    pub offset: i64,
}

impl RecordFailed<'_> {
    pub fn emit(&self, telemetry: &Telemetry, limiter: &LogLimiter) {
        telemetry.errors.with_label_values(&[self.stage, self.error_code]).inc();
        let Some(suppressed) = limiter.admit(self.error_code) else { return };
        tracing::warn!(
            stage = self.stage,
            error_code = self.error_code,
            error = self.error,
            topic = self.topic,
            partition = self.partition,
            offset = self.offset,
            suppressed,
            "record cannot be enriched"
        );
    }
}

/// Partitions came or went.
pub struct Rebalanced<'a> {
    /// `assign`, `revoke` or `lost`.
    pub kind: &'static str,
    pub partitions: &'a str,
}

impl Rebalanced<'_> {
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.rebalances.with_label_values(&[self.kind]).inc();
        tracing::info!(kind = self.kind, partitions = self.partitions, "assignment changed");
    }
}

/// Output and offsets of a batch are committed.
pub struct BatchClosed {
    pub records: usize,
    pub duration: Duration,
}

impl BatchClosed {
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.commits.with_label_values(&["committed"]).inc();
        telemetry.produce_duration.observe(self.duration.as_secs_f64());
        telemetry.last_commit.set(seconds_since_1970());
        tracing::debug!(records = self.records, duration_ms = self.duration.as_millis(), "batch committed");
    }
}

/// A batch was given up; its records are read again.
pub struct BatchGivenUp<'a> {
    pub reason: &'a str,
    pub records: usize,
    /// Refusals are logged as such, see [`AccessRefused`].
    pub is_refused: bool,
}

impl BatchGivenUp<'_> {
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.commits.with_label_values(&["aborted"]).inc();
        telemetry.retries.with_label_values(&["batch"]).inc();
        if self.is_refused {
            return;
        }
        tracing::warn!(
            reason = self.reason,
            records = self.records,
            "batch given up, its records are read again"
        );
    }
}

/// The clients are replaced by new ones.
pub struct ClientsRebuilt<'a> {
    pub reason: &'a str,
    pub wait: Duration,
}

impl ClientsRebuilt<'_> {
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.retries.with_label_values(&["clients"]).inc();
        tracing::warn!(reason = self.reason, wait_ms = self.wait.as_millis(), "kafka clients are rebuilt");
    }
}

/// Reading stopped because too much is in work, or goes on.
pub struct ConsumptionPaused {
    pub paused: bool,
    pub records: usize,
    pub bytes: usize,
}

impl ConsumptionPaused {
    pub fn emit(&self) {
        let message =
            if self.paused { "consumption paused: too much in work" } else { "consumption resumed" };
        tracing::info!(records = self.records, bytes = self.bytes, "{message}");
    }
}

/// The consumer reports a problem that it gets over by itself.
pub struct ConsumerProblem<'a> {
    pub error_code: &'a str,
    pub error: &'a str,
}

impl ConsumerProblem<'_> {
    pub fn emit(&self, telemetry: &Telemetry, limiter: &LogLimiter) {
        telemetry.errors.with_label_values(&["consume", self.error_code]).inc();
        if let Some(suppressed) = limiter.admit(self.error_code) {
            tracing::warn!(error_code = self.error_code, error = self.error, suppressed, "consumer problem");
        }
    }
}

/// Brokers refuse this service something, until a person changes that.
pub struct AccessRefused<'a> {
    /// `authentication` or `authorization`.
    pub kind: &'static str,
    /// `cluster`, `topic`, `group` or `transactional_id`.
    pub concerns: &'static str,
    /// Of the topic, group or id; the brokers for the cluster.
    pub name: &'a str,
    /// What client and brokers say. They never have a secret in it.
    pub reason: &'a str,
    pub remedy: &'static str,
    /// Until the next attempt; none where the clients go on by themselves.
    pub wait: Option<Duration>,
}

impl AccessRefused<'_> {
    pub fn emit(&self, telemetry: &Telemetry, limiter: &LogLimiter) {
        telemetry.access_refusals.with_label_values(&[self.kind, self.concerns]).inc();
        let Some(suppressed) = limiter.admit(&format!("{}/{}/{}", self.kind, self.concerns, self.name))
        else {
            return;
        };
        tracing::error!(
            kind = self.kind,
            concerns = self.concerns,
            name = self.name,
            reason = self.reason,
            remedy = self.remedy,
            next_attempt_ms = self.wait.map(|wait| wait.as_millis()),
            suppressed,
            "access refused"
        );
    }
}

/// What was refused is granted now.
pub struct AccessGranted<'a> {
    pub concerns: &'static str,
    pub name: &'a str,
}

impl AccessGranted<'_> {
    pub fn emit(&self) {
        tracing::info!(concerns = self.concerns, name = self.name, "access granted");
    }
}

/// Topics of the configuration do not exist.
pub struct TopicsMissing<'a> {
    /// Each with its key.
    pub topics: &'a str,
    pub remedy: &'static str,
}

impl TopicsMissing<'_> {
    pub fn emit(&self, limiter: &LogLimiter) {
        if let Some(suppressed) = limiter.admit(self.topics) {
            tracing::warn!(topics = self.topics, remedy = self.remedy, suppressed, "topics do not exist");
        }
    }
}

/// A partition of the output is led by no broker: nothing is begun before one does.
pub struct OutputWithoutLeader<'a> {
    pub topics: &'a str,
}

impl OutputWithoutLeader<'_> {
    pub fn emit(&self, limiter: &LogLimiter) {
        if let Some(suppressed) = limiter.admit(self.topics) {
            let remedy =
                "bring back the brokers that hold its copies (kafka-topics.sh --describe names them)";
            tracing::warn!(
                topics = self.topics,
                remedy,
                suppressed,
                "output has partitions without a leader"
            );
        }
    }
}

/// Exactly once hangs on one broker.
pub struct OnlyCopy<'a> {
    pub topic: &'a str,
}

impl OnlyCopy<'_> {
    pub fn emit(&self, limiter: &LogLimiter) {
        if let Some(suppressed) = limiter.admit(self.topic) {
            let remedy =
                "give it three copies: while the only one is away, Kafka can tear transactions apart";
            tracing::warn!(topic = self.topic, remedy, suppressed, "an output topic has one copy only");
        }
    }
}

/// What was missing is there now.
pub struct TopicsFound;

impl TopicsFound {
    pub fn emit(&self) {
        tracing::info!("all topics exist now");
    }
}

/// The watch-list was read, at the start or again.
pub struct WatchlistLoaded<'a> {
    pub path: &'a Path,
    pub actors: usize,
    pub again: bool,
}

impl WatchlistLoaded<'_> {
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.watchlist_actors.set(i64::try_from(self.actors).unwrap_or(i64::MAX));
        if self.again {
            telemetry.watchlist_reloads.with_label_values(&["ok"]).inc();
        }
        tracing::info!(path = %self.path.display(), actors = self.actors, again = self.again, "watch-list read");
    }
}

/// The watch-list cannot be read again; the one before stays in use.
pub struct WatchlistRefused<'a> {
    pub path: &'a Path,
    pub error: &'a str,
}

impl WatchlistRefused<'_> {
    pub fn emit(&self, telemetry: &Telemetry) {
        telemetry.watchlist_reloads.with_label_values(&["failed"]).inc();
        let path = self.path.display();
        tracing::error!(%path, error = self.error, "watch-list not read again, the old one stays in use");
    }
}

/// A request to the HTTP server was refused.
pub struct RequestDenied {
    /// `token` or `host`.
    pub reason: &'static str,
}

impl RequestDenied {
    pub fn emit(&self, telemetry: &Telemetry, limiter: &LogLimiter) {
        telemetry.http_denied.with_label_values(&[self.reason]).inc();
        if let Some(suppressed) = limiter.admit(self.reason) {
            tracing::warn!(reason = self.reason, suppressed, "request refused");
        }
    }
}

/// Lets through one log line per key and interval, so that a flood of bad records does not become a flood
/// of log lines. Keys come from fixed lists.
pub struct LogLimiter {
    interval: Duration,
    seen: Mutex<HashMap<String, (Instant, u64)>>,
}

impl LogLimiter {
    /// A limiter that lets one line per key through in each `interval`.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        Self { interval, seen: Mutex::default() }
    }

    /// `Some(number of lines suppressed since the last)` when a line may be written now.
    pub fn admit(&self, key: &str) -> Option<u64> {
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let now = Instant::now();
        match seen.get_mut(key) {
            Some((last, suppressed)) if now.duration_since(*last) < self.interval => {
                *suppressed += 1;
                None
            }
            Some(entry) => Some(std::mem::replace(entry, (now, 0)).1),
            None => {
                seen.insert(key.to_owned(), (now, 0));
                Some(0)
            }
        }
    }
}

impl Default for LogLimiter {
    fn default() -> Self {
        Self::new(Duration::from_secs(10))
    }
}

/// Now, as Prometheus writes times.
#[must_use]
pub fn seconds_since_1970() -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit into 53 bits")]
    let millis = jiff::Timestamp::now().as_millisecond() as f64;
    millis / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_one_kind_writes_one_line_and_counts_the_rest() {
        let limiter = LogLimiter::new(Duration::from_millis(30));
        assert_eq!(limiter.admit("invalid_json"), Some(0));
        assert_eq!(limiter.admit("invalid_json"), None);
        assert_eq!(limiter.admit("invalid_utf8"), Some(0));
        std::thread::sleep(Duration::from_millis(40));
        assert_eq!(limiter.admit("invalid_json"), Some(1));
    }
}
