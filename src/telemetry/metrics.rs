//! The metrics: names, help texts and labels in one place.
//!
//! Labels are bounded: topics and partitions of the configuration, and words from fixed lists. No actor,
//! id, address or free text is ever a label.
//!
//! At rest, when no partition was taken away and no batch was given up:
//! `records_received_total = records_enriched_total + records_dead_lettered_total +
//! records_skipped_total + records_in_flight`. Otherwise `records_returned_total` stands on the right
//! too: records that this instance read and did not settle, which it or another instance reads again.

use prometheus::{
    Counter, Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec,
    Opts, Registry,
};

/// Seconds: from a fraction of a millisecond to the longest analysis.
const STAGE_BUCKETS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];
/// Seconds: from one fetch to a day of backlog.
const LATENCY_BUCKETS: &[f64] =
    &[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0, 86400.0];
const WORD_BUCKETS: &[f64] =
    &[0.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0, 25_600.0, 102_400.0];
const MENTION_BUCKETS: &[f64] = &[0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0];

macro_rules! telemetry {
    ($( $field:ident: $kind:ty = $make:expr; )+) => {
        /// All metrics of the service, registered once.
        #[derive(Clone, Debug)]
        pub struct Telemetry {
            registry: Registry,
            $( pub $field: $kind, )+
        }

        impl Telemetry {
            /// Registers every metric in a registry of its own.
            ///
            /// # Errors
            ///
            /// Only for a name that is used twice or is not a metric name, which a test rules out.
            pub fn new() -> Result<Self, prometheus::Error> {
                let registry = Registry::new();
                $(
                    let $field = $make?;
                    registry.register(Box::new($field.clone()))?;
                )+
                register_process_metrics(&registry)?;
                Ok(Self { registry, $( $field, )+ })
            }
        }
    };
}

telemetry! {
    build_info: IntGaugeVec = gauges("tonewire_build_info", "Always 1; the labels name what runs.", &["version", "librdkafka", "model"]);
    start_time: Gauge = Gauge::new("tonewire_start_time_seconds", "Start of the process, in seconds since 1970.");
    ready: IntGauge = IntGauge::new("tonewire_ready", "1 when /readyz answers 200.");
    ready_condition: IntGaugeVec = gauges("tonewire_ready_condition", "1 for each condition of /readyz that holds.", &["condition"]);
    records_received: IntCounterVec = counters("tonewire_records_received_total", "Input records read, each counted once however often it is read again.", &["topic"]);
    received_bytes: IntCounterVec = counters("tonewire_received_bytes_total", "Bytes of keys and values read.", &["topic"]);
    records_enriched: IntCounter = IntCounter::new("tonewire_records_enriched_total", "Input records whose result is committed.");
    records_emitted: IntCounterVec = counters("tonewire_records_emitted_total", "Output records committed.", &["topic"]);
    emitted_bytes: IntCounterVec = counters("tonewire_emitted_bytes_total", "Bytes of keys and values of output records committed.", &["topic"]);
    records_dead_lettered: IntCounterVec = counters("tonewire_records_dead_lettered_total", "Input records sent to the dead-letter topic.", &["stage", "error_code"]);
    records_skipped: IntCounterVec = counters("tonewire_records_skipped_total", "Input records passed over on purpose.", &["reason"]);
    records_returned: IntCounterVec = counters("tonewire_records_returned_total", "Input records read but given back unsettled; they are read again.", &["reason"]);
    errors: IntCounterVec = counters("tonewire_errors_total", "Problems, whatever became of the record.", &["stage", "error_code"]);
    access_refusals: IntCounterVec = counters("tonewire_access_refusals_total", "Refusals by the brokers: kind is authentication or authorization, concerns is what is refused.", &["kind", "concerns"]);
    retries: IntCounterVec = counters("tonewire_retries_total", "Batches given up and done again, and clients rebuilt.", &["stage"]);
    records_in_flight: IntGauge = IntGauge::new("tonewire_records_in_flight", "Input records read and not yet settled.");
    in_flight_bytes: IntGauge = IntGauge::new("tonewire_in_flight_bytes", "Bytes of input records read and not yet settled.");
    queue_depth: IntGaugeVec = gauges("tonewire_queue_depth", "Entries waiting in a queue.", &["stage"]);
    queue_capacity: IntGaugeVec = gauges("tonewire_queue_capacity", "Most entries that a queue holds.", &["stage"]);
    backpressure_seconds: prometheus::CounterVec = prometheus::CounterVec::new(Opts::new("tonewire_backpressure_seconds_total", "Time during which no record was read because too many were in work."), &["stage"]);
    stage_duration: HistogramVec = histograms("tonewire_stage_duration_seconds", "Time of one record in a stage.", STAGE_BUCKETS, &["stage"]);
    end_to_end_latency: Histogram = histogram("tonewire_end_to_end_latency_seconds", "From the input record's timestamp to the committed output.", LATENCY_BUCKETS);
    timestamp_skew: IntCounter = IntCounter::new("tonewire_timestamp_skew_total", "Input records with a timestamp in the future; their latency counts as 0.");
    article_words: Histogram = histogram("tonewire_article_words", "Words of an article.", WORD_BUCKETS);
    entities: IntCounterVec = counters("tonewire_entities_total", "Actors and places found.", &["type"]);
    mentions_per_article: Histogram = histogram("tonewire_mentions_per_article", "Mentions of actors in an article.", MENTION_BUCKETS);
    sentiment: IntCounterVec = counters("tonewire_sentiment_total", "Actors by the article's verdict.", &["polarity"]);
    worker_busy_seconds: Counter = Counter::new("tonewire_worker_busy_seconds_total", "Time that workers spent on records.");
    workers: IntGauge = IntGauge::new("tonewire_workers", "Worker threads.");
    consumer_lag: IntGaugeVec = gauges("tonewire_kafka_consumer_lag_records", "Records that can be read and are not settled, for owned partitions whose position is known.", &["topic", "partition"]);
    partitions_without_position: IntGaugeVec = gauges("tonewire_kafka_partitions_without_position", "Owned partitions whose lag is not known (yet).", &["topic"]);
    topics_missing: IntGaugeVec = gauges("tonewire_kafka_topics_missing", "Topics of the configuration that do not exist.", &["role"]);
    consumer_lag_seconds: prometheus::GaugeVec = prometheus::GaugeVec::new(Opts::new("tonewire_kafka_consumer_lag_seconds", "Age of the oldest record in work; 0 with nothing in work."), &["topic"]);
    assigned_partitions: IntGaugeVec = gauges("tonewire_kafka_assigned_partitions", "Partitions that this instance owns.", &["topic"]);
    rebalances: IntCounterVec = counters("tonewire_kafka_rebalances_total", "Changes of the assignment.", &["kind"]);
    commits: IntCounterVec = counters("tonewire_kafka_commits_total", "Batches closed.", &["outcome"]);
    committed_offset: IntGaugeVec = gauges("tonewire_kafka_committed_offset", "Offset after the last settled record.", &["topic", "partition"]);
    produce_duration: Histogram = histogram("tonewire_kafka_produce_duration_seconds", "Time to close a batch: deliveries and commit.", STAGE_BUCKETS);
    stale_results: IntCounter = IntCounter::new("tonewire_kafka_stale_acks_total", "Results that came after their partition was taken away.");
    poll_age: Gauge = Gauge::new("tonewire_poll_age_seconds", "Time since the Kafka loop last went round.");
    last_commit: Gauge = Gauge::new("tonewire_kafka_last_commit_timestamp_seconds", "Time of the last commit, in seconds since 1970; 0 before the first.");
    progress_age: Gauge = Gauge::new("tonewire_progress_age_seconds", "Time since the last commit while records wait; 0 while none waits.");
    watchlist_actors: IntGauge = IntGauge::new("tonewire_watchlist_actors", "Actors of the watch-list in use.");
    watchlist_reloads: IntCounterVec = counters("tonewire_watchlist_reloads_total", "Attempts to read the watch-list again.", &["result"]);
    duplicate_articles: IntCounter = IntCounter::new("tonewire_duplicate_articles_total", "Articles marked as copies of earlier ones.");
    http_denied: IntCounterVec = counters("tonewire_http_denied_total", "Requests to the HTTP server that were refused.", &["reason"]);
    drain_duration: Gauge = Gauge::new("tonewire_drain_duration_seconds", "Time that the last revocation or stop waited for records in work.");
}

impl Telemetry {
    /// The registry, to be rendered by /metrics.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }
}

fn counters(name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntCounterVec> {
    IntCounterVec::new(Opts::new(name, help), labels)
}

fn gauges(name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntGaugeVec> {
    IntGaugeVec::new(Opts::new(name, help), labels)
}

fn histogram(name: &str, help: &str, buckets: &[f64]) -> prometheus::Result<Histogram> {
    Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))
}

fn histograms(name: &str, help: &str, buckets: &[f64], labels: &[&str]) -> prometheus::Result<HistogramVec> {
    HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.to_vec()), labels)
}

/// `process_*`, where the platform has them.
fn register_process_metrics(registry: &Registry) -> prometheus::Result<()> {
    #[cfg(target_os = "linux")]
    registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
    #[cfg(not(target_os = "linux"))]
    let _ = registry;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_is_valid_and_used_once() {
        assert!(Telemetry::new().is_ok());
    }

    /// Type and labels by name, as the macro's source states them: a family without series is not gathered.
    fn declared() -> BTreeSet<String> {
        let source = include_str!("metrics.rs");
        let declarations =
            source.split("telemetry! {").nth(1).and_then(|rest| rest.split("\n}\n").next()).unwrap();
        let mut rows = BTreeSet::new();
        for line in declarations.lines().filter(|line| line.contains("\"tonewire_")) {
            let texts: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
            let (name, help) = (texts[0], texts[1]);
            let kind = match () {
                () if name.ends_with("_total") => "counter",
                () if line.contains("istogram") => "histogram",
                () => "gauge",
            };
            rows.insert(format!("`{name}` | {kind} | {} | {help}", texts[2..].join(", ")));
        }
        rows
    }

    #[test]
    fn the_table_of_the_documentation_has_every_metric_with_type_labels_and_meaning() {
        let documentation = include_str!("../../docs/operation.md");
        let mut rows = BTreeSet::new();
        for line in documentation.lines().filter(|line| line.starts_with("| `tonewire_")) {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            let [name, kind, unit, labels, help] = cells[..] else { panic!("not five cells: {line}") };
            assert!(!unit.is_empty(), "no unit: {line}");
            rows.insert(format!("{name} | {kind} | {labels} | {help}"));
        }
        assert_eq!(rows, declared());
        // Nor is anything gathered that the table lacks.
        for family in Telemetry::new().unwrap().registry().gather() {
            let name = family.name().to_owned();
            let is_there = rows.iter().any(|row| row.starts_with(&format!("`{name}` ")));
            assert!(is_there || name.starts_with("process_"), "{name}");
        }
    }

    #[test]
    fn counters_end_in_total_and_nothing_else_does() {
        let telemetry = Telemetry::new().unwrap();
        for family in
            telemetry.registry().gather().iter().filter(|family| family.name().starts_with("tonewire_"))
        {
            let is_counter = family.get_field_type() == prometheus::proto::MetricType::COUNTER;
            assert_eq!(is_counter, family.name().ends_with("_total"), "{}", family.name());
        }
    }
}
