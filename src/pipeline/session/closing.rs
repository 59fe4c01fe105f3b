//! The end of a batch: committed, or given up and its records read again.

use std::time::{Duration, Instant};

use crate::kafka::{CloseError, FailedDelivery, Verdict};
use crate::telemetry::events::{BatchClosed, BatchGivenUp};

use super::{REWIND_TIMEOUT, Session, SessionEnd, Turn, ended_by};

/// Waits between batches that fail one after the other.
const FIRST_ABORT_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_ABORT_PAUSE: Duration = Duration::from_secs(5);

impl Session<'_> {
    pub(super) fn close_batch(&mut self) -> Turn {
        if self.shared.ledger.batch_is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        let offsets =
            self.slots.offsets_to_commit().map_err(|error| SessionEnd::Rebuild(error.to_string()))?;
        let stop = self.shared.stop.clone();
        match self.writer.close(&self.consumer, &offsets, &|| stop.is_past_deadline()) {
            Ok(()) => {
                self.slots.settle();
                self.failed_batches = 0;
                let records = self.shared.ledger.settle_batch(&self.slots);
                BatchClosed { records, duration: started.elapsed() }.emit(&self.shared.telemetry);
                self.shared.health.committed_now();
                Ok(())
            }
            Err(error) => {
                let (verdict, reason) = (error.verdict(), error.to_string());
                let failed = match error {
                    CloseError::Deliveries(failed) => failed,
                    _ => Vec::new(),
                };
                self.give_up_batch(verdict, &reason, &failed)
            }
        }
    }

    /// Aborts the batch and goes back to the committed offsets, or ends the session if the clients are
    /// beyond that.
    pub(super) fn give_up_batch(
        &mut self,
        verdict: Verdict,
        reason: &str,
        failed: &[FailedDelivery],
    ) -> Turn {
        self.abort_batch(verdict, reason, failed)?;
        self.pause_after_failure();
        let partitions = self.slots.first_seen();
        self.consumer
            .rewind(&partitions, REWIND_TIMEOUT)
            .map_err(|error| SessionEnd::Rebuild(format!("cannot go back to the committed offsets: {error}")))
    }

    /// Aborts the batch and forgets what is in work.
    pub(super) fn abort_batch(&mut self, verdict: Verdict, reason: &str, failed: &[FailedDelivery]) -> Turn {
        BatchGivenUp { reason, records: self.shared.ledger.batch_len() }.emit(&self.shared.telemetry);
        for delivery in failed.iter().filter(|delivery| delivery.is_refusal_of_record()) {
            self.shared.refused.insert((*delivery.source).clone(), delivery.error.to_string());
        }
        self.failed_batches += 1;
        self.shared.ledger.rewound();
        self.slots.rewind();
        match verdict {
            Verdict::Abort | Verdict::Retry => {
                let stop = self.shared.stop.clone();
                self.writer
                    .abort(&|| stop.is_past_deadline())
                    .map_err(|error| ended_by(rebuild_at_least(error.verdict()), error.to_string()))
            }
            other => Err(ended_by(other, reason.to_owned())),
        }
    }

    pub(super) fn pause_after_failure(&self) {
        let factor = 2u32.saturating_pow(self.failed_batches.saturating_sub(1));
        let pause = FIRST_ABORT_PAUSE.saturating_mul(factor).min(LONGEST_ABORT_PAUSE);
        self.shared.stop.sleep(pause);
    }
}

fn rebuild_at_least(verdict: Verdict) -> Verdict {
    if matches!(verdict, Verdict::Retry | Verdict::Abort) { Verdict::Rebuild } else { verdict }
}
