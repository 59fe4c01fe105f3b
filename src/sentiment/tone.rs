//! How a sentence speaks of what it mentions.

use super::lexicon::{NEGATIONS, Reach, polarity};
use crate::actors::Word;

/// Words within this distance of a mention can speak of it.
const WINDOW: usize = 12;
/// Words that a negation turns around.
const NEGATION_REACH: usize = 3;

/// The polar words of a sentence, in order.
pub struct Tone {
    polar: Vec<Polar>,
}

struct Polar {
    word: usize,
    value: f32,
    reach: Reach,
}

impl Tone {
    /// Reads a sentence. Words for which `named` holds are parts of names and say nothing.
    #[must_use]
    pub fn read(clean: &str, words: &[Word], named: impl Fn(usize) -> bool) -> Self {
        let lower = |index: usize| {
            words.get(index).map(|word| clean[word.range.clone()].to_lowercase()).unwrap_or_default()
        };
        let mut polar = Vec::new();
        let mut negated_until = 0;
        let mut passive_until = 0;
        for index in 0..words.len() {
            let word = lower(index);
            if NEGATIONS.binary_search(&word.as_str()).is_ok()
                || word.ends_with("n't")
                || word.ends_with("n’t")
            {
                negated_until = index + 1 + NEGATION_REACH;
            }
            if matches!(word.as_str(), "was" | "were" | "been" | "being" | "is" | "are" | "be") {
                passive_until = index + 3;
            }
            if named(index) {
                continue;
            }
            let Some((value, reach)) = polarity(&word) else {
                continue;
            };
            let participle = word.ends_with("ed") || word.ends_with("en");
            let reach = if reach == Reach::Object && participle && index < passive_until {
                Reach::Subject
            } else {
                reach
            };
            // "not bad" is praise, but faint.
            let value = if index < negated_until { value * -0.5 } else { value };
            polar.push(Polar { word: index, value, reach });
        }
        Self { polar }
    }

    /// Score from -1 to 1 toward the mention that covers the words `[first, last]`. Only words inside
    /// `[from, to)` count, so that the article's words are not put into a speaker's mouth.
    #[must_use]
    pub fn toward(&self, first: usize, last: usize, inside: std::ops::Range<usize>) -> f32 {
        let start = self.polar.partition_point(|polar| polar.word + WINDOW < first);
        let sum: f32 = self.polar[start..]
            .iter()
            .take_while(|polar| polar.word <= last + WINDOW)
            .filter(|polar| inside.contains(&polar.word))
            .map(|polar| polar.value * weight(polar, first, last))
            .sum();
        (sum * 0.9).tanh()
    }
}

fn in_words(distance: usize) -> f32 {
    f32::from(u16::try_from(distance).unwrap_or(u16::MAX))
}

fn weight(polar: &Polar, first: usize, last: usize) -> f32 {
    let before = polar.word < first;
    let distance = if before { first - polar.word } else { polar.word.saturating_sub(last) };
    let closeness = 1.0 - (in_words(distance) - 1.0).max(0.0) / in_words(WINDOW);
    let aimed = match (polar.reach, before) {
        (Reach::Object, true) | (Reach::Subject, false) => 1.0,
        (Reach::Object, false) | (Reach::Subject, true) => 0.0,
        (Reach::Near, _) => 0.5,
    };
    aimed * closeness.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::words;

    fn toward(text: &str, name: &str) -> f32 {
        let words = words(text, 0..text.len());
        let at = words.iter().position(|word| &text[word.range.clone()] == name).unwrap_or_default();
        Tone::read(text, &words, |_| false).toward(at, at, 0..words.len())
    }

    #[test]
    fn the_object_of_an_accusation_is_hit_and_not_its_subject() {
        let text = "Karth accused Velm of sabotaging the talks.";
        assert!(toward(text, "Velm") < -0.2 && toward(text, "Karth") > toward(text, "Velm"));
        assert!(toward("Velm was accused of fraud", "Velm") < -0.2);
        assert!(toward("Orth praised Vale", "Vale") > 0.2);
        assert!(toward("Vale is not bad", "Vale") > 0.0);
        assert_eq!(toward("Vale sat on a table", "Vale"), 0.0);
    }
}
