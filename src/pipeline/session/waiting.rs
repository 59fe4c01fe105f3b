//! What the loop does while it waits for brokers.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::kafka::{ClientStatistics, GroupConsumer, Polled};
use crate::telemetry::Health;

use super::super::service::StopSwitch;
use super::super::slots::Slots;

/// A wait that takes longer stops reading: what arrived meanwhile would have to be held.
const PAUSE_AFTER: Duration = Duration::from_secs(1);
/// How often the consumer is polled during a wait.
const POLL_EVERY: Duration = Duration::from_millis(200);

/// What was polled during a wait and is still to be handled, oldest first.
#[derive(Default)]
pub(super) struct Held(VecDeque<Polled>);

impl Held {
    pub(super) fn next(&mut self) -> Option<Polled> {
        self.0.pop_front()
    }

    /// Drops the records, which are read again after a rewind of their partitions.
    pub(super) fn drop_records(&mut self, slots: &mut Slots) {
        self.0.retain(|polled| {
            if let Polled::Record(record) = polled {
                slots.passed_over(&record.source);
            }
            !matches!(polled, Polled::Record(_))
        });
    }

    /// Of reports and errors only the newest is held, or a long outage would pile them up.
    fn hold(&mut self, polled: Polled) {
        match &polled {
            Polled::Statistics(_) => self.0.retain(|held| !matches!(held, Polled::Statistics(_))),
            Polled::Error(error) if !is_fatal(error) => {
                self.0.retain(|held| !matches!(held, Polled::Error(error) if !is_fatal(error)));
            }
            Polled::Refused(refusal, _) => {
                self.0.retain(|held| !matches!(held, Polled::Refused(other, _) if other == refusal));
            }
            _ => {}
        }
        self.0.push_back(polled);
    }
}

fn is_fatal(error: &rdkafka::error::KafkaError) -> bool {
    matches!(error, rdkafka::error::KafkaError::MessageConsumptionFatal(_))
}

/// Notes when a broker last answered, going by a client's report.
pub(super) fn heard_from_brokers(health: &Health, statistics: &ClientStatistics) {
    if let Some(ago) = statistics.last_answer() {
        health.heard_from_brokers(ago);
    }
}

/// Keeps the membership alive during a wait: a consumer that is not polled for `max.poll.interval.ms` leaves its
/// group (quickwit #2083, arroyo PR #391), however good the reason.
pub(super) struct Vigil<'a> {
    pub(super) consumer: &'a GroupConsumer,
    pub(super) health: &'a Health,
    pub(super) stop: &'a StopSwitch,
    pub(super) held: &'a mut Held,
    pub(super) paused: &'a mut bool,
    pub(super) since: Instant,
    pub(super) polled: Instant,
}

impl Vigil<'_> {
    /// To be called again and again. False when a stop leaves no time to wait.
    pub(super) fn keep(&mut self) -> bool {
        if self.since.elapsed() >= PAUSE_AFTER && self.polled.elapsed() >= POLL_EVERY {
            self.polled = Instant::now();
            self.health.polled_now();
            if !*self.paused && self.consumer.pause().is_ok() {
                *self.paused = true;
            }
            loop {
                match self.consumer.poll(Duration::ZERO) {
                    Polled::Nothing => break,
                    polled => {
                        if let Polled::Statistics(statistics) = &polled {
                            // Readiness must not wait for the end of this wait.
                            heard_from_brokers(self.health, statistics);
                        }
                        self.held.hold(polled);
                    }
                }
                if !*self.paused {
                    break;
                }
            }
        }
        !self.stop.is_past_deadline()
    }
}
