//! Partitions that come and go.

use std::sync::Arc;
use std::time::Instant;

use rdkafka::TopicPartitionList;

use crate::kafka::{PartitionId, Verdict};
use crate::telemetry::events::Rebalanced;

use super::{BUSY_POLL, Session, SessionEnd, Turn};

impl Session<'_> {
    pub(super) fn assigned(&mut self, partitions: &TopicPartitionList) -> Turn {
        Rebalanced { kind: "assign", partitions: &describe(partitions) }.emit(&self.shared.telemetry);
        for id in ids(partitions) {
            self.slots.assign(id);
        }
        self.consumer
            .accept_assignment(partitions)
            .map_err(|error| SessionEnd::Rebuild(format!("the assignment was refused: {error}")))?;
        if self.pressure.paused {
            // New partitions arrive running (arroyo PR #412).
            self.set_paused(true);
        }
        self.assignment_changed();
        self.shared.health.set_assigned(self.slots.ids().len());
        self.group_granted(partitions.count());
        Ok(())
    }

    pub(super) fn revoked(&mut self, partitions: &TopicPartitionList, lost: bool) -> Turn {
        let kind = if lost { "lost" } else { "revoke" };
        Rebalanced { kind, partitions: &describe(partitions) }.emit(&self.shared.telemetry);
        let revoked = ids(partitions);
        let closed = if lost {
            self.rewind_due = true;
            self.abort_batch(Verdict::Abort, "partitions were lost to another member", &[])
        } else {
            self.drain(&revoked).and_then(|()| self.close_batch())
        };
        for id in &revoked {
            let dropped = self.slots.revoke(id);
            self.shared.ledger.returned(id, dropped);
            self.refusals.forget(id);
        }
        self.shared.pool.forget_ended();
        self.consumer
            .release(partitions)
            .map_err(|error| SessionEnd::Rebuild(format!("partitions could not be released: {error}")))?;
        self.assignment_changed();
        match self.slots.ids().len() {
            // What comes next is the group's to say.
            0 => self.shared.health.set_unassigned(),
            kept => self.shared.health.set_assigned(kept),
        }
        closed
    }

    /// Waits for the records of `ids` that are in work, at most `drain_timeout`: a longer wait would hold
    /// up the whole group (backbeat PR #2787: 299 s).
    pub(super) fn drain(&mut self, ids: &[PartitionId]) -> Turn {
        let started = Instant::now();
        let limit = self.shared.config.kafka.drain_timeout;
        while started.elapsed() < limit && !self.shared.stop.is_past_deadline() {
            self.shared.health.polled_now();
            self.collect(BUSY_POLL);
            self.emit(Some(ids))?;
            if !self.slots.has_pending(ids) {
                break;
            }
        }
        self.emit(Some(ids))?;
        self.shared.telemetry.drain_duration.set(started.elapsed().as_secs_f64());
        Ok(())
    }

    fn assignment_changed(&mut self) {
        self.shared.ledger.report_assignment(&self.slots);
        self.positions.forget();
        // What it says of a partition may be from an earlier stay here.
        self.report = None;
    }
}

fn ids(partitions: &TopicPartitionList) -> Vec<PartitionId> {
    let elements = partitions.elements();
    let id = |topic: &str, partition| PartitionId { topic: Arc::from(topic), partition };
    elements.iter().map(|element| id(element.topic(), element.partition())).collect()
}

fn describe(partitions: &TopicPartitionList) -> String {
    let names: Vec<String> = partitions
        .elements()
        .iter()
        .map(|element| format!("{}/{}", element.topic(), element.partition()))
        .collect();
    names.join(" ")
}
