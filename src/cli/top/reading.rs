//! What one scrape of one instance says, and what was counted between two of them.

use std::collections::BTreeMap;

use crate::telemetry::exposition::{Buckets, Exposition, Sample};

/// Counters by what they count, and the labels that matter.
const COUNTERS: &[(Family, &str, &[&str])] = &[
    (Family::Received, "tonewire_records_received_total", &[]),
    (Family::ReceivedBytes, "tonewire_received_bytes_total", &[]),
    (Family::Enriched, "tonewire_records_enriched_total", &[]),
    (Family::DeadLettered, "tonewire_records_dead_lettered_total", &["stage", "error_code"]),
    (Family::Skipped, "tonewire_records_skipped_total", &["reason"]),
    (Family::Returned, "tonewire_records_returned_total", &["reason"]),
    (Family::ProcessorSeconds, "process_cpu_seconds_total", &[]),
];
const BUILD: &str = "tonewire_build_info";
const STARTED: &str = "tonewire_start_time_seconds";
const READY: &str = "tonewire_ready";
const CONDITION: &str = "tonewire_ready_condition";
const IN_FLIGHT: &str = "tonewire_records_in_flight";
const LAG: &str = "tonewire_kafka_consumer_lag_records";
const LAG_SECONDS: &str = "tonewire_kafka_consumer_lag_seconds";
const ASSIGNED: &str = "tonewire_kafka_assigned_partitions";
const LAST_COMMIT: &str = "tonewire_kafka_last_commit_timestamp_seconds";
const LATENCY: &str = "tonewire_end_to_end_latency_seconds";
const STAGE: &str = "tonewire_stage_duration_seconds";
const MEMORY: &str = "process_resident_memory_bytes";

/// What a counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    Received,
    ReceivedBytes,
    Enriched,
    DeadLettered,
    Skipped,
    Returned,
    ProcessorSeconds,
}

/// A partition of an input topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Partition {
    pub(super) topic: String,
    pub(super) number: i64,
}

/// One scrape.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reading {
    pub(super) version: String,
    pub(super) model: String,
    pub(super) ready: bool,
    /// Conditions of /readyz that do not hold.
    pub(super) unmet: Vec<String>,
    pub(super) in_flight: f64,
    pub(super) lag: BTreeMap<Partition, f64>,
    /// Age of the oldest record in work, in seconds.
    pub(super) oldest_s: f64,
    pub(super) assigned: f64,
    /// In seconds since 1970.
    pub(super) last_commit: Option<f64>,
    pub(super) memory_bytes: Option<f64>,
    pub(super) counters: Counters,
}

/// Everything that only grows while a process lives.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Counters {
    /// Start of the process, in seconds since 1970: another one counts from 0 again.
    started: f64,
    /// With the labels in one text, such as `decode invalid_json`.
    counts: BTreeMap<(Family, String), f64>,
    /// From the input record's timestamp to the committed output.
    pub(super) latency: Buckets,
    /// Of the analysis alone.
    pub(super) analysis: Buckets,
}

impl Reading {
    /// `None` if the scrape is of another program.
    pub(super) fn of(scrape: &Exposition) -> Option<Self> {
        let ready = scrape.sum(READY)?;
        let build = scrape.series(BUILD).next();
        let label = |key| build.and_then(|build| build.label(key)).unwrap_or("unknown").to_owned();
        let lag = scrape.series(LAG).map(|sample| (partition(sample), sample.value)).collect();
        let unmet = scrape.series(CONDITION).filter(|sample| sample.value == 0.0);
        Some(Self {
            version: label("version"),
            model: label("model"),
            ready: ready > 0.0,
            unmet: unmet.filter_map(|sample| sample.label("condition")).map(str::to_owned).collect(),
            in_flight: scrape.sum(IN_FLIGHT).unwrap_or_default(),
            lag,
            oldest_s: scrape.series(LAG_SECONDS).map(|sample| sample.value).fold(0.0, f64::max),
            assigned: scrape.sum(ASSIGNED).unwrap_or_default(),
            last_commit: scrape.sum(LAST_COMMIT).filter(|seconds| *seconds > 0.0),
            memory_bytes: scrape.sum(MEMORY),
            counters: Counters::of(scrape),
        })
    }
}

fn partition(sample: &Sample) -> Partition {
    let number = sample.label("partition").and_then(|number| number.parse().ok()).unwrap_or(-1);
    Partition { topic: sample.label("topic").unwrap_or_default().to_owned(), number }
}

impl Counters {
    fn of(scrape: &Exposition) -> Self {
        let mut counts = BTreeMap::new();
        for (family, name, labels) in COUNTERS {
            for sample in scrape.series(name) {
                let words: Vec<&str> = labels.iter().filter_map(|key| sample.label(key)).collect();
                *counts.entry((*family, words.join(" "))).or_default() += sample.value;
            }
        }
        Self {
            started: scrape.sum(STARTED).unwrap_or_default(),
            counts,
            latency: Buckets::of(scrape, LATENCY, &[]),
            analysis: Buckets::of(scrape, STAGE, &[("stage", "analysis")]),
        }
    }

    /// What was counted since `earlier`. A process that has started anew since then has counted all it has.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        let is_another = self.started != earlier.started
            || self.counts.iter().any(|(key, count)| earlier.counts.get(key).is_some_and(|was| was > count));
        if is_another {
            return self.clone();
        }
        let was = |key| earlier.counts.get(key).copied().unwrap_or_default();
        Self {
            started: self.started,
            counts: self.counts.iter().map(|(key, count)| (key.clone(), count - was(key))).collect(),
            latency: self.latency.since(&earlier.latency),
            analysis: self.analysis.since(&earlier.analysis),
        }
    }

    /// Adds what another instance counted, or the same at another time.
    pub(super) fn add(&mut self, other: &Self) {
        for (key, count) in &other.counts {
            *self.counts.entry(key.clone()).or_default() += count;
        }
        self.latency.add(&other.latency);
        self.analysis.add(&other.analysis);
    }

    /// The sum over all labels.
    pub(super) fn total(&self, family: Family) -> f64 {
        self.by_label(family).map(|(_, count)| count).sum()
    }

    /// Each combination of labels with its count.
    pub(super) fn by_label(&self, family: Family) -> impl Iterator<Item = (&str, f64)> {
        let of_family = self.counts.iter().filter(move |((own, _), _)| *own == family);
        of_family.map(|((_, labels), count)| (labels.as_str(), *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(text: &str) -> Reading {
        Reading::of(&Exposition::parse(text).unwrap()).expect("a scrape of tonewire")
    }

    #[test]
    fn every_metric_that_is_read_is_one_of_the_service_or_of_the_process() {
        let declared = include_str!("../../telemetry/metrics.rs");
        let names = [
            BUILD,
            STARTED,
            READY,
            CONDITION,
            IN_FLIGHT,
            LAG,
            LAG_SECONDS,
            ASSIGNED,
            LAST_COMMIT,
            LATENCY,
            STAGE,
        ];
        for name in COUNTERS.iter().map(|(_, name, _)| *name).chain(names) {
            assert!(name.starts_with("process_") || declared.contains(&format!("\"{name}\"")), "{name}");
        }
    }

    #[test]
    fn a_scrape_of_another_program_is_none() {
        assert_eq!(Reading::of(&Exposition::parse("go_goroutines 7\n").unwrap()), None);
    }

    #[test]
    fn conditions_that_do_not_hold_and_a_commit_that_never_was_are_told() {
        let reading = reading(
            "tonewire_ready 0\ntonewire_ready_condition{condition=\"brokers\"} 0\n\
             tonewire_ready_condition{condition=\"running\"} 1\ntonewire_kafka_last_commit_timestamp_seconds 0\n",
        );
        assert_eq!(
            (reading.ready, reading.unmet, reading.last_commit),
            (false, vec!["brokers".into()], None)
        );
    }

    fn counted(started: f64, enriched: f64, values: f64) -> Counters {
        reading(&format!(
            "tonewire_ready 1\ntonewire_start_time_seconds {started}\ntonewire_records_enriched_total {enriched}\n\
             tonewire_end_to_end_latency_seconds_bucket{{le=\"1\"}} {values}\n\
             tonewire_end_to_end_latency_seconds_bucket{{le=\"+Inf\"}} {values}\n"
        ))
        .counters
    }

    #[test]
    fn between_two_scrapes_lies_their_difference() {
        let step = counted(100.0, 30.0, 28.0).since(&counted(100.0, 10.0, 9.0));
        assert_eq!((step.total(Family::Enriched), step.latency.count()), (20.0, 19.0));
    }

    #[test]
    fn a_process_that_started_anew_has_counted_all_it_has() {
        // Even where it has overtaken its predecessor.
        let step = counted(200.0, 30.0, 28.0).since(&counted(100.0, 10.0, 9.0));
        assert_eq!((step.total(Family::Enriched), step.latency.count()), (30.0, 28.0));
        // Or where nothing says when it started.
        let step = counted(0.0, 3.0, 3.0).since(&counted(0.0, 10.0, 9.0));
        assert_eq!((step.total(Family::Enriched), step.latency.count()), (3.0, 3.0));
    }

    #[test]
    fn a_series_that_is_new_counts_from_nothing() {
        let letters = "tonewire_ready 1\ntonewire_records_dead_lettered_total{stage=\"decode\",error_code=\"empty\"} 2\n";
        let step = reading(letters).counters.since(&reading("tonewire_ready 1\n").counters);
        assert_eq!(step.by_label(Family::DeadLettered).collect::<Vec<_>>(), [("decode empty", 2.0)]);
    }
}
