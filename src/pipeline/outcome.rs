//! What becomes of a record: exactly one of these.

use std::collections::VecDeque;

use crate::kafka::OutgoingRecord;
use crate::recent::Sighting;

pub use super::refusals::Form;

/// The outcome of one input record, with the output records that carry it.
#[derive(Debug)]
pub struct Outcome {
    pub class: Class,
    /// Records still to be sent, in order.
    pub outputs: VecDeque<OutgoingRecord>,
    /// How much of the record the output carries.
    pub form: Form,
    /// What its articles show, for the live page; empty where nobody watches.
    pub sightings: Vec<Sighting>,
}

impl Outcome {
    /// An outcome that shows nothing on the live page.
    #[must_use]
    pub fn new(class: Class, outputs: VecDeque<OutgoingRecord>, form: Form) -> Self {
        Self { class, outputs, form, sightings: Vec::new() }
    }

    /// Bytes of keys and values of the output, and of what is kept of it for the live page.
    #[must_use]
    pub fn size(&self) -> usize {
        let outputs: usize = self.outputs.iter().map(OutgoingRecord::size).sum();
        outputs + self.sightings.iter().map(Sighting::size).sum::<usize>()
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
