//! Outcomes into their slots, and the finished prefix of each partition into the open batch.

use std::sync::Arc;
use std::time::Duration;

use crate::kafka::{PartitionId, SendError, verdict};

use super::super::dead_letter::without_value;
use super::super::outcome::{Class, Failure};
use super::super::service::ServiceError;
use super::super::workers::Finished;
use super::{Session, SessionEnd, Turn};

impl Session<'_> {
    /// Puts finished outcomes into their slots; waits at most `timeout` for the first.
    pub(super) fn collect(&mut self, timeout: Duration) {
        let mut timeout = timeout;
        while let Some(Finished { job, outcome }) = self.shared.pool.next_finished(timeout) {
            timeout = Duration::ZERO;
            if job.stay.is_over() || !self.slots.finish(&job.record, outcome) {
                self.shared.telemetry.stale_results.inc();
            }
        }
    }

    /// Emits the finished prefix of all partitions, or of those given.
    pub(super) fn emit(&mut self, only: Option<&[PartitionId]>) -> Turn {
        let ids = only.map_or_else(|| self.slots.ids(), <[PartitionId]>::to_vec);
        for id in &ids {
            while self.emit_head(id)? {
                if self.shared.ledger.batch_is_full(&self.shared.config.kafka.transaction) {
                    self.close_batch()?;
                }
            }
        }
        Ok(())
    }

    /// Emits the first slot of a partition. False when it is unfinished or the producer's queue is full.
    pub(super) fn emit_head(&mut self, id: &PartitionId) -> Result<bool, SessionEnd> {
        let Some(slot) = self.slots.finished_head(id) else { return Ok(false) };
        let source = Arc::new(slot.record.source.clone());
        let Some(outcome) = slot.outcome.as_mut() else { return Ok(false) };
        if let Class::Stops(failure) = &outcome.class {
            let (source, failure) = ((*source).clone(), failure.clone());
            return Err(SessionEnd::Failed(ServiceError::BadRecord { source_offset: source, failure }));
        }
        let mut begun = false;
        while let Some(output) = outcome.outputs.front() {
            match self.writer.send(output, &source) {
                Ok(()) => {
                    self.shared.ledger.sent(output);
                    outcome.outputs.pop_front();
                    begun = true;
                }
                Err(SendError::QueueFull) if !begun => return Ok(false),
                // Half a record must not stay in the batch: the batch could be committed without its offset.
                Err(SendError::QueueFull) => std::thread::sleep(Duration::from_millis(1)),
                Err(SendError::Refused(error)) if matches!(outcome.class, Class::DeadLettered(_)) => {
                    tracing::warn!(%error, "dead letter is sent without its value");
                    let shorter = without_value(output);
                    outcome.outputs.pop_front();
                    outcome.outputs.push_front(shorter);
                }
                Err(SendError::Refused(error)) => {
                    let failure =
                        Failure { stage: "produce", code: "output_refused", message: error.to_string() };
                    *outcome = self.shared.processor.fail(&slot.record, failure, 1);
                    return Ok(true);
                }
                Err(SendError::Client(error)) => {
                    let reason = format!("a record could not be handed to the producer: {error}");
                    self.give_up_batch(verdict(&error), &reason, &[])?;
                    return Ok(false);
                }
            }
        }
        if let Some(slot) = self.slots.emit_head(id) {
            self.shared.ledger.emitted(slot);
        }
        Ok(true)
    }
}
