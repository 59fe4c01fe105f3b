//! What is in work, per partition and in offset order.
//!
//! A record takes a slot when it is read. Its outcome may come at any time; only the finished prefix of a
//! partition is ever emitted, so output keeps the order of the input, and the offset that may be committed
//! is never above an unfinished record.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::error::KafkaResult;
use rdkafka::{Offset, TopicPartitionList};

use crate::config::DuplicateWindow;
use crate::kafka::{IncomingRecord, PartitionId, Progress, SourceOffset};

use super::copies::{Copies, Turn};
use super::outcome::Outcome;
use super::workers::Stay;

/// A record in work.
pub(super) struct Slot {
    pub(super) record: Arc<IncomingRecord>,
    pub(super) outcome: Option<Outcome>,
    since: Instant,
    /// Memory that record and outcome hold.
    bytes: usize,
}

/// One partition that this member owns.
#[derive(Default)]
pub(super) struct Partition {
    pub(super) stay: Stay,
    /// What its articles are compared with; `None` where copies are not marked.
    copies: Option<Copies>,
    slots: VecDeque<Slot>,
    /// Offset of the first record read in this assignment: where a rewind goes without a committed offset.
    first_seen: Option<i64>,
    /// Highest offset ever read in this assignment, so that a rewind counts no record as received twice.
    highest_seen: Option<i64>,
    /// What the group has committed before this assignment. `None`: not asked yet.
    before: Option<Before>,
    /// A record was dropped for a rewind and has not come again.
    passed_over: bool,
    /// Offset after the last record emitted into the open batch.
    emitted: Option<i64>,
    /// Offset after the last record whose batch is committed.
    pub(super) settled: Option<i64>,
    /// Records counted as received in this assignment and not settled, wherever they are: in a slot, in the open
    /// batch, or to be read again after a rewind.
    unsettled: usize,
    /// Records emitted into the open batch.
    in_batch: usize,
}

/// Offset that the group had committed when a partition came, if any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Nothing,
    Offset(i64),
}

/// A record whose offset is below one already read in the same stay.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{topic}/{partition}: offset {offset} came after offset {after}")]
pub(super) struct OutOfOrder {
    pub(super) topic: Arc<str>,
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) after: i64,
}

/// What became of a record that was offered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// Read for the first time.
    New,
    /// Read again after a rewind; already counted as received.
    Again,
    /// The partition is no longer ours (kafka-delta-ingest PR #92): dropped, the new owner reads it.
    NotOurs,
}

/// All partitions that this member owns.
#[derive(Default)]
pub(super) struct Slots {
    partitions: BTreeMap<PartitionId, Partition>,
    records: usize,
    bytes: usize,
    duplicates: Option<DuplicateWindow>,
}

impl Slots {
    /// Slots whose articles are compared with earlier ones of their partition.
    pub(super) fn marking(duplicates: Option<DuplicateWindow>) -> Self {
        Self { duplicates, ..Self::default() }
    }

    pub(super) fn assign(&mut self, id: PartitionId) {
        let copies = self.duplicates.map(Copies::new);
        self.partitions.entry(id).or_insert_with(|| Partition { copies, ..Partition::default() });
    }

    /// The turn of a record that was just taken, to find copies of earlier articles.
    pub(super) fn turn(&self, source: &SourceOffset) -> Option<Turn> {
        let copies = self.partitions.get(&source.partition)?.copies.as_ref()?;
        Some(copies.turn(source.offset))
    }

    /// Forgets a partition. Returns the number of its records that were received and not settled: the group
    /// reads them again. Those of a batch given up before are among them, though no slot holds them any more.
    pub(super) fn revoke(&mut self, id: &PartitionId) -> usize {
        let Some(mut partition) = self.partitions.remove(id) else { return 0 };
        self.clear_slots(&mut partition);
        partition.unsettled
    }

    /// Forgets everything in work, keeping the partitions: the records are read again.
    pub(super) fn rewind(&mut self) -> usize {
        let mut partitions = std::mem::take(&mut self.partitions);
        let dropped = partitions.values_mut().map(|partition| self.clear_slots(partition)).sum();
        for partition in partitions.values_mut() {
            partition.emitted = partition.settled;
            partition.in_batch = 0;
        }
        self.partitions = partitions;
        dropped
    }

    fn clear_slots(&mut self, partition: &mut Partition) -> usize {
        partition.stay.end();
        partition.stay = Stay::default();
        let dropped = partition.slots.len();
        self.records -= dropped;
        self.bytes -= partition.slots.drain(..).map(|slot| slot.bytes).sum::<usize>();
        dropped
    }

    /// Notes a record that is dropped because a rewind is due: the rewind must reach its partition too.
    pub(super) fn passed_over(&mut self, source: &SourceOffset) {
        if let Some(partition) = self.partitions.get_mut(&source.partition) {
            partition.first_seen.get_or_insert(source.offset);
            partition.passed_over = true;
        }
    }

    /// Partitions for which nothing tells yet what was committed.
    pub(super) fn without_position(&self) -> Vec<PartitionId> {
        let lacking = |partition: &Partition| partition.settled.is_none() && partition.before.is_none();
        let ids = self.partitions.iter().filter(|(_, partition)| lacking(partition));
        ids.map(|(id, _)| id.clone()).collect()
    }

    /// What the group has committed of a partition, if anything.
    pub(super) fn set_committed(&mut self, id: &PartitionId, offset: Option<i64>) {
        if let Some(partition) = self.partitions.get_mut(id) {
            partition.before = Some(offset.map_or(Before::Nothing, Before::Offset));
        }
    }

    /// Takes a slot for a record.
    pub(super) fn take(&mut self, record: &Arc<IncomingRecord>) -> Result<(Taken, Stay), OutOfOrder> {
        let source = &record.source;
        let Some(partition) = self.partitions.get_mut(&source.partition) else {
            return Ok((Taken::NotOurs, Stay::default()));
        };
        let last = partition.slots.back().map(|slot| slot.record.source.offset);
        let last = last.or(partition.emitted.map(|next| next - 1));
        if let Some(after) = last.filter(|&last| source.offset <= last) {
            let (topic, partition) = (Arc::clone(&source.partition.topic), source.partition.partition);
            return Err(OutOfOrder { topic, partition, offset: source.offset, after });
        }
        let again = partition.highest_seen.is_some_and(|highest| source.offset <= highest);
        partition.unsettled += usize::from(!again);
        partition.passed_over = false;
        partition.first_seen.get_or_insert(source.offset);
        partition.highest_seen = partition.highest_seen.max(Some(source.offset));
        let bytes = record.size();
        self.records += 1;
        self.bytes += bytes;
        let record = Arc::clone(record);
        partition.slots.push_back(Slot { record, outcome: None, since: Instant::now(), bytes });
        Ok((if again { Taken::Again } else { Taken::New }, partition.stay.clone()))
    }

    /// Puts an outcome into its slot. False when the slot is gone or has one already.
    ///
    /// The outcome's output counts as bytes in work until the slot is emitted: behind a record that takes long,
    /// the results of all others wait here.
    pub(super) fn finish(&mut self, record: &IncomingRecord, outcome: Outcome) -> bool {
        let Some(slot) = self.unfinished(&record.source) else { return false };
        let bytes = outcome.size();
        slot.outcome = Some(outcome);
        slot.bytes += bytes;
        self.bytes += bytes;
        true
    }

    /// Whether a record is in work without an outcome.
    pub(super) fn is_unfinished(&mut self, source: &SourceOffset) -> bool {
        self.unfinished(source).is_some()
    }

    fn unfinished(&mut self, source: &SourceOffset) -> Option<&mut Slot> {
        let slots = &mut self.partitions.get_mut(&source.partition)?.slots;
        let index = slots.binary_search_by_key(&source.offset, |slot| slot.record.source.offset).ok()?;
        slots.get_mut(index).filter(|slot| slot.outcome.is_none())
    }

    /// The first slot of a partition, if it is finished.
    pub(super) fn finished_head(&mut self, id: &PartitionId) -> Option<&mut Slot> {
        self.partitions.get_mut(id)?.slots.front_mut().filter(|slot| slot.outcome.is_some())
    }

    /// Removes the first slot of a partition once its output is sent.
    pub(super) fn emit_head(&mut self, id: &PartitionId) -> Option<Slot> {
        let partition = self.partitions.get_mut(id)?;
        let slot = partition.slots.pop_front()?;
        partition.emitted = Some(slot.record.source.offset + 1);
        partition.in_batch += 1;
        self.records -= 1;
        self.bytes -= slot.bytes;
        Some(slot)
    }

    /// The offsets that the open batch may commit: after the last emitted record of each partition.
    pub(super) fn offsets_to_commit(&self) -> KafkaResult<TopicPartitionList> {
        let mut offsets = TopicPartitionList::new();
        for (id, partition) in &self.partitions {
            if let Some(next) = partition.emitted.filter(|_| partition.emitted != partition.settled) {
                offsets.add_partition_offset(&id.topic, id.partition, Offset::Offset(next))?;
            }
        }
        Ok(offsets)
    }

    /// The open batch is committed.
    pub(super) fn settle(&mut self) {
        for partition in self.partitions.values_mut() {
            partition.settled = partition.emitted;
            partition.unsettled = partition.unsettled.saturating_sub(std::mem::take(&mut partition.in_batch));
        }
    }

    /// For a rewind: every partition of which something was read, with its first offset read.
    pub(super) fn first_seen(&self) -> Vec<(PartitionId, i64)> {
        let seen = self.partitions.iter();
        seen.filter_map(|(id, partition)| Some((id.clone(), partition.first_seen?))).collect()
    }

    pub(super) fn partitions(&self) -> impl Iterator<Item = (&PartitionId, &Partition)> {
        self.partitions.iter()
    }

    pub(super) fn ids(&self) -> Vec<PartitionId> {
        self.partitions.keys().cloned().collect()
    }

    /// Whether a partition has unfinished records.
    pub(super) fn has_pending(&self, ids: &[PartitionId]) -> bool {
        let mut owned = ids.iter().filter_map(|id| self.partitions.get(id));
        owned.any(|partition| partition.slots.iter().any(|slot| slot.outcome.is_none()))
    }

    /// Whether no partition is owned.
    pub(super) fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }

    pub(super) fn records(&self) -> usize {
        self.records
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Partition {
    /// How far this member has come.
    pub(super) fn progress(&self) -> Progress {
        let before = match self.before {
            Some(Before::Offset(offset)) => Some(offset),
            Some(Before::Nothing) | None => None,
        };
        Progress {
            settled: self.settled.or(before).or(self.first_seen),
            from_first: self.before == Some(Before::Nothing),
            at_rest: self.slots.is_empty() && self.unsettled == 0 && !self.passed_over,
        }
    }

    /// How long the oldest record has been in work.
    pub(super) fn oldest_age(&self) -> Duration {
        self.slots.front().map_or(Duration::ZERO, |slot| slot.since.elapsed())
    }
}

#[cfg(test)]
#[path = "slots_properties.rs"]
mod properties;

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::super::outcome::{Class, Form};
    use super::*;

    fn id(partition: i32) -> PartitionId {
        PartitionId { topic: Arc::from("t"), partition }
    }

    fn record(partition: i32, offset: i64) -> Arc<IncomingRecord> {
        Arc::new(IncomingRecord {
            source: SourceOffset { partition: id(partition), offset },
            timestamp_ms: None,
            key: None,
            value: Some(vec![0; 10]),
            headers: None,
            content_type: None,
        })
    }

    fn done() -> Outcome {
        Outcome::new(Class::Enriched, VecDeque::new(), Form::Result)
    }

    fn committable(slots: &Slots) -> Option<i64> {
        let offsets = slots.offsets_to_commit().unwrap();
        offsets.elements().first().and_then(|element| element.offset().to_raw())
    }

    fn emit_prefix(slots: &mut Slots, id: &PartitionId) -> Vec<i64> {
        let mut emitted = Vec::new();
        while slots.finished_head(id).is_some() {
            emitted.extend(slots.emit_head(id).map(|slot| slot.record.source.offset));
        }
        emitted
    }

    #[test]
    fn out_of_order_outcomes_commit_only_the_lowest_contiguous_offsets() {
        let mut slots = Slots::default();
        slots.assign(id(0));
        for offset in [4, 5, 9] {
            slots.take(&record(0, offset)).unwrap();
        }
        assert!(slots.finish(&record(0, 9), done()));
        assert!(slots.finish(&record(0, 4), done()));
        assert_eq!(emit_prefix(&mut slots, &id(0)), [4]);
        assert_eq!(committable(&slots), Some(5));
        assert!(slots.finish(&record(0, 5), done()));
        assert_eq!(emit_prefix(&mut slots, &id(0)), [5, 9]);
        assert_eq!(committable(&slots), Some(10), "the offset to commit is one after the last, across gaps");
    }

    #[test]
    fn a_revoked_partition_takes_no_records_and_no_outcomes() {
        let mut slots = Slots::default();
        slots.assign(id(0));
        let (_, stay) = slots.take(&record(0, 1)).unwrap();
        assert_eq!(slots.revoke(&id(0)), 1);
        assert!(stay.is_over());
        assert!(!slots.finish(&record(0, 1), done()));
        assert_eq!(slots.take(&record(0, 2)).unwrap().0, Taken::NotOurs);
        assert_eq!((slots.records(), slots.bytes()), (0, 0));
    }

    #[test]
    fn a_rewind_counts_no_record_twice_and_ends_the_stay() {
        let mut slots = Slots::default();
        slots.assign(id(0));
        assert_eq!(slots.take(&record(0, 7)).unwrap().0, Taken::New);
        let (_, stay) = slots.take(&record(0, 8)).unwrap();
        assert_eq!(slots.rewind(), 2);
        assert!(stay.is_over());
        assert_eq!(slots.first_seen(), [(id(0), 7)]);
        assert_eq!(slots.take(&record(0, 7)).unwrap().0, Taken::Again);
        assert_eq!(slots.take(&record(0, 8)).unwrap().0, Taken::Again);
        assert_eq!(slots.take(&record(0, 9)).unwrap().0, Taken::New);
    }

    #[test]
    fn a_revoked_partition_gives_back_every_record_received_and_not_settled() {
        let mut slots = Slots::default();
        slots.assign(id(0));
        for offset in 0..4 {
            slots.take(&record(0, offset)).unwrap();
        }
        slots.finish(&record(0, 0), done());
        emit_prefix(&mut slots, &id(0));
        slots.settle();
        slots.finish(&record(0, 1), done());
        emit_prefix(&mut slots, &id(0));
        // A batch that is given up leaves nothing in work, and still its records are owed.
        slots.rewind();
        assert_eq!(slots.take(&record(0, 1)).unwrap().0, Taken::Again);
        assert_eq!(slots.revoke(&id(0)), 3);
    }

    #[test]
    fn a_rewind_reaches_partitions_of_which_only_dropped_records_were_read() {
        let mut slots = Slots::default();
        slots.assign(id(0));
        slots.passed_over(&record(0, 7).source);
        slots.passed_over(&record(0, 8).source);
        slots.passed_over(&record(1, 8).source);
        assert_eq!(slots.first_seen(), [(id(0), 7)]);
    }

    #[test]
    fn a_record_below_one_already_read_is_an_error_and_never_a_loss() {
        let mut slots = Slots::default();
        slots.assign(id(0));
        slots.take(&record(0, 7)).unwrap();
        assert!(slots.take(&record(0, 6)).is_err());
        assert!(slots.take(&record(0, 7)).is_err());
    }

    #[test]
    fn results_that_wait_behind_a_slow_record_count_as_bytes_in_work() {
        let mut slots = Slots::default();
        slots.assign(id(0));
        slots.take(&record(0, 1)).unwrap();
        slots.take(&record(0, 2)).unwrap();
        assert_eq!(slots.bytes(), 20);
        let output = crate::kafka::OutgoingRecord {
            topic: Arc::from("out"),
            key: None,
            value: Some(vec![0; 1_000]),
            headers: rdkafka::message::OwnedHeaders::new(),
            timestamp_ms: None,
        };
        let outcome = Outcome::new(Class::Enriched, VecDeque::from([output]), Form::Result);
        assert!(slots.finish(&record(0, 2), outcome));
        assert_eq!(slots.bytes(), 1_020);
        assert!(slots.finish(&record(0, 1), done()));
        assert_eq!(emit_prefix(&mut slots, &id(0)), [1, 2]);
        assert_eq!(slots.bytes(), 0);
    }

    #[test]
    fn an_outcome_counts_once() {
        let mut slots = Slots::default();
        slots.assign(id(0));
        slots.take(&record(0, 1)).unwrap();
        assert!(slots.finish(&record(0, 1), done()));
        assert!(!slots.finish(&record(0, 1), done()));
    }

    proptest! {
        #[test]
        fn the_offset_to_commit_never_passes_an_unfinished_record(
            gaps in proptest::collection::vec(1i64..4, 1..40),
            order in proptest::collection::vec(any::<prop::sample::Index>(), 0..40),
        ) {
            let mut slots = Slots::default();
            slots.assign(id(0));
            let mut unfinished: Vec<i64> = gaps.iter().scan(0, |offset, gap| { *offset += gap; Some(*offset) }).collect();
            for &offset in &unfinished {
                slots.take(&record(0, offset)).unwrap();
            }
            let all = unfinished.clone();
            let mut emitted = Vec::new();
            for index in order {
                if unfinished.is_empty() { break; }
                let offset = unfinished.remove(index.index(unfinished.len()));
                slots.finish(&record(0, offset), done());
                emitted.extend(emit_prefix(&mut slots, &id(0)));
                if let (Some(next), Some(lowest)) = (committable(&slots), unfinished.first()) {
                    prop_assert!(next <= *lowest);
                }
            }
            prop_assert_eq!(&emitted[..], &all[..emitted.len()]);
            prop_assert_eq!(slots.records() + emitted.len(), all.len());
        }
    }
}
