//! One actor per name within a document.

use super::candidate::{Candidate, Found, NameKind};
use super::cues::{FAMILY_FIRST, is_one_of};
use super::names::{NameClass, NameEntry, NameTable, normalise};
use std::collections::HashMap;

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
        result: Resolution::default(),
    };
    let keys: Vec<Option<Key>> =
        candidates.iter().map(|(candidate, text)| own_key(candidate, text)).collect();
    resolver.learn(candidates, &keys);
    for (position, (candidate, text)) in candidates.iter().enumerate() {
        resolver.place(position, candidate, text, keys.get(position).cloned().flatten());
    }
    resolver.result
}

/// The key of a candidate that stands for itself.
fn own_key(candidate: &Candidate, text: &str) -> Option<Key> {
    match candidate.found {
        Found::Known(entry) if entry.number > 0 => Some(Key::Item(entry.number)),
        Found::Known(_) | Found::Unknown(_) => Some(Key::Name(normalise(text))),
        Found::Acronym | Found::Single { .. } | Found::KnownPlace(_) => None,
    }
}

struct Resolver<'a> {
    names: &'a NameTable,
    /// From key to position of the actor.
    index: HashMap<Key, usize>,
    /// From a person's short name to the key; `None` where several people share it.
    short: HashMap<String, Option<Key>>,
    acronyms: HashMap<String, Key>,
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
            let Some(Some(key)) = keys.get(position) else {
                continue;
            };
            let may_be_person = class_of(candidate) == NameClass::Person
                || candidate.found == Found::Unknown(NameKind::Unclear);
            if may_be_person && let Some(short) = short_name(text) {
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
        if let Found::KnownPlace(_) = candidate.found {
            self.result.places.push(ResolvedPlace { candidate: position, name: text.to_owned() });
            return;
        }
        let Some((key, how)) = self.key_of(candidate, text, own) else {
            return;
        };
        let actor = self.actor(&key, candidate, text);
        self.result.mentions.push(ResolvedMention { candidate: position, actor, how });
    }

    fn key_of(&self, candidate: &Candidate, text: &str, own: Option<Key>) -> Option<(Key, How)> {
        if let Some(key) = self.acronyms.get(text) {
            return Some((key.clone(), How::Acronym));
        }
        let shouted = !text.chars().any(char::is_lowercase);
        match candidate.found {
            Found::Known(NameEntry { class: NameClass::Capital | NameClass::Metonym, .. }) => {
                own.map(|key| (key, How::Metonym))
            }
            Found::Known(_) if shouted && !text.contains(' ') => own.map(|key| (key, How::Acronym)),
            Found::Known(_) | Found::Unknown(_) => own.map(|key| (key, How::Name)),
            Found::Acronym => Some((Key::Name(normalise(text)), How::Acronym)),
            Found::Single { person } => match self.short.get(&normalise(text)) {
                Some(Some(key)) => Some((key.clone(), How::Alias)),
                // Two people of that name: an actor of its own rather than the wrong one.
                Some(None) => Some((Key::Name(normalise(text)), How::Name)),
                None if person => Some((Key::Name(normalise(text)), How::Name)),
                None => None,
            },
            Found::KnownPlace(_) => None,
        }
    }

    fn actor(&mut self, key: &Key, candidate: &Candidate, text: &str) -> usize {
        let canonical = match key {
            Key::Item(number) => self.names.canonical_name(*number),
            Key::Name(_) => None,
        };
        let class = class_of(candidate);
        let position = *self.index.entry(key.clone()).or_insert_with(|| {
            let wikidata = match key {
                Key::Item(number) => Some(format!("Q{number}")),
                Key::Name(_) => None,
            };
            self.result.actors.push(ResolvedActor {
                wikidata,
                name: canonical.clone().unwrap_or_else(|| text.to_owned()),
                class,
            });
            self.result.actors.len() - 1
        });
        // A name that the text goes on with in short is a person's.
        if let Some(actor) = self.result.actors.get_mut(position)
            && matches!(candidate.found, Found::Single { .. })
            && actor.wikidata.is_none()
        {
            actor.class = NameClass::Person;
        }
        // The fullest form that the text gives is the name, and a full name tells the kind best.
        if let Some(actor) = self.result.actors.get_mut(position)
            && canonical.is_none()
            && text.len() > actor.name.len()
        {
            actor.name = text.to_owned();
            if actor.class != NameClass::Person {
                actor.class = class;
            }
        }
        position
    }
}

fn class_of(candidate: &Candidate) -> NameClass {
    match candidate.found {
        Found::Known(NameEntry { class: NameClass::Capital | NameClass::Metonym, .. }) => NameClass::Country,
        Found::Known(entry) | Found::KnownPlace(entry) => entry.class,
        Found::Unknown(NameKind::Person) | Found::Single { .. } => NameClass::Person,
        Found::Unknown(NameKind::Organization | NameKind::Unclear) | Found::Acronym => {
            NameClass::Organization
        }
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
