//! The enriched record, field for field. Every field is always there: null rather than absent.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::OffsetUnit;

/// Value of [`EnrichedRecord::schema`].
pub const ENRICHED_SCHEMA: &str = "tonewire.enriched/1";
/// Holder of what the article says in its own voice.
pub const ARTICLE_HOLDER: &str = "article";

/// One article, its actors and the sentiment toward each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EnrichedRecord {
    /// Name and version of this form: `tonewire.enriched/1`.
    pub schema: String,
    pub status: RecordStatus,
    /// Unit of every `start`, `end` and `sentence` in this record.
    pub offsets: OffsetUnit,
    pub article: ArticleRecord,
    /// In order of first mention.
    pub actors: Vec<ActorRecord>,
    /// Places that are meant as places.
    pub places: Vec<PlaceRecord>,
    pub quotes: Vec<QuoteRecord>,
    /// Stances of one actor toward another.
    pub attitudes: Vec<AttitudeRecord>,
    pub processing: ProcessingRecord,
}

/// What became of the article's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordStatus {
    Ok,
    NoText,
    UnsupportedLanguage,
    Truncated,
}

/// The article's own data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleRecord {
    /// The publisher's id; else one derived from the address or the text.
    pub id: String,
    pub title: Option<String>,
    pub language: Option<String>,
    /// RFC 3339, UTC.
    #[schemars(with = "Option<String>")]
    pub published_at: Option<Timestamp>,
    pub source: Option<String>,
    pub url: Option<String>,
    pub byline: Option<String>,
    pub revision: Option<String>,
    /// SHA-256 of title and body, blind to white space: equal for the same text.
    pub content_hash: String,
    /// Id of an earlier article of the same partition with nearly the same text, as when a paper prints what an agency
    /// wrote. Only what this instance has read of the partition within its window is known.
    #[serde(default)]
    pub duplicate_of: Option<String>,
}

/// Somebody who acts, and the sentiment toward them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActorRecord {
    /// Wikidata item, `tw:slug`, an id of the watch-list, or `doc:N` for somebody known in this article only. Unique in
    /// the record.
    pub id: String,
    pub name: String,
    pub kind: ActorKindName,
    pub wikidata: Option<String>,
    /// The user's groups, from the watch-list; often empty.
    pub groups: Vec<String>,
    /// Prominence, from 0 to 1.
    pub salience: f64,
    pub role: RoleName,
    pub sentiment: ActorSentiment,
    /// In order of position; the title comes first.
    pub mentions: Vec<MentionRecord>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKindName {
    Person,
    Organization,
    Country,
    Group,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RoleName {
    Subject,
    Byline,
    QuotedOnly,
    RelatedLink,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    Positive,
    Neutral,
    Negative,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldName {
    Title,
    Body,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ViaName {
    Name,
    Alias,
    Acronym,
    Metonym,
    Role,
    Demonym,
}

/// The article's verdict on an actor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActorSentiment {
    pub label: Label,
    /// From -1 to 1.
    pub score: f64,
    /// Probability of the label, from 0 to 1.
    pub confidence: f64,
    /// Number of mentions with this label.
    pub positive: usize,
    /// Number of mentions with this label.
    pub neutral: usize,
    /// Number of mentions with this label.
    pub negative: usize,
    /// Clear evidence both for and against, of comparable weight.
    pub mixed: bool,
    /// The article's own voice first; 0 mentions where the article only reports the holder's stance.
    pub by_holder: Vec<HolderRecord>,
}

/// The sentiment of one voice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HolderRecord {
    /// `article` or an actor's id.
    pub holder: String,
    pub label: Label,
    pub score: f64,
    pub mentions: usize,
}

/// A place in the text where an actor is named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MentionRecord {
    pub field: FieldName,
    pub start: usize,
    pub end: usize,
    /// Exactly what stands from `start` to `end` in the delivered text.
    pub text: String,
    pub via: ViaName,
    /// Start and end of the sentence around it.
    pub sentence: [usize; 2],
    /// `article` or an actor's id.
    pub holder: String,
    pub sentiment: SentimentRecord,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SentimentRecord {
    pub label: Label,
    pub score: f64,
    pub confidence: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlaceRecord {
    pub name: String,
    pub wikidata: Option<String>,
    pub mentions: Vec<PlaceMention>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlaceMention {
    pub field: FieldName,
    pub start: usize,
    pub end: usize,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QuoteRecord {
    pub field: FieldName,
    pub start: usize,
    pub end: usize,
    /// An actor's id.
    pub speaker: Option<String>,
    /// The verb that introduces it.
    pub cue: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttitudeRecord {
    /// An actor's id.
    pub holder: String,
    /// An actor's id.
    pub target: String,
    pub label: Label,
    pub confidence: f64,
    pub evidence: Evidence,
}

/// The words that show an attitude.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    pub field: FieldName,
    pub start: usize,
    pub end: usize,
}

/// How the record came about. Only `processed_at` and `duration_ms` differ between two runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessingRecord {
    pub model: String,
    pub version: String,
    /// RFC 3339, UTC.
    #[schemars(with = "String")]
    pub processed_at: Timestamp,
    pub duration_ms: f64,
    /// The input record; null where the article came from a file.
    pub source: Option<SourceRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceRecord {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
}
