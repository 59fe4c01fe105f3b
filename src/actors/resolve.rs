//! One actor per name within a document.

use super::candidate::{Candidate, Found, NameKind};
use super::cues::{FAMILY_FIRST, is_one_of};
use super::names::{NameClass, NameEntry, NameTable, normalise};
use std::collections::{BTreeMap, HashMap};

/// An actor of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedActor {
    /// Wikidata item such as `Q148`, where it is certain.
    pub wikidata: Option<String>,
    pub name: String,
    pub class: NameClass,
}

/// A candidate that names an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResolvedMention {
    /// Position in the list of candidates.
    pub candidate: usize,
    /// Position in [`Resolution::actors`].
    pub actor: usize,
    pub how: How,
}

/// How a mention names its actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Name,
    Alias,
    Acronym,
    Metonym,
}

/// A candidate that is meant as a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedPlace {
    pub candidate: usize,
    pub name: String,
}

/// Who is who in a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resolution {
    pub actors: Vec<ResolvedActor>,
    /// In the order of the candidates.
    pub mentions: Vec<ResolvedMention>,
    pub places: Vec<ResolvedPlace>,
}

/// What makes two mentions the same actor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Item(u32),
    Name(String),
}

/// Joins the candidates of a document, title and body together. `texts` are the candidates' clean texts.
#[must_use]
pub fn resolve(names: &NameTable, candidates: &[(Candidate, &str)]) -> Resolution {
    let mut resolver = Resolver {
        names,
        index: HashMap::new(),
        short: HashMap::new(),
        acronyms: HashMap::new(),
        votes: Vec::new(),
        result: Resolution::default(),
    };
    let keys: Vec<Option<Key>> =
        candidates.iter().map(|(candidate, text)| own_key(candidate, text)).collect();
    resolver.learn(candidates, &keys);
    for (position, (candidate, text)) in candidates.iter().enumerate() {
        resolver.place(position, candidate, text, keys.get(position).cloned().flatten());
    }
    resolver.decide()
}

/// The key of a candidate that stands for itself: all but the short name of a person.
fn own_key(candidate: &Candidate, text: &str) -> Option<Key> {
    match candidate.found {
        Found::Known(entry) if entry.number > 0 => Some(Key::Item(entry.number)),
        Found::Known(_) | Found::Unknown(_) => Some(Key::Name(normalise(text))),
        Found::Place => None,
    }
}

fn is_person(candidate: &Candidate) -> bool {
    class_of(candidate) == Some(NameClass::Person)
}

struct Resolver<'a> {
    names: &'a NameTable,
    /// From key to position of the actor.
    index: HashMap<Key, usize>,
    /// From a person's short name to the key; `None` where several people share it.
    short: HashMap<String, Option<Key>>,
    acronyms: HashMap<String, Key>,
    /// Per actor: how often the model took it for each class. A name is read again and again, and one slip must not
    /// decide.
    votes: Vec<BTreeMap<NameClass, usize>>,
    result: Resolution,
}

impl Resolver<'_> {
    /// Short names and acronyms that the document defines anywhere.
    fn learn(&mut self, candidates: &[(Candidate, &str)], keys: &[Option<Key>]) {
        for (position, (candidate, text)) in candidates.iter().enumerate() {
            if candidate.abbreviates_previous
                && let Some(Some(previous)) = position.checked_sub(1).and_then(|before| keys.get(before))
            {
                self.acronyms.entry((*text).to_owned()).or_insert_with(|| previous.clone());
            }
            let Some(Some(key)) = keys.get(position) else { continue };
            if let Some(short) = short_name(text).filter(|_| is_person(candidate)) {
                self.short
                    .entry(short)
                    .and_modify(|known| {
                        if known.as_ref() != Some(key) {
                            *known = None;
                        }
                    })
                    .or_insert_with(|| Some(key.clone()));
            }
        }
    }

    fn place(&mut self, position: usize, candidate: &Candidate, text: &str, own: Option<Key>) {
        let Some(own) = own else {
            self.result.places.push(ResolvedPlace { candidate: position, name: text.to_owned() });
            return;
        };
        let (key, how) = self.key_of(candidate, text, own);
        let actor = self.actor(&key, candidate, text);
        self.result.mentions.push(ResolvedMention { candidate: position, actor, how });
    }

    fn key_of(&self, candidate: &Candidate, text: &str, own: Key) -> (Key, How) {
        if let Some(key) = self.acronyms.get(text) {
            return (key.clone(), How::Acronym);
        }
        let one_word = !text.contains(' ');
        let shouted = one_word && text.len() > 1 && !text.chars().any(char::is_lowercase);
        match candidate.found {
            // The document's own full name goes before whoever the table knows under the short one.
            Found::Known(NameEntry { class: NameClass::Person, .. }) | Found::Unknown(_) if one_word => {
                match self.short.get(&normalise(text)) {
                    Some(Some(key)) => (key.clone(), How::Alias),
                    // Two people of that name: an actor of its own rather than the wrong one.
                    Some(None) => (Key::Name(normalise(text)), How::Name),
                    None => (own, How::Name),
                }
            }
            Found::Known(NameEntry { class: NameClass::Capital | NameClass::Metonym, .. }) => {
                (own, How::Metonym)
            }
            _ if shouted => (own, How::Acronym),
            _ => (own, How::Name),
        }
    }

    fn actor(&mut self, key: &Key, candidate: &Candidate, text: &str) -> usize {
        let position = self.index.get(key).copied().unwrap_or_else(|| self.add(key, text));
        if let (Some(class), Some(votes)) = (class_of(candidate), self.votes.get_mut(position)) {
            *votes.entry(class).or_default() += 1;
        }
        // The fullest form that the text gives is the name.
        if let Some(actor) = self.result.actors.get_mut(position)
            && actor.wikidata.is_none()
            && text.len() > actor.name.len()
        {
            text.clone_into(&mut actor.name);
        }
        position
    }

    fn add(&mut self, key: &Key, text: &str) -> usize {
        let (wikidata, canonical) = match key {
            Key::Item(number) => (Some(format!("Q{number}")), self.names.canonical_name(*number)),
            Key::Name(_) => (None, None),
        };
        let name = canonical.unwrap_or_else(|| text.to_owned());
        let position = self.result.actors.len();
        self.result.actors.push(ResolvedActor { wikidata, name, class: NameClass::Organization });
        self.votes.push(BTreeMap::new());
        self.index.insert(key.clone(), position);
        position
    }

    /// Gives each actor the class that most of its mentions have.
    fn decide(mut self) -> Resolution {
        for (actor, votes) in self.result.actors.iter_mut().zip(&self.votes) {
            if let Some((class, _)) = votes.iter().max_by_key(|(_, count)| **count) {
                actor.class = *class;
            }
        }
        self.result
    }
}

fn class_of(candidate: &Candidate) -> Option<NameClass> {
    match candidate.found {
        Found::Known(NameEntry { class: NameClass::Capital | NameClass::Metonym, .. }) => {
            Some(NameClass::Country)
        }
        Found::Known(entry) => Some(entry.class),
        Found::Unknown(NameKind::Person) => Some(NameClass::Person),
        Found::Unknown(NameKind::Organization) => Some(NameClass::Organization),
        Found::Place => None,
    }
}

/// The part of a full name that a text goes on with: the last word, or the first in East Asian names.
fn short_name(full: &str) -> Option<String> {
    let normalised = normalise(full);
    let words: Vec<&str> = normalised.split(' ').collect();
    let (first, last) = (words.first()?, words.last()?);
    if words.len() < 2 {
        return None;
    }
    let family_first = words.len() <= 3 && is_one_of(FAMILY_FIRST, first) && !is_one_of(FAMILY_FIRST, last);
    Some(if family_first { (*first).to_owned() } else { (*last).to_owned() })
}
