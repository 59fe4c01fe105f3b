//! Praise and blame by way of "never": "X has never been this effective" says that X is at its best.

use super::sentence::Sentence;
use super::words::{ADVERBS, is_in};
use super::{Part, Party};
use crate::sentiment::polarity;

/// Verbs between "never" and the degree.
const STATES: &[&str] =
    &["appeared", "been", "felt", "looked", "performed", "played", "seemed", "sounded", "worked"];
/// "As" and "that" are missing: "never been as good as the others" and "never that good" deny.
const DEGREES: &[&str] = &["more", "so", "this"];
const BETTER: &[&str] = &[
    "better",
    "braver",
    "brighter",
    "cleaner",
    "fairer",
    "fitter",
    "greater",
    "happier",
    "healthier",
    "richer",
    "safer",
    "sharper",
    "smarter",
    "stronger",
    "wiser",
];
const WORSE: &[&str] = &[
    "angrier", "crueller", "dirtier", "lonelier", "nastier", "poorer", "sadder", "shakier", "uglier",
    "weaker", "worse",
];
/// Adverbs and the like between the degree and its adjective.
const LONGEST_DEGREE: usize = 3;

impl Sentence<'_> {
    /// What "never" at a place tells of the subject.
    pub(super) fn superlative(&self, never: usize) -> Option<(Party, Part)> {
        // "Was never so good" looks back on an end; the perfect tense speaks of now.
        let is_perfect = self.word(never) == "never"
            && matches!(
                self.word(never.checked_sub(1)?),
                "has" | "have" | "had" | "'s" | "’s" | "'ve" | "’ve"
            );
        let between = self.word(never + 1);
        let state = never + 1 + usize::from(between == "before" || is_in(ADVERBS, between));
        if !is_perfect || !is_in(STATES, self.word(state)) {
            return None;
        }
        let is_positive = self.extreme(state + 1)?;
        let subject = self.subject(self.verb_group(never).start)?;
        Some((subject, if is_positive { Part::Preferred } else { Part::Blamed }))
    }

    /// Whether the words are the best or the worst of something.
    fn extreme(&self, from: usize) -> Option<bool> {
        let word = self.word(from);
        if is_in(BETTER, word) {
            return Some(true);
        }
        if is_in(WORSE, word) {
            return Some(false);
        }
        if !is_in(DEGREES, word) {
            return None;
        }
        let mut behind = from + 1..self.len().min(from + 1 + LONGEST_DEGREE);
        let adjective = behind.find(|at| !self.word(*at).ends_with("ly"))?;
        polarity::judges(self.word(adjective))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        for list in [STATES, DEGREES, BETTER, WORSE] {
            assert!(list.is_sorted());
        }
    }
}
