//! Outcomes into their slots, and the finished prefix of each partition into the open batch.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::kafka::{CloseError, OutgoingRecord, PartitionId, SendError, SourceOffset, Verdict, verdict};

use super::super::outcome::{Class, Failure, Outcome};
use super::super::refusals::{Form, Manner, next_form};
use super::super::service::ServiceError;
use super::super::workers::Finished;
use super::{Session, SessionEnd, Turn};

/// What became of one output record.
enum Sent {
    Yes,
    /// The queue is full and nothing of its input record is in the batch yet: later.
    Later,
    /// The batch was given up, and its records are read again.
    GivenUp,
    /// The client will never take it.
    Refused(KafkaError),
}

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

    /// Emits the first slot of a partition. False when it is unfinished, the producer's queue is full, or the
    /// batch was given up.
    fn emit_head(&mut self, id: &PartitionId) -> Result<bool, SessionEnd> {
        let Some(slot) = self.slots.finished_head(id) else { return Ok(false) };
        let source = Arc::new(slot.record.source.clone());
        let manner = self.refusals.manner(id, source.offset).cloned().unwrap_or_default();
        if manner.alone {
            // In a batch of its own, so that another refusal costs nobody else a second time.
            self.close_batch()?;
        }
        let Some(slot) = self.slots.finished_head(id) else { return Ok(false) };
        let Some(outcome) = slot.outcome.as_mut() else { return Ok(false) };
        if let Class::Stops(failure) = &outcome.class {
            let (source, failure) = ((*source).clone(), failure.clone());
            return Err(SessionEnd::Failed(ServiceError::BadRecord { source_offset: source, failure }));
        }
        let mut outputs = std::mem::take(&mut outcome.outputs);
        let mut begun = false;
        while let Some(output) = outputs.front() {
            match self.send(output, &source, &manner, begun)? {
                Sent::Yes => {
                    outputs.pop_front();
                    begun = true;
                }
                Sent::GivenUp => return Ok(false),
                Sent::Later => {
                    self.put_back(id, outputs);
                    return Ok(false);
                }
                Sent::Refused(error) => {
                    self.refused_by_client(id, &manner, &error);
                    return Ok(true);
                }
            }
        }
        if let Some(slot) = self.slots.emit_head(id) {
            if let Some(outcome) = &slot.outcome {
                let admitted = self.shared.ledger.admit(id, &outcome.class);
                admitted.map_err(|stop| SessionEnd::Failed(ServiceError::DeadLetters(stop)))?;
            }
            self.shared.ledger.emitted(slot);
        }
        if manner.alone {
            self.close_batch()?;
        }
        Ok(true)
    }

    fn put_back(&mut self, id: &PartitionId, outputs: VecDeque<OutgoingRecord>) {
        if let Some(outcome) = self.slots.finished_head(id).and_then(|slot| slot.outcome.as_mut()) {
            outcome.outputs = outputs;
        }
    }

    /// Hands one output record to the producer. `begun`: others of the same input record are in the batch, which
    /// could be committed without its offset if the rest had to wait for the next.
    fn send(
        &mut self,
        output: &OutgoingRecord,
        source: &Arc<SourceOffset>,
        manner: &Manner,
        begun: bool,
    ) -> Result<Sent, SessionEnd> {
        if self.writer.window_is_full(output.size()) && !self.deliver()? {
            return Ok(Sent::GivenUp);
        }
        loop {
            let timestamp_ms = output.timestamp_ms.filter(|_| !manner.own_time);
            match self.writer.send(output, timestamp_ms, source) {
                Ok(()) => {
                    self.shared.ledger.sent(output);
                    return Ok(Sent::Yes);
                }
                Err(SendError::QueueFull) if !begun => return Ok(Sent::Later),
                Err(SendError::QueueFull) => {
                    if !self.wait_for_room()? {
                        return Ok(Sent::GivenUp);
                    }
                }
                Err(SendError::Refused(error)) => return Ok(Sent::Refused(error)),
                Err(SendError::Client(error)) => {
                    self.give_up_for(&error)?;
                    return Ok(Sent::GivenUp);
                }
            }
        }
    }

    /// Waits until some of what was sent is delivered. False: the batch was given up, for nothing was.
    fn wait_for_room(&mut self) -> Result<bool, SessionEnd> {
        let outstanding = self.writer.producer().outstanding();
        let end = Instant::now() + self.shared.config.kafka.transaction.timeout / 2;
        let room = self.waiting(|writer, _, vigil| {
            while writer.producer().outstanding() >= outstanding {
                if Instant::now() >= end || !vigil.keep() {
                    return false;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
            true
        });
        if !room {
            self.give_up_batch(Verdict::Abort, "the producer's queue stays full", &[])?;
        }
        Ok(room)
    }

    /// The client takes no records. Within a transaction that is so as soon as one delivery has failed, and
    /// then the batch is at fault and not the client.
    fn give_up_for(&mut self, error: &KafkaError) -> Turn {
        let reason = format!("a record could not be handed to the producer: {error}");
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::State) {
            return self.give_up_batch(verdict(error), &reason, &[]);
        }
        // Which delivery it was is told by its report.
        let _ = self.waiting(|writer, _, vigil| writer.wait_for_deliveries(&mut || vigil.keep()));
        let failed = self.writer.producer().take_failed();
        if failed.is_empty() {
            return self.give_up_batch(Verdict::Abort, &reason, &[]);
        }
        self.not_closed(CloseError::Deliveries(failed))
    }

    /// The client itself refuses a record, such as one above `message.max.bytes`: a dead letter takes its place,
    /// or a shorter one.
    fn refused_by_client(&mut self, id: &PartitionId, manner: &Manner, error: &KafkaError) {
        let Some(slot) = self.slots.finished_head(id) else { return };
        let Some(outcome) = slot.outcome.as_mut() else { return };
        let (form, failure) = if let Class::DeadLettered(failure) = &outcome.class {
            (next_form(manner.form.max(outcome.form), true), failure.clone())
        } else {
            let message = error.to_string();
            (Form::Letter, Failure { stage: "produce", code: "output_too_large", message })
        };
        *outcome = if form == Form::Nothing {
            Outcome::new(Class::Stops(failure), VecDeque::new(), form)
        } else {
            self.shared.processor.fail_as(&slot.record, failure, 1, form)
        };
    }
}
