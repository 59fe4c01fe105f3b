//! Scores as pure functions; all are fractions from 0 to 1.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// Precision, recall and their harmonic mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Scores {
    pub p: f64,
    pub r: f64,
    pub f1: f64,
}

/// How often something was found, was to be found, and was found rightly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub right: usize,
    pub found: usize,
    pub expected: usize,
}

impl Counts {
    /// Counts of two sets.
    pub fn of<T: Ord>(found: &BTreeSet<T>, expected: &BTreeSet<T>) -> Self {
        Self { right: found.intersection(expected).count(), found: found.len(), expected: expected.len() }
    }

    pub fn add(&mut self, other: Self) {
        self.right += other.right;
        self.found += other.found;
        self.expected += other.expected;
    }

    /// Nothing found or nothing expected gives 0.
    pub fn scores(self) -> Scores {
        let share = |of: usize| if of == 0 { 0.0 } else { ratio(self.right, of) };
        let (p, r) = (share(self.found), share(self.expected));
        Scores { p, r, f1: if p + r == 0.0 { 0.0 } else { 2.0 * p * r / (p + r) } }
    }
}

/// One classified item: the right class, and the probability that was given to each class.
#[derive(Clone, Debug, PartialEq)]
pub struct Classified {
    pub expected: usize,
    pub probabilities: Vec<f32>,
}

impl Classified {
    /// The most probable class; the first of equal ones.
    pub fn predicted(&self) -> usize {
        let mut best = 0;
        for (class, probability) in self.probabilities.iter().enumerate() {
            if *probability > self.probabilities[best] {
                best = class;
            }
        }
        best
    }

    fn is_right(&self) -> bool {
        self.predicted() == self.expected
    }

    fn confidence(&self) -> f64 {
        self.probabilities.get(self.predicted()).copied().map_or(0.0, f64::from)
    }
}

/// Scores of each class, in the order of `names`.
pub fn per_class<'n>(items: &[Classified], names: &[&'n str]) -> BTreeMap<&'n str, Scores> {
    let counts = |class: usize| Counts {
        right: items.iter().filter(|item| item.is_right() && item.expected == class).count(),
        found: items.iter().filter(|item| item.predicted() == class).count(),
        expected: items.iter().filter(|item| item.expected == class).count(),
    };
    names.iter().enumerate().map(|(class, name)| (*name, counts(class).scores())).collect()
}

/// Mean of the classes' F1; a class without an item counts too, with 0.
pub fn macro_f1(items: &[Classified], names: &[&str]) -> f64 {
    let classes = per_class(items, names);
    classes.values().map(|scores| scores.f1).sum::<f64>() / ratio(names.len(), 1)
}

pub fn accuracy(items: &[Classified]) -> f64 {
    ratio(items.iter().filter(|item| item.is_right()).count(), items.len().max(1))
}

/// Expected calibration error of the most probable class, over ten bins of equal width.
pub fn calibration_error(items: &[Classified]) -> f64 {
    const BINS: usize = 10;
    let mut bins = [(0.0, 0.0); BINS];
    for item in items {
        let confidence = item.confidence();
        // A probability from 0 to 1 gives an index from 0 to 10.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let bin = ((confidence * 10.0) as usize).min(BINS - 1);
        bins[bin].0 += f64::from(u8::from(item.is_right()));
        bins[bin].1 += confidence;
    }
    bins.iter().map(|(right, confidence)| (right - confidence).abs()).sum::<f64>()
        / ratio(items.len().max(1), 1)
}

/// Counts stay far below the 2^53 that a float holds exactly.
#[expect(clippy::cast_precision_loss)]
pub fn ratio(count: usize, of: usize) -> f64 {
    count as f64 / of as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(expected: usize, probabilities: [f32; 3]) -> Classified {
        Classified { expected, probabilities: probabilities.to_vec() }
    }

    const NAMES: [&str; 3] = ["negative", "neutral", "positive"];

    #[test]
    fn counts_give_precision_recall_and_f1() {
        let scores = Counts { right: 2, found: 4, expected: 2 }.scores();
        assert_eq!((scores.p, scores.r), (0.5, 1.0));
        assert!((scores.f1 - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(Counts::default().scores(), Scores::default());
    }

    #[test]
    fn macro_f1_weighs_classes_alike() {
        // Negative: one of one. Neutral: two of three, one of them called positive. Positive: none.
        let items = [
            item(0, [0.8, 0.1, 0.1]),
            item(1, [0.2, 0.6, 0.2]),
            item(1, [0.2, 0.6, 0.2]),
            item(1, [0.1, 0.2, 0.7]),
        ];
        assert!((macro_f1(&items, &NAMES) - (1.0 + 0.8 + 0.0) / 3.0).abs() < 1e-12);
        assert_eq!(accuracy(&items), 0.75);
    }

    #[test]
    fn the_first_of_equal_classes_is_predicted() {
        assert_eq!(item(0, [0.4, 0.4, 0.2]).predicted(), 0);
    }

    #[test]
    fn an_honest_confidence_has_no_calibration_error() {
        let sure: Vec<_> = (0..4).map(|i| item(usize::from(i == 0), [0.75, 0.25, 0.0])).collect();
        assert!(calibration_error(&sure) < 1e-9);
        let boasting = [item(0, [1.0, 0.0, 0.0]), item(1, [1.0, 0.0, 0.0])];
        assert!((calibration_error(&boasting) - 0.5).abs() < 1e-9);
        assert_eq!(calibration_error(&[]), 0.0);
    }
}
