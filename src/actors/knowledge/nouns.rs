//! What nouns mean behind a country: offices, institutions and other roles; and the titles before a name.

use super::fold::fold;
use super::{ActorRef, Office};
use std::collections::{HashMap, HashSet};

static OFFICES: &str = include_str!("../../../data/actors/offices.tsv");
static ROLE_NOUNS: &str = include_str!("../../../data/actors/role_nouns.tsv");
static INSTITUTIONS: &str = include_str!("../../../data/actors/institutions.tsv");
static TITLES: &str = include_str!("../../../data/actors/titles.txt");
static FIRST_NAMES: &str = include_str!("../../../data/actors/compiled/first_names.tsv");
static FAMILY_FIRST: &str = include_str!("../../../data/actors/surname_first.txt");

/// What a noun means together with a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Its government: the country acts.
    Government,
    /// Its armed forces.
    ArmedForces,
    /// The holder of an office.
    Office,
    /// Nobody, or people who do not act for the country.
    Nobody,
}

/// For a territory, or for all where there is none: the office that a noun means, if any.
type OfficeRow = (Option<ActorRef>, Option<Office>);

/// The tables of nouns. All words in them are folded.
#[derive(Debug)]
pub struct Nouns {
    offices: HashMap<String, Vec<OfficeRow>>,
    leader_offices: HashMap<ActorRef, Office>,
    readings: HashMap<String, Reading>,
    /// From noun to the row of institutions.
    institutions: HashMap<String, usize>,
    /// For every kind of institution: those with an id of their own, by country.
    known_institutions: Vec<HashMap<ActorRef, ActorRef>>,
    titles: HashSet<String>,
    family_first: HashSet<String>,
    given_names: HashSet<&'static str>,
}

impl Nouns {
    /// Reads the tables; `territories` are by code, `actors` by id.
    #[must_use]
    pub(super) fn new(territories: &HashMap<&str, ActorRef>, actors: &HashMap<String, ActorRef>) -> Self {
        let mut nouns = Self {
            offices: HashMap::new(),
            leader_offices: HashMap::new(),
            readings: HashMap::new(),
            institutions: HashMap::new(),
            known_institutions: Vec::new(),
            titles: HashSet::new(),
            family_first: HashSet::new(),
            given_names: given_names(),
        };
        let territory = |code: &str| match code.strip_prefix('@') {
            Some(code) => territories.get(code.to_lowercase().as_str()).copied(),
            None => actors.get(code).or_else(|| territories.get(code)).copied(),
        };
        for row in rows(OFFICES) {
            let [noun, code, office, ..] = row[..] else { continue };
            let place = territory(code);
            if !code.is_empty() && place.is_none() {
                continue;
            }
            match (noun, place, Office::from_word(office)) {
                ("leader_office", Some(place), Some(office)) => {
                    nouns.leader_offices.insert(place, office);
                }
                (_, place, office) => nouns.offices.entry(fold(noun)).or_default().push((place, office)),
            }
        }
        for row in rows(ROLE_NOUNS) {
            let [noun, reading, ..] = row[..] else { continue };
            nouns.readings.insert(fold(noun), reading_of(reading));
        }
        for row in rows(INSTITUTIONS) {
            let [_, names, _] = row[..3] else { continue };
            let known = row.get(3).copied().unwrap_or_default().split(' ').filter_map(|pair| {
                let (code, id) = pair.split_once('=')?;
                Some((*territories.get(code.to_lowercase().as_str())?, *actors.get(id)?))
            });
            let at = nouns.known_institutions.len();
            nouns.known_institutions.push(known.collect());
            nouns.institutions.extend(names.split('|').map(|name| (fold(name), at)));
        }
        nouns.titles.extend(TITLES.lines().filter(|line| !line.starts_with('#')).map(fold));
        let surnames = FAMILY_FIRST.lines().filter_map(|line| line.strip_prefix("@surnames"));
        nouns.family_first.extend(surnames.flat_map(str::split_whitespace).map(fold));
        nouns
    }

    /// The office that a noun means in a country; `None` where it is none that has a single holder.
    #[must_use]
    pub fn office(&self, noun: &str, territory: ActorRef) -> Option<Office> {
        let rows = self.offices.get(noun)?;
        let own = rows.iter().find(|(place, _)| *place == Some(territory));
        own.or_else(|| rows.iter().find(|(place, _)| place.is_none())).and_then(|(_, office)| *office)
    }

    /// The office that leads a country, where that is not the rule.
    #[must_use]
    pub fn leader_office(&self, territory: ActorRef) -> Option<Office> {
        self.leader_offices.get(&territory).copied()
    }

    /// Whether a noun names an office of any country.
    #[must_use]
    pub fn is_office(&self, noun: &str) -> bool {
        self.offices.contains_key(noun)
    }

    #[must_use]
    pub fn reading(&self, noun: &str) -> Option<Reading> {
        self.readings.get(noun).copied()
    }

    /// Whether the noun is a kind of institution, and which one it is in a country if that is known.
    #[must_use]
    pub fn institution(&self, noun: &str, territory: ActorRef) -> Option<Option<ActorRef>> {
        let kind = *self.institutions.get(noun)?;
        Some(self.known_institutions.get(kind).and_then(|known| known.get(&territory)).copied())
    }

    /// Whether the noun is a kind of institution.
    #[must_use]
    pub fn is_institution(&self, noun: &str) -> bool {
        self.institutions.contains_key(noun)
    }

    /// Whether a word is a given name more often than a family name.
    #[must_use]
    pub fn is_given_name(&self, word: &str) -> bool {
        self.given_names.contains(word)
    }

    /// Whether a word or two are a title before a name.
    #[must_use]
    pub fn is_title(&self, words: &str) -> bool {
        self.titles.contains(words)
    }

    /// Whether a first word is a family name that stands before the given name.
    #[must_use]
    pub fn is_family_first(&self, word: &str) -> bool {
        self.family_first.contains(word)
    }
}

/// Words that are the first of a name clearly more often than a later one.
fn given_names() -> HashSet<&'static str> {
    let rows = FIRST_NAMES.lines().skip(1).filter_map(|line| {
        let mut cells = line.split('\t');
        let (word, first, later) = (cells.next()?, cells.next()?, cells.next()?);
        let (first, later): (u32, u32) = (first.parse().ok()?, later.parse().ok()?);
        (first > 2 * later).then_some(word)
    });
    rows.collect()
}

fn reading_of(word: &str) -> Reading {
    match word {
        "government" => Reading::Government,
        "armed-forces" => Reading::ArmedForces,
        "office" => Reading::Office,
        _ => Reading::Nobody,
    }
}

fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = table.lines().skip(1).filter(|line| !line.is_empty());
    lines.map(|line| {
        let mut row: Vec<&str> = line.split('\t').collect();
        // Empty cells at the end are left out.
        row.resize(row.len().max(4), "");
        row
    })
}
