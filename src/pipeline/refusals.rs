//! Records that a broker refused, and how they are sent when they come again.
//!
//! A broker judges batches, not records: a record that is too large takes its neighbours down with it. So a
//! record that was refused in company is first sent alone. What is refused alone becomes a dead letter, and a
//! dead letter that is refused is sent without its value, then with its coordinates only. Every step is taken
//! once, so that no record is tried for ever.

use std::collections::{BTreeMap, HashMap};

use crate::kafka::{FailedDelivery, Objection, PartitionId};

use super::outcome::Failure;

/// How a record is sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Manner {
    /// With no other record under way, so that a refusal is its own.
    pub(super) alone: bool,
    /// With the time of sending instead of that of the input.
    pub(super) own_time: bool,
    pub(super) form: Form,
    /// What the broker said last.
    pub(super) failure: Option<Failure>,
    pub(super) refusals: u32,
}

/// What is sent of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// Its result: an enriched record, or a dead letter.
    #[default]
    Result,
    /// A dead letter instead of the enriched record.
    Letter,
    /// A dead letter without the value.
    WithoutValue,
    /// A dead letter with nothing of the original but its coordinates.
    Coordinates,
    /// Even those are refused: the topic takes nothing, and a person has to look.
    Nothing,
}

/// The records that brokers refused and that are not settled yet.
#[derive(Default)]
pub(super) struct Refusals {
    partitions: HashMap<PartitionId, BTreeMap<i64, Manner>>,
    /// A batch was refused for its size, and it is not known yet whether one of its records was to blame.
    company_in_doubt: bool,
}

impl Refusals {
    /// How to send the record at that offset.
    pub(super) fn manner(&self, partition: &PartitionId, offset: i64) -> Option<&Manner> {
        self.partitions.get(partition)?.get(&offset)
    }

    /// Notes a refusal. `alone`: nothing else was in its batch. `letter`: what was refused was a dead letter.
    /// False when the delivery failed for a reason that is not the record's.
    pub(super) fn note(&mut self, failed: &FailedDelivery, alone: bool, letter: bool) -> bool {
        let Some(objection) = failed.objection() else { return false };
        self.company_in_doubt |= objection == Objection::Size && !alone;
        let records = self.partitions.entry(failed.source.partition.clone()).or_default();
        records.entry(failed.source.offset).or_default().refused(objection, failed, alone, letter);
        true
    }

    /// Forgets the records below `next`, which are settled. True if one of them was too large only in company: once
    /// for each refused batch, however many records it had.
    pub(super) fn settled(&mut self, partition: &PartitionId, next: i64) -> bool {
        let Some(records) = self.partitions.get_mut(partition) else { return false };
        let open = records.split_off(&next);
        let done = std::mem::replace(records, open);
        if records.is_empty() {
            self.partitions.remove(partition);
        }
        let only_in_company = done.values().any(|manner| manner.alone && manner.form == Form::Result);
        only_in_company && std::mem::take(&mut self.company_in_doubt)
    }

    /// Forgets a partition that goes to another member.
    pub(super) fn forget(&mut self, partition: &PartitionId) {
        self.partitions.remove(partition);
    }
}

impl Manner {
    fn refused(&mut self, objection: Objection, failed: &FailedDelivery, alone: bool, letter: bool) {
        self.refusals += 1;
        self.failure = Some(failure(objection, failed.error.to_string()));
        match objection {
            Objection::Timestamp if !self.own_time => self.own_time = true,
            // Of several bad records in one batch the client does not say what is wrong with each.
            Objection::Size | Objection::Content if !self.alone && !alone => self.alone = true,
            _ => {
                self.alone = true;
                self.form = next_form(self.form, letter);
            }
        }
    }
}

/// The form after one that was refused.
pub(super) fn next_form(form: Form, letter: bool) -> Form {
    match form {
        Form::Result if !letter => Form::Letter,
        Form::Result | Form::Letter => Form::WithoutValue,
        Form::WithoutValue => Form::Coordinates,
        Form::Coordinates | Form::Nothing => Form::Nothing,
    }
}

fn failure(objection: Objection, message: String) -> Failure {
    let code = match objection {
        Objection::Size => "output_too_large",
        Objection::Timestamp | Objection::Content => "output_refused",
    };
    Failure { stage: "produce", code, message }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rdkafka::error::{KafkaError, RDKafkaErrorCode};

    use super::*;
    use crate::kafka::SourceOffset;

    fn id() -> PartitionId {
        PartitionId { topic: Arc::from("t"), partition: 0 }
    }

    fn failed(offset: i64, code: RDKafkaErrorCode) -> FailedDelivery {
        let source = Arc::new(SourceOffset { partition: id(), offset });
        FailedDelivery { source, topic: "out".into(), error: KafkaError::MessageProduction(code) }
    }

    #[test]
    fn a_record_that_is_too_large_in_company_is_tried_alone_before_it_is_given_up() {
        let mut refusals = Refusals::default();
        let too_large = failed(3, RDKafkaErrorCode::MessageSizeTooLarge);
        assert!(refusals.note(&too_large, false, false));
        let manner = refusals.manner(&id(), 3).unwrap();
        assert!(manner.alone && manner.form == Form::Result);
        assert!(refusals.settled(&id(), 4), "it was the company");
        assert!(refusals.manner(&id(), 3).is_none(), "a settled record is forgotten");
    }

    #[test]
    fn a_batch_that_was_too_large_is_told_once_and_not_for_each_of_its_records() {
        let mut refusals = Refusals::default();
        for offset in 3..6 {
            refusals.note(&failed(offset, RDKafkaErrorCode::MessageSizeTooLarge), false, false);
        }
        let told: Vec<bool> = (4..7).map(|next| refusals.settled(&id(), next)).collect();
        assert_eq!(told, [true, false, false]);
    }

    #[test]
    fn every_step_is_taken_once_and_there_is_a_last_one() {
        let mut refusals = Refusals::default();
        let too_large = failed(3, RDKafkaErrorCode::MessageSizeTooLarge);
        let mut forms = Vec::new();
        for _ in 0..6 {
            refusals.note(&too_large, true, !forms.is_empty());
            forms.push(refusals.manner(&id(), 3).unwrap().form);
        }
        let (letter, rest) = forms.split_first().unwrap();
        assert_eq!(*letter, Form::Letter);
        assert_eq!(rest[..3], [Form::WithoutValue, Form::Coordinates, Form::Nothing]);
        assert!(!refusals.settled(&id(), 4));
    }

    #[test]
    fn a_timestamp_that_a_topic_refuses_costs_the_timestamp_and_not_the_result() {
        let mut refusals = Refusals::default();
        refusals.note(&failed(3, RDKafkaErrorCode::InvalidTimestamp), false, false);
        let manner = refusals.manner(&id(), 3).unwrap();
        assert!(manner.own_time && manner.form == Form::Result);
    }

    #[test]
    fn an_outage_is_no_refusal() {
        let mut refusals = Refusals::default();
        assert!(!refusals.note(&failed(3, RDKafkaErrorCode::MessageTimedOut), true, false));
        assert!(!refusals.note(&failed(3, RDKafkaErrorCode::TopicAuthorizationFailed), true, false));
        assert!(refusals.manner(&id(), 3).is_none());
    }

    #[test]
    fn a_partition_that_goes_away_is_forgotten_with_its_refusals() {
        let mut refusals = Refusals::default();
        refusals.note(&failed(3, RDKafkaErrorCode::MessageSizeTooLarge), true, false);
        refusals.forget(&id());
        assert!(refusals.manner(&id(), 3).is_none());
    }
}
