//! Builds `src/actors/names.fst`: `cargo run --example compile_names -- <data directory>`.
//!
//! Reads `persons.tsv`, `territories.tsv` and `parties.tsv` of the directory, and `src/actors/curated.tsv`, which
//! takes precedence. A name that belongs to several items is kept without a number: known, but ambiguous.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::path::{Path, PathBuf};
use tonewire::actors::{NameClass, NameEntry, canonical_key, given_name_key, normalise};

/// A first name that fewer people share is more likely a family name or a word.
const COMMON_GIVEN_NAME: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: compile_names <data directory>")?);
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/actors");
    let mut names = Names::default();
    names.add_persons(&std::fs::read_to_string(directory.join("persons.tsv"))?);
    names.add_parties(&std::fs::read_to_string(directory.join("parties.tsv"))?);
    names.add_territories(&std::fs::read_to_string(directory.join("territories.tsv"))?);
    names.add_curated(&std::fs::read_to_string(room.join("curated.tsv"))?)?;
    let mut builder = fst::MapBuilder::memory();
    let count = names.keys.len();
    for (key, value) in names.into_sorted() {
        builder.insert(key, value)?;
    }
    let bytes = builder.into_inner()?;
    std::fs::write(room.join("names.fst"), &bytes)?;
    println!("{count} names, {} bytes", bytes.len());
    Ok(())
}

#[derive(Default)]
struct Names {
    /// From key to the entries that claim it, with the weight of the claim.
    keys: BTreeMap<String, BTreeSet<(u8, NameEntry)>>,
    given_names: HashMap<String, usize>,
}

impl Names {
    fn add(&mut self, weight: u8, name: &str, entry: NameEntry) {
        let key = normalise(name);
        if key.chars().filter(char::is_ascii_alphabetic).count() >= 3 {
            self.keys.entry(key).or_default().insert((weight, entry));
        }
    }

    fn add_persons(&mut self, table: &str) {
        for fields in rows(table) {
            let [id, names] = fields[..] else { continue };
            let Some(number) = number(id) else { continue };
            for name in names.split('|') {
                // A single word names too many people.
                let Some((given, _)) = name.split_once(' ') else {
                    continue;
                };
                self.add(1, name, NameEntry { class: NameClass::Person, number });
                *self.given_names.entry(normalise(given)).or_default() += 1;
            }
        }
    }

    fn add_parties(&mut self, table: &str) {
        for fields in rows(table) {
            let [id, _, name, ..] = fields[..] else {
                continue;
            };
            let Some(number) = number(id) else { continue };
            if name.contains(' ') {
                self.add(2, name, NameEntry { class: NameClass::Organization, number });
            }
        }
    }

    fn add_territories(&mut self, table: &str) {
        for fields in rows(table) {
            let [id, code, _, name, full, aliases, demonym, capital, independent] = fields[..] else {
                continue;
            };
            let Some(number) = number(id) else { continue };
            if code.contains('_') || (independent != "true" && demonym.is_empty()) {
                continue;
            }
            let country = NameEntry { class: NameClass::Country, number };
            for name in [name, full].into_iter().chain(aliases.split('|')) {
                self.add(4, name, country);
            }
            self.keys.entry(canonical_key(number, name)).or_default().insert((9, country));
            self.add(5, demonym, NameEntry { class: NameClass::Demonym, number });
            if capital != name {
                self.add(3, capital, NameEntry { class: NameClass::Capital, number });
            }
        }
    }

    /// Lines of class, number, canonical name and aliases. A number of 0: known, without an item.
    fn add_curated(&mut self, table: &str) -> Result<(), Box<dyn Error>> {
        for fields in rows(table) {
            let [class, id, name, aliases] = fields[..] else {
                return Err(format!("curated.tsv: {fields:?}").into());
            };
            let class = NameClass::from_word(class).ok_or("curated.tsv: unknown class")?;
            let number = number(id).unwrap_or(0);
            let entry = NameEntry { class, number };
            for name in std::iter::once(name).chain(aliases.split('|')).filter(|name| !name.is_empty()) {
                // Acronyms keep their capitals, so that "WHO" is not "who".
                let key =
                    if name.chars().any(char::is_lowercase) { normalise(name) } else { format!("!{name}") };
                self.keys.insert(key, BTreeSet::from([(9, entry)]));
            }
            if number > 0 && matches!(class, NameClass::Organization | NameClass::Group | NameClass::Person) {
                self.keys.insert(canonical_key(number, name), BTreeSet::from([(9, entry)]));
            }
        }
        Ok(())
    }

    fn into_sorted(mut self) -> BTreeMap<String, u64> {
        for (name, count) in self.given_names {
            if count >= COMMON_GIVEN_NAME && name.len() >= 2 {
                self.keys
                    .entry(given_name_key(&name))
                    .or_default()
                    .insert((1, NameEntry { class: NameClass::Person, number: 0 }));
            }
        }
        self.keys.into_iter().filter_map(|(key, claims)| Some((key, resolve(&claims)?.packed()))).collect()
    }
}

/// The strongest claim; equally strong ones leave the name without a number.
fn resolve(claims: &BTreeSet<(u8, NameEntry)>) -> Option<NameEntry> {
    let (weight, entry) = claims.last()?;
    let rivals = claims.iter().filter(|(rival, _)| rival == weight).count();
    Some(if rivals > 1 { NameEntry { number: 0, ..*entry } } else { *entry })
}

fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
}

fn number(id: &str) -> Option<u32> {
    id.strip_prefix('Q')?.parse().ok()
}
