//! Packs `data/actors` into `src/actors/knowledge.bin`: `cargo run --example pack_actors`.
//!
//! The tables under `data/actors/compiled` are made by `data/actors/build/build_actors.py`; see the README there. The
//! same input gives the same bytes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::path::Path;
use tonewire::actors::ActorKind;
use tonewire::actors::knowledge::layout::{
    ActorRecord, ClaimRecord, HEADER, LeaderRecord, MAGIC, NOTHING, PACKED_FILES, fingerprint,
};
use tonewire::actors::knowledge::{Office, Relation, Shape, fold};

/// People of one word (mononyms) need this prior: others bear the word too.
const PRIOR_OF_ONE_WORD: u8 = 4;
/// Territories that act like countries.
const LIKE_COUNTRIES: [&str; 4] = ["eu", "hk", "mo", "ps"];
/// Longest name in bytes.
const LONGEST_NAME: usize = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tables = HashMap::new();
    let mut contents = Vec::new();
    for file in PACKED_FILES {
        let content = std::fs::read_to_string(root.join("data/actors").join(file))?;
        contents.push(content.clone());
        tables.insert(file, content);
    }
    let table = |file: &str| tables.get(file).map_or("", String::as_str);
    let mut pack = Pack::default();
    pack.add_territories(table("compiled/territories.tsv"), table("territory_names.tsv"));
    pack.add_organizations(table("organizations.tsv"));
    pack.add_armed_groups(table("compiled/armed_groups.tsv"));
    pack.add_parties(table("compiled/parties.tsv"));
    pack.add_people(table("compiled/people.tsv"), table("people_extra.tsv"));
    pack.add_spellings(table("compiled/spellings.tsv"));
    pack.add_metonyms(table("compiled/metonyms.tsv"));
    pack.add_leaders(table("leaders.tsv"));
    let bytes = pack.into_bytes(fingerprint(contents.iter().map(String::as_bytes)))?;
    std::fs::write(root.join("src/actors/knowledge.bin"), &bytes)?;
    println!("{} bytes", bytes.len());
    Ok(())
}

#[derive(Default)]
struct Strings {
    bytes: Vec<u8>,
    known: HashMap<String, u32>,
}

impl Strings {
    fn add(&mut self, text: &str) -> u32 {
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        let position = u32::try_from(self.bytes.len()).unwrap_or(NOTHING);
        let length = u16::try_from(text.len()).unwrap_or(0);
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend(&text.as_bytes()[..usize::from(length)]);
        self.known.insert(text.to_owned(), position);
        position
    }
}

#[derive(Default)]
struct Pack {
    strings: Strings,
    actors: Vec<ActorRecord>,
    ids: HashMap<String, u32>,
    countries: Vec<u32>,
    /// From code and three-letter code to the territory.
    territories: BTreeMap<String, u32>,
    /// Claims by folded name.
    names: BTreeMap<String, BTreeSet<ClaimRecord>>,
    leaders: Vec<LeaderRecord>,
}

impl Pack {
    /// The actor of an id, new or known; an empty id is a new actor without any.
    fn actor(&mut self, id: &str, name: &str, class: ActorKind, prior: u8, countries: &[u32]) -> u32 {
        if let Some(known) = self.ids.get(id).filter(|_| !id.is_empty()) {
            return *known;
        }
        let index = u32::try_from(self.actors.len()).unwrap_or(NOTHING);
        let number = id.strip_prefix('Q').and_then(|number| number.parse().ok());
        let first = u32::try_from(self.countries.len()).unwrap_or(0);
        self.countries.extend(countries);
        let record = ActorRecord {
            wikidata: number.unwrap_or(0),
            slug: if id.starts_with("tw:") { self.strings.add(id) } else { NOTHING },
            name: self.strings.add(name),
            countries: first,
            country_count: u8::try_from(countries.len()).unwrap_or(0),
            class,
            prior,
            is_region: false,
        };
        self.actors.push(record);
        if !id.is_empty() {
            self.ids.insert(id.to_owned(), index);
        }
        index
    }

    fn claim(
        &mut self,
        name: &str,
        actor: u32,
        relation: Relation,
        shape: Shape,
        doubtful: bool,
        alone: bool,
    ) {
        let folded = fold(name);
        if folded.len() < 2 || name.len() > LONGEST_NAME {
            return;
        }
        let claim = ClaimRecord { actor, relation, shape, doubtful, alone, last: false };
        let claims = self.names.entry(folded).or_default();
        // The most lenient claim of an actor counts.
        let same = claims.iter().find(|known| (known.actor, known.relation) == (actor, relation)).copied();
        match same {
            Some(known) if (known.doubtful, known.alone, known.shape) <= (doubtful, alone, shape) => {}
            Some(known) => {
                claims.remove(&known);
                claims.insert(claim);
            }
            None => {
                claims.insert(claim);
            }
        }
    }

    fn name(&mut self, name: &str, actor: u32) {
        let (bare, doubtful) = name.strip_suffix('?').map_or((name, false), |bare| (bare, true));
        let bare = strip_article(bare);
        self.claim(bare, actor, Relation::Name, Shape::of_name(bare), doubtful, false);
    }

    fn add_territories(&mut self, table: &str, names_by_hand: &str) {
        let doubts_by_hand = rows(names_by_hand, 3).flat_map(|row| list(row[2]).collect::<Vec<_>>());
        let by_hand: BTreeSet<&str> = doubts_by_hand.collect();
        for row in rows(table, 10) {
            let [id, code, iso3, name, names, ambiguous, adjectives, people, capitals, kind] = row[..] else {
                continue;
            };
            let class = if id == "Q458" { ActorKind::Organization } else { ActorKind::Country };
            let actor = self.actor(id, name, class, 0, &[]);
            self.actors[actor as usize].is_region = kind == "region" && !LIKE_COUNTRIES.contains(&code);
            for code in [code, iso3, id].into_iter().filter(|code| !code.is_empty()) {
                self.territories.insert(code.to_owned(), actor);
            }
            let sure: Vec<&str> = list(names).collect();
            // The usual name of a country is in doubt only where the table by hand says so: provinces and ships that
            // share it do not count.
            let own = |doubt: &&str| kind == "country" && *doubt == name && !by_hand.contains(*doubt);
            let doubts: Vec<&str> = list(ambiguous).filter(|doubt| !own(doubt)).collect();
            if !doubts.contains(&name) {
                self.name(name, actor);
            }
            for name in sure {
                self.name(name, actor);
            }
            for name in doubts {
                self.name(&format!("{name}?"), actor);
            }
            for adjective in list(adjectives) {
                self.claim(adjective, actor, Relation::Adjective, shape_of_word(adjective), false, false);
            }
            for people in list(people).filter(|people| !list(adjectives).any(|one| one == *people)) {
                self.claim(people, actor, Relation::People, Shape::Capital, false, false);
            }
            // Of a city-state the name is the country.
            for capital in list(capitals).filter(|capital| *capital != name) {
                self.claim(capital, actor, Relation::Metonym, Shape::Capital, false, false);
            }
        }
    }

    fn add_organizations(&mut self, table: &str) {
        for row in rows(table, 7) {
            let [id, kind, name, aliases, country, ..] = row[..] else { continue };
            let class = match kind {
                "group" => ActorKind::Group,
                "country" => ActorKind::Country,
                _ => ActorKind::Organization,
            };
            let countries: Vec<u32> = self.territories.get(country).copied().into_iter().collect();
            let shown = name.split(" (").next().unwrap_or(name);
            let actor = self.actor(id, shown, class, 0, &countries);
            self.name(name, actor);
            for alias in list(aliases) {
                self.name(alias, actor);
            }
        }
    }

    fn add_armed_groups(&mut self, table: &str) {
        for row in rows(table, 3) {
            let [id, name, aliases] = row[..] else { continue };
            let actor = self.actor(id, name, ActorKind::Organization, 0, &[]);
            self.name(name, actor);
            for alias in list(aliases) {
                self.name(alias, actor);
            }
        }
    }

    fn add_parties(&mut self, table: &str) {
        for row in rows(table, 3) {
            let [id, countries, names] = row[..] else { continue };
            let countries: Vec<u32> =
                list(countries).filter_map(|code| self.territories.get(code).copied()).collect();
            let Some(first) = list(names).next() else { continue };
            let actor = self.actor(id, first, ActorKind::Organization, 0, &countries);
            for name in list(names) {
                // Words and acronyms of parties are words and acronyms of others as well.
                let doubt = if name.contains(' ') { "" } else { "?" };
                self.name(&format!("{name}{doubt}"), actor);
            }
        }
    }

    fn add_people(&mut self, table: &str, extra: &str) {
        for row in rows(table, 4) {
            let [id, names, prior, countries] = row[..] else { continue };
            let prior = prior.parse().unwrap_or(0);
            let countries: Vec<u32> =
                list(countries).filter_map(|id| self.territories.get(id).copied()).collect();
            let Some(first) = list(names).next() else { continue };
            if !first.contains(' ') && prior < PRIOR_OF_ONE_WORD {
                continue;
            }
            let actor = self.actor(id, first, ActorKind::Person, prior, &countries);
            for name in list(names) {
                self.person_name(name, actor);
            }
        }
        for row in rows(extra, 4) {
            let [id, name, aliases, country] = row[..4] else { continue };
            let countries: Vec<u32> = self.territories.get(country).copied().into_iter().collect();
            let actor = self.actor(id, name, ActorKind::Person, 5, &countries);
            for name in std::iter::once(name).chain(list(aliases)) {
                self.person_name(name, actor);
            }
        }
    }

    fn person_name(&mut self, name: &str, actor: u32) {
        let (bare, doubtful) = name.strip_suffix('?').map_or((name, false), |bare| (bare, true));
        let alone = !bare.contains(' ');
        self.claim(bare, actor, Relation::Name, Shape::of_name(bare), doubtful, alone);
    }

    fn add_spellings(&mut self, table: &str) {
        for row in rows(table, 4) {
            let [surface, id, canonical, mode] = row[..] else { continue };
            let Some(actor) = self.ids.get(id).copied().or_else(|| self.named(canonical)) else { continue };
            let shape = Shape::of_name(surface);
            self.claim(surface, actor, Relation::Name, shape, false, mode == "alone");
        }
    }

    fn named(&self, name: &str) -> Option<u32> {
        let claims = self.names.get(&fold(name))?;
        (claims.len() == 1).then(|| claims.first().map(|claim| claim.actor)).flatten()
    }

    fn add_metonyms(&mut self, table: &str) {
        for row in rows(table, 3) {
            let [surface, id, mode] = row[..] else { continue };
            let surface = strip_article(surface);
            let actor = self.ids.get(id).copied();
            let relation = match (actor, mode) {
                (None, _) => Relation::PlaceOnly,
                (Some(_), "always") => Relation::Name,
                (Some(_), _) => Relation::Metonym,
            };
            self.claim(surface, actor.unwrap_or(NOTHING), relation, shape_of_word(surface), false, false);
        }
    }

    fn add_leaders(&mut self, table: &str) {
        for row in rows(table, 8) {
            let [territory, office, person, name, from, to, known_until, _] = row[..] else { continue };
            let (Some(territory), Some(office)) =
                (self.ids.get(territory).copied(), Office::from_word(office))
            else {
                println!("left out: {row:?}");
                continue;
            };
            let person = match self.ids.get(person).filter(|_| !person.is_empty()) {
                Some(known) => *known,
                None => self.leader_without_id(person, name, territory),
            };
            let to = if to.is_empty() { date(known_until, true) } else { date(to, true) };
            self.leaders.push(LeaderRecord { territory, office, from: date(from, false), to, person });
        }
        self.leaders.sort_unstable();
        self.leaders.dedup();
    }

    /// The same unknown leader may have held several offices.
    fn leader_without_id(&mut self, id: &str, name: &str, territory: u32) -> u32 {
        let known = self.names.get(&fold(name)).into_iter().flatten().find(|claim| {
            let record = &self.actors[claim.actor as usize];
            record.class == ActorKind::Person && record.wikidata == 0 && record.slug == NOTHING
        });
        if let Some(claim) = known.filter(|_| id.is_empty()) {
            return claim.actor;
        }
        let actor = self.actor(id, name, ActorKind::Person, 6, &[territory]);
        self.person_name(name, actor);
        actor
    }

    fn into_bytes(mut self, fingerprint: u64) -> Result<Vec<u8>, Box<dyn Error>> {
        let mut claims: Vec<u8> = Vec::new();
        let mut names = fst::MapBuilder::memory();
        let mut count = 0;
        for (name, of_name) in &self.names {
            names.insert(name, count)?;
            for (place, claim) in of_name.iter().enumerate() {
                claims.extend(ClaimRecord { last: place + 1 == of_name.len(), ..*claim }.to_bytes());
                count += 1;
            }
        }
        let codes: Vec<(String, u32)> =
            self.territories.iter().map(|(code, actor)| (code.clone(), *actor)).collect();
        let territories: Vec<u8> = codes
            .iter()
            .flat_map(|(code, actor)| [actor.to_le_bytes(), self.strings.add(code).to_le_bytes()].concat())
            .collect();
        println!(
            "{} actors, {} names, {} terms of office",
            self.actors.len(),
            self.names.len(),
            self.leaders.len()
        );
        let sections: [Vec<u8>; 7] = [
            self.actors.iter().flat_map(ActorRecord::to_bytes).collect(),
            claims,
            self.leaders.iter().flat_map(LeaderRecord::to_bytes).collect(),
            self.countries.iter().flat_map(|country| country.to_le_bytes()).collect(),
            territories,
            self.strings.bytes,
            names.into_inner()?,
        ];
        let mut bytes = Vec::from(MAGIC);
        bytes.extend(fingerprint.to_le_bytes());
        for section in &sections {
            bytes.extend(u32::try_from(section.len())?.to_le_bytes());
        }
        assert_eq!(bytes.len(), HEADER);
        bytes.extend(sections.concat());
        Ok(bytes)
    }
}

/// A leading "the" is optional.
fn strip_article(name: &str) -> &str {
    name.strip_prefix("The ").or_else(|| name.strip_prefix("the ")).unwrap_or(name)
}

/// Places and adjectives begin with a capital; acronyms are all capitals.
fn shape_of_word(word: &str) -> Shape {
    Shape::of_name(word).max(Shape::Capital)
}

/// `2024`, `2024-05` and `2024-05-07` as a number; the end of a period without its day or month is its last one.
fn date(text: &str, end: bool) -> u32 {
    let mut parts = text.split('-').map(|part| part.parse::<u32>().unwrap_or(0));
    let year = parts.next().unwrap_or(0);
    let rest = if end { 99 } else { 0 };
    10_000 * year + 100 * parts.next().unwrap_or(rest) + parts.next().unwrap_or(rest)
}

fn rows(table: &str, width: usize) -> impl Iterator<Item = Vec<&str>> {
    table.lines().skip(1).filter(|line| !line.is_empty()).map(move |line| {
        let mut row: Vec<&str> = line.split('\t').collect();
        row.resize(row.len().max(width), "");
        row
    })
}

fn list(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('|').filter(|name| !name.is_empty())
}
