//! When dead letters are no longer the exception: the service stops rather than turn a whole topic into them.
//!
//! A wrong `input.format`, a new version of a producer or a broken model makes every record a bad one. A service
//! that goes on then moves the topic aside, commits it as done, and looks healthy.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use crate::config::DeadLetterLimits;
use crate::kafka::PartitionId;

use super::outcome::Class;

/// Error codes that the message of a stop names.
const CODES_SHOWN: usize = 5;
/// Parts of the window that are forgotten one by one.
const PARTS: u32 = 20;

/// Why the service stops.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{what}; the last errors: {codes}; what is not committed is read again: mend the producer or the input.* keys and start again, or raise {key} (0: no limit)"
)]
pub struct TooManyDeadLetters {
    what: String,
    codes: String,
    /// The key of the limit that was passed.
    pub key: &'static str,
}

/// The records of some time.
#[derive(Clone, Copy, Debug)]
struct Part {
    since: Instant,
    records: u64,
    letters: u64,
}

/// What has become of the records so far.
#[derive(Clone, Debug, Default)]
struct Tally {
    /// Dead letters in a row, by partition: another partition's good records say nothing about this one's.
    rows: HashMap<PartitionId, u64>,
    parts: VecDeque<Part>,
    codes: VecDeque<&'static str>,
}

/// The limits and the records that count toward them. Those of the open batch count too, but only until it is
/// given up: they are read again.
#[derive(Debug)]
pub(super) struct LetterLimits {
    limits: DeadLetterLimits,
    settled: Tally,
    open: Tally,
}

impl LetterLimits {
    pub(super) fn new(limits: DeadLetterLimits) -> Self {
        Self { limits, settled: Tally::default(), open: Tally::default() }
    }

    /// Counts a record that is about to join the open batch.
    ///
    /// # Errors
    ///
    /// When it passes a limit; it must not be committed then.
    pub(super) fn admit(
        &mut self,
        partition: &PartitionId,
        class: &Class,
        now: Instant,
    ) -> Result<(), TooManyDeadLetters> {
        let code = match class {
            Class::Enriched => None,
            Class::DeadLettered(failure) => Some(failure.code),
            // Passed over on purpose: neither good nor bad.
            Class::Skipped { .. } | Class::Stops(_) => return Ok(()),
        };
        self.open.count(partition, code, now, self.limits.window);
        if code.is_some() { self.judge(partition) } else { Ok(()) }
    }

    fn judge(&self, partition: &PartitionId) -> Result<(), TooManyDeadLetters> {
        let limits = &self.limits;
        let row = self.open.rows.get(partition).copied().unwrap_or(0);
        if limits.consecutive > 0 && row > limits.consecutive {
            let key = "input.dead_letter_limits.consecutive";
            let what = format!(
                "{row} records in a row of {}/{} became dead letters, more than {key} = {}",
                partition.topic, partition.partition, limits.consecutive
            );
            return Err(self.stop(what, key));
        }
        let (records, letters) = self.open.in_window();
        let too_many = letters * 100 > records * limits.percent;
        if limits.percent > 0 && records >= limits.min_records && too_many {
            let key = "input.dead_letter_limits.percent";
            let what = format!(
                "{letters} of {records} records within {} s became dead letters, more than {key} = {}",
                limits.window.as_secs(),
                limits.percent
            );
            return Err(self.stop(what, key));
        }
        Ok(())
    }

    fn stop(&self, what: String, key: &'static str) -> TooManyDeadLetters {
        let codes: Vec<&str> = self.open.codes.iter().copied().collect();
        TooManyDeadLetters { what, codes: codes.join(", "), key }
    }

    /// The open batch is committed.
    pub(super) fn settled(&mut self) {
        self.settled = self.open.clone();
    }

    /// The open batch is given up.
    pub(super) fn rewound(&mut self) {
        self.open = self.settled.clone();
    }
}

impl Tally {
    fn count(&mut self, partition: &PartitionId, code: Option<&'static str>, now: Instant, window: Duration) {
        let row = self.rows.entry(partition.clone()).or_default();
        *row = if code.is_some() { *row + 1 } else { 0 };
        while self.parts.front().is_some_and(|part| now.duration_since(part.since) > window) {
            self.parts.pop_front();
        }
        if self.parts.back().is_none_or(|part| now.duration_since(part.since) > window / PARTS) {
            self.parts.push_back(Part { since: now, records: 0, letters: 0 });
        }
        if let Some(part) = self.parts.back_mut() {
            part.records += 1;
            part.letters += u64::from(code.is_some());
        }
        if let Some(code) = code {
            self.codes.push_back(code);
            if self.codes.len() > CODES_SHOWN {
                self.codes.pop_front();
            }
        }
    }

    fn in_window(&self) -> (u64, u64) {
        self.parts
            .iter()
            .fold((0, 0), |(records, letters), part| (records + part.records, letters + part.letters))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::outcome::Failure;
    use super::*;

    const WINDOW: Duration = Duration::from_secs(60);

    fn limits(percent: u64, min_records: u64, consecutive: u64) -> LetterLimits {
        LetterLimits::new(DeadLetterLimits { percent, window: WINDOW, min_records, consecutive })
    }

    fn id(partition: i32) -> PartitionId {
        PartitionId { topic: Arc::from("raw"), partition }
    }

    fn bad() -> Class {
        Class::DeadLettered(Failure { stage: "decode", code: "invalid_json", message: String::new() })
    }

    #[test]
    fn a_row_of_dead_letters_longer_than_the_limit_stops_and_says_which_key_and_errors() {
        let (mut limits, now) = (limits(0, 0, 3), Instant::now());
        for _ in 0..3 {
            limits.admit(&id(0), &bad(), now).unwrap();
        }
        let message = limits.admit(&id(0), &bad(), now).unwrap_err().to_string();
        for part in ["4 records in a row of raw/0", "consecutive = 3", "invalid_json", "0: no limit"] {
            assert!(message.contains(part), "{part} is not in {message}");
        }
    }

    #[test]
    fn a_good_record_ends_the_row_of_its_own_partition_only_and_a_skipped_one_none() {
        let (mut limits, now) = (limits(0, 0, 2), Instant::now());
        for _ in 0..10 {
            limits.admit(&id(0), &bad(), now).unwrap();
            limits.admit(&id(0), &Class::Enriched, now).unwrap();
        }
        for _ in 0..2 {
            limits.admit(&id(1), &bad(), now).unwrap();
            limits.admit(&id(1), &Class::Skipped { reason: "tombstone" }, now).unwrap();
            limits.admit(&id(0), &Class::Enriched, now).unwrap();
        }
        assert!(limits.admit(&id(1), &bad(), now).is_err());
    }

    #[test]
    fn a_share_of_dead_letters_above_the_limit_stops_from_the_least_number_of_records_on() {
        let (mut limits, now) = (limits(50, 10, 0), Instant::now());
        for _ in 0..9 {
            limits.admit(&id(0), &bad(), now).unwrap();
        }
        let error = limits.admit(&id(0), &bad(), now).unwrap_err();
        assert_eq!(error.key, "input.dead_letter_limits.percent");
        assert!(error.to_string().contains("10 of 10 records within 60 s"), "{error}");
    }

    #[test]
    fn half_bad_at_a_limit_of_half_goes_on_and_what_is_older_than_the_window_is_forgotten() {
        let (mut limits, start) = (limits(50, 10, 0), Instant::now());
        for _ in 0..50 {
            limits.admit(&id(0), &Class::Enriched, start).unwrap();
            limits.admit(&id(0), &bad(), start).unwrap();
        }
        let later = start + WINDOW * 2;
        for _ in 0..9 {
            limits.admit(&id(0), &bad(), later).unwrap();
        }
        assert!(limits.admit(&id(0), &bad(), later).is_err(), "the good records of long ago do not help");
    }

    #[test]
    fn records_of_a_batch_that_is_given_up_count_once_however_often_they_are_read() {
        let (mut limits, now) = (limits(0, 0, 3), Instant::now());
        for _ in 0..10 {
            for _ in 0..3 {
                limits.admit(&id(0), &bad(), now).unwrap();
            }
            limits.rewound();
        }
        for _ in 0..3 {
            limits.admit(&id(0), &bad(), now).unwrap();
        }
        limits.settled();
        limits.rewound();
        assert!(limits.admit(&id(0), &bad(), now).is_err());
    }

    #[test]
    fn zero_is_no_limit() {
        let (mut limits, now) = (limits(0, 1, 0), Instant::now());
        for _ in 0..10_000 {
            limits.admit(&id(0), &bad(), now).unwrap();
        }
    }
}
