//! From the bytes of a record to an [`Article`].
//!
//! ```text
//!  value, content-type ─► decoder ─┬─► json   fields along the configured pointers ─┐
//!                         size,    └─► text   the whole value is the body           ├─► identity ─► Article
//!                         charset,                              date ───────────────┘   id, hash
//!                         format                error: why a value cannot be read (dead letter)
//! ```

mod date;
mod decoder;
mod error;
mod identity;
mod json;
mod samples;
mod text;

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
    /// BCP 47 language tag as declared by the input.
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
        }
    }
}
