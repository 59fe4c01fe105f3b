//! The articles and what a reader takes from them.
//!
//! A mention is written as its text, and stands where the text occurs next as a whole word; or with words around it and
//! bars about it (`went to |Oslo| by`) where others are passed over.

use std::path::Path;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    article: Vec<Article>,
}

/// An article with its gold.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Article {
    pub name: String,
    /// Day of publication.
    pub date: String,
    pub text: String,
    #[serde(default)]
    pub actors: Vec<Actor>,
    /// Mentions that are meant as places.
    #[serde(default)]
    pub places: Vec<String>,
    /// Names that no actor has, because they are none.
    #[serde(default)]
    pub forbidden: Vec<String>,
    #[serde(default)]
    pub quotes: Vec<Quote>,
    #[serde(default)]
    pub attitudes: Vec<Attitude>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    pub name: String,
    pub kind: String,
    /// Wikidata item. Without one the actor is invented, and must not get any; `?` accepts every id.
    pub id: Option<String>,
    /// The verdicts that a careful reader may come to; all if there are none.
    #[serde(default)]
    pub sentiment: Vec<String>,
    /// In the order of the text.
    pub mentions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quote {
    /// Words of the quotation.
    pub has: String,
    pub speaker: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attitude {
    pub holder: String,
    pub target: String,
    pub label: String,
}

/// All articles of the folder, in the order of their files.
pub fn load(folder: &Path) -> Vec<Article> {
    let entries = std::fs::read_dir(folder).expect("the folder of the articles");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let articles = files.iter().flat_map(|path| {
        let text = std::fs::read_to_string(path).expect("a file of articles");
        let file: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        file.article
    });
    articles.collect()
}

/// A range of the text, in code points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub start: usize,
    pub end: usize,
}

impl Range {
    pub fn overlaps(self, start: usize, end: usize) -> bool {
        self.start < end && start < self.end
    }
}

/// The places of mentions that are given in the order of the text.
///
/// # Panics
/// Where the gold names what the text does not hold.
pub fn locate(article: &Article, mentions: &[String]) -> Vec<Range> {
    let mut from = 0;
    let ranges = mentions.iter().map(|mention| {
        let (before, name, after) = match mention.split('|').collect::<Vec<_>>()[..] {
            [name] => ("", name, ""),
            [before, name, after] => (before, name, after),
            _ => panic!("{}: bars do not match in {mention:?}", article.name),
        };
        let whole = format!("{before}{name}{after}");
        let found = occurrences(&article.text, &whole, before.is_empty() && after.is_empty())
            .find(|start| start + before.len() >= from);
        let start =
            found.unwrap_or_else(|| panic!("{}: no {mention:?} from {from}", article.name)) + before.len();
        from = start + name.len();
        let points = |end: usize| article.text[..end].chars().count();
        Range { start: points(start), end: points(from) }
    });
    ranges.collect()
}

/// Where a quotation with these words stands.
pub fn locate_words(article: &Article, words: &str) -> Range {
    let start = occurrences(&article.text, words, false).next();
    let start = start.unwrap_or_else(|| panic!("{}: no {words:?}", article.name));
    let points = |end: usize| article.text[..end].chars().count();
    Range { start: points(start), end: points(start + words.len()) }
}

fn occurrences<'t>(text: &'t str, part: &'t str, whole_word: bool) -> impl Iterator<Item = usize> + 't {
    text.match_indices(part).map(|(start, _)| start).filter(move |start| {
        let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let inside =
            letter(text[..*start].chars().next_back()) || letter(text[start + part.len()..].chars().next());
        !whole_word || !inside
    })
}
