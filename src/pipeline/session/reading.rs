//! What one poll brought, and what becomes of it.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::config::StartFrom;
use crate::kafka::{IncomingRecord, Polled, Refusal, verdict};
use crate::telemetry::events::ConsumerProblem;

use super::super::outcome::Outcome;
use super::super::refusals::Form;
use super::super::service::ServiceError;
use super::super::slots::Taken;
use super::super::workers::Job;
use super::waiting::heard_from_brokers;
use super::{BUSY_POLL, Session, SessionEnd, Turn};

/// Records read in one turn before outcomes are looked at again.
const RECORDS_PER_TURN: usize = 200;
/// Wait for a record when nothing is in work.
const IDLE_POLL: Duration = Duration::from_millis(20);

impl Session<'_> {
    pub(super) fn receive(&mut self) -> Turn {
        while let Some(polled) = self.held.next() {
            self.handle(polled)?;
        }
        if self.pressure.holds_back() {
            self.collect(BUSY_POLL);
            return Ok(());
        }
        let busy = self.slots.records() > 0 || !self.shared.ledger.batch_is_empty();
        let mut timeout = if busy { BUSY_POLL } else { IDLE_POLL };
        for _ in 0..RECORDS_PER_TURN {
            match self.consumer.poll(timeout) {
                Polled::Nothing => break,
                polled => self.handle(polled)?,
            }
            if self.over_limit() || self.shared.stop.is_on() {
                break;
            }
            timeout = Duration::ZERO;
        }
        Ok(())
    }

    fn handle(&mut self, polled: Polled) -> Turn {
        match polled {
            Polled::Nothing => Ok(()),
            Polled::Record(record) => self.take(record),
            Polled::Assigned(partitions) => self.assigned(&partitions),
            Polled::Revoked { partitions, lost } => self.revoked(&partitions, lost),
            Polled::Statistics(statistics) => {
                heard_from_brokers(&self.shared.health, &statistics);
                self.heed_statistics(&statistics);
                self.take_report(statistics);
                Ok(())
            }
            Polled::Refused(refusal, reason) => self.consumer_refused(refusal, reason),
            Polled::Error(error) => self.consumer_error(&error),
        }
    }

    fn take(&mut self, record: IncomingRecord) -> Turn {
        if self.rewind_due {
            self.slots.passed_over(&record.source);
            return Ok(());
        }
        let record = Arc::new(record);
        let (taken, stay) =
            self.slots.take(&record).map_err(|error| SessionEnd::Rebuild(error.to_string()))?;
        match taken {
            Taken::NotOurs => return Ok(()),
            Taken::New => self.shared.ledger.received(&record),
            Taken::Again => {}
        }
        if let Some(outcome) = self.outcome_after_refusal(&record)? {
            self.slots.finish(&record, outcome);
            return Ok(());
        }
        let turn = self.slots.turn(&record.source);
        let job = Job { record, stay, turn };
        self.shared
            .pool
            .submit(job)
            .map_err(|_| SessionEnd::Rebuild("the workers' queue is full or closed".into()))
    }

    /// The outcome of a record that a broker has refused before, where it is not to be read again.
    fn outcome_after_refusal(&self, record: &IncomingRecord) -> Result<Option<Outcome>, SessionEnd> {
        let Some(manner) = self.refusals.manner(&record.source.partition, record.source.offset) else {
            return Ok(None);
        };
        let Some(failure) = manner.failure.clone() else { return Ok(None) };
        match manner.form {
            Form::Result => Ok(None),
            Form::Nothing => {
                let source_offset = record.source.clone();
                Err(SessionEnd::Failed(ServiceError::BadRecord { source_offset, failure }))
            }
            form => {
                let attempts = manner.refusals.saturating_add(1);
                Ok(Some(self.shared.processor.fail_as(record, failure, attempts, form)))
            }
        }
    }

    fn consumer_error(&mut self, error: &KafkaError) -> Turn {
        let code = error.rdkafka_error_code();
        if code == Some(RDKafkaErrorCode::AutoOffsetReset)
            && self.shared.config.kafka.start_from == StartFrom::Fail
        {
            return Err(SessionEnd::Failed(ServiceError::NoOffset(error.to_string())));
        }
        // The same comes as `Polled::Refused`, with the reason.
        if Refusal::of(error).is_some() && !matches!(error, KafkaError::MessageConsumptionFatal(_)) {
            return Ok(());
        }
        let name = code.map_or_else(|| "unknown".to_owned(), |code| format!("{code:?}"));
        ConsumerProblem { error_code: &name, error: &error.to_string() }
            .emit(&self.shared.telemetry, &self.shared.limiter);
        // Everything else heals by itself while polling goes on, a missing topic among it.
        match error {
            KafkaError::MessageConsumptionFatal(_) => Err(self.ended_by(verdict(error), error.to_string())),
            _ => Ok(()),
        }
    }
}
