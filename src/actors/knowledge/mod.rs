//! Who is who: the actors that are known, their names, the offices they held, and what nouns mean behind a country.
//!
//! ```text
//! data/actors/*.tsv ─► examples/pack_actors.rs ─► knowledge.bin ─► KnowledgeBase   (many rows)
//! data/actors/{offices,role_nouns,institutions}.tsv, titles.txt ─► nouns            (few rows, read at the start)
//! ```

mod fold;
pub mod layout;
mod nouns;
mod office;

pub use fold::{fold, fold_into};
pub use layout::{Relation, Shape};
pub use nouns::{Nouns, Reading};
pub use office::Office;

use super::ActorKind;
use fst::Map;
use layout::{ActorRecord, ClaimRecord, HEADER, LeaderRecord, MAGIC, NOTHING, SECTIONS, number_at};
use std::collections::HashMap;

static PACKED: &[u8] = include_bytes!("../knowledge.bin");

/// The day up to which the knowledge base was kept; "now" for articles without a date.
pub const KNOWN_TO: u32 = 2026_05_01;

/// Why the knowledge base cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    /// The file is not one that `examples/pack_actors.rs` wrote.
    #[error("knowledge.bin is damaged; write it anew with: cargo run --example pack_actors")]
    Damaged,
    /// The map of names in it cannot be read.
    #[error("the names in knowledge.bin cannot be read; write it anew with: cargo run --example pack_actors")]
    Names(#[from] fst::Error),
}

/// An actor of the knowledge base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorRef(pub u32);

/// An actor's claim to a name that was looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub actor: ActorRef,
    pub relation: Relation,
    /// Counts only where the document names the actor in another way as well.
    pub doubtful: bool,
    /// One word that others bear too: counts only where the document names no other bearer.
    pub alone: bool,
}

/// The knowledge base. It is read where it lies; looking a name up allocates nothing.
pub struct KnowledgeBase {
    names: Map<&'static [u8]>,
    actors: &'static [u8],
    claims: &'static [u8],
    leaders: &'static [u8],
    countries: &'static [u8],
    strings: &'static [u8],
    nouns: Nouns,
}

impl KnowledgeBase {
    /// Opens the knowledge base that is part of the program.
    ///
    /// # Errors
    ///
    /// When it is damaged.
    pub fn open() -> Result<Self, KnowledgeError> {
        let mut sections = sections(PACKED).ok_or(KnowledgeError::Damaged)?.into_iter();
        let mut section = || sections.next().ok_or(KnowledgeError::Damaged);
        let (actors, claims, leaders, countries) = (section()?, section()?, section()?, section()?);
        let (territories, strings) = (section()?, section()?);
        let names = Map::new(section()?)?;
        let nouns = Nouns::new(&codes(territories, strings), &slugs(actors, strings));
        Ok(Self { names, actors, claims, leaders, countries, strings, nouns })
    }

    /// Who claims a name as it is written in a text; `buffer` is room for the folded name.
    pub fn claims(&self, name: &str, buffer: &mut String) -> impl Iterator<Item = Claim> + use<'_> {
        fold_into(name, buffer);
        let first = self.names.get(buffer.as_bytes()).and_then(|first| usize::try_from(first).ok());
        // Asked for each shape once: the text itself cannot be kept.
        let fits = [Shape::Any, Shape::Capital, Shape::Capitals].map(|shape| shape.fits(name));
        let mut next = first;
        std::iter::from_fn(move || {
            let at = next?;
            let claim = ClaimRecord::read(self.claims, at);
            next = claim.filter(|claim| !claim.last).map(|_| at + 1);
            claim
        })
        .filter(move |claim| fits[claim.shape as usize])
        .map(|claim| Claim {
            actor: ActorRef(claim.actor),
            relation: claim.relation,
            doubtful: claim.doubtful,
            alone: claim.alone,
        })
    }

    fn record(&self, actor: ActorRef) -> Option<ActorRecord> {
        ActorRecord::read(self.actors, actor.0)
    }

    /// The usual English name.
    #[must_use]
    pub fn name(&self, actor: ActorRef) -> &'static str {
        self.record(actor).and_then(|record| string_at(self.strings, record.name)).unwrap_or_default()
    }

    /// The Wikidata item, such as `Q148`.
    #[must_use]
    pub fn wikidata(&self, actor: ActorRef) -> Option<String> {
        let number = self.record(actor)?.wikidata;
        (number > 0).then(|| format!("Q{number}"))
    }

    /// The stable id of an actor without a certain Wikidata item, such as `tw:state-duma`.
    #[must_use]
    pub fn slug(&self, actor: ActorRef) -> Option<&'static str> {
        string_at(self.strings, self.record(actor)?.slug)
    }

    #[must_use]
    pub fn kind(&self, actor: ActorRef) -> ActorKind {
        self.record(actor).map_or(ActorKind::Organization, |record| record.class)
    }

    /// How often people of its name mean this person, from 0 to 9.
    #[must_use]
    pub fn prior(&self, actor: ActorRef) -> u8 {
        self.record(actor).map_or(0, |record| record.prior)
    }

    /// Whether it is a part of a country.
    #[must_use]
    pub fn is_region(&self, actor: ActorRef) -> bool {
        self.record(actor).is_some_and(|record| record.is_region)
    }

    /// The countries that an actor belongs to.
    pub fn countries(&self, actor: ActorRef) -> impl Iterator<Item = ActorRef> + use<'_> {
        let (first, count) =
            self.record(actor).map_or((0, 0), |record| (record.countries as usize, record.country_count));
        (first..first + usize::from(count)).filter_map(|at| number_at(self.countries, 4 * at)).map(ActorRef)
    }

    /// The holders of an office, each with the first day and the first day after the term, in order of time.
    pub fn holders(
        &self,
        territory: ActorRef,
        office: Office,
    ) -> impl Iterator<Item = (ActorRef, u32, u32)> + use<'_> {
        let wanted = (territory.0, office);
        let first = self.first_leader(|leader| (leader.territory, leader.office) < wanted);
        (first..)
            .map_while(|at| LeaderRecord::read(self.leaders, at))
            .take_while(move |leader| (leader.territory, leader.office) == wanted)
            .map(|leader| (ActorRef(leader.person), leader.from, leader.to))
    }

    /// Position of the first row for which `before` does not hold.
    fn first_leader(&self, before: impl Fn(&LeaderRecord) -> bool) -> usize {
        let (mut low, mut high) = (0, self.leaders.len() / LeaderRecord::BYTES);
        while low < high {
            let middle = low.midpoint(high);
            if LeaderRecord::read(self.leaders, middle).is_some_and(|leader| before(&leader)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The office that leads a country, where that is not the rule.
    #[must_use]
    pub fn leader_office(&self, territory: ActorRef) -> Option<Office> {
        self.nouns.leader_office(territory)
    }

    /// What nouns mean behind a country.
    #[must_use]
    pub fn nouns(&self) -> &Nouns {
        &self.nouns
    }
}

fn sections(packed: &'static [u8]) -> Option<Vec<&'static [u8]>> {
    packed.strip_prefix(&MAGIC)?;
    let mut start = HEADER;
    let mut found = Vec::with_capacity(SECTIONS);
    for place in 0..SECTIONS {
        let length = usize::try_from(number_at(packed, 16 + 4 * place)?).ok()?;
        found.push(packed.get(start..start.checked_add(length)?)?);
        start += length;
    }
    Some(found)
}

/// From the code of a territory (`cn`, `gb_sct`) and from its id to the actor.
fn codes(territories: &'static [u8], strings: &'static [u8]) -> HashMap<&'static str, ActorRef> {
    let rows = (0..territories.len() / 8).filter_map(|row| {
        let code = string_at(strings, number_at(territories, 8 * row + 4)?)?;
        Some((code, ActorRef(number_at(territories, 8 * row)?)))
    });
    rows.collect()
}

/// From ids and slugs to actors that are no people.
fn slugs(actors: &'static [u8], strings: &'static [u8]) -> HashMap<String, ActorRef> {
    let count = u32::try_from(actors.len() / ActorRecord::BYTES).unwrap_or_default();
    let rows = (0..count).filter_map(|index| {
        let record = ActorRecord::read(actors, index).filter(|record| record.class != ActorKind::Person)?;
        let id = match string_at(strings, record.slug) {
            Some(slug) => slug.to_owned(),
            None => format!("Q{}", record.wikidata),
        };
        Some((id, ActorRef(index)))
    });
    rows.collect()
}

fn string_at(strings: &'static [u8], position: u32) -> Option<&'static str> {
    if position == NOTHING {
        return None;
    }
    let start = usize::try_from(position).ok()?;
    let length = u16::from_le_bytes(strings.get(start..start + 2)?.try_into().ok()?);
    std::str::from_utf8(strings.get(start + 2..start + 2 + usize::from(length))?).ok()
}

#[cfg(test)]
mod tests {
    use super::layout::{PACKED_FILES, fingerprint};
    use super::*;
    use std::path::Path;

    fn ids(name: &str) -> Vec<String> {
        let knowledge = KnowledgeBase::open().unwrap();
        let claims: Vec<Claim> = knowledge.claims(name, &mut String::new()).collect();
        claims
            .iter()
            .map(|claim| {
                knowledge.wikidata(claim.actor).unwrap_or_else(|| knowledge.slug(claim.actor).unwrap().into())
            })
            .collect()
    }

    #[test]
    fn the_packed_file_is_not_older_than_the_data() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/actors");
        let contents = PACKED_FILES.map(|file| std::fs::read(folder.join(file)).unwrap());
        let stored = u64::from_le_bytes(PACKED[8..16].try_into().unwrap());
        assert_eq!(
            fingerprint(contents.iter().map(Vec::as_slice)),
            stored,
            "cargo run --example pack_actors"
        );
    }

    #[test]
    fn the_packed_file_stays_small() {
        assert!(PACKED.len() <= 10_000_000, "{} bytes", PACKED.len());
    }

    #[test]
    fn known_names_are_found_whatever_their_marks_and_quotes() {
        for (name, id) in [
            ("Xi Jinping", "Q15031"),
            ("Mikhail Mishustin", "Q4298520"),
            ("King’s College London", "Q245247"),
            ("U.S.", "Q30"),
            ("Francois Hollande", "Q157"),
            ("Nato", "Q7184"),
            ("Moscow Times", "Q1202611"),
            ("White House", "tw:white-house"),
            ("Türkiye", "Q43"),
        ] {
            assert!(ids(name).contains(&id.to_owned()), "{name}: {:?}", ids(name));
        }
    }

    #[test]
    fn words_are_not_taken_for_acronyms_and_names_of_one_word() {
        for word in ["who", "Who", "fed", "us", "apple", "may"] {
            assert_eq!(ids(word), Vec::<String>::new(), "{word}");
        }
    }

    #[test]
    fn holders_come_in_order_of_time() {
        let knowledge = KnowledgeBase::open().unwrap();
        let russia = knowledge.claims("Russia", &mut String::new()).next().unwrap().actor;
        let holders: Vec<_> = knowledge.holders(russia, Office::HeadOfState).collect();
        assert!(holders.is_sorted_by_key(|(_, from, _)| *from));
        let in_2010 = holders.iter().find(|(_, from, to)| (*from..*to).contains(&20_100_601)).unwrap();
        assert_eq!(knowledge.name(in_2010.0), "Dmitry Medvedev");
    }

    #[test]
    fn every_claim_names_an_actor_of_the_file() {
        let knowledge = KnowledgeBase::open().unwrap();
        let count = knowledge.claims.len() / ClaimRecord::BYTES;
        for at in 0..count {
            let claim = ClaimRecord::read(knowledge.claims, at).unwrap();
            assert!(
                claim.relation == Relation::PlaceOnly || !knowledge.name(ActorRef(claim.actor)).is_empty()
            );
        }
    }
}
