//! What one poll brought, and what becomes of it.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::config::StartFrom;
use crate::kafka::{IncomingRecord, Polled, verdict};
use crate::telemetry::events::ConsumerProblem;

use super::super::outcome::Failure;
use super::super::service::ServiceError;
use super::super::slots::Taken;
use super::super::workers::Job;
use super::{BUSY_POLL, Session, SessionEnd, Turn, ended_by};

/// Records read in one turn before outcomes are looked at again.
const RECORDS_PER_TURN: usize = 200;
/// Wait for a record when nothing is in work.
const IDLE_POLL: Duration = Duration::from_millis(20);

impl Session<'_> {
    pub(super) fn receive(&mut self) -> Turn {
        if self.over_limit_since.is_some() && !self.paused {
            // Not polling for less than `pause_after` keeps what the client has fetched.
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

    pub(super) fn handle(&mut self, polled: Polled) -> Turn {
        match polled {
            Polled::Nothing => Ok(()),
            Polled::Record(record) => self.take(record),
            Polled::Assigned(partitions) => self.assigned(&partitions),
            Polled::Revoked { partitions, lost } => self.revoked(&partitions, lost),
            Polled::Statistics(statistics) => {
                self.shared.ledger.report_lag(&statistics, &self.slots);
                Ok(())
            }
            Polled::Error(error) => self.consumer_error(&error),
        }
    }

    pub(super) fn take(&mut self, record: IncomingRecord) -> Turn {
        let record = Arc::new(record);
        let (taken, stay) =
            self.slots.take(&record).map_err(|error| SessionEnd::Rebuild(error.to_string()))?;
        match taken {
            Taken::NotOurs => return Ok(()),
            Taken::New => self.shared.ledger.received(&record),
            Taken::Again => {}
        }
        if let Some(message) = self.shared.refused.get(&record.source) {
            let failure = Failure { stage: "produce", code: "output_refused", message: message.clone() };
            let outcome = self.shared.processor.fail(&record, failure, 2);
            self.slots.finish(&record, outcome);
            return Ok(());
        }
        let job = Job { record, stay };
        self.shared
            .pool
            .submit(job)
            .map_err(|_| SessionEnd::Rebuild("the workers' queue is full or closed".into()))
    }

    pub(super) fn consumer_error(&mut self, error: &KafkaError) -> Turn {
        let code = error.rdkafka_error_code();
        if code == Some(RDKafkaErrorCode::AutoOffsetReset)
            && self.shared.config.kafka.start_from == StartFrom::Fail
        {
            return Err(SessionEnd::Failed(ServiceError::NoOffset(error.to_string())));
        }
        let name = code.map_or_else(|| "unknown".to_owned(), |code| format!("{code:?}"));
        ConsumerProblem { error_code: &name, error: &error.to_string() }
            .emit(&self.shared.telemetry, &self.shared.limiter);
        // Everything else heals by itself while polling goes on, a missing topic or right among it.
        match error {
            KafkaError::MessageConsumptionFatal(_) => Err(ended_by(verdict(error), error.to_string())),
            _ => Ok(()),
        }
    }
}
