//! Whether a name of a place stands for its government: the model's probability, weighed with the words around it.

use super::cues::is_one_of;
use std::ops::Range;

/// Prepositions that hardly ever stand before an actor: evidence against one, in log odds.
const INSIDE: &[&str] =
    &["across", "around", "at", "in", "inside", "into", "near", "outside", "through", "throughout", "via"];
/// Prepositions that stand before places and actors alike; the word before them decides.
const DIRECTION: &[&str] = &["for", "from", "to", "toward", "towards"];
/// Words of motion before a direction: "returns from Moscow", "a visit to Paris".
const MOTION: &[&str] = &[
    "arrive",
    "arrived",
    "arrives",
    "arriving",
    "came",
    "come",
    "depart",
    "departed",
    "departs",
    "drove",
    "fled",
    "flew",
    "flies",
    "flight",
    "flights",
    "fly",
    "flying",
    "go",
    "goes",
    "headed",
    "heading",
    "journey",
    "leaves",
    "left",
    "moved",
    "return",
    "returned",
    "returning",
    "returns",
    "tour",
    "train",
    "trains",
    "travel",
    "traveled",
    "travelled",
    "travels",
    "trip",
    "trips",
    "visit",
    "visiting",
    "visits",
    "went",
];
/// What follows the name of a place that is meant as one.
const PLACE_NOUNS: &[&str] = &[
    "airport",
    "area",
    "building",
    "conference",
    "hospital",
    "hotel",
    "meeting",
    "meetings",
    "metro",
    "province",
    "region",
    "square",
    "stadium",
    "state",
    "street",
    "streets",
    "suburb",
    "summit",
    "talks",
    "university",
    "visit",
];

const AGAINST_INSIDE: f32 = 2.5;
const AGAINST_MOTION: f32 = 3.0;
const AGAINST_PLACE_NOUN: f32 = 2.5;

/// The probability that the name at `range` stands for a government, given the model's.
#[must_use]
pub(super) fn government_probability(clean: &str, range: &Range<usize>, probability: f32) -> f32 {
    let probability = probability.clamp(1e-4, 1.0 - 1e-4);
    let odds = (probability / (1.0 - probability)).ln() - evidence_for_place(clean, range);
    1.0 / (1.0 + (-odds).exp())
}

fn evidence_for_place(clean: &str, range: &Range<usize>) -> f32 {
    let mut evidence = 0.0;
    let mut before = words_before(clean, range.start);
    let mut preposition = before.next();
    if preposition.as_deref() == Some("the") {
        preposition = before.next();
    }
    if let Some(preposition) = preposition {
        if is_one_of(INSIDE, &preposition) {
            evidence += AGAINST_INSIDE;
        } else if is_one_of(DIRECTION, &preposition) && before.take(2).any(|word| is_one_of(MOTION, &word)) {
            evidence += AGAINST_MOTION;
        }
    }
    // "Moscow’s Vnukovo Airport": the noun may be the second word.
    let possessive = clean.get(range.end..).is_some_and(|rest| rest.starts_with(['\'', '’']));
    let reach = if possessive { 3 } else { 1 };
    let mut after = words_after(clean, range.end).skip(usize::from(possessive)).take(reach);
    if after.any(|word| is_one_of(PLACE_NOUNS, &word)) {
        evidence += AGAINST_PLACE_NOUN;
    }
    evidence
}

/// Longest stretch around a name that is looked at, in bytes.
const REACH: usize = 64;

/// The words before a position, the nearest first, in lower case, up to the end of a sentence or clause.
fn words_before(clean: &str, end: usize) -> impl Iterator<Item = String> + '_ {
    let mut start = end.saturating_sub(REACH);
    while !clean.is_char_boundary(start) {
        start += 1;
    }
    let text = clean.get(start..end).unwrap_or_default();
    let clause = text.rsplit(['.', ',', ';', ':', '\n', '“', '"']).next().unwrap_or_default();
    clause.split_whitespace().rev().map(str::to_lowercase)
}

/// The words behind a position, in lower case, up to the end of the clause.
fn words_after(clean: &str, start: usize) -> impl Iterator<Item = String> + '_ {
    let mut end = (start + REACH).min(clean.len());
    while !clean.is_char_boundary(end) {
        end -= 1;
    }
    let text = clean.get(start..end).unwrap_or_default();
    let clause = text.split(['.', ',', ';', ':', '\n', '”', '"']).next().unwrap_or_default();
    clause.split_whitespace().map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probability(text: &str, name: &str, model: f32) -> f32 {
        let start = text.find(name).unwrap();
        government_probability(text, &(start..start + name.len()), model)
    }

    #[test]
    fn lists_are_sorted() {
        for list in [INSIDE, DIRECTION, MOTION, PLACE_NOUNS] {
            assert!(list.is_sorted());
        }
    }

    #[test]
    fn the_words_around_a_place_weigh_against_an_uncertain_reading() {
        for (text, name) in [
            ("Protesters gathered in Paris.", "Paris"),
            ("The envoy returns from Ankara on Monday.", "Ankara"),
            ("They met at the Elysee.", "Elysee"),
            ("Leaders hail Ottawa talks", "Ottawa"),
            ("He landed; Lima’s main airport was closed.", "Lima"),
        ] {
            assert!(probability(text, name, 0.75) < 0.5, "{text}");
        }
    }

    #[test]
    fn a_government_that_acts_stays_one() {
        for text in
            ["Ankara rejected the plan.", "A signal from Ankara came late.", "Pressure on Ankara grew."]
        {
            assert!((probability(text, "Ankara", 0.75) - 0.75).abs() < 1e-3, "{text}");
        }
    }
}
