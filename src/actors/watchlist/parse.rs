//! From TOML to actors. Every mistake is told at once, with its line.

use super::{ActorKind, WatchedActor, WatchedId, WatchlistError, WatchlistProblem};
use crate::actors::knowledge::fold;
use std::collections::HashMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

const KEYS: [&str; 5] = ["name", "kind", "id", "aliases", "groups"];

/// Reads a list.
///
/// # Errors
/// [`WatchlistError::Syntax`] or [`WatchlistError::Invalid`].
pub(super) fn parse(text: &str) -> Result<Vec<WatchedActor>, WatchlistError> {
    // An editor on Windows may have left a byte order mark, which TOML does not know.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = Lines::of(text);
    let table = DeTable::parse(text).map_err(|error| WatchlistError::Syntax {
        line: lines.line(error.span().map_or(0, |span| span.start)),
        message: error.message().to_owned(),
    })?;
    let mut parser = Parser { lines, names: HashMap::new(), ids: HashMap::new(), problems: Vec::new() };
    let actors = parser.file(table.get_ref());
    if parser.problems.is_empty() {
        return Ok(actors);
    }
    // Keys of a table come in the order of the alphabet.
    parser.problems.sort_by_key(|problem| problem.line);
    Err(WatchlistError::Invalid(parser.problems))
}

/// Where lines begin, so that a position becomes a line without counting from the start each time.
struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    fn of(text: &str) -> Self {
        Self { starts: text.match_indices('\n').map(|(newline, _)| newline + 1).collect() }
    }

    /// Counted from 1.
    fn line(&self, position: usize) -> usize {
        self.starts.partition_point(|start| *start <= position) + 1
    }
}

/// Who has a name or an id already.
struct Owner {
    actor: usize,
    line: usize,
}

struct Parser {
    lines: Lines,
    /// By folded name.
    names: HashMap<String, Owner>,
    ids: HashMap<WatchedId, Owner>,
    problems: Vec<WatchlistProblem>,
}

impl Parser {
    fn problem(
        &mut self,
        place: &Range<usize>,
        key: &str,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let line = self.lines.line(place.start);
        self.problems.push(WatchlistProblem {
            line,
            key: key.to_owned(),
            what: what.into(),
            remedy: remedy.into(),
        });
    }

    fn file(&mut self, table: &DeTable<'_>) -> Vec<WatchedActor> {
        let mut actors = Vec::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            match value.get_ref() {
                DeValue::Array(list) if name == "actor" => {
                    for (number, entry) in list.iter().enumerate() {
                        actors.extend(self.entry(number, entry));
                    }
                }
                _ if name == "actor" => {
                    self.problem(&key.span(), name, "this is not a list of tables", "write [[actor]]");
                }
                _ => {
                    self.problem(&key.span(), name, "unknown key", "write each actor below a line [[actor]]");
                }
            }
        }
        actors
    }

    fn entry(&mut self, number: usize, entry: &Spanned<DeValue<'_>>) -> Option<WatchedActor> {
        let DeValue::Table(table) = entry.get_ref() else {
            self.wrong_type(entry, "actor", "a table below a line [[actor]]");
            return None;
        };
        for (key, _) in table {
            let name = key.get_ref().as_ref();
            if !KEYS.contains(&name) {
                self.unknown_key(&key.span(), name);
            }
        }
        let name = self.name(number, entry, table);
        let kind = self.kind(entry, table);
        let id = table.get("id").and_then(|id| self.id(number, id));
        let aliases = self.texts(table, "aliases");
        for (alias, place) in &aliases {
            self.claim_name(number, "actor.aliases", alias, place);
        }
        let mut groups: Vec<String> = Vec::new();
        for (group, _) in self.texts(table, "groups") {
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        let aliases = aliases.into_iter().map(|(alias, _)| alias).collect();
        Some(WatchedActor { id, name: name?, kind: kind?, aliases, groups })
    }

    fn unknown_key(&mut self, place: &Range<usize>, key: &str) {
        let likeness = |known: &str| strsim::jaro_winkler(known, key);
        let nearest = KEYS.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        let remedy = match nearest.filter(|known| likeness(known) > 0.8) {
            Some(known) => format!("did you mean `{known}`?"),
            None => format!("remove it; the keys are {}", KEYS.join(", ")),
        };
        self.problem(place, &format!("actor.{key}"), "unknown key", remedy);
    }

    fn name(&mut self, number: usize, entry: &Spanned<DeValue<'_>>, table: &DeTable<'_>) -> Option<String> {
        let Some(value) = table.get("name") else {
            self.problem(&entry.span(), "actor.name", "missing", "give the actor a name");
            return None;
        };
        let name = self.text(value, "actor.name")?;
        self.claim_name(number, "actor.name", &name, &value.span());
        Some(name)
    }

    fn kind(&mut self, entry: &Spanned<DeValue<'_>>, table: &DeTable<'_>) -> Option<ActorKind> {
        let words = ActorKind::ALL.map(ActorKind::as_str).join(", ");
        let Some(value) = table.get("kind") else {
            self.problem(&entry.span(), "actor.kind", "missing", format!("write one of {words}"));
            return None;
        };
        let word = self.text(value, "actor.kind")?;
        let kind = ActorKind::from_word(&word);
        if kind.is_none() {
            self.problem(
                &value.span(),
                "actor.kind",
                format!("{word:?} is no kind"),
                format!("write one of {words}"),
            );
        }
        kind
    }

    fn id(&mut self, number: usize, value: &Spanned<DeValue<'_>>) -> Option<WatchedId> {
        let text = self.text(value, "actor.id")?;
        let Some(id) = WatchedId::parse(&text) else {
            self.problem(
                &value.span(),
                "actor.id",
                format!("{text:?} is no id"),
                "write a Wikidata item such as \"Q7184\", or a prefix of your own and a name such as \"crm:4711\"",
            );
            return None;
        };
        let line = self.lines.line(value.span().start);
        if let Some(owner) = self.ids.get(&id) {
            let what = format!("{text:?} is the id of the actor in line {} too", owner.line);
            self.problem(&value.span(), "actor.id", what, "join the two, or correct one id");
        } else {
            self.ids.insert(id.clone(), Owner { actor: number, line });
        }
        Some(id)
    }

    /// Two actors with one name could not be told apart.
    fn claim_name(&mut self, number: usize, key: &str, name: &str, place: &Range<usize>) {
        let line = self.lines.line(place.start);
        let owner = self.names.entry(fold(name)).or_insert(Owner { actor: number, line });
        if owner.actor != number {
            let what = format!("{name:?} is a name of the actor in line {} too", owner.line);
            self.problem(place, key, what, "take it away from one of them");
        }
    }

    /// The text of a value, without white space around it.
    fn text(&mut self, value: &Spanned<DeValue<'_>>, key: &str) -> Option<String> {
        let DeValue::String(text) = value.get_ref() else {
            self.wrong_type(value, key, "text in quotation marks");
            return None;
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.is_empty() {
            self.problem(&value.span(), key, "empty", "write a name, or remove it");
            return None;
        }
        Some(words.join(" "))
    }

    /// The texts of a list, with their places.
    fn texts(&mut self, table: &DeTable<'_>, key: &str) -> Vec<(String, Range<usize>)> {
        let path = format!("actor.{key}");
        let Some(value) = table.get(key) else { return Vec::new() };
        let DeValue::Array(list) = value.get_ref() else {
            self.wrong_type(value, &path, "an array such as [\"one\", \"two\"]");
            return Vec::new();
        };
        list.iter().filter_map(|entry| Some((self.text(entry, &path)?, entry.span()))).collect()
    }

    fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, key: &str, expected: &str) {
        let what = format!("this is of type {}", value.get_ref().type_str());
        self.problem(&value.span(), key, what, format!("write {expected}"));
    }
}
