//! Stretches of a sentence that may name an actor.

use super::cues::{
    CALENDAR, COMMON, CONNECTORS, ORGANISATION_ENDS, PLACE_PREPOSITIONS, SPEECH_VERBS, THINGS, TITLES,
    is_one_of,
};
use super::names::{NameClass, NameEntry, NameTable, normalise};
use super::word::{Gap, Word};
use std::collections::HashSet;
use std::ops::Range;

/// Longest known name in words.
const LONGEST_NAME: usize = 8;
/// Longest capitalised sequence in words; a bound keeps text in capitals linear.
const LONGEST_SEQUENCE: usize = 12;

/// A sentence as the search for names needs it.
#[derive(Clone, Debug)]
pub struct ReadSentence {
    /// Position in clean text.
    pub range: Range<usize>,
    pub words: Vec<Word>,
}

impl ReadSentence {
    /// Whether nearly every word has a capital, so that capitals tell nothing.
    fn is_headline(&self, clean: &str) -> bool {
        let long = self.words.iter().filter(|word| {
            word.range.len() >= 4 && !clean[word.range.clone()].starts_with(|c: char| c.is_numeric())
        });
        let (count, capitals) =
            long.fold((0, 0), |(count, capitals), word| (count + 1, capitals + usize::from(word.capital)));
        // Headlines end without a full stop; a sentence full of names does not.
        let stopped = clean[self.range.clone()].ends_with('.') && !self.words.iter().all(|word| word.shouted);
        count >= 4 && capitals * 10 >= count * 8 && !stopped
    }
}

/// Kind of an unknown name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    Person,
    Organization,
    /// The sentence does not tell; a person if the document goes on with the last word alone.
    Unclear,
}

/// What a candidate is, as far as its sentence tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// In the table of names.
    Known(NameEntry),
    /// A city or building that is meant as a place here.
    KnownPlace(NameEntry),
    /// A name of several words that is not in the table.
    Unknown(NameKind),
    /// An acronym that is not in the table.
    Acronym,
    /// One word: names an actor only if the document knows it from elsewhere. `person` is set where the
    /// sentence tells that it is one, as in "Mr. Vale" or "Vale said".
    Single { person: bool },
}

/// A stretch of clean text that may name an actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub range: Range<usize>,
    pub found: Found,
    /// For an acronym in brackets: the candidate right before it, which it abbreviates.
    pub abbreviates_previous: bool,
}

/// Finds candidates in the sentences of one clean text.
pub struct Finder<'a> {
    pub names: &'a NameTable,
    pub clean: &'a str,
    /// Words that the document also writes in lower case.
    pub lower_case: &'a HashSet<String>,
}

impl Finder<'_> {
    /// Candidates in order of position.
    #[must_use]
    pub fn find(&self, sentence: &ReadSentence) -> Vec<Candidate> {
        let headline = sentence.is_headline(self.clean);
        let words = &sentence.words;
        let mut found: Vec<Candidate> = Vec::new();
        let mut titled = false;
        let mut index = 0;
        while index < words.len() {
            let Some((candidate, length)) = self.candidate_at(words, index, headline, titled) else {
                titled =
                    words.get(index).is_some_and(|word| word.capital && is_one_of(TITLES, &self.lower(word)));
                index += 1;
                continue;
            };
            titled = false;
            index += length;
            found.extend(candidate.map(|candidate| self.with_bracket(candidate, &found)));
        }
        found
    }

    /// The candidate that begins at a word, with its length in words; `Some((None, _))` for words to step over.
    fn candidate_at(
        &self,
        words: &[Word],
        index: usize,
        headline: bool,
        titled: bool,
    ) -> Option<(Option<Candidate>, usize)> {
        let word = words.get(index)?;
        if !word.capital {
            return None;
        }
        let sequence = self.sequence(words, index);
        let known = self.longest_known(words, index, headline);
        if let Some((entry, length)) = known {
            let extended = sequence > length
                && !headline
                && self.ends_like_organisation(words, index, sequence)
                && entry.class != NameClass::Person;
            if !extended
                || words[index..index + sequence].iter().any(|word| is_one_of(TITLES, &self.lower(word)))
            {
                return Some((self.known(words, index, length, entry), length));
            }
        }
        if self.is_ordinary(words, index, sequence) {
            return None;
        }
        if headline || sequence == 1 {
            return Some((Some(self.single(words, index, headline, titled)), 1));
        }
        Some((self.unknown(words, index, sequence, titled), sequence))
    }

    fn known(&self, words: &[Word], index: usize, length: usize, entry: NameEntry) -> Option<Candidate> {
        let found = match entry.class {
            NameClass::Demonym => return None,
            NameClass::Capital | NameClass::Metonym
                if self.meant_as_place(words, index, length, entry.class) =>
            {
                Found::KnownPlace(entry)
            }
            _ => Found::Known(entry),
        };
        Some(candidate(words, index, length, found))
    }

    /// Words that a capital does not make a name: titles, days, and common words at the start of a sentence.
    fn is_ordinary(&self, words: &[Word], index: usize, sequence: usize) -> bool {
        let word = &words[index];
        let lower = self.lower(word);
        if is_one_of(CALENDAR, &lower) || is_one_of(TITLES, &lower) || is_one_of(COMMON, &lower) {
            return true;
        }
        // After a quotation mark or at the start of a sentence a capital tells nothing.
        let begins = word.gap == Gap::Other;
        begins && self.lower_case.contains(&lower) && (sequence == 1 || !self.names.is_given_name(&lower))
    }

    fn single(&self, words: &[Word], index: usize, headline: bool, titled: bool) -> Candidate {
        let word = &words[index];
        let text = &self.clean[word.range.clone()];
        let said = words
            .get(index + 1)
            .is_some_and(|next| next.gap == Gap::Space && self.is_speech_verb(next) && !headline);
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        let found = if headline && self.names.find_acronym(text).is_some() && letters > 2 {
            self.names.find_acronym(text).map_or(Found::Single { person: false }, Found::Known)
        } else if word.shouted && !headline && (2..=6).contains(&letters) && !NO_ACRONYMS.contains(&text) {
            Found::Acronym
        } else {
            Found::Single { person: titled || said && word.gap != Gap::Other }
        };
        candidate(words, index, 1, found)
    }

    /// A capitalised sequence that the table does not know.
    fn unknown(&self, words: &[Word], index: usize, sequence: usize, titled: bool) -> Option<Candidate> {
        let last = self.lower(&words[index + sequence - 1]);
        // "Russo-Chinese" is an adjective.
        if self.names.find(&last, true).is_some_and(|entry| entry.class == NameClass::Demonym) {
            return None;
        }
        let organisation = self.ends_like_organisation(words, index, sequence);
        if !organisation && is_one_of(THINGS, &last) {
            return None;
        }
        let given = self.names.is_given_name(&self.clean[words[index].range.clone()]);
        let said = words.get(index + sequence).is_some_and(|next| self.is_speech_verb(next));
        let short = !organisation && sequence <= 4;
        let kind = match (short, titled || given || said || self.follows_speech_verb(words, index)) {
            (true, true) => NameKind::Person,
            (true, false) if sequence <= 3 => NameKind::Unclear,
            _ => NameKind::Organization,
        };
        Some(candidate(words, index, sequence, Found::Unknown(kind)))
    }

    /// Number of words of the capitalised sequence that begins at `index`. Titles end it; "of" and "for" go on
    /// with it only inside the name of an organisation.
    fn sequence(&self, words: &[Word], index: usize) -> usize {
        let mut length = 1;
        let mut organisation = is_one_of(ORGANISATION_ENDS, &self.lower(&words[index]));
        while let Some(word) = words.get(index + length).filter(|_| length < LONGEST_SEQUENCE) {
            let lower = self.lower(word);
            let joined = match word.gap {
                Gap::Space | Gap::Hyphen => true,
                Gap::Possessive => is_one_of(ORGANISATION_ENDS, &lower) && word.capital,
                Gap::Other => false,
            };
            if joined && word.capital && !is_one_of(TITLES, &lower) && !is_one_of(CALENDAR, &lower) {
                organisation |= is_one_of(ORGANISATION_ENDS, &lower);
                length += 1;
            } else if joined && organisation && self.connects(words, index + length) {
                length += 2;
            } else {
                break;
            }
        }
        length.min(words.len() - index)
    }

    fn connects(&self, words: &[Word], index: usize) -> bool {
        is_one_of(CONNECTORS, &self.clean[words[index].range.clone()])
            && words.get(index + 1).is_some_and(|next| next.capital && next.gap == Gap::Space)
    }

    fn ends_like_organisation(&self, words: &[Word], index: usize, length: usize) -> bool {
        let sequence = &words[index..(index + length).min(words.len())];
        let connected = sequence.iter().position(|word| !word.capital);
        let head = connected.and_then(|at| at.checked_sub(1)).unwrap_or(sequence.len() - 1);
        is_one_of(ORGANISATION_ENDS, &self.lower(&sequence[head]))
    }

    /// The longest name of the table that begins at `index`, with its length in words.
    fn longest_known(&self, words: &[Word], index: usize, headline: bool) -> Option<(NameEntry, usize)> {
        let joined = words[index + 1..]
            .iter()
            .take(LONGEST_NAME - 1)
            .take_while(|word| word.gap != Gap::Other)
            .count();
        (1..=joined + 1).rev().find_map(|length| {
            let last = words.get(index + length - 1)?;
            if !last.capital {
                return None;
            }
            let text = &self.clean[words[index].range.start..last.range.end];
            self.names.find(text, !headline).map(|entry| (entry, length))
        })
    }

    /// "in Moscow", "at the Kremlin", "the Moscow talks", "Moscow-based", "Washington state".
    fn meant_as_place(&self, words: &[Word], index: usize, length: usize, class: NameClass) -> bool {
        let before = |distance: usize| {
            let at = index.checked_sub(distance)?;
            let following = words.get(at + 1)?;
            (following.gap == Gap::Space).then(|| self.lower(&words[at]))
        };
        let article = before(1).is_some_and(|word| word == "the");
        let preposition = if article { before(2) } else { before(1) };
        let after = words.get(index + length);
        let based = after.is_some_and(|word| word.gap == Gap::Hyphen && self.lower(word) == "based");
        let state = after.is_some_and(|word| {
            matches!(self.lower(word).as_str(), "state" | "city" | "airport" | "region" | "suburb")
        });
        preposition.is_some_and(|word| is_one_of(PLACE_PREPOSITIONS, &word))
            || based
            || state
            || (article && class == NameClass::Capital)
    }

    /// Marks an acronym in brackets right behind a name of several words.
    fn with_bracket(&self, mut candidate: Candidate, found: &[Candidate]) -> Candidate {
        let Some(previous) = found.last() else {
            return candidate;
        };
        let between = &self.clean[previous.range.end..candidate.range.start];
        let acronym = &self.clean[candidate.range.clone()];
        let closed = self.clean[candidate.range.end..].starts_with([')', ',', ';']);
        let initial = acronym.chars().next();
        let full = &self.clean[previous.range.clone()];
        let shares_initial = full.split([' ', '-']).any(|word| word.chars().next() == initial);
        let shouted = acronym.chars().filter(|c| c.is_uppercase()).count() >= 2;
        candidate.abbreviates_previous =
            between == " (" && closed && shouted && shares_initial && full.contains(' ');
        candidate
    }

    /// "said Temur Umarov"
    fn follows_speech_verb(&self, words: &[Word], index: usize) -> bool {
        let before = index.checked_sub(1).and_then(|before| words.get(before));
        words[index].gap == Gap::Space && before.is_some_and(|word| self.clean[word.range.clone()] == *"said")
    }

    fn is_speech_verb(&self, word: &Word) -> bool {
        is_one_of(SPEECH_VERBS, &self.clean[word.range.clone()])
    }

    fn lower(&self, word: &Word) -> String {
        normalise(&self.clean[word.range.clone()])
    }
}

/// Words in capitals that name nobody.
const NO_ACRONYMS: &[&str] = &[
    "AI", "AIDS", "AM", "BST", "CEO", "CET", "CFO", "COVID", "CPI", "DNA", "DVD", "EDT", "EST", "GDP", "GMT",
    "GPS", "HIV", "ID", "II", "III", "IPO", "IQ", "IT", "IV", "LGBT", "LGBTQ", "LNG", "MP", "MPs", "OK",
    "PM", "PR", "PST", "TV", "USD", "UTC", "VAT", "VIP", "WWI", "WWII", "PDF", "FAQ", "HQ", "GM",
];

fn candidate(words: &[Word], index: usize, length: usize, found: Found) -> Candidate {
    let range = words[index].range.start..words[index + length - 1].range.end;
    Candidate { range, found, abbreviates_previous: false }
}
