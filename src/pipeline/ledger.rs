//! Counts every record exactly once: when it is read, when its batch is committed, or when it is given back.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::config::{DeadLetterLimits, TransactionLimits};
use crate::kafka::{ClientStatistics, IncomingRecord, OutgoingRecord, PartitionId};
use crate::recent::{Recent, Sighting};
use crate::telemetry::{Health, Telemetry};

use super::letter_limits::{LetterLimits, TooManyDeadLetters};
use super::outcome::Class;
use super::service::Summary;
use super::slots::{Slot, Slots};

/// A record of the open batch.
struct Entry {
    partition: PartitionId,
    class: Class,
    timestamp_ms: Option<i64>,
    sightings: Vec<Sighting>,
}

/// What holds for all partitions when their lag is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct LagRules {
    /// Without a committed offset, reading begins at the first record.
    pub(super) from_first: bool,
    /// Fetch positions can be relied on.
    pub(super) steady: bool,
}

/// The open batch and the counters.
pub(super) struct Ledger {
    telemetry: Arc<Telemetry>,
    health: Arc<Health>,
    /// Those of results; dead letters are counted by reason.
    result_topics: Vec<Arc<str>>,
    entries: Vec<Entry>,
    /// Who wants to know what committed articles show.
    watcher: Option<Arc<Recent>>,
    output_records: HashMap<Arc<str>, (u64, u64)>,
    output_bytes: usize,
    opened: Option<Instant>,
    letter_limits: LetterLimits,
    totals: Arc<Totals>,
    /// Label pairs of gauges per partition that exist now, so that those of lost partitions are removed.
    reported: BTreeSet<PartitionId>,
}

/// Counts that outlive the ledger.
#[derive(Default)]
pub(super) struct Totals {
    received: AtomicU64,
    enriched: AtomicU64,
    dead_lettered: AtomicU64,
    skipped: AtomicU64,
    returned: AtomicU64,
}

impl Totals {
    pub(super) fn summary(&self) -> Summary {
        let read = |total: &AtomicU64| total.load(Ordering::Relaxed);
        Summary {
            received: read(&self.received),
            enriched: read(&self.enriched),
            dead_lettered: read(&self.dead_lettered),
            skipped: read(&self.skipped),
            returned: read(&self.returned),
        }
    }
}

impl Ledger {
    pub(super) fn new(
        telemetry: Arc<Telemetry>,
        health: Arc<Health>,
        result_topics: Vec<Arc<str>>,
        letter_limits: DeadLetterLimits,
        totals: Arc<Totals>,
    ) -> Self {
        Self {
            telemetry,
            health,
            result_topics,
            entries: Vec::new(),
            watcher: None,
            output_records: HashMap::new(),
            output_bytes: 0,
            opened: None,
            letter_limits: LetterLimits::new(letter_limits),
            totals,
            reported: BTreeSet::new(),
        }
    }

    /// What committed articles show is told to somebody.
    pub(super) fn watched_by(self, watcher: Option<Arc<Recent>>) -> Self {
        Self { watcher, ..self }
    }

    /// A record is read for the first time.
    pub(super) fn received(&self, record: &IncomingRecord) {
        let topic = &*record.source.partition.topic;
        self.telemetry.records_received.with_label_values(&[topic]).inc();
        self.telemetry.received_bytes.with_label_values(&[topic]).inc_by(record.size() as u64);
        self.totals.received.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the limits on dead letters let a record join the open batch. Counts it.
    ///
    /// # Errors
    ///
    /// When it passes a limit.
    pub(super) fn admit(&mut self, partition: &PartitionId, class: &Class) -> Result<(), TooManyDeadLetters> {
        self.letter_limits.admit(partition, class, Instant::now())
    }

    /// An output record is handed to the producer.
    pub(super) fn sent(&mut self, output: &OutgoingRecord) {
        self.opened.get_or_insert_with(Instant::now);
        self.output_bytes += output.size();
        let (records, bytes) = self.output_records.entry(Arc::clone(&output.topic)).or_default();
        *records += 1;
        *bytes += output.size() as u64;
    }

    /// All output of a record is handed over: it is part of the open batch.
    pub(super) fn emitted(&mut self, slot: Slot) {
        self.opened.get_or_insert_with(Instant::now);
        let Some(outcome) = slot.outcome else { return };
        self.entries.push(Entry {
            partition: slot.record.source.partition.clone(),
            class: outcome.class,
            timestamp_ms: slot.record.timestamp_ms,
            sightings: outcome.sightings,
        });
    }

    /// Output records of the open batch for a topic.
    pub(super) fn sent_to(&self, topic: &str) -> u64 {
        self.output_records.get(topic).map_or(0, |(records, _)| *records)
    }

    pub(super) fn batch_len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn batch_is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The topics that the batch has records for.
    pub(super) fn batch_topics(&self) -> Vec<Arc<str>> {
        self.output_records.keys().cloned().collect()
    }

    /// The batch has reached its number of records or bytes.
    pub(super) fn batch_is_full(&self, limits: &TransactionLimits) -> bool {
        self.entries.len() >= limits.max_records || self.output_bytes >= limits.max_bytes
    }

    /// The batch has reached any of its limits.
    pub(super) fn batch_is_due(&self, limits: &TransactionLimits) -> bool {
        self.batch_is_full(limits) || self.opened.is_some_and(|opened| opened.elapsed() >= limits.max_age)
    }

    /// The batch is committed: its records are settled and counted. Returns their number.
    pub(super) fn settle_batch(&mut self, slots: &Slots) -> usize {
        self.letter_limits.settled();
        let records = self.entries.len();
        let now_ms = jiff::Timestamp::now().as_millisecond();
        let mut sightings = Vec::new();
        for entry in std::mem::take(&mut self.entries) {
            self.settle(&entry, now_ms);
            sightings.extend(entry.sightings);
        }
        if let Some(watcher) = &self.watcher {
            watcher.add(sightings);
        }
        for (topic, (records, bytes)) in self.output_records.drain() {
            if self.result_topics.contains(&topic) {
                self.telemetry.records_emitted.with_label_values(&[&*topic]).inc_by(records);
                self.telemetry.emitted_bytes.with_label_values(&[&*topic]).inc_by(bytes);
            }
        }
        self.close();
        for (id, partition) in slots.partitions() {
            if let Some(settled) = partition.settled {
                let labels = [&*id.topic, &id.partition.to_string()];
                self.telemetry.committed_offset.with_label_values(&labels).set(settled);
            }
        }
        self.report_in_flight(slots);
        records
    }

    fn settle(&self, entry: &Entry, now_ms: i64) {
        let telemetry = &self.telemetry;
        let total = match &entry.class {
            Class::Enriched => {
                telemetry.records_enriched.inc();
                &self.totals.enriched
            }
            Class::DeadLettered(failure) => {
                telemetry.records_dead_lettered.with_label_values(&[failure.stage, failure.code]).inc();
                &self.totals.dead_lettered
            }
            Class::Skipped { reason } => {
                telemetry.records_skipped.with_label_values(&[*reason]).inc();
                &self.totals.skipped
            }
            Class::Stops(_) => return,
        };
        total.fetch_add(1, Ordering::Relaxed);
        if let Some(timestamp_ms) = entry.timestamp_ms {
            self.observe_latency(now_ms - timestamp_ms);
        }
    }

    /// A negative observation would make the histogram's sum fall, which Prometheus reads as a restart.
    fn observe_latency(&self, millis: i64) {
        if millis < 0 {
            self.telemetry.timestamp_skew.inc();
        }
        let seconds = std::time::Duration::from_millis(u64::try_from(millis).unwrap_or(0)).as_secs_f64();
        self.telemetry.end_to_end_latency.observe(seconds);
    }

    /// The batch is given up. Its records are read again by this member and stay counted as received.
    pub(super) fn rewound(&mut self) {
        self.letter_limits.rewound();
        self.entries.clear();
        self.close();
    }

    fn close(&mut self) {
        self.output_records.clear();
        self.output_bytes = 0;
        self.opened = None;
    }

    /// Records of a partition go back unsettled: so many in all, those of a batch that stays open among them.
    pub(super) fn returned(&mut self, id: &PartitionId, unsettled: usize) {
        self.entries.retain(|entry| entry.partition != *id);
        let returned = unsettled as u64;
        if returned > 0 {
            self.telemetry.records_returned.with_label_values(&["revoked"]).inc_by(returned);
            self.totals.returned.fetch_add(returned, Ordering::Relaxed);
        }
    }

    /// No session, no open batch.
    pub(super) fn session_ended(&mut self) {
        self.letter_limits.rewound();
        self.entries.clear();
        self.close();
    }

    /// Records and bytes in work.
    pub(super) fn report_in_flight(&self, slots: &Slots) {
        self.telemetry.records_in_flight.set(to_i64(slots.records() + self.entries.len()));
        self.telemetry.in_flight_bytes.set(to_i64(slots.bytes()));
    }

    /// Lengths of the queues.
    pub(super) fn report_queue(&self, waiting_jobs: usize, outstanding: usize) {
        self.telemetry.queue_depth.with_label_values(&["workers"]).set(to_i64(waiting_jobs));
        self.telemetry.queue_depth.with_label_values(&["produce"]).set(to_i64(outstanding));
    }

    /// Lag per owned partition from the consumer's statistics. A partition whose lag is not known has no series,
    /// for the last value would be a lie; it is counted instead.
    pub(super) fn report_lag(&self, statistics: &ClientStatistics, slots: &Slots, rules: LagRules) {
        let mut total = 0;
        let mut oldest: HashMap<&str, f64> = HashMap::new();
        let mut unknown: HashMap<&str, i64> = HashMap::new();
        for (id, partition) in slots.partitions() {
            let age = oldest.entry(&*id.topic).or_default();
            *age = age.max(partition.oldest_age().as_secs_f64());
            let mut progress = partition.progress();
            progress.from_first &= rules.from_first;
            progress.at_rest &= rules.steady;
            let positions = statistics.partition(&id.topic, id.partition);
            let labels = [&*id.topic, &id.partition.to_string()];
            let unknown = unknown.entry(&*id.topic).or_default();
            if let Some(lag) = positions.and_then(|positions| positions.lag(progress)) {
                self.telemetry.consumer_lag.with_label_values(&labels).set(lag);
                total += lag;
            } else {
                let _ = self.telemetry.consumer_lag.remove_label_values(&labels);
                *unknown += 1;
            }
        }
        for (topic, count) in unknown {
            self.telemetry.partitions_without_position.with_label_values(&[topic]).set(count);
        }
        for (topic, age) in oldest {
            self.telemetry.consumer_lag_seconds.with_label_values(&[topic]).set(age);
        }
        self.health.set_lag(total);
    }

    /// Number of partitions per topic; the series of partitions that went away are removed.
    pub(super) fn report_assignment(&mut self, slots: &Slots) {
        let owned: BTreeSet<PartitionId> = slots.ids().into_iter().collect();
        for gone in self.reported.difference(&owned) {
            let labels = [&*gone.topic, &gone.partition.to_string()];
            let _ = self.telemetry.consumer_lag.remove_label_values(&labels);
            let _ = self.telemetry.committed_offset.remove_label_values(&labels);
        }
        let mut counts: HashMap<&str, i64> = HashMap::new();
        for id in self.reported.iter().chain(&owned) {
            *counts.entry(&*id.topic).or_default() += 0;
        }
        for id in &owned {
            *counts.entry(&*id.topic).or_default() += 1;
        }
        for (topic, count) in counts {
            self.telemetry.assigned_partitions.with_label_values(&[topic]).set(count);
            if count == 0 {
                let _ = self.telemetry.consumer_lag_seconds.remove_label_values(&[topic]);
                let _ = self.telemetry.partitions_without_position.remove_label_values(&[topic]);
            }
        }
        self.reported = owned;
        self.health.set_lag(0);
        self.report_in_flight(slots);
    }
}

fn to_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
