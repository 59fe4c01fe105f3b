//! Bounds on what is in work: reading stops above them and goes on below.

use std::time::Instant;

use crate::telemetry::events::ConsumptionPaused;

use super::Session;

/// Whether too much is in work, and what is done about it.
#[derive(Default)]
pub(super) struct Pressure {
    over_limit_since: Option<Instant>,
    /// Up to when the time over the limit is counted.
    counted: Option<Instant>,
    /// When partitions last went on after a pause, or went back to an earlier offset.
    pub(super) resumed: Option<Instant>,
    /// The consumer's partitions are paused, for pressure or for a wait.
    pub(super) paused: bool,
}

impl Pressure {
    /// Over the limit and not paused: not polling for less than `pause_after` keeps what the client has fetched.
    pub(super) fn holds_back(&self) -> bool {
        self.over_limit_since.is_some() && !self.paused
    }
}

impl Session<'_> {
    pub(super) fn over_limit(&self) -> bool {
        let limits = self.shared.config.pipeline;
        let in_work = self.slots.records() + self.shared.ledger.batch_len();
        in_work >= limits.max_in_flight_records || self.slots.bytes() >= limits.max_in_flight_bytes
    }

    /// Pauses after back-pressure that lasts, and resumes at half the limit.
    pub(super) fn regulate(&mut self) {
        let limits = self.shared.config.pipeline;
        let over = self.over_limit();
        self.count_back_pressure(over);
        if over {
            let since = *self.pressure.over_limit_since.get_or_insert_with(Instant::now);
            if !self.pressure.paused && since.elapsed() >= limits.pause_after {
                self.set_paused(true);
            }
            return;
        }
        self.pressure.over_limit_since = None;
        let relieved = self.slots.records() <= limits.max_in_flight_records / 2
            && self.slots.bytes() <= limits.max_in_flight_bytes / 2;
        if self.pressure.paused && relieved {
            self.set_paused(false);
        }
    }

    /// Counted while it lasts and not when it is over, so that the metric rises during an outage.
    fn count_back_pressure(&mut self, over: bool) {
        let holding = over || self.pressure.paused;
        if let Some(counted) = self.pressure.counted {
            let counter = self.shared.telemetry.backpressure_seconds.with_label_values(&["consume"]);
            counter.inc_by(counted.elapsed().as_secs_f64());
        }
        self.pressure.counted = holding.then(Instant::now);
    }

    pub(super) fn set_paused(&mut self, paused: bool) {
        let done = if paused { self.consumer.pause() } else { self.consumer.resume() };
        match done {
            Ok(()) => {
                if self.pressure.paused != paused {
                    ConsumptionPaused { paused, records: self.slots.records(), bytes: self.slots.bytes() }
                        .emit();
                }
                self.pressure.paused = paused;
                self.pressure.resumed = Some(Instant::now());
            }
            Err(error) => tracing::warn!(%error, paused, "partitions could not be paused or resumed"),
        }
    }
}
