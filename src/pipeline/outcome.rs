//! What becomes of a record: exactly one of these.

use std::collections::VecDeque;

use crate::kafka::OutgoingRecord;

pub use super::refusals::Form;

/// The outcome of one input record, with the output records that carry it.
#[derive(Debug)]
pub struct Outcome {
    pub class: Class,
    /// Records still to be sent, in order.
    pub outputs: VecDeque<OutgoingRecord>,
    /// How much of the record the output carries.
    pub form: Form,
}

impl Outcome {
    /// Bytes of keys and values of the output.
    #[must_use]
    pub fn size(&self) -> usize {
        self.outputs.iter().map(OutgoingRecord::size).sum()
    }
}

/// The class in which a record is counted.
#[derive(Debug)]
pub enum Class {
    Enriched,
    DeadLettered(Failure),
    Skipped {
        reason: &'static str,
    },
    /// By policy a bad record stops the service, its offset uncommitted.
    Stops(Failure),
}

/// Why a record could not be enriched.
#[derive(Clone, Debug)]
pub struct Failure {
    /// `decode`, `analysis`, `encode` or `produce`.
    pub stage: &'static str,
    /// From a fixed list, fit for a label.
    pub code: &'static str,
    /// For people; may quote the input, shortened.
    pub message: String,
}
