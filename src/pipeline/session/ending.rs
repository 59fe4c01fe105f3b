//! A stop, and the way out of the group.

use std::time::Duration;

use super::super::access::Refused;
use super::super::service::ServiceError;
use super::{Session, SessionEnd};

/// Of the time for a stop, this is kept for the end of the process itself.
const RESERVE: Duration = Duration::from_secs(1);

impl Session<'_> {
    /// Finishes what can be finished within the drain time, and commits it.
    pub(super) fn finish(&mut self) -> SessionEnd {
        let owned = self.slots.ids();
        let given_up_before = self.failed_batches;
        let finished = self.drain(&owned).and_then(|()| self.close_batch());
        let outcome = match finished {
            Ok(()) if self.failed_batches > given_up_before => Err("its batch was given up".to_owned()),
            Ok(()) | Err(SessionEnd::Stopped) => Ok(()),
            Err(SessionEnd::Failed(error)) => return SessionEnd::Failed(error),
            Err(
                SessionEnd::Rebuild(reason)
                | SessionEnd::Outage(reason)
                | SessionEnd::Fenced(reason)
                | SessionEnd::Refused(Refused { reason, .. }),
            ) => Err(reason),
        };
        match outcome {
            Ok(()) => SessionEnd::Stopped,
            Err(reason) => SessionEnd::Failed(ServiceError::Uncommitted(reason)),
        }
    }

    pub(super) fn leave(mut self) {
        for id in self.slots.ids() {
            let dropped = self.slots.revoke(&id);
            self.shared.ledger.returned(&id, dropped);
        }
        self.shared.ledger.session_ended();
        self.shared.pool.forget_ended();
        self.shared.health.set_unassigned();
        self.shared.ledger.report_assignment(&self.slots);
        // The open transaction, if any, is ended by the coordinator when the id is claimed again; aborting
        // it now lets readers go on at once.
        if let Err(error) = self.waiting(|writer, _, vigil| writer.abort(&mut || vigil.keep())) {
            tracing::debug!(%error, "the open batch could not be aborted");
        }
        let left_in_queue = self.writer.producer().outstanding();
        let limit = self.shared.config.kafka.drain_timeout;
        let limit =
            self.shared.stop.time_left().map_or(limit, |left| limit.min(left.saturating_sub(RESERVE)));
        let left_the_group = self.consumer.close(limit);
        if !left_the_group {
            tracing::warn!(
                "the consumer could not leave its group in time; the group notices after session.timeout.ms"
            );
        }
        tracing::info!(left_in_queue, left_the_group, "the session is over");
    }
}
