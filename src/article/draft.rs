//! What a reader found of an article, before ids and languages are made uniform.

use jiff::Timestamp;

use super::identity::derive_id;
use super::{Article, Extent, date, language};

/// The fields of an article as its format has them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Draft {
    pub(super) id: Option<String>,
    pub(super) title: Option<String>,
    pub(super) body: String,
    /// In any of the three codings that are in use.
    pub(super) language: Option<String>,
    pub(super) published_at: Option<Timestamp>,
    pub(super) source: Option<String>,
    pub(super) url: Option<String>,
    pub(super) byline: Option<String>,
    pub(super) revision: Option<String>,
    pub(super) extent: Extent,
    pub(super) canceled: bool,
}

impl Draft {
    /// The publication date: the first text that can be read as one.
    pub(super) fn dated<'t>(mut self, texts: impl IntoIterator<Item = Option<&'t str>>) -> Self {
        self.published_at = texts.into_iter().flatten().find_map(date::parse);
        self
    }

    pub(super) fn titled(mut self, title: Option<String>) -> Self {
        self.title = title;
        self
    }

    /// The article. `value` is what the record holds, for articles that have nothing else to be told apart by.
    pub(super) fn finish(self, position: Option<usize>, value: &[u8]) -> Article {
        let id = self.id.filter(|id| !id.trim().is_empty()).unwrap_or_else(|| {
            derive_id(self.url.as_deref(), self.title.as_deref(), &self.body, position, value)
        });
        Article {
            id,
            title: self.title,
            body: self.body,
            language: self.language.as_deref().and_then(language::normalise),
            published_at: self.published_at,
            source: self.source,
            url: self.url,
            byline: self.byline,
            revision: self.revision,
            extent: self.extent,
            canceled: self.canceled,
            position,
        }
    }
}

/// The words of `pubStatus`, `management-status`, `Status` and the like that forbid publication.
pub(super) fn is_withdrawn(status: &str) -> bool {
    let word = status.rsplit(':').next().unwrap_or_default().trim();
    ["canceled", "cancelled", "withheld", "killed"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Text with single spaces, `None` where there is none.
pub(super) fn flat(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() { None } else { Some(words.join(" ")) }
}
