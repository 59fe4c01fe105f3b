//! Bounds on what is in work: reading stops above them and goes on below.

use std::time::Instant;

use crate::telemetry::events::ConsumptionPaused;

use super::Session;

impl Session<'_> {
    pub(super) fn over_limit(&self) -> bool {
        let limits = self.shared.config.pipeline;
        let in_work = self.slots.records() + self.shared.ledger.batch_len();
        in_work >= limits.max_in_flight_records || self.slots.bytes() >= limits.max_in_flight_bytes
    }

    /// Pauses after back-pressure that lasts, and resumes at half the limit.
    pub(super) fn regulate(&mut self) {
        let limits = self.shared.config.pipeline;
        if self.over_limit() {
            let since = *self.over_limit_since.get_or_insert_with(Instant::now);
            if !self.paused && since.elapsed() >= limits.pause_after {
                self.set_paused(true);
            }
            return;
        }
        if let Some(since) = self.over_limit_since.filter(|_| !self.paused) {
            self.back_pressure_ended(since);
        }
        let relieved = self.slots.records() <= limits.max_in_flight_records / 2
            && self.slots.bytes() <= limits.max_in_flight_bytes / 2;
        if self.paused && relieved {
            self.set_paused(false);
            if let Some(since) = self.over_limit_since {
                self.back_pressure_ended(since);
            }
        }
    }

    pub(super) fn back_pressure_ended(&mut self, since: Instant) {
        let counter = self.shared.telemetry.backpressure_seconds.with_label_values(&["consume"]);
        counter.inc_by(since.elapsed().as_secs_f64());
        self.over_limit_since = None;
    }

    pub(super) fn set_paused(&mut self, paused: bool) {
        let done = if paused { self.consumer.pause() } else { self.consumer.resume() };
        match done {
            Ok(()) => {
                if self.paused != paused {
                    ConsumptionPaused { paused, records: self.slots.records(), bytes: self.slots.bytes() }
                        .emit();
                }
                self.paused = paused;
            }
            Err(error) => tracing::warn!(%error, paused, "partitions could not be paused or resumed"),
        }
    }
}
