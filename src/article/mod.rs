//! From the bytes of a record to its [`Article`]s.
//!
//! ```text
//!  value, content-type ─► decoder ─► charset ─► detect ─► formats/* ─► Draft ─► finish ─► Article
//!                         size,      declared   header,   a file per            id, language,
//!                         archive    or sniffed bytes,    format                date
//!                                               keys
//!                                    error: why a value cannot be read (dead letter)
//! ```
//!
//! The readers of `formats` only say where the fields stand; `json` follows JSON pointers for them, `xml` and `html`
//! turn elements into the paragraphs of a body.

mod archive;
mod charset;
mod cloud_event;
mod date;
mod decoder;
mod detect;
mod draft;
pub mod duplicates;
mod error;
mod formats;
mod html;
mod identity;
mod json;
mod language;
mod paragraphs;
mod samples;
mod warc;
mod xml;

pub use decoder::Decoder;
pub use error::{DECODE_ERROR_CODES, DecodeError};
pub use identity::content_hash;
pub use samples::{Sample, samples};

/// A news article as delivered. `title` and `body` are never changed after decoding: every offset in a
/// record points into exactly these strings.
#[derive(Clone, Debug, PartialEq)]
pub struct Article {
    /// The publisher's id as text. Where the input has none: a hash of the address or of the text, so
    /// that the same article always gets the same id.
    pub id: String,
    /// Headline; `None` where the input has none.
    pub title: Option<String>,
    /// Text; empty where the input has none (status `no_text`).
    pub body: String,
    /// BCP 47 language tag: declared by the input, else recognised where the text leaves no doubt.
    pub language: Option<String>,
    /// Time of publication.
    pub published_at: Option<jiff::Timestamp>,
    /// Publisher or feed.
    pub source: Option<String>,
    /// Address of the article.
    pub url: Option<String>,
    /// Author line.
    pub byline: Option<String>,
    /// Version of the article where the format has one.
    pub revision: Option<String>,
    /// How much of the article's text the input holds.
    pub extent: Extent,
    /// Its publisher has withdrawn it, or holds it back.
    pub canceled: bool,
    /// Its position in an envelope such as a feed; `None` where the format holds one article a record. Those of an
    /// envelope cannot share the key of the record.
    pub position: Option<usize>,
}

/// How much of an article's text the input holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// As far as the input says, all of it.
    #[default]
    Whole,
    /// The beginning, as in NewsAPI's `… [+2310 chars]`.
    Beginning,
    /// Nothing: the format carries facts about articles, as GDELT does.
    Nothing,
}

impl Article {
    /// An article of which nothing is known but its id and its text.
    #[must_use]
    pub fn new(id: impl Into<String>, title: Option<&str>, body: &str) -> Self {
        Self {
            id: id.into(),
            title: title.map(Into::into),
            body: body.into(),
            language: None,
            published_at: None,
            source: None,
            url: None,
            byline: None,
            revision: None,
            extent: Extent::Whole,
            canceled: false,
            position: None,
        }
    }
}
