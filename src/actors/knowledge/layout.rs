//! How the knowledge base is laid out in `knowledge.bin`. `examples/pack_actors.rs` writes it, the program reads it.
//!
//! A header of the magic word, the fingerprint of the data and the lengths of the sections, then the sections. All
//! numbers are little-endian. A position in the strings points at a length of two bytes and the UTF-8 behind it.

use super::office::Office;
use crate::actors::ActorKind;

pub const MAGIC: [u8; 8] = *b"TWACTOR1";
/// Sections: actors, claims, leaders, countries, territories, strings, names.
pub const SECTIONS: usize = 7;
pub const HEADER: usize = 16 + 4 * SECTIONS;
/// A position that points at nothing.
pub const NOTHING: u32 = u32::MAX;

/// The files of `data/actors` that are packed, in the order of their fingerprint.
pub const PACKED_FILES: [&str; 10] = [
    "organizations.tsv",
    "people_extra.tsv",
    "leaders.tsv",
    "territory_names.tsv",
    "compiled/people.tsv",
    "compiled/territories.tsv",
    "compiled/parties.tsv",
    "compiled/metonyms.tsv",
    "compiled/spellings.tsv",
    "compiled/armed_groups.tsv",
];

/// Fingerprint of the contents of the packed files (FNV-1a), by which a stale `knowledge.bin` is recognised.
#[must_use]
pub fn fingerprint<'c>(contents: impl Iterator<Item = &'c [u8]>) -> u64 {
    let bytes = contents.flat_map(|content| content.iter().copied().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// Four bytes at a position.
#[must_use]
pub fn number_at(bytes: &[u8], position: usize) -> Option<u32> {
    let found = bytes.get(position..position.checked_add(4)?)?;
    Some(u32::from_le_bytes(found.try_into().ok()?))
}

/// An actor of the knowledge base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActorRecord {
    /// Number of the Wikidata item; 0 where it is not certain.
    pub wikidata: u32,
    /// Position of the `tw:` slug in the strings, or [`NOTHING`].
    pub slug: u32,
    /// Position of the usual English name in the strings.
    pub name: u32,
    /// Position of the first country in the countries.
    pub countries: u32,
    pub country_count: u8,
    pub class: ActorKind,
    /// How often people of that name mean this one, from 0 to 9.
    pub prior: u8,
    /// Part of a country, which acts by itself more rarely than it is a place.
    pub is_region: bool,
}

impl ActorRecord {
    pub const BYTES: usize = 20;

    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        for (place, number) in [self.wikidata, self.slug, self.name, self.countries].into_iter().enumerate() {
            bytes[4 * place..4 * place + 4].copy_from_slice(&number.to_le_bytes());
        }
        bytes[16..].copy_from_slice(&[
            self.country_count,
            self.class as u8,
            self.prior,
            u8::from(self.is_region),
        ]);
        bytes
    }

    #[must_use]
    pub fn read(section: &[u8], index: u32) -> Option<Self> {
        let start = (index as usize).checked_mul(Self::BYTES)?;
        let bytes = section.get(start..start.checked_add(Self::BYTES)?)?;
        Some(Self {
            wikidata: number_at(bytes, 0)?,
            slug: number_at(bytes, 4)?,
            name: number_at(bytes, 8)?,
            countries: number_at(bytes, 12)?,
            country_count: bytes[16],
            class: ActorKind::ALL.into_iter().find(|class| *class as u8 == bytes[17])?,
            prior: bytes[18],
            is_region: bytes[19] != 0,
        })
    }
}

/// What a name is to the actor that claims it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// One of its names.
    Name,
    /// Adjective of a country or region: "Chinese".
    Adjective,
    /// Its people: "Russians". No actor.
    People,
    /// A city or building that stands for it in some sentences.
    Metonym,
    /// A city or building that never stands for anybody.
    PlaceOnly,
}

impl Relation {
    const ALL: [Self; 5] = [Self::Name, Self::Adjective, Self::People, Self::Metonym, Self::PlaceOnly];
}

/// How a name must be written to be that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    Any,
    /// With a capital: "Fed", not "fed".
    Capital,
    /// In capitals: "WHO", not "Who".
    Capitals,
}

impl Shape {
    const ALL: [Self; 3] = [Self::Any, Self::Capital, Self::Capitals];

    /// How the name of an actor must be written.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        let letters = || name.chars().filter(|character| character.is_alphabetic());
        if letters().nth(1).is_some() && letters().all(char::is_uppercase) {
            Self::Capitals
        } else if !name.contains([' ', '-']) && letters().any(char::is_uppercase) {
            Self::Capital
        } else {
            Self::Any
        }
    }

    /// Whether a text is written so. Acronyms of four letters and more are also written as words: "Nato".
    #[must_use]
    pub fn fits(self, text: &str) -> bool {
        let letters = || text.chars().filter(|character| character.is_alphabetic());
        match self {
            Self::Any => true,
            Self::Capital => letters().any(char::is_uppercase),
            Self::Capitals => {
                letters().all(char::is_uppercase)
                    || (letters().nth(3).is_some() && letters().next().is_some_and(char::is_uppercase))
            }
        }
    }
}

/// An actor's claim to a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClaimRecord {
    pub actor: u32,
    pub relation: Relation,
    pub shape: Shape,
    /// Counts only where the document names the actor in another way as well.
    pub doubtful: bool,
    /// One word that others bear too: counts only where the document names no other bearer.
    pub alone: bool,
    /// The name has no further claims.
    pub last: bool,
}

impl ClaimRecord {
    pub const BYTES: usize = 8;

    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let [one, two, three, four] = self.actor.to_le_bytes();
        let flags = u8::from(self.doubtful) | u8::from(self.alone) << 1 | u8::from(self.last) << 2;
        [one, two, three, four, self.relation as u8, self.shape as u8, flags, 0]
    }

    #[must_use]
    pub fn read(section: &[u8], index: usize) -> Option<Self> {
        let start = index.checked_mul(Self::BYTES)?;
        let bytes = section.get(start..start.checked_add(Self::BYTES)?)?;
        Some(Self {
            actor: number_at(bytes, 0)?,
            relation: Relation::ALL.into_iter().find(|relation| *relation as u8 == bytes[4])?,
            shape: Shape::ALL.into_iter().find(|shape| *shape as u8 == bytes[5])?,
            doubtful: bytes[6] & 1 != 0,
            alone: bytes[6] & 2 != 0,
            last: bytes[6] & 4 != 0,
        })
    }
}

/// Who held an office when. Dates are numbers such as `20240131`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeaderRecord {
    /// The country or body.
    pub territory: u32,
    pub office: Office,
    pub from: u32,
    /// The first day after the term, as far as it is known.
    pub to: u32,
    pub person: u32,
}

impl LeaderRecord {
    pub const BYTES: usize = 20;

    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let numbers = [self.territory, self.office as u32, self.from, self.to, self.person];
        for (place, number) in numbers.into_iter().enumerate() {
            bytes[4 * place..4 * place + 4].copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    #[must_use]
    pub fn read(section: &[u8], index: usize) -> Option<Self> {
        let start = index.checked_mul(Self::BYTES)?;
        Some(Self {
            territory: number_at(section, start)?,
            office: Office::from_number(number_at(section, start + 4)?)?,
            from: number_at(section, start + 8)?,
            to: number_at(section, start + 12)?,
            person: number_at(section, start + 16)?,
        })
    }
}
