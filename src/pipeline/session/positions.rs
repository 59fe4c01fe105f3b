//! Where the group stands in partitions of which this member has committed nothing yet: lag counts from there.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError};

use crate::config::StartFrom;
use crate::kafka::{ClientStatistics, CommittedOffsets};

use super::super::ledger::LagRules;
use super::Session;
use super::pressure::Pressure;

const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// Between a question without an answer and the next.
const ASK_EVERY: Duration = Duration::from_secs(5);
/// Until the client's fetch positions are right after a pause or a seek.
const SETTLING: Duration = Duration::from_secs(1);

/// The question that is under way.
#[derive(Default)]
pub(super) struct Positions {
    answer: Option<Receiver<CommittedOffsets>>,
    asked: Option<Instant>,
}

impl Positions {
    /// Partitions came or went: an answer under way may be older than the stay that it would be taken for.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

/// The consumer's newest statistics of this assignment.
pub(super) struct Report {
    statistics: ClientStatistics,
    /// Reading went on without a break: a pause and a seek throw away what is fetched and not handed over, and leave
    /// the fetch position behind it.
    steady: bool,
}

impl Session<'_> {
    pub(super) fn take_report(&mut self, statistics: ClientStatistics) {
        let Pressure { paused, resumed, .. } = self.pressure;
        let steady = !paused && !self.rewind_due && resumed.is_none_or(|at| at.elapsed() >= SETTLING);
        self.report = Some(Report { statistics, steady });
        self.report_lag();
    }

    /// Lag, by the newest statistics and by what is committed since.
    pub(super) fn report_lag(&self) {
        if let Some(Report { statistics, steady }) = &self.report {
            let from_first = self.shared.config.kafka.start_from == StartFrom::Earliest;
            self.shared.ledger.report_lag(statistics, &self.slots, LagRules { from_first, steady: *steady });
        }
    }

    /// Asks for committed offsets where they are not known, and takes an answer that has come.
    pub(super) fn learn_positions(&mut self) {
        if let Some(answer) = &self.positions.answer {
            match answer.try_recv() {
                Ok(offsets) => {
                    for (id, offset) in offsets {
                        self.slots.set_committed(&id, offset);
                    }
                    self.positions.answer = None;
                }
                Err(TryRecvError::Disconnected) => self.positions.answer = None,
                Err(TryRecvError::Empty) => {}
            }
        }
        if self.positions.answer.is_some() || self.positions.asked.is_some_and(|at| at.elapsed() < ASK_EVERY)
        {
            return;
        }
        let unknown = self.slots.without_position();
        if !unknown.is_empty() {
            self.positions.asked = Some(Instant::now());
            self.positions.answer = Some(self.consumer.committed(unknown, ANSWER_LIMIT));
        }
    }
}
