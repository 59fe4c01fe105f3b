//! What the stage finds in an article.

pub use crate::actors::{ActorKind, Via};
use crate::text::Span;

/// What became of the article's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Read as a whole.
    Ok,
    /// Neither title nor body holds any text.
    NoText,
    /// Declared in a language that the model does not read.
    UnsupportedLanguage,
    /// Longer than the limit: only the first part was read.
    Truncated,
}

/// Which text of the article a span points into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    Title,
    Body,
}

/// A place in the article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    pub field: Field,
    pub span: Span,
}

/// Everything the stage found in one article.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    pub status: Status,
    /// Number of words read, title and body.
    pub words: usize,
    /// In order of first mention.
    pub actors: Vec<Actor>,
    /// Places that are meant as places, in order of first mention.
    pub places: Vec<Place>,
    pub quotes: Vec<Quote>,
    pub attitudes: Vec<Attitude>,
}

/// Position of an actor in [`Analysis::actors`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorIndex(pub usize);

/// Whose voice expresses something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// The article's own voice.
    Article,
    /// An actor who is quoted or reported.
    Actor(ActorIndex),
}

/// The part an actor plays in the article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Subject,
    Byline,
    QuotedOnly,
    RelatedLink,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Polarity {
    Positive,
    Neutral,
    Negative,
}

/// A calibrated sentiment: `score` runs from -1 (negative) to 1 (positive), `confidence` is the
/// probability of `label`, from 0 to 1. Both are always finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sentiment {
    pub label: Polarity,
    pub score: f32,
    pub confidence: f32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Actor {
    /// Wikidata item such as `Q7747`, where known.
    pub wikidata: Option<String>,
    /// A stable id for known actors without a Wikidata item: `tw:slug`, or one of the user's own such as `crm:4711`.
    pub slug: Option<String>,
    /// Full name, with plain spaces, without invisible characters.
    pub name: String,
    pub kind: ActorKind,
    /// The user's groups, from the watch-list.
    pub groups: Vec<String>,
    pub role: Role,
    /// Prominence in the article, from 0 to 1.
    pub salience: f32,
    /// The article's verdict.
    pub sentiment: Sentiment,
    /// Clear evidence for and against the actor, of comparable weight: the verdict's mean hides it.
    pub mixed: bool,
    /// The article's own voice first. A holder whose stance is only reported ("X accused Y") has no mentions here.
    pub by_holder: Vec<HolderSentiment>,
    /// In order of position; the title comes first.
    pub mentions: Vec<Mention>,
}

/// The sentiment that one voice expresses toward an actor.
#[derive(Clone, Debug, PartialEq)]
pub struct HolderSentiment {
    pub holder: Holder,
    pub sentiment: Sentiment,
    pub mentions: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Mention {
    pub location: Location,
    pub via: Via,
    /// The sentence around it, in the same field.
    pub sentence: Span,
    pub holder: Holder,
    pub sentiment: Sentiment,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub name: String,
    pub wikidata: Option<String>,
    pub mentions: Vec<Location>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Quote {
    pub location: Location,
    pub speaker: Option<ActorIndex>,
    /// The verb that introduces it, such as "said".
    pub cue: Option<String>,
}

/// One actor's stance toward another, with the words that show it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attitude {
    pub holder: ActorIndex,
    pub target: ActorIndex,
    pub label: Polarity,
    pub confidence: f32,
    pub evidence: Location,
}

impl Analysis {
    /// Nothing was read.
    #[must_use]
    pub fn empty(status: Status) -> Self {
        Self {
            status,
            words: 0,
            actors: Vec::new(),
            places: Vec::new(),
            quotes: Vec::new(),
            attitudes: Vec::new(),
        }
    }
}
