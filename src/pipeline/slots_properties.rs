//! Any order of reading, finishing, emitting, committing, rewinding, revoking and assigning, against a plain model of
//! what the group and the topic hold.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;

use super::super::outcome::{Class, Form, Outcome};
use super::*;
use crate::kafka::SourceOffset;

const PARTITIONS: i32 = 3;
const BYTES: usize = 10;

/// What happens; the index chooses among what is there.
#[derive(Clone, Copy, Debug)]
enum Step {
    Read(i32),
    Finish(prop::sample::Index),
    /// Emits the finished prefix of every partition.
    Emit,
    Commit,
    /// The batch is given up.
    Rewind,
    Revoke(i32),
    Assign(i32),
}

fn step() -> impl Strategy<Value = Step> {
    let partition = 0..PARTITIONS;
    prop_oneof![
        8 => partition.clone().prop_map(Step::Read),
        8 => any::<prop::sample::Index>().prop_map(Step::Finish),
        4 => Just(Step::Emit),
        3 => Just(Step::Commit),
        1 => Just(Step::Rewind),
        1 => partition.clone().prop_map(Step::Revoke),
        2 => partition.prop_map(Step::Assign),
    ]
}

/// One partition as the cluster has it, and what this member has in work of it.
#[derive(Default)]
struct Truth {
    /// Offsets of the input, with gaps as transaction markers and compaction leave them.
    input: Vec<i64>,
    /// Offset that the group has committed.
    committed: i64,
    owned: bool,
    /// Highest offset read since the partition was assigned, also if it is to be read again.
    highest: Option<i64>,
    /// Read and not finished, finished and not emitted, emitted and not committed: by offset.
    unfinished: Vec<i64>,
    finished: Vec<i64>,
    batch: Vec<i64>,
}

impl Truth {
    /// The next offset that the consumer delivers.
    fn next(&self) -> Option<i64> {
        let read = [&self.unfinished, &self.finished, &self.batch].into_iter().flatten().max();
        let from = read.map_or(self.committed, |last| last + 1);
        self.input.iter().copied().find(|offset| *offset >= from)
    }

    /// Records received in this assignment whose batch is not committed.
    fn unsettled(&self) -> usize {
        let highest = self.highest.unwrap_or(-1);
        self.input.iter().filter(|offset| (self.committed..=highest).contains(offset)).count()
    }

    fn forget(&mut self) {
        self.unfinished.clear();
        self.finished.clear();
        self.batch.clear();
    }
}

struct World {
    slots: Slots,
    truth: BTreeMap<PartitionId, Truth>,
    /// All that was ever read, so that outcomes of an ended stay can come late.
    late: Vec<Arc<IncomingRecord>>,
}

fn id(partition: i32) -> PartitionId {
    PartitionId { topic: Arc::from("t"), partition }
}

fn record(id: &PartitionId, offset: i64) -> Arc<IncomingRecord> {
    Arc::new(IncomingRecord {
        source: SourceOffset { partition: id.clone(), offset },
        timestamp_ms: None,
        key: None,
        value: Some(vec![0; BYTES]),
        headers: None,
        content_type: None,
    })
}

fn done() -> Outcome {
    Outcome::new(Class::Enriched, VecDeque::new(), Form::Result)
}

impl World {
    fn new(gaps: &[Vec<i64>]) -> Self {
        let mut truth = BTreeMap::new();
        for (partition, gaps) in (0..PARTITIONS).zip(gaps) {
            let input = gaps.iter().scan(-1, |offset, gap| {
                *offset += gap;
                Some(*offset)
            });
            truth.insert(id(partition), Truth { input: input.collect(), ..Truth::default() });
        }
        Self { slots: Slots::default(), truth, late: Vec::new() }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Read(partition) => self.read(&id(partition)),
            Step::Finish(index) => self.finish(index),
            Step::Emit => self.emit(),
            Step::Commit => self.commit(),
            Step::Rewind => {
                let in_work: usize =
                    self.truth.values().map(|truth| truth.unfinished.len() + truth.finished.len()).sum();
                assert_eq!(self.slots.rewind(), in_work);
                self.truth.values_mut().for_each(Truth::forget);
            }
            Step::Revoke(partition) => {
                let returned = self.slots.revoke(&id(partition));
                if let Some(truth) = self.truth.get_mut(&id(partition)) {
                    assert_eq!(returned, truth.unsettled(), "records given back to the group");
                    truth.owned = false;
                    truth.highest = None;
                    truth.forget();
                }
            }
            Step::Assign(partition) => {
                self.slots.assign(id(partition));
                if let Some(truth) = self.truth.get_mut(&id(partition)) {
                    truth.owned = true;
                }
            }
        }
    }

    fn read(&mut self, id: &PartitionId) {
        let truth = self.truth.get_mut(id).unwrap();
        let Some(offset) = truth.next() else { return };
        let record = record(id, offset);
        self.late.push(Arc::clone(&record));
        let (taken, stay) = self.slots.take(&record).unwrap();
        assert_eq!(taken == Taken::NotOurs, !truth.owned);
        if truth.owned {
            assert!(!stay.is_over());
            truth.unfinished.push(offset);
            truth.highest = truth.highest.max(Some(offset));
        }
    }

    /// Finishes any record ever read: of this stay, of an ended one, or for the second time.
    fn finish(&mut self, index: prop::sample::Index) {
        if self.late.is_empty() {
            return;
        }
        let record = &self.late[index.index(self.late.len())];
        let truth = self.truth.get_mut(&record.source.partition).unwrap();
        let offset = record.source.offset;
        let position = truth.unfinished.iter().position(|unfinished| *unfinished == offset);
        assert_eq!(self.slots.finish(record, done()), position.is_some());
        if let Some(position) = position {
            truth.unfinished.remove(position);
            truth.finished.push(offset);
        }
    }

    fn emit(&mut self) {
        for (id, truth) in &mut self.truth {
            while self.slots.finished_head(id).is_some() {
                let offset = self.slots.emit_head(id).unwrap().record.source.offset;
                assert!(truth.unfinished.iter().all(|unfinished| offset < *unfinished));
                truth.finished.retain(|finished| *finished != offset);
                truth.batch.push(offset);
            }
        }
    }

    fn commit(&mut self) {
        for element in self.slots.offsets_to_commit().unwrap().elements() {
            let truth = self.truth.get_mut(&id(element.partition())).unwrap();
            let next = element.offset().to_raw().unwrap();
            assert!(truth.owned, "an offset of a partition that was taken away");
            assert!(next > truth.committed, "from {} back to {next}", truth.committed);
            // Exactly what lies between the two offsets is in the batch, in order: nothing lost, nothing twice.
            let between =
                truth.input.iter().copied().filter(|offset| (truth.committed..next).contains(offset));
            assert_eq!(truth.batch, between.collect::<Vec<_>>());
            truth.committed = next;
            truth.batch.clear();
        }
        assert!(self.truth.values().all(|truth| truth.batch.is_empty()), "a batch without its offset");
        self.slots.settle();
    }

    fn check(&self) {
        for element in self.slots.offsets_to_commit().unwrap().elements() {
            let next = element.offset().to_raw().unwrap();
            let truth = &self.truth[&id(element.partition())];
            assert!(
                truth.unfinished.iter().all(|unfinished| next <= *unfinished),
                "{next} passes one unfinished"
            );
        }
        let in_work =
            self.truth.values().map(|truth| truth.unfinished.len() + truth.finished.len()).sum::<usize>();
        assert_eq!((self.slots.records(), self.slots.bytes()), (in_work, in_work * BYTES));
    }
}

proptest! {
    #[test]
    fn committed_offsets_never_pass_an_unfinished_record_nor_go_back_in_any_order_of_events(
        gaps in prop::collection::vec(prop::collection::vec(1_i64..4, 0..12), 3),
        steps in prop::collection::vec(step(), 0..200),
    ) {
        let mut world = World::new(&gaps);
        for step in steps {
            world.take(step);
            world.check();
        }
    }

    #[test]
    fn whatever_happened_before_every_record_is_committed_once_the_partitions_stay(
        gaps in prop::collection::vec(prop::collection::vec(1_i64..4, 0..12), 3),
        steps in prop::collection::vec(step(), 0..100),
    ) {
        let mut world = World::new(&gaps);
        for step in steps {
            world.take(step);
        }
        for partition in 0..PARTITIONS {
            world.take(Step::Assign(partition));
            while world.truth[&id(partition)].next().is_some() {
                world.read(&id(partition));
            }
        }
        for record in world.late.clone() {
            if world.slots.finish(&record, done()) {
                let truth = world.truth.get_mut(&record.source.partition).unwrap();
                truth.unfinished.retain(|offset| *offset != record.source.offset);
                truth.finished.push(record.source.offset);
            }
        }
        world.emit();
        world.commit();
        for truth in world.truth.values() {
            prop_assert_eq!(truth.committed, truth.input.last().map_or(0, |last| last + 1));
        }
    }
}
