//! Names that the model found only in part, or not at all, made whole by the words around them: "Grace" of
//! "Grace Victory, the minister", "Fraud Agency" of "Anti-Fraud Agency".

use super::cues::{CALENDAR, SPEECH_VERBS, is_one_of};
use super::knowledge::{KnowledgeBase, fold_into};
use super::phrase::words;
use crate::model::{EntityKind, EntitySpan};
use crate::text::Span;
use std::ops::Range;

/// Prefixes that are part of an organization's name where they are written with a capital.
const PREFIXES: &[&str] = &["Anti-", "Counter-", "Non-", "Pan-"];
/// Given names that the table of names lacks, because they are words first of all.
const WORDS_AS_GIVEN_NAMES: &[&str] =
    &["april", "august", "faith", "grace", "hope", "joy", "june", "mark", "may", "will"];
/// Those of them that also begin a question or a wish.
const MODALS: &[&str] = &["may", "will"];
/// Words after which a month or a modal is no name.
const BEFORE_MONTHS: &[&str] = &[
    "by", "during", "early", "every", "from", "in", "last", "late", "mid", "next", "of", "since", "this",
    "through", "till", "to", "until",
];
/// Last words that say that a name is no person's.
const ORGANIZATION_NOUNS: &[&str] = &[
    "agency",
    "airlines",
    "airways",
    "alliance",
    "association",
    "authority",
    "bank",
    "bureau",
    "capital",
    "club",
    "commission",
    "committee",
    "corp",
    "corporation",
    "council",
    "department",
    "energy",
    "federation",
    "foundation",
    "fund",
    "group",
    "holdings",
    "inc",
    "industries",
    "institute",
    "ltd",
    "ministry",
    "motors",
    "organization",
    "partners",
    "party",
    "petroleum",
    "pharmaceuticals",
    "plc",
    "shipping",
    "steel",
    "systems",
    "tankers",
    "technologies",
    "tribunal",
    "union",
    "university",
];
/// Short words that a headline in title case may have in lower case.
const HEADLINE_WORDS: &[&str] = &[
    "a", "after", "amid", "an", "and", "as", "at", "by", "for", "from", "in", "into", "is", "of", "on", "or",
    "over", "the", "to", "vs", "with",
];

/// The entities of a sentence with their names made whole. `entities` are in order of position and stay so.
#[must_use]
pub fn whole_names(knowledge: &KnowledgeBase, sentence: &str, entities: &[EntitySpan]) -> Vec<EntitySpan> {
    let words: Vec<Range<usize>> = words(sentence).collect();
    let headline = !words.iter().any(|word| {
        let word = &sentence[word.clone()];
        word.starts_with(char::is_lowercase) && !is_one_of(HEADLINE_WORDS, word)
    });
    let mut reader = Reader { knowledge, sentence, words: &words, buffer: String::new() };
    let mut whole: Vec<EntitySpan> = Vec::with_capacity(entities.len() + 1);
    let mut rest = entities.iter().copied().peekable();
    let mut at = 0;
    while at < words.len() {
        // What is not before this word is at it or behind it.
        while let Some(before) = rest.next_if(|entity| entity.span.end.0 <= words[at].start) {
            push(&mut whole, reader.organization(before));
        }
        let name = if headline { None } else { reader.name_at(at, rest.peek()) };
        let Some((range, kind)) = name else {
            at += 1;
            continue;
        };
        let mut confidence = None;
        while let Some(part) = rest.next_if(|entity| entity.span.start.0 < range.end) {
            confidence = Some(confidence.map_or(part.confidence, |least: f32| least.min(part.confidence)));
        }
        let confidence = confidence.unwrap_or(CONFIDENCE_OF_WORDS);
        let span = Span::new(range.start, range.end);
        push(&mut whole, EntitySpan { span, kind, confidence });
        at += 2;
    }
    for entity in rest {
        push(&mut whole, reader.organization(entity));
    }
    whole
}

/// Confidence in a person of whom only the words tell.
const CONFIDENCE_OF_WORDS: f32 = 0.5;

fn push(whole: &mut Vec<EntitySpan>, entity: EntitySpan) {
    if whole.last().is_none_or(|last| last.span.end <= entity.span.start) {
        whole.push(entity);
    }
}

struct Reader<'a> {
    knowledge: &'a KnowledgeBase,
    sentence: &'a str,
    words: &'a [Range<usize>],
    buffer: String,
}

impl Reader<'_> {
    /// "Anti-" before an organization's name belongs to it; and "Velm Shipping" is nobody's given and family name.
    fn organization(&self, entity: EntitySpan) -> EntitySpan {
        let mut entity = entity;
        let Some(name) = self.sentence.get(entity.span.start.0..entity.span.end.0) else { return entity };
        if entity.kind == EntityKind::Person && ends_as_organization(name) {
            entity.kind = EntityKind::Organization;
        }
        if entity.kind == EntityKind::Organization && name.contains(' ') {
            let before = self.sentence.get(..entity.span.start.0).unwrap_or_default();
            if let Some(prefix) = PREFIXES.iter().find(|prefix| before.ends_with(**prefix)) {
                entity.span = Span::new(entity.span.start.0 - prefix.len(), entity.span.end.0);
            }
        }
        entity
    }

    /// The name of two words at this word that the model does not have whole.
    fn name_at(&mut self, at: usize, next: Option<&EntitySpan>) -> Option<(Range<usize>, EntityKind)> {
        let organization = self.organization_at(at, next).map(|range| (range, EntityKind::Organization));
        organization.or_else(|| self.person_at(at, next).map(|range| (range, EntityKind::Person)))
    }

    /// "Velm" of "Velm Shipping", which the model takes for somebody of that name.
    fn organization_at(&self, at: usize, next: Option<&EntitySpan>) -> Option<Range<usize>> {
        let (name, noun) = (self.words.get(at)?, self.words.get(at + 1)?);
        let only_name = next.is_some_and(|next| {
            matches!(next.kind, EntityKind::Person | EntityKind::Organization)
                && next.span.start.0 == name.start
                && next.span.end.0 == name.end
        });
        if !only_name || !self.is_capitalized(noun) || self.sentence.get(name.end..noun.start) != Some(" ") {
            return None;
        }
        let noun = noun.start..without_possessive(self.sentence, noun);
        let last = self.sentence[noun.clone()].to_lowercase();
        is_one_of(ORGANIZATION_NOUNS, &last).then_some(name.start..noun.end)
    }

    /// The given name at this word and the family name behind it, of which the model has the one, the other or
    /// neither: `next` is the first of its entities that does not end before the word.
    fn person_at(&mut self, at: usize, next: Option<&EntitySpan>) -> Option<Range<usize>> {
        let (given, family) = (self.words.get(at)?.clone(), self.words.get(at + 1)?.clone());
        let between = self.sentence.get(given.end..family.start)?;
        if !matches!(between, " " | "\n") || !self.is_capitalized(&given) || !self.is_capitalized(&family) {
            return None;
        }
        let family = family.start..without_possessive(self.sentence, &family);
        if !self.is_given_name(&given) || !self.may_be_family_name(&family) {
            return None;
        }
        let person_at = |word: &Range<usize>| {
            next.is_some_and(|next| {
                next.kind == EntityKind::Person
                    && next.span.start.0 == word.start
                    && next.span.end.0 <= family.end
            })
        };
        let covered = |word: &Range<usize>| {
            next.is_some_and(|next| next.span.start.0 < word.end && next.span.end.0 > word.start)
        };
        let found = if person_at(&given) {
            // The whole name is none of our business.
            next.is_some_and(|next| next.span.end.0 <= given.end)
        } else if person_at(&family) || (!covered(&given) && !covered(&family)) {
            // Without the given name from the model the words around must say that it is a person.
            !self.is_month_or_modal_here(at, person_at(&family)) && self.is_introduced(at, family.end)
        } else {
            false
        };
        found.then_some(given.start..family.end)
    }

    fn is_capitalized(&self, word: &Range<usize>) -> bool {
        let mut letters = self.sentence[word.clone()].chars();
        letters.next().is_some_and(char::is_uppercase) && letters.any(char::is_lowercase)
    }

    fn is_given_name(&mut self, word: &Range<usize>) -> bool {
        fold_into(&self.sentence[word.clone()], &mut self.buffer);
        is_one_of(WORDS_AS_GIVEN_NAMES, &self.buffer) || self.knowledge.nouns().is_given_name(&self.buffer)
    }

    fn may_be_family_name(&mut self, word: &Range<usize>) -> bool {
        fold_into(&self.sentence[word.clone()], &mut self.buffer);
        !is_one_of(CALENDAR, &self.buffer)
            && !is_one_of(ORGANIZATION_NOUNS, &self.buffer)
            && !self.knowledge.nouns().is_title(&self.buffer)
            && !self.knowledge.nouns().is_institution(&self.buffer)
    }

    /// "In June Denby said", "Will Denby, the chair, resign?"
    fn is_month_or_modal_here(&self, at: usize, family_is_name: bool) -> bool {
        let Some(given) = self.words.get(at).cloned() else { return false };
        let Some(before) = at.checked_sub(1).and_then(|before| self.words.get(before)) else {
            // A month has no sentence of its own: "April Augustin, a mediator, agreed." A modal asks.
            return family_is_name && is_one_of(MODALS, &self.sentence[given].to_lowercase());
        };
        is_one_of(BEFORE_MONTHS, &self.sentence[before.clone()].to_lowercase())
    }

    /// A title before the name, or an apposition or a verb of speech behind it.
    fn is_introduced(&mut self, at: usize, end: usize) -> bool {
        if let Some(before) = at.checked_sub(1).and_then(|before| self.words.get(before)).cloned() {
            fold_into(&self.sentence[before], &mut self.buffer);
            if self.knowledge.nouns().is_title(&self.buffer) {
                return true;
            }
        }
        let behind = self.sentence.get(end..).unwrap_or_default();
        let apposition = [", a ", ", an ", ", the "].iter().any(|start| behind.starts_with(start));
        let next = self.words.get(at + 2).filter(|next| self.sentence.get(end..next.start) == Some(" "));
        apposition || next.is_some_and(|next| is_one_of(SPEECH_VERBS, &self.sentence[next.clone()]))
    }
}

/// Whether a name of several words ends in a kind of organization.
pub(super) fn ends_as_organization(name: &str) -> bool {
    let last = name.rsplit_once([' ', '\n']).map(|(_, last)| last.trim_end_matches('.').to_lowercase());
    last.is_some_and(|last| is_one_of(ORGANIZATION_NOUNS, &last))
}

/// End of a word without its possessive ending.
fn without_possessive(sentence: &str, word: &Range<usize>) -> usize {
    let text = &sentence[word.clone()];
    ["'s", "’s"]
        .iter()
        .find_map(|ending| text.strip_suffix(ending))
        .map_or(word.end, |bare| word.start + bare.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use EntityKind::{Location, Organization, Person};

    fn read(sentence: &str, found: &[(&str, EntityKind)]) -> Vec<(String, EntityKind)> {
        let knowledge = KnowledgeBase::open().unwrap();
        let entities: Vec<EntitySpan> = found
            .iter()
            .map(|(name, kind)| {
                let start = sentence.find(name).unwrap();
                EntitySpan { span: Span::new(start, start + name.len()), kind: *kind, confidence: 0.9 }
            })
            .collect();
        let whole = whole_names(&knowledge, sentence, &entities);
        whole.iter().map(|one| (sentence[one.span.start.0..one.span.end.0].to_owned(), one.kind)).collect()
    }

    #[test]
    fn lists_are_sorted() {
        for list in [MODALS, WORDS_AS_GIVEN_NAMES, BEFORE_MONTHS, ORGANIZATION_NOUNS, HEADLINE_WORDS] {
            assert!(list.is_sorted());
        }
    }

    #[test]
    fn a_capitalized_anti_belongs_to_the_organization_behind_it() {
        let found = read("The Anti-Graft Office closed.", &[("Graft Office", Organization)]);
        assert_eq!(found, [("Anti-Graft Office".to_owned(), Organization)]);
        let found = read("The anti-Velm Party march ended.", &[("Velm Party", Organization)]);
        assert_eq!(found, [("Velm Party".to_owned(), Organization)]);
    }

    #[test]
    fn a_given_name_that_is_a_word_goes_on_with_the_family_name() {
        for (sentence, part, name) in [
            ("Grace Triumph, the envoy, smiled.", Some(("Grace", Person)), "Grace Triumph"),
            ("It may rain, Will Osten said.", Some(("Will", Person)), "Will Osten"),
            ("May Tolland, a clerk, agreed.", None, "May Tolland"),
            ("Then Judge June Harrow’s ruling came.", None, "June Harrow"),
            ("It is over, April Stone told them.", Some(("Stone", Person)), "April Stone"),
        ] {
            let found = read(sentence, part.as_slice());
            assert_eq!(found, [(name.to_owned(), Person)], "{sentence}");
        }
    }

    #[test]
    fn a_month_that_begins_a_sentence_is_the_given_name_of_the_name_behind_it() {
        let names = read("June Tellmark, a broker, left.", &[("Tellmark", EntityKind::Person)]);
        assert_eq!(names, [("June Tellmark".to_owned(), EntityKind::Person)]);
    }

    #[test]
    fn a_month_and_a_modal_are_no_given_names() {
        for (sentence, found) in [
            ("In June Osten said no.", &[("Osten", Person)][..]),
            ("Will Osten, the chair, resign?", &[("Osten", Person)]),
            ("They may. May Day, a holiday, passed.", &[]),
            ("Talks resume in May or August.", &[]),
            ("Hope Fades, the Velm Mayor Says", &[]),
            ("She told Grace Monday that it was over.", &[("Grace", Person)]),
            ("A friend of Grace, Velm smiled.", &[("Grace", Person), ("Velm", Location)]),
        ] {
            let expected: Vec<_> = found.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
            assert_eq!(read(sentence, found), expected, "{sentence}");
        }
    }

    #[test]
    fn a_name_that_ends_in_a_kind_of_organization_is_no_person() {
        let found =
            read("Ove Brask owns Brask Shipping.", &[("Ove Brask", Person), ("Brask Shipping", Person)]);
        assert_eq!(found, [("Ove Brask".to_owned(), Person), ("Brask Shipping".to_owned(), Organization)]);
        let found = read("He sued Brask Shipping’s rival.", &[("Brask", Person)]);
        assert_eq!(found, [("Brask Shipping".to_owned(), Organization)]);
    }
}
