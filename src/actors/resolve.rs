//! One actor per name within a document.

use super::candidate::{Candidate, Found, NameKind};
use super::cues::is_one_of;
use super::knowledge::{ActorRef, Claim, KnowledgeBase, Relation, fold};
use super::offices::holder;
use super::phrase::Meaning;
use super::short_names::{ends, short_names};
use super::whole_name::ends_as_organization;
use super::{ActorKind, WatchedActor, WatchedId, Who};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Of two people with one name the better known one is meant if it leads by so much.
const CLEAR_LEAD: u8 = 3;

/// Last words of companies that go on under the word before them.
const COMPANY_NOUNS: &[&str] = &[
    "airlines",
    "airways",
    "capital",
    "energy",
    "group",
    "holdings",
    "industries",
    "motors",
    "partners",
    "petroleum",
    "pharmaceuticals",
    "shipping",
    "steel",
    "systems",
    "tankers",
    "technologies",
];
/// Folded legal forms of companies.
const LEGAL_FORMS: &[&str] = &["ag", "corp", "corporation", "gmbh", "inc", "llc", "ltd", "nv", "plc", "sa"];

/// An actor of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedActor {
    /// Wikidata item such as `Q148`, where it is certain.
    pub wikidata: Option<String>,
    /// The project's own id such as `tw:state-duma`, of known actors without a certain item.
    pub slug: Option<String>,
    pub name: String,
    pub kind: ActorKind,
    /// The groups of the user's watch-list that the actor belongs to.
    pub groups: Vec<String>,
}

/// A candidate that names an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResolvedMention {
    /// Position in the list of candidates.
    pub candidate: usize,
    /// Position in [`Resolution::actors`].
    pub actor: usize,
    pub how: Via,
}

/// Via a mention names its actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    Name,
    Alias,
    Acronym,
    Metonym,
    /// By an office: "the Chilean president".
    Role,
    /// By a nationality and a noun: "Chilean officials".
    Demonym,
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
    Watched(usize),
    Known(ActorRef),
    /// Folded, without middle initials.
    Name(String),
}

/// Joins the candidates of a document, title and body together. `candidates` come with their clean texts, `date` is
/// the day of the article as a number such as `20240131`.
#[must_use]
pub fn resolve(who: &Who<'_>, candidates: &[(Candidate, &str)], date: Option<u32>) -> Resolution {
    let mut resolver = Resolver {
        who,
        knowledge: who.knowledge,
        date,
        certain: HashSet::new(),
        countries: HashSet::new(),
        index: HashMap::new(),
        short: HashMap::new(),
        initials: HashMap::new(),
        acronyms: HashMap::new(),
        votes: Vec::new(),
        result: Resolution::default(),
    };
    resolver.gather_evidence(candidates);
    let keys: Vec<Option<Key>> =
        candidates.iter().map(|(candidate, text)| resolver.own_key(candidate, text)).collect();
    resolver.learn(candidates, &keys);
    for (position, ((candidate, text), key)) in candidates.iter().zip(&keys).enumerate() {
        resolver.place(position, candidate, text, key.as_ref());
    }
    resolver.decide()
}

struct Resolver<'a> {
    who: &'a Who<'a>,
    knowledge: &'a KnowledgeBase,
    date: Option<u32>,
    /// Actors that a name or a phrase of the document names beyond doubt.
    certain: HashSet<ActorRef>,
    /// Countries that the document is about: named, or those of certain actors.
    countries: HashSet<ActorRef>,
    /// From key to position of the actor.
    index: HashMap<Key, usize>,
    /// From a person's short name to the key; `None` where several people share it.
    short: HashMap<String, Option<Key>>,
    /// The same from initial and last word.
    initials: HashMap<(char, String), Option<Key>>,
    acronyms: HashMap<String, Key>,
    /// Per actor: how often the model took it for each class. A name is read again and again, and one slip must not
    /// decide.
    votes: Vec<BTreeMap<ActorKind, usize>>,
    result: Resolution,
}

impl Resolver<'_> {
    fn gather_evidence(&mut self, candidates: &[(Candidate, &str)]) {
        for (candidate, _) in candidates {
            let actor = match &candidate.found {
                Found::Named(_, claims) => {
                    let sure = claims.iter().filter(|claim| !claim.doubtful && !claim.alone);
                    only(sure.map(|claim| claim.actor))
                }
                Found::Phrase(Meaning::Holder { territory, .. }) => Some(*territory),
                Found::Phrase(Meaning::Actor(actor)) => Some(*actor),
                Found::Phrase(Meaning::Institution | Meaning::Watched(_))
                | Found::Watched(_)
                | Found::Place => None,
            };
            let Some(actor) = actor else { continue };
            if self.certain.insert(actor) {
                if self.knowledge.kind(actor) == ActorKind::Country {
                    self.countries.insert(actor);
                }
                self.countries.extend(self.knowledge.countries(actor));
            }
        }
    }

    /// The key of a candidate that stands for itself: all but the short name of a person.
    fn own_key(&self, candidate: &Candidate, text: &str) -> Option<Key> {
        match &candidate.found {
            Found::Named(kind, claims) => Some(match self.choose(claims) {
                Some(actor) => Key::Known(actor),
                None => self.key_by_name(*kind, text),
            }),
            Found::Phrase(Meaning::Watched(watched)) | Found::Watched(watched) => {
                Some(Key::Watched(*watched))
            }
            Found::Phrase(Meaning::Actor(actor)) => Some(Key::Known(*actor)),
            Found::Phrase(Meaning::Institution) => Some(Key::Name(fold(text))),
            Found::Phrase(Meaning::Holder { .. }) | Found::Place => None,
        }
    }

    /// A person with middle initials may be known without them, a company goes on without its legal form.
    fn key_by_name(&self, kind: NameKind, text: &str) -> Key {
        let folded = fold(text);
        if kind != NameKind::Person {
            let bare = folded.rsplit_once(' ').filter(|(_, form)| is_one_of(LEGAL_FORMS, form));
            return Key::Name(bare.map_or_else(|| folded.clone(), |(bare, _)| bare.to_owned()));
        }
        if folded.split(' ').count() < 3 {
            return Key::Name(folded);
        }
        let last = folded.split(' ').count() - 1;
        let kept =
            folded.split(' ').enumerate().filter(|(at, word)| *at == 0 || *at == last || word.len() > 1);
        let plain = kept.map(|(_, word)| word).collect::<Vec<_>>().join(" ");
        let people = self.knowledge.claims(&plain, &mut String::new()).filter(|claim| {
            claim.relation == Relation::Name && self.knowledge.kind(claim.actor) == ActorKind::Person
        });
        match self.choose(&people.collect::<Vec<_>>()) {
            Some(actor) if plain != folded => Key::Known(actor),
            _ => Key::Name(plain),
        }
    }

    /// The one who is meant among those who claim a name; nobody where that is not certain.
    fn choose(&self, claims: &[Claim]) -> Option<ActorRef> {
        let counts = |claim: &&Claim| !claim.doubtful || self.certain.contains(&claim.actor);
        let actors = || claims.iter().filter(counts).map(|claim| claim.actor);
        if let Some(actor) = only(actors()) {
            return Some(actor);
        }
        let named = only(actors().filter(|actor| self.certain.contains(actor)));
        named.or_else(|| self.better_known(actors())).or_else(|| {
            let near =
                |actor: &ActorRef| self.knowledge.countries(*actor).any(|one| self.countries.contains(&one));
            only(actors().filter(near))
        })
    }

    fn better_known(&self, actors: impl Iterator<Item = ActorRef>) -> Option<ActorRef> {
        let mut by_prior: Vec<(u8, ActorRef)> =
            actors.map(|actor| (self.knowledge.prior(actor), actor)).collect();
        by_prior.sort_unstable_by(|one, other| other.cmp(one));
        by_prior.dedup();
        match by_prior[..] {
            [(first, actor), (second, _), ..] if first >= second + CLEAR_LEAD => Some(actor),
            _ => None,
        }
    }

    /// Short names and acronyms that the document defines anywhere.
    fn learn(&mut self, candidates: &[(Candidate, &str)], keys: &[Option<Key>]) {
        let mut people: Vec<(String, &Key)> = Vec::new();
        for (position, ((candidate, text), key)) in candidates.iter().zip(keys).enumerate() {
            if candidate.abbreviates_previous
                && let Some(Some(previous)) = position.checked_sub(1).and_then(|before| keys.get(before))
            {
                self.acronyms.entry((*text).to_owned()).or_insert_with(|| previous.clone());
            }
            let person = match &candidate.found {
                Found::Named(kind, _) => *kind == NameKind::Person,
                Found::Watched(watched) => {
                    self.watched(*watched).is_some_and(|one| one.kind == ActorKind::Person)
                }
                _ => false,
            };
            if let Some(key) = key.as_ref().filter(|_| person) {
                people.push((fold(text), key));
            }
        }
        // The longest first: "von der Leyen" is a short name itself where the document has a longer one.
        people.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        people.dedup_by(|one, other| one.0 == other.0);
        for (name, key) in people {
            if matches!(key, Key::Name(_)) && self.short.contains_key(&name) {
                continue;
            }
            self.learn_person(&name, key);
        }
        self.learn_companies(candidates, keys);
    }

    /// "Velm" for "Velm Shipping", unless a person of the document or somebody known has that name.
    fn learn_companies(&mut self, candidates: &[(Candidate, &str)], keys: &[Option<Key>]) {
        let mut companies: HashMap<String, Option<Key>> = HashMap::new();
        for ((candidate, text), key) in candidates.iter().zip(keys) {
            let (Found::Named(..), Some(key @ Key::Name(_))) = (&candidate.found, key) else { continue };
            let Some((name, noun)) = text.rsplit_once([' ', '\n']) else { continue };
            if is_one_of(COMPANY_NOUNS, &noun.to_lowercase()) && !name.contains(' ') {
                note(&mut companies, fold(name), key);
            }
        }
        for (name, key) in companies {
            self.short.entry(name).or_insert(key);
        }
    }

    fn learn_person(&mut self, name: &str, key: &Key) {
        let (knowledge, known) = (self.knowledge, &mut self.short);
        short_names(knowledge, name, |short| match (known.get(short), key) {
            // "Orban" beside a cousin whom nobody knows is the one who is known by that name alone.
            (Some(Some(Key::Known(actor))), Key::Name(_)) if is_known_as(knowledge, short, *actor) => {}
            (Some(Some(Key::Name(_)) | None), Key::Known(actor)) if is_known_as(knowledge, short, *actor) => {
                known.insert(short.to_owned(), Some(key.clone()));
            }
            _ => note(known, short.to_owned(), key),
        });
        if let Some((first, last)) = ends(name)
            && first.len() > 1
            && let Some(initial) = first.chars().next()
        {
            note(&mut self.initials, (initial, last.to_owned()), key);
        }
    }

    fn place(&mut self, position: usize, candidate: &Candidate, text: &str, own: Option<&Key>) {
        let found = match (&candidate.found, own) {
            (Found::Place, _) => {
                self.result.places.push(ResolvedPlace { candidate: position, name: text.to_owned() });
                return;
            }
            (Found::Phrase(Meaning::Holder { territory, office }), _) => {
                let person = holder(self.knowledge, *territory, *office, self.date, &self.certain);
                person.map(|person| (Key::Known(person), Via::Role))
            }
            (Found::Phrase(Meaning::Watched(_)) | Found::Watched(_), Some(own)) => {
                Some((own.clone(), Via::Name))
            }
            (Found::Phrase(_), Some(own)) => Some((own.clone(), Via::Demonym)),
            (Found::Named(kind, claims), Some(own)) => Some(self.key_of(*kind, claims, text, own)),
            _ => None,
        };
        let Some((key, how)) = found else { return };
        let key = self.watched_key(key);
        let actor = self.actor(&key, candidate, text);
        self.result.mentions.push(ResolvedMention { candidate: position, actor, how });
    }

    fn key_of(&self, kind: NameKind, claims: &[Claim], text: &str, own: &Key) -> (Key, Via) {
        if let Some(key) = self.acronyms.get(text) {
            return (key.clone(), Via::Acronym);
        }
        let one_word = !text.contains(' ');
        let person = kind == NameKind::Person && (one_word || matches!(own, Key::Name(_)));
        // "London" in an article about Odile London; "London" acts like a government because she does.
        let capital = one_word && claims.iter().all(|claim| claim.relation == Relation::Metonym);
        // The document's own full name goes before whoever the knowledge base has under the short one.
        if (person || capital || claims.is_empty())
            && let Some(known) = self.person_by_part(&fold(text))
        {
            // Two people of that name: an actor of its own rather than the wrong one.
            return known.clone().map_or_else(|| (Key::Name(fold(text)), Via::Name), |key| (key, Via::Alias));
        }
        let metonym = |claim: &Claim| Key::Known(claim.actor) == *own && claim.relation == Relation::Metonym;
        let shouted = one_word && text.len() > 1 && !text.chars().any(char::is_lowercase);
        let how = if claims.iter().any(metonym) {
            Via::Metonym
        } else if shouted {
            Via::Acronym
        } else {
            Via::Name
        };
        (own.clone(), how)
    }

    /// The person of the document whose short name this is; `Some(&None)` where there are several.
    fn person_by_part(&self, folded: &str) -> Option<&Option<Key>> {
        if let Some(known) = self.short.get(folded) {
            return Some(known);
        }
        let (first, last) = ends(folded)?;
        let initial = first.chars().next().filter(|_| first.len() == 1)?;
        self.initials.get(&(initial, last.to_owned()))
    }

    fn actor(&mut self, key: &Key, candidate: &Candidate, text: &str) -> usize {
        let position = self.index.get(key).copied().unwrap_or_else(|| self.add(key, text));
        if let (Key::Name(_), Found::Named(kind, _), Some(votes)) =
            (key, &candidate.found, self.votes.get_mut(position))
        {
            *votes.entry(class_of(*kind)).or_default() += 1;
        }
        // The fullest form that the text gives is the name.
        if let (Key::Name(_), Some(actor)) = (key, self.result.actors.get_mut(position))
            && text.len() > actor.name.len()
        {
            text.clone_into(&mut actor.name);
        }
        position
    }

    fn add(&mut self, key: &Key, text: &str) -> usize {
        let actor = match key {
            Key::Watched(watched) => self.watched_actor(*watched, text),
            Key::Known(actor) => ResolvedActor {
                wikidata: self.knowledge.wikidata(*actor),
                slug: self.knowledge.slug(*actor).map(str::to_owned),
                name: self.knowledge.name(*actor).to_owned(),
                kind: self.knowledge.kind(*actor),
                groups: Vec::new(),
            },
            Key::Name(_) => ResolvedActor {
                wikidata: None,
                slug: None,
                name: text.to_owned(),
                kind: ActorKind::Organization,
                groups: Vec::new(),
            },
        };
        let position = self.result.actors.len();
        self.result.actors.push(actor);
        self.votes.push(BTreeMap::new());
        self.index.insert(key.clone(), position);
        position
    }

    /// Whom the list gives the item of a known actor is that actor, under the list's name.
    fn watched_key(&self, key: Key) -> Key {
        let Key::Known(actor) = &key else { return key };
        if self.who.watchlist.is_empty() {
            return key;
        }
        let Some(item) = self.knowledge.wikidata(*actor) else { return key };
        let same = |watched: &WatchedActor| {
            matches!(watched.id, Some(WatchedId::Wikidata(_)))
                && watched.id.as_ref().is_some_and(|id| id.to_string() == item)
        };
        self.who.watchlist.iter().position(same).map_or(key, Key::Watched)
    }

    fn watched(&self, position: usize) -> Option<&WatchedActor> {
        self.who.watchlist.iter().nth(position)
    }

    fn watched_actor(&self, position: usize, text: &str) -> ResolvedActor {
        let watched = self.watched(position);
        let id = watched.and_then(|watched| watched.id.as_ref());
        ResolvedActor {
            wikidata: id.filter(|id| matches!(id, WatchedId::Wikidata(_))).map(ToString::to_string),
            slug: id.filter(|id| matches!(id, WatchedId::Own(_))).map(ToString::to_string),
            name: watched.map_or(text, |watched| &watched.name).to_owned(),
            kind: watched.map_or(ActorKind::Organization, |watched| watched.kind),
            groups: watched.map(|watched| watched.groups.clone()).unwrap_or_default(),
        }
    }

    /// Gives each actor without an id the class that most of its mentions have.
    fn decide(mut self) -> Resolution {
        for (actor, votes) in self.result.actors.iter_mut().zip(&self.votes) {
            if let Some((class, _)) = votes.iter().max_by_key(|(_, count)| **count) {
                actor.kind = if ends_as_organization(&actor.name) { ActorKind::Organization } else { *class };
            }
        }
        self.result
    }
}

/// Whether a known actor is meant by a folded word alone.
fn is_known_as(knowledge: &KnowledgeBase, word: &str, actor: ActorRef) -> bool {
    let mut letters = word.chars();
    let Some(first) = letters.next() else { return false };
    let name: String = first.to_uppercase().chain(letters).collect();
    knowledge.claims(&name, &mut String::new()).any(|claim| claim.actor == actor && !claim.doubtful)
}

/// Keeps a key under a name, or `None` where two differ.
fn note<N: Eq + std::hash::Hash>(names: &mut HashMap<N, Option<Key>>, name: N, key: &Key) {
    names
        .entry(name)
        .and_modify(|known| {
            if known.as_ref() != Some(key) {
                *known = None;
            }
        })
        .or_insert_with(|| Some(key.clone()));
}

fn only(mut actors: impl Iterator<Item = ActorRef>) -> Option<ActorRef> {
    let first = actors.next()?;
    actors.all(|actor| actor == first).then_some(first)
}

fn class_of(kind: NameKind) -> ActorKind {
    match kind {
        NameKind::Person => ActorKind::Person,
        NameKind::Organization => ActorKind::Organization,
        NameKind::Government => ActorKind::Country,
    }
}

#[cfg(test)]
mod tests;
