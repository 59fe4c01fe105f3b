//! The article on a page.
//!
//! A well-kept readability crate would bring `selectors` and `cssparser`, whose licence (MPL-2.0) `deny.toml` does not
//! allow; so the paragraphs are taken from the tokens of `html5gum`. What stands in navigation and the like is left
//! out; of the rest the element with the most text of paragraphs, links not counted, is the article.

use std::collections::BTreeMap;

use html5gum::{DefaultEmitter, Token, Tokenizer};

use super::draft::{Draft, flat};
use super::paragraphs::{Paragraphs, is_block, is_silent};

/// Elements that are followed; what is deeper counts to the deepest of them.
const MAX_DEPTH: usize = 256;
/// Share of the text in links above which a paragraph is navigation.
const MOST_LINKS: f32 = 0.5;

/// Elements around the article.
fn is_around(name: &str) -> bool {
    matches!(name, "nav" | "aside" | "footer" | "form" | "menu" | "dialog")
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "br" | "img"
            | "hr"
            | "meta"
            | "link"
            | "input"
            | "source"
            | "wbr"
            | "embed"
            | "area"
            | "base"
            | "col"
            | "track"
    )
}

struct Open {
    name: String,
    /// Position in [`Page::scores`].
    element: usize,
    is_left_out: bool,
}

#[derive(Default)]
struct Page {
    open: Vec<Open>,
    /// Per element: its parent and the letters of its paragraphs outside of links.
    scores: Vec<(usize, usize)>,
    /// Text with the element it stands in.
    found: Vec<(usize, String)>,
    current: Paragraphs,
    letters: usize,
    linked: usize,
    meta: BTreeMap<String, String>,
    title: String,
    heading: String,
}

/// Reads a page.
pub(super) fn read(text: &str) -> Draft {
    let mut page = Page { scores: vec![(0, 0)], ..Page::default() };
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    for token in Tokenizer::new_with_emitter(text, emitter).flatten() {
        match token {
            Token::StartTag(tag) => {
                let attributes =
                    tag.attributes.iter().map(|(key, value)| (lossy(key), lossy(&value.value))).collect();
                page.start(&lossy(&tag.name), &attributes, tag.self_closing);
            }
            Token::EndTag(tag) => page.end(&lossy(&tag.name)),
            Token::String(text) => page.text(&lossy(&text.value)),
            _ => {}
        }
    }
    page.draft()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Page {
    fn element(&self) -> usize {
        self.open.last().map_or(0, |open| open.element)
    }

    fn start(&mut self, name: &str, attributes: &BTreeMap<String, String>, closes_itself: bool) {
        self.remember(name, attributes);
        if name == "p" && self.open.last().is_some_and(|open| open.name == "p") {
            self.end("p");
        }
        if is_block(name) {
            self.flush();
        }
        self.current.open(name);
        if closes_itself || is_void(name) || self.open.len() >= MAX_DEPTH {
            return;
        }
        let inherited = self.open.last().is_some_and(|open| open.is_left_out);
        let is_left_out = inherited || is_around(name) || (is_silent(name) && name != "head");
        self.scores.push((self.element(), 0));
        self.open.push(Open { name: name.to_owned(), element: self.scores.len() - 1, is_left_out });
    }

    fn end(&mut self, name: &str) {
        if is_block(name) {
            self.flush();
        }
        self.current.close(name);
        if let Some(at) = self.open.iter().rposition(|open| open.name == name) {
            self.open.truncate(at);
        }
    }

    fn text(&mut self, text: &str) {
        let within = |name: &str| self.open.iter().any(|open| open.name == name);
        if within("title") && !within("body") && !within("svg") {
            self.title.push_str(text);
            return;
        }
        if within("h1") {
            self.heading.push_str(text);
        }
        if within("head") || self.open.last().is_some_and(|open| open.is_left_out) {
            return;
        }
        let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
        self.letters += letters;
        self.linked += if within("a") { letters } else { 0 };
        self.current.text(text);
    }

    /// Ends a paragraph: its text counts for the element around it, and half for the one around that.
    fn flush(&mut self) {
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let is_links = self.letters > 0 && self.linked as f32 / self.letters as f32 > MOST_LINKS;
        let own = self.letters - self.linked;
        (self.letters, self.linked) = (0, 0);
        let Some(text) = self.current.take().filter(|_| !is_links) else { return };
        let element = self.element();
        let around = self.scores[element].0;
        let above = self.scores[around].0;
        if own >= 25 {
            self.scores[around].1 += own;
            self.scores[above].1 += own / 2;
        }
        self.found.push((element, text));
    }

    fn remember(&mut self, name: &str, attributes: &BTreeMap<String, String>) {
        let get = |key: &str| {
            attributes.get(key).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let entry = match name {
            "meta" => get("property").or_else(|| get("name")).or_else(|| get("itemprop")).zip(get("content")),
            "html" => get("lang").map(|lang| ("lang".to_owned(), lang)),
            "link" if get("rel").as_deref() == Some("canonical") => {
                get("href").map(|href| ("canonical".to_owned(), href))
            }
            "time" => get("datetime").map(|time| ("time".to_owned(), time)),
            _ => None,
        };
        if let Some((key, value)) = entry {
            self.meta.entry(key.to_lowercase()).or_insert(value);
        }
    }

    fn draft(mut self) -> Draft {
        self.flush();
        let best = (0..self.scores.len())
            .max_by_key(|element| (self.scores[*element].1, usize::MAX - element))
            .unwrap_or(0);
        let is_inside = |mut element: usize| loop {
            if element == best {
                return true;
            }
            if element == 0 {
                return false;
            }
            element = self.scores[element].0;
        };
        let title =
            self.meta.get("og:title").cloned().or_else(|| flat(&self.heading)).or_else(|| flat(&self.title));
        let inside =
            self.found.iter().filter(|(element, _)| is_inside(*element)).map(|(_, text)| text.as_str());
        let body: Vec<&str> = inside.filter(|text| Some(*text) != title.as_deref()).collect();
        let meta = |keys: &[&str]| keys.iter().find_map(|key| self.meta.get(*key).cloned());
        let dates = [
            "article:published_time",
            "datepublished",
            "date",
            "pubdate",
            "dc.date",
            "parsely-pub-date",
            "time",
        ];
        let published: Vec<Option<&str>> =
            dates.iter().map(|key| self.meta.get(*key).map(String::as_str)).collect();
        Draft {
            body: body.join("\n\n"),
            language: meta(&["lang", "og:locale"]),
            source: meta(&["og:site_name"]),
            url: meta(&["canonical", "og:url"]),
            byline: meta(&["author", "article:author", "parsely-author", "dc.creator"]),
            ..Draft::default()
        }
        .dated(published)
        .titled(title)
    }
}
