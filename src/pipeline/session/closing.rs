//! The end of a batch: committed, or given up and its records read again.

use std::time::{Duration, Instant};

use crate::kafka::{CloseError, FailedDelivery, Verdict, verdict};
use crate::telemetry::events::{BatchClosed, BatchGivenUp};

use super::{Session, SessionEnd, Turn};

/// Waits between batches that fail one after the other.
const FIRST_ABORT_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_ABORT_PAUSE: Duration = Duration::from_secs(5);
/// One attempt to go back to the committed offsets; the loop makes the next.
const REWIND_TIMEOUT: Duration = Duration::from_secs(2);

impl Session<'_> {
    pub(super) fn close_batch(&mut self) -> Turn {
        if self.shared.ledger.batch_is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        let offsets =
            self.slots.offsets_to_commit().map_err(|error| SessionEnd::Rebuild(error.to_string()))?;
        let closed =
            self.waiting(|writer, consumer, vigil| writer.close(consumer, &offsets, &mut || vigil.keep()));
        self.count_waiting(started);
        match closed {
            Ok(()) => {
                self.output_granted(&self.shared.ledger.batch_topics());
                self.settled();
                let records = self.shared.ledger.settle_batch(&self.slots);
                BatchClosed { records, duration: started.elapsed() }.emit(&self.shared.telemetry);
                self.shared.health.committed_now();
                Ok(())
            }
            Err(error) => self.not_closed(error),
        }
    }

    fn settled(&mut self) {
        self.slots.settle();
        self.failed_batches = 0;
        for (id, partition) in self.slots.partitions() {
            let Some(next) = partition.settled else { continue };
            if self.refusals.settled(id, next) {
                self.writer.shrink_window();
            }
        }
    }

    pub(super) fn not_closed(&mut self, error: CloseError) -> Turn {
        let (verdict, reason, outage) = (error.verdict(), error.to_string(), error.is_outage());
        let failed = match error {
            CloseError::Deliveries(failed) => failed,
            _ => Vec::new(),
        };
        self.give_up_batch(verdict, &reason, &failed).map_err(|end| match end {
            SessionEnd::Rebuild(reason) if outage => SessionEnd::Outage(reason),
            end => end,
        })
    }

    /// Time during which brokers did not take output, where it is more than a commit takes.
    fn count_waiting(&self, since: Instant) {
        const USUAL: Duration = Duration::from_millis(500);
        if since.elapsed() > USUAL {
            let counter = self.shared.telemetry.backpressure_seconds.with_label_values(&["produce"]);
            counter.inc_by(since.elapsed().as_secs_f64());
        }
    }

    /// Waits until everything sent is delivered, within an open batch. False: the batch was given up.
    pub(super) fn deliver(&mut self) -> Result<bool, SessionEnd> {
        let started = Instant::now();
        let delivered = self.waiting(|writer, _, vigil| writer.wait_for_deliveries(&mut || vigil.keep()));
        self.count_waiting(started);
        let failed = self.writer.producer().take_failed();
        let error = match delivered {
            Err(error) => error,
            Ok(()) if failed.is_empty() => return Ok(true),
            Ok(()) => CloseError::Deliveries(failed),
        };
        self.not_closed(error)?;
        Ok(false)
    }

    /// Aborts the batch and goes back to the committed offsets, or ends the session if the clients are
    /// beyond that.
    pub(super) fn give_up_batch(
        &mut self,
        verdict: Verdict,
        reason: &str,
        failed: &[FailedDelivery],
    ) -> Turn {
        // Each refusal is a step to its end; everything else is waited for.
        let is_step = self.note_refusals(failed);
        self.rewind_due = true;
        self.abort_batch(verdict, reason, failed)?;
        if !is_step {
            self.pause_after_failure();
        }
        Ok(())
    }

    /// Aborts the batch and forgets what is in work.
    pub(super) fn abort_batch(&mut self, verdict: Verdict, reason: &str, failed: &[FailedDelivery]) -> Turn {
        let refused = Self::refused_batch(verdict, reason, failed);
        BatchGivenUp { reason, records: self.shared.ledger.batch_len(), is_refused: refused.is_some() }
            .emit(&self.shared.telemetry);
        self.failed_batches = self.failed_batches.saturating_add(1);
        self.shared.ledger.rewound();
        self.slots.rewind();
        self.shared.pool.forget_ended();
        self.held.drop_records(&mut self.slots);
        if let Some(end) = refused {
            return Err(end);
        }
        match verdict {
            Verdict::Abort | Verdict::Retry => {
                let aborted = self.waiting(|writer, _, vigil| writer.abort(&mut || vigil.keep()));
                aborted.map_err(|error| {
                    let end = self.ended_by(rebuild_at_least(error.verdict()), error.to_string());
                    match end {
                        SessionEnd::Rebuild(reason) if error.is_outage() => SessionEnd::Outage(reason),
                        end => end,
                    }
                })
            }
            other => Err(self.ended_by(other, reason.to_owned())),
        }
    }

    /// True if a broker refused one of the records for what it is.
    fn note_refusals(&mut self, failed: &[FailedDelivery]) -> bool {
        let letters = self.shared.config.kafka.dead_letter_topic.as_deref();
        let mut refused = false;
        for delivery in failed {
            // The only record that this batch holds for its topic had no company.
            let alone = self.shared.ledger.sent_to(&delivery.topic) == 1
                || self
                    .refusals
                    .manner(&delivery.source.partition, delivery.source.offset)
                    .is_some_and(|manner| manner.alone);
            refused |= self.refusals.note(delivery, alone, letters == Some(delivery.topic.as_str()));
        }
        refused
    }

    fn pause_after_failure(&mut self) {
        let factor = 2u32.saturating_pow(self.failed_batches.saturating_sub(1));
        let pause = FIRST_ABORT_PAUSE.saturating_mul(factor).min(LONGEST_ABORT_PAUSE);
        let stop = self.shared.stop.clone();
        let end = Instant::now() + pause;
        self.waiting(|_, _, vigil| {
            while Instant::now() < end && !stop.is_on() && vigil.keep() {
                std::thread::sleep(Duration::from_millis(10));
            }
        });
    }

    /// One attempt to go back to the committed offsets. During an outage the loop goes on turning, and tries
    /// again; what it reads until then is dropped.
    pub(super) fn rewind(&mut self) -> Turn {
        let partitions = self.slots.first_seen();
        match self.consumer.rewind(&partitions, REWIND_TIMEOUT) {
            Ok(()) => {
                self.rewind_due = false;
                self.pressure.resumed = Some(Instant::now());
                self.held.drop_records(&mut self.slots);
                Ok(())
            }
            Err(error) => {
                tracing::debug!(%error, "not back at the committed offsets yet");
                self.rewind_failed(&error)
            }
        }
    }

    /// The brokers being away is waited for; most else is for new clients.
    fn rewind_failed(&self, error: &rdkafka::error::KafkaError) -> Turn {
        match verdict(error) {
            Verdict::Retry => Ok(()),
            verdict @ (Verdict::Refused(_) | Verdict::Stop) => Err(self.ended_by(verdict, error.to_string())),
            // It is about to be told that it has lost its partitions, and then there is nothing to go back to.
            _ if self.consumer.has_lost_assignment() => Ok(()),
            _ => {
                let reason = format!("cannot go back to the committed offsets: {error}");
                Err(SessionEnd::Rebuild(reason))
            }
        }
    }
}

fn rebuild_at_least(verdict: Verdict) -> Verdict {
    if matches!(verdict, Verdict::Retry | Verdict::Abort) { Verdict::Rebuild } else { verdict }
}
