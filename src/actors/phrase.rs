//! Phrases that name an actor without a name of its own: "the Chilean president", "Western leaders", "Peru’s army".

use super::cues::{CALENDAR, is_one_of};
use super::knowledge::{ActorRef, Claim, KnowledgeBase, Office, Reading, Relation, fold_into};
use super::{ActorKind, Who};
use std::ops::Range;

/// Most words of a noun behind a country.
const WORDS_OF_NOUN: usize = 3;
/// Most words of a name of the watch-list that is found without the model.
const WORDS_OF_WATCHED: usize = 6;
/// Words before a country that say that another holder of the office is meant, or none in particular.
const OTHERS: &[&str] = &[
    "a",
    "an",
    "another",
    "any",
    "different",
    "each",
    "every",
    "ex",
    "first",
    "former",
    "future",
    "last",
    "late",
    "most",
    "next",
    "no",
    "one",
    "previous",
    "some",
    "then",
    "two",
];

/// What a place has, besides a country.
const PUBLIC_BODIES: &[&str] = &["army", "council", "government", "military", "navy", "parliament", "police"];
/// Words that make the place behind them the scene and not the owner.
const PREPOSITIONS: &[&str] = &["across", "around", "at", "from", "in", "inside", "near", "outside", "to"];

/// Whom a phrase means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Whoever holds the office at the time.
    Holder { territory: ActorRef, office: Office },
    /// An actor.
    Actor(ActorRef),
    /// An institution of the country that has no id.
    Institution,
    /// An actor of the watch-list, written as it is there.
    Watched(usize),
}

/// A phrase of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// Bytes of the sentence.
    pub range: Range<usize>,
    pub meaning: Meaning,
}

/// The phrases of a sentence, in order of position.
#[must_use]
pub fn phrases(who: &Who<'_>, sentence: &str) -> Vec<Phrase> {
    let words: Vec<Range<usize>> = words(sentence).collect();
    let mut reader = Reader { who, knowledge: who.knowledge, sentence, words: &words, buffer: String::new() };
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match reader.phrase_at(at) {
            Some((phrase, next)) => {
                found.push(phrase);
                at = next;
            }
            None => at += 1,
        }
    }
    found
}

struct Reader<'a> {
    who: &'a Who<'a>,
    knowledge: &'a KnowledgeBase,
    sentence: &'a str,
    words: &'a [Range<usize>],
    buffer: String,
}

/// A country in front of a noun.
struct Owner {
    territory: Option<ActorRef>,
    /// The words of the country are part of the phrase, as in "Chilean president".
    start: Option<usize>,
    /// Position of the word behind it.
    next: usize,
}

impl Reader<'_> {
    fn phrase_at(&mut self, at: usize) -> Option<(Phrase, usize)> {
        if let Some(watched) = self.watched_at(at) {
            return Some(watched);
        }
        let word = &self.sentence[self.words.get(at)?.clone()];
        if !word.starts_with(char::is_uppercase) {
            return None;
        }
        let owner = self.owner_at(at)?;
        for count in (1..=WORDS_OF_NOUN).rev() {
            let last = owner.next + count - 1;
            let Some(noun) = self.run(owner.next, last) else { continue };
            if let Some(meaning) = self.meaning(&owner, noun.clone(), at, last) {
                let end = noun.start + without_ending(&self.sentence[noun.clone()]).len();
                let range = owner.start.unwrap_or(noun.start)..end;
                return Some((Phrase { range, meaning }, last + 1));
            }
        }
        None
    }

    /// A name of the watch-list in exactly its letters, which needs no reading by the model.
    fn watched_at(&self, at: usize) -> Option<(Phrase, usize)> {
        if self.who.watchlist.is_empty() {
            return None;
        }
        (1..=WORDS_OF_WATCHED).rev().find_map(|count| {
            let range = self.run(at, at + count - 1)?;
            let text = without_ending(&self.sentence[range.clone()]);
            let position = self.who.watchlist.position(text)?;
            let watched = self.who.watchlist.iter().nth(position)?;
            let exact = watched.name == text || watched.aliases.iter().any(|alias| alias == text);
            let range = range.start..range.start + text.len();
            exact.then_some((Phrase { range, meaning: Meaning::Watched(position) }, at + count))
        })
    }

    /// An adjective of one or two words, or a country with a possessive ending.
    fn owner_at(&mut self, at: usize) -> Option<Owner> {
        for count in [2, 1] {
            let Some(range) = self.run(at, at + count - 1) else { continue };
            let text = &self.sentence[range.clone()];
            if let Some(country) = ["'s", "’s"].iter().find_map(|ending| text.strip_suffix(ending)) {
                let claims = self.knowledge.claims(country, &mut self.buffer);
                if let Some(territory) = only(claims, |claim| self.is_country_name(*claim)) {
                    return Some(Owner { territory: Some(territory), start: None, next: at + count });
                }
                continue;
            }
            let mut claims = self.knowledge.claims(text, &mut self.buffer).peekable();
            if claims.peek().is_some() {
                let adjectives: Vec<Claim> =
                    claims.filter(|claim| claim.relation == Relation::Adjective).collect();
                // "French" is France, not one of its overseas regions.
                let sovereign = |claim: &Claim| !self.knowledge.is_region(claim.actor);
                let territory = only(adjectives.iter().copied(), sovereign)
                    .or_else(|| only(adjectives.into_iter(), |_| true));
                if territory.is_some() {
                    return Some(Owner { territory, start: Some(range.start), next: at + count });
                }
            }
        }
        let range = self.run(at, at)?;
        Some(Owner { territory: None, start: Some(range.start), next: at + 1 })
    }

    fn is_country_name(&self, claim: Claim) -> bool {
        claim.relation == Relation::Name
            && !claim.doubtful
            && self.knowledge.kind(claim.actor) == ActorKind::Country
    }

    /// From the start of one word to the end of another, where nothing but blanks is between them.
    fn run(&self, first: usize, last: usize) -> Option<Range<usize>> {
        let range = self.words.get(first)?.start..self.words.get(last)?.end;
        let joined = self.words.get(first..last)?.iter().zip(self.words.get(first + 1..=last)?);
        let mut gaps = joined.map(|(one, next)| &self.sentence[one.end..next.start]);
        gaps.all(|gap| gap == " ").then_some(range)
    }

    fn meaning(&mut self, owner: &Owner, noun: Range<usize>, at: usize, last: usize) -> Option<Meaning> {
        if self.sentence.get(self.words.get(owner.next - 1)?.end..noun.start)? != " " {
            return None;
        }
        if let Some(start) = owner.start
            && let Some(actor) = self.named(start..noun.end)
        {
            return Some(Meaning::Actor(actor));
        }
        let Some(territory) = owner.territory else { return self.local_body(noun, at) };
        let text = &self.sentence[noun];
        let bare = without_ending(text);
        fold_into(bare, &mut self.buffer);
        let nouns = self.knowledge.nouns();
        let institution = nouns.institution(&self.buffer, territory);
        let is_office = nouns.is_office(&self.buffer);
        let office = nouns.office(&self.buffer, territory);
        let reading = nouns.reading(&self.buffer);
        let next = if bare.len() == text.len() { self.next_reading(last) } else { None };
        match (institution, reading) {
            // "Chilean army band": the last noun says what it is.
            _ if next == Some(Reading::Nobody) => None,
            (Some(Some(actor)), _) => Some(Meaning::Actor(actor)),
            (Some(None), _) => Some(Meaning::Institution),
            _ if is_office => {
                let office = office.filter(|_| !self.means_another(at) && next.is_none())?;
                Some(Meaning::Holder { territory, office })
            }
            (None, Some(Reading::Government)) => Some(Meaning::Actor(territory)),
            (None, Some(Reading::ArmedForces)) => match next {
                Some(Reading::Government) => Some(Meaning::Actor(territory)),
                _ => nouns.institution("army", territory).flatten().map(Meaning::Actor),
            },
            _ => None,
        }
    }

    /// "Lowmoor police": a public body of a place that is no country.
    fn local_body(&mut self, noun: Range<usize>, at: usize) -> Option<Meaning> {
        let noun = without_ending(&self.sentence[noun]);
        let place = &self.sentence[self.words.get(at)?.clone()];
        if !is_one_of(PUBLIC_BODIES, noun) || !place.contains(char::is_lowercase) {
            return None;
        }
        let before = at.checked_sub(1).and_then(|before| self.words.get(before));
        let before = before.map(|word| &self.sentence[word.clone()]);
        // "In Lowmoor police said", "Greater Lowmoor police": the name is another one.
        if before.is_some_and(|word| {
            is_one_of(PREPOSITIONS, &word.to_lowercase()) || (at > 1 && word.starts_with(char::is_uppercase))
        }) {
            return None;
        }
        let is_place = |claim: &Claim| {
            let capital = claim.relation == Relation::Metonym && noun == "police";
            capital || claim.relation == Relation::PlaceOnly || self.knowledge.is_region(claim.actor)
        };
        let mut claims = self.knowledge.claims(place, &mut self.buffer).peekable();
        // The first word of a sentence has a capital whatever it is.
        let known = claims.peek().is_some();
        let holds = (known || before.is_some()) && claims.all(|claim| is_place(&claim));
        fold_into(place, &mut self.buffer);
        let other = is_one_of(CALENDAR, &self.buffer) || self.knowledge.nouns().is_title(&self.buffer);
        (holds && !other).then_some(Meaning::Institution)
    }

    /// The actor with a whole phrase for a name.
    fn named(&mut self, range: Range<usize>) -> Option<ActorRef> {
        let claims = self.knowledge.claims(&self.sentence[range], &mut self.buffer);
        let groups = |claim: &Claim| {
            claim.relation == Relation::Name
                && !claim.doubtful
                && matches!(self.knowledge.kind(claim.actor), ActorKind::Group | ActorKind::Organization)
        };
        only(claims, groups)
    }

    fn next_reading(&mut self, last: usize) -> Option<Reading> {
        let next = self.run(last, last + 1)?;
        let word = &self.sentence[self.words.get(last + 1)?.start..next.end];
        fold_into(word, &mut self.buffer);
        self.knowledge.nouns().reading(&self.buffer)
    }

    fn means_another(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|before| self.words.get(before));
        before.is_some_and(|word| is_one_of(OTHERS, &self.sentence[word.clone()].to_lowercase()))
    }
}

/// The actor of the claims that hold, if all of them are of one.
fn only(claims: impl Iterator<Item = Claim>, holds: impl Fn(&Claim) -> bool) -> Option<ActorRef> {
    let mut actors = claims.filter(holds).map(|claim| claim.actor);
    let first = actors.next()?;
    actors.all(|actor| actor == first).then_some(first)
}

/// A word without a possessive ending.
fn without_ending(text: &str) -> &str {
    ["'s", "’s"].iter().find_map(|ending| text.strip_suffix(ending)).unwrap_or(text)
}

/// Words without the punctuation around them.
pub(super) fn words(sentence: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    crate::text::words(sentence).filter_map(|range| {
        let word = &sentence[range.clone()];
        let start = range.start + word.len() - word.trim_start_matches(|c: char| !c.is_alphanumeric()).len();
        let trimmed = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        // "U.S." keeps its full stop.
        let kept = usize::from(trimmed.contains('.') && word[trimmed.len()..].starts_with('.'));
        let end = range.start + trimmed.len() + kept;
        (start < end).then_some(start..end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sentence: &str) -> Vec<(String, String)> {
        let knowledge = KnowledgeBase::open().unwrap();
        let shown = |phrase: Phrase| {
            let meaning = match phrase.meaning {
                Meaning::Holder { territory, office } => {
                    format!("{office:?} of {}", knowledge.name(territory))
                }
                Meaning::Actor(actor) => knowledge.name(actor).to_owned(),
                Meaning::Institution | Meaning::Watched(_) => String::from("institution"),
            };
            (sentence[phrase.range].to_owned(), meaning)
        };
        let who = Who { knowledge: &knowledge, watchlist: &crate::actors::Watchlist::empty() };
        phrases(&who, sentence).into_iter().map(shown).collect()
    }

    #[test]
    fn a_country_and_an_office_mean_its_holder() {
        for (sentence, text, meaning) in [
            ("The Chilean president spoke.", "Chilean president", "HeadOfState of Chile"),
            ("South Korea's president spoke.", "president", "HeadOfState of South Korea"),
            (
                "It pleased the South Korean foreign minister.",
                "South Korean foreign minister",
                "ForeignMinister of South Korea",
            ),
            ("The French leader’s visit ended.", "French leader", "Leader of France"),
        ] {
            assert_eq!(read(sentence), [(text.to_owned(), meaning.to_owned())], "{sentence}");
        }
    }

    #[test]
    fn a_country_and_an_institution_mean_the_institution_and_officials_the_country() {
        for (sentence, text, meaning) in [
            ("The Peruvian foreign ministry protested.", "Peruvian foreign ministry", "institution"),
            ("Kenyan officials protested.", "Kenyan officials", "Kenya"),
            ("Western leaders protested.", "Western leaders", "the West"),
            ("The European Central Bank protested.", "European Central Bank", "European Central Bank"),
            ("The Lowmoor police protested.", "Lowmoor police", "institution"),
            ("He praised Lowmoor’s rival, the Velm army.", "Velm army", "institution"),
        ] {
            assert_eq!(read(sentence), [(text.to_owned(), meaning.to_owned())], "{sentence}");
        }
    }

    #[test]
    fn a_nationality_before_anything_else_means_nobody() {
        for sentence in [
            "A Kenyan army band played.",
            "A French singer and an Indian company met.",
            "The former Chilean president spoke.",
            "A Brazilian president must travel.",
            "Kenyan, officials said.",
            "Egyptian culture",
            "In Georgia’s capital",
            "Armed police came.",
            "In Lowmoor police came.",
            "On Monday police came.",
            "The Lowmoor band played.",
        ] {
            assert_eq!(read(sentence), [], "{sentence}");
        }
    }
}
