//! What the model's named entities are, as far as their sentence and the table of names tell.

use super::names::{NameClass, NameEntry, NameTable};
use crate::model::EntityKind;
use std::ops::Range;

/// A place name stands for its government from this probability on.
const GOVERNMENT_FROM: f32 = 0.5;

/// A named entity of a clean text.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedSpan {
    /// Bytes of the clean text.
    pub range: Range<usize>,
    pub kind: EntityKind,
    /// Probability of the kind, not calibrated.
    pub confidence: f32,
    /// Probability that a place name stands for its government.
    pub government: f32,
}

/// Kind of a name that the table does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameKind {
    Person,
    Organization,
}

/// What a candidate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// In the table of names.
    Known(NameEntry),
    /// Meant as a place.
    Place,
    /// Not in the table.
    Unknown(NameKind),
}

/// A stretch of clean text that names an actor or a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub range: Range<usize>,
    pub found: Found,
    /// For an acronym in brackets: the candidate right before it, which it abbreviates.
    pub abbreviates_previous: bool,
}

/// The candidates of a text, from its entities in order of position.
#[must_use]
pub fn candidates(names: &NameTable, clean: &str, spans: &[NamedSpan]) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::with_capacity(spans.len());
    for span in spans {
        let range = bare_name(clean, span.range.clone());
        let Some(text) = clean.get(range.clone()).filter(|text| is_name(text)) else { continue };
        let Some(what) = identify(names, text, span) else { continue };
        let abbreviates_previous = found.last().is_some_and(|previous| abbreviates(clean, previous, &range));
        found.push(Candidate { range, found: what, abbreviates_previous });
    }
    found
}

/// U+FFFD stands for something that was lost: a fragment is not a name.
fn is_name(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric) && !text.contains('\u{fffd}')
}

/// The name without an article before it and a possessive ending behind it.
fn bare_name(clean: &str, range: Range<usize>) -> Range<usize> {
    const AROUND: [char; 9] = ['"', '“', '”', ',', ';', ':', '(', ')', ' '];
    let Some(text) = clean.get(range.clone()) else { return range };
    let mut start = range.start + (text.len() - text.trim_start_matches(AROUND).len());
    let mut name = text.trim_matches(AROUND);
    if let Some(rest) = ["the ", "The ", "THE "].iter().find_map(|article| name.strip_prefix(article)) {
        start += name.len() - rest.len();
        name = rest;
    }
    let endings = ["'s", "’s", "'S", "’S", "'", "’"];
    let name = endings.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    start..start + name.len()
}

/// Model and table together: the sentence decides what kind of thing is meant, the table which one.
fn identify(names: &NameTable, text: &str, span: &NamedSpan) -> Option<Found> {
    let entry = names.find(text, true).or_else(|| shouted(text).then(|| names.find_acronym(text)).flatten());
    let is_government = span.government >= GOVERNMENT_FROM;
    Some(match (span.kind, entry.map(|entry| entry.class), entry) {
        (_, Some(NameClass::Group), Some(entry)) => Found::Known(entry),
        (EntityKind::Person, Some(NameClass::Person), Some(entry)) => Found::Known(entry),
        (EntityKind::Person, ..) => Found::Unknown(NameKind::Person),
        (EntityKind::Location, Some(NameClass::Country | NameClass::Organization), Some(entry)) => {
            Found::Known(entry)
        }
        (EntityKind::Location, Some(NameClass::Capital | NameClass::Metonym), Some(entry))
            if is_government =>
        {
            Found::Known(entry)
        }
        (EntityKind::Location, ..) => Found::Place,
        (EntityKind::Organization, Some(NameClass::Person | NameClass::Demonym), _) => {
            Found::Unknown(NameKind::Organization)
        }
        (EntityKind::Organization, _, Some(entry)) => Found::Known(entry),
        (EntityKind::Organization, ..) => Found::Unknown(NameKind::Organization),
        // A nationality is not an actor by itself; events and works are none at all.
        (
            EntityKind::Group | EntityKind::Other,
            Some(NameClass::Country | NameClass::Organization),
            Some(entry),
        ) => Found::Known(entry),
        (EntityKind::Group | EntityKind::Other, ..) => return None,
    })
}

fn shouted(text: &str) -> bool {
    text.chars().any(char::is_alphabetic) && !text.chars().any(char::is_lowercase)
}

/// "International Criminal Court (ICC)"
fn abbreviates(clean: &str, previous: &Candidate, range: &Range<usize>) -> bool {
    let (Some(between), Some(acronym), Some(full)) = (
        clean.get(previous.range.end..range.start),
        clean.get(range.clone()),
        clean.get(previous.range.clone()),
    ) else {
        return false;
    };
    let closed = clean[range.end..].starts_with([')', ',', ';']);
    let initial = acronym.chars().next();
    let shares_initial = full.split([' ', '-']).any(|word| word.chars().next() == initial);
    let capitals = acronym.chars().filter(|c| c.is_uppercase()).count();
    between == " (" && closed && capitals >= 2 && shares_initial && full.contains(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, name: &str, kind: EntityKind, government: f32) -> Vec<(String, Found)> {
        let names = NameTable::open().unwrap();
        let start = text.find(name).unwrap();
        let spans = [NamedSpan { range: start..start + name.len(), kind, confidence: 0.9, government }];
        let candidates = candidates(&names, text, &spans);
        candidates.into_iter().map(|one| (text[one.range].to_owned(), one.found)).collect()
    }

    fn known(found: &[(String, Found)]) -> Option<String> {
        match found {
            [(_, Found::Known(entry))] => entry.wikidata(),
            _ => None,
        }
    }

    #[test]
    fn a_capital_is_its_government_or_a_place_as_the_sentence_has_it() {
        let text = "Beijing is beautiful.";
        assert_eq!(known(&found(text, "Beijing", EntityKind::Location, 0.9)).as_deref(), Some("Q148"));
        assert_eq!(found(text, "Beijing", EntityKind::Location, 0.1), [("Beijing".into(), Found::Place)]);
    }

    #[test]
    fn a_person_named_like_a_country_is_a_person() {
        let found = found("Jordan scored.", "Jordan", EntityKind::Person, 0.9);
        assert_eq!(found, [("Jordan".into(), Found::Unknown(NameKind::Person))]);
    }

    #[test]
    fn articles_and_possessives_are_not_part_of_the_name() {
        let found =
            found("It is the United Nations’ plan.", "the United Nations’", EntityKind::Organization, 0.0);
        assert_eq!(found.first().map(|(name, _)| name.as_str()), Some("United Nations"));
        assert_eq!(known(&found).as_deref(), Some("Q1065"));
    }

    #[test]
    fn what_was_lost_in_transport_is_no_name() {
        assert!(found("M\u{fffd}ller said", "M\u{fffd}ller", EntityKind::Person, 0.0).is_empty());
        assert!(found("(the ’s)", "the ’s", EntityKind::Person, 0.0).is_empty());
    }
}
