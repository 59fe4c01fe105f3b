//! The user's own actors: competitors, customers, people to watch. They take precedence over every other name.
//!
//! ```text
//!  watchlist.toml ─► parse: every mistake with its line ─► Watchlist ─► find(name) ─► WatchedActor: id, groups
//! ```

mod parse;

use super::ActorKind;
use super::knowledge::fold;
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// The id that the user gives an actor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum WatchedId {
    /// A Wikidata item, without its `Q`. Joins the list's actor with the one that the program knows.
    Wikidata(u32),
    /// Any other id with its prefix, such as `tw:acme` or `crm:4711`.
    Own(String),
}

impl WatchedId {
    /// `Q` with up to nine digits, or `prefix:name` in letters, digits, `.`, `_` and `-`. The prefix `doc` is that of
    /// actors known in one article only.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(digits) = text.strip_prefix('Q') {
            let is_number = (1..=9).contains(&digits.len())
                && digits.bytes().all(|byte| byte.is_ascii_digit())
                && !digits.starts_with('0');
            return if is_number { digits.parse().ok().map(Self::Wikidata) } else { None };
        }
        let (prefix, name) = text.split_once(':')?;
        let prefix_is_good = prefix.starts_with(|first: char| first.is_ascii_lowercase())
            && prefix.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && prefix != "doc";
        let name_is_good = !name.is_empty()
            && name.len() <= 100
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        (prefix_is_good && name_is_good).then(|| Self::Own(text.to_owned()))
    }
}

impl fmt::Display for WatchedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wikidata(number) => write!(f, "Q{number}"),
            Self::Own(id) => f.write_str(id),
        }
    }
}

/// An actor of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedActor {
    pub id: Option<WatchedId>,
    /// The name that records show.
    pub name: String,
    pub kind: ActorKind,
    /// Other names under which articles speak of it.
    pub aliases: Vec<String>,
    /// The user's groups, such as `competitors`, in the order of the file, each once.
    pub groups: Vec<String>,
}

/// The user's actors by name. Never changed: a reload makes another one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watchlist {
    actors: Vec<WatchedActor>,
    /// From folded name or alias to its place.
    index: HashMap<String, Entry>,
}

/// A name of the list, as looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    actor: usize,
    /// Of the name as the user wrote it.
    shape: Shape,
}

/// What the capitals of a name say about its mentions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// `IT`, `WHO`: anything but capitals is an ordinary word.
    ShortAcronym,
    /// `Apple`: `apple` is an ordinary word.
    Capitalised,
    /// `adidas`: written any way.
    Small,
}

/// Acronyms up to this length, in characters, look like words when their case is lost.
const SHORT_ACRONYM: usize = 3;

impl Shape {
    fn of(name: &str) -> Self {
        let has_small = name.chars().any(char::is_lowercase);
        if !has_small && name.chars().count() <= SHORT_ACRONYM && name.chars().any(char::is_uppercase) {
            Self::ShortAcronym
        } else if name.starts_with(char::is_uppercase) {
            Self::Capitalised
        } else {
            Self::Small
        }
    }

    fn admits(self, written: &str) -> bool {
        match self {
            Self::ShortAcronym => !written.chars().any(char::is_lowercase),
            Self::Capitalised => !written.starts_with(char::is_lowercase),
            Self::Small => true,
        }
    }
}

impl Watchlist {
    /// A list without actors: what holds when the user has none.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Reads a list, in TOML.
    ///
    /// # Errors
    /// [`WatchlistError`] with everything that is wrong, each with its line.
    pub fn parse(text: &str) -> Result<Self, WatchlistError> {
        parse::parse(text).map(Self::of)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// As [`Watchlist::parse`], and when the file cannot be read.
    pub fn load(path: &Path) -> Result<Self, WatchlistError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| WatchlistError::ReadFile { path: path.to_owned(), source })?;
        Self::parse(&text)
    }

    /// The names of `actors` are known to differ.
    fn of(actors: Vec<WatchedActor>) -> Self {
        let mut index = HashMap::new();
        for (position, actor) in actors.iter().enumerate() {
            for name in std::iter::once(&actor.name).chain(&actor.aliases) {
                index.insert(fold(name), Entry { actor: position, shape: Shape::of(name) });
            }
        }
        Self { actors, index }
    }

    /// The actor of that name or alias, folded like every other name: case, marks and kinds of apostrophe do not
    /// count, except that a word in small letters is no name that the list writes with a capital.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&WatchedActor> {
        self.position(name).and_then(|position| self.actors.get(position))
    }

    /// As [`Watchlist::find`]: the position among [`Watchlist::iter`].
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        if self.index.is_empty() {
            return None;
        }
        let entry = self.index.get(&fold(name))?;
        entry.shape.admits(name).then_some(entry.actor)
    }

    /// All actors, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, WatchedActor> {
        self.actors.iter()
    }

    /// Number of actors.
    #[must_use]
    pub fn len(&self) -> usize {
        self.actors.len()
    }

    /// Whether there are no actors.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actors.is_empty()
    }
}

impl<'a> IntoIterator for &'a Watchlist {
    type Item = &'a WatchedActor;
    type IntoIter = std::slice::Iter<'a, WatchedActor>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub enum WatchlistError {
    #[error("cannot read the watch-list {}: {source}", path.display())]
    ReadFile { path: PathBuf, source: std::io::Error },
    #[error("the watch-list is not valid TOML: line {line}: {message}")]
    Syntax { line: usize, message: String },
    /// Everything that is wrong, not only the first.
    #[error("{}", list(.0))]
    Invalid(Vec<WatchlistProblem>),
}

/// One thing that is wrong with a list, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchlistProblem {
    /// Counted from 1.
    pub line: usize,
    /// Such as `actor.kind`.
    pub key: String,
    /// Value and expectation.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for WatchlistProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: {}; {}", self.line, self.key, self.what, self.remedy)
    }
}

fn list(problems: &[WatchlistProblem]) -> String {
    let mut text = match problems.len() {
        1 => "the watch-list has a problem:".to_owned(),
        count => format!("the watch-list has {count} problems:"),
    };
    for problem in problems {
        text.push_str("\n  ");
        text.push_str(&problem.to_string());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "
[[actor]]
name = 'Velm Robotics'
kind = 'organization'
id = 'crm:4711'
aliases = ['Velm', 'VR', 'Vélm-Robotik']
groups = ['competitors', 'robots', 'competitors']

[[actor]]
id = 'Q7184'
name = 'NATO'
kind = 'organization'
";

    fn problems(text: &str) -> Vec<String> {
        match Watchlist::parse(text) {
            Err(WatchlistError::Invalid(problems)) => problems.iter().map(ToString::to_string).collect(),
            other => vec![format!("{other:?}")],
        }
    }

    #[test]
    fn an_actor_is_found_by_name_and_alias_whatever_the_marks() {
        let list = Watchlist::parse(LIST).unwrap();
        assert_eq!(list.len(), 2);
        for name in ["Velm Robotics", "VELM ROBOTICS", "Velm", "Velm-Robotik", "VR"] {
            assert_eq!(list.find(name).map(|actor| actor.name.as_str()), Some("Velm Robotics"), "{name}");
        }
        let actor = list.find("Velm").unwrap();
        assert_eq!(actor.groups, ["competitors", "robots"]);
        assert_eq!(actor.id.as_ref().map(ToString::to_string).as_deref(), Some("crm:4711"));
        assert_eq!(list.find("Nato").and_then(|nato| nato.id.clone()), Some(WatchedId::Wikidata(7184)));
        assert_eq!(list.find("Orla"), None);
        assert!(Watchlist::empty().find("Velm").is_none());
    }

    #[test]
    fn an_ordinary_word_is_not_the_actor_that_is_written_like_it() {
        let list = Watchlist::parse(
            "[[actor]]\nname = 'IT'\nkind = 'group'\n[[actor]]\nname = 'Target'\nkind = 'organization'\n
             [[actor]]\nname = 'adidas'\nkind = 'organization'",
        )
        .unwrap();
        for (name, is_found) in [
            ("IT", true),
            ("It", false),
            ("Target", true),
            ("TARGET", true),
            ("target", false),
            ("Adidas", true),
        ] {
            assert_eq!(list.find(name).is_some(), is_found, "{name}");
        }
    }

    #[test]
    fn ids_are_wikidata_items_or_carry_a_prefix() {
        for good in ["Q1", "Q123456789", "tw:acme", "crm:4711", "our-crm:A.b_c-d"] {
            assert_eq!(WatchedId::parse(good).unwrap().to_string(), good);
        }
        for bad in ["", "Q", "Q0", "Q12x", "Q1234567890", "4711", "article", "doc:1", "tw:", ":x", "tw:a b"] {
            assert_eq!(WatchedId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_mistake_is_told_with_line_key_value_and_remedy() {
        let text = "[[actor]]
name = 'Acme'
kind = 'company'
alias = ['A']
[[actor]]
name = ' '
kind = 'person'
id = '17'
groups = 'rivals'
[[actor]]
aliases = [3, 'Orla']
kind = 'person'
[actors]
";
        let problems = problems(text);
        let expected = [
            (3, "actor.kind", "\"company\"", "organization"),
            (4, "actor.alias", "unknown key", "`aliases`"),
            (6, "actor.name", "empty", "name"),
            (8, "actor.id", "\"17\"", "Q"),
            (9, "actor.groups", "string", "array"),
            (10, "actor.name", "missing", "name"),
            (11, "actor.aliases", "integer", "text"),
            (13, "actors", "unknown key", "[[actor]]"),
        ];
        assert_eq!(problems.len(), expected.len(), "{problems:#?}");
        for (problem, (line, key, value, remedy)) in problems.iter().zip(expected) {
            let start = format!("line {line}: {key}: ");
            assert!(
                problem.starts_with(&start) && problem.contains(value) && problem.contains(remedy),
                "{problem}"
            );
        }
    }

    #[test]
    fn a_name_or_id_that_two_actors_share_is_refused_with_both_lines() {
        let text = "[[actor]]
name = 'Société Velm'
kind = 'organization'
id = 'Q12'
[[actor]]
name = 'Orla'
kind = 'person'
id = 'Q12'
aliases = ['societe velm']
";
        let problems = problems(text);
        assert_eq!(problems.len(), 2, "{problems:#?}");
        for (line, first) in [(8, 4), (9, 2)] {
            assert!(
                problems.iter().any(|problem| problem.starts_with(&format!("line {line}: "))
                    && problem.contains(&format!("line {first}"))),
                "{problems:#?}"
            );
        }
    }

    #[test]
    fn a_name_repeated_within_one_actor_is_harmless() {
        let text = "[[actor]]\nname = 'Orla'\nkind = 'person'\naliases = ['ORLA', 'Orla']";
        assert_eq!(Watchlist::parse(text).unwrap().len(), 1);
    }

    #[test]
    fn an_empty_file_is_an_empty_list_and_broken_toml_names_its_line() {
        assert!(Watchlist::parse("\u{feff}# nobody\n").unwrap().is_empty());
        let error = Watchlist::parse("[[actor]]\nname = \n").unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = Watchlist::load(Path::new("no/such/watchlist.toml")).unwrap_err();
        assert!(error.to_string().contains("no/such/watchlist.toml"), "{error}");
    }
}
