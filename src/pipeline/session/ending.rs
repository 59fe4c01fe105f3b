//! A stop, and the way out of the group.

use super::{Session, SessionEnd};

impl Session<'_> {
    /// Finishes what can be finished within the drain time, and commits it.
    pub(super) fn finish(&mut self) -> SessionEnd {
        let owned = self.slots.ids();
        match self.drain(&owned).and_then(|()| self.close_batch()) {
            Ok(()) | Err(SessionEnd::Stopped) => SessionEnd::Stopped,
            Err(SessionEnd::Failed(error)) => SessionEnd::Failed(error),
            Err(SessionEnd::Rebuild(reason) | SessionEnd::Fenced(reason)) => {
                tracing::warn!(
                    reason,
                    "the last batch is not committed; its records are read again at the next start"
                );
                SessionEnd::Stopped
            }
        }
    }

    pub(super) fn leave(mut self) {
        for id in self.slots.ids() {
            let dropped = self.slots.revoke(&id);
            self.shared.ledger.returned(&id, dropped);
        }
        self.shared.ledger.session_ended();
        self.shared.health.set_assigned(false);
        self.shared.ledger.report_assignment(&self.slots);
        // The open transaction, if any, is ended by the coordinator when the id is claimed again; aborting
        // it now lets readers go on at once.
        let stop = self.shared.stop.clone();
        if let Err(error) = self.writer.abort(&|| stop.is_past_deadline()) {
            tracing::debug!(%error, "the open batch could not be aborted");
        }
        if !self.consumer.close(self.shared.config.kafka.drain_timeout) {
            tracing::warn!(
                "the consumer could not leave its group in time; the group notices after session.timeout.ms"
            );
        }
    }
}
