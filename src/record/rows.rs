//! A flat row per article and actor, for tables and SQL sinks.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::enriched::{ARTICLE_HOLDER, ActorKindName, ActorRecord, EnrichedRecord, Label, RoleName};

/// One actor of one article. The columns and their order are stable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActorRow {
    pub article_id: String,
    /// The publisher's version of the article, where it has one.
    pub revision: Option<String>,
    /// RFC 3339, UTC.
    #[schemars(with = "Option<String>")]
    pub published_at: Option<Timestamp>,
    pub source: Option<String>,
    pub url: Option<String>,
    pub title: Option<String>,
    pub language: Option<String>,
    /// Unique within the article.
    pub actor_id: String,
    pub actor_name: String,
    pub actor_kind: ActorKindName,
    pub wikidata: Option<String>,
    /// The user's groups, from the watch-list.
    pub groups: Vec<String>,
    pub role: RoleName,
    pub salience: f64,
    pub label: Label,
    pub score: f64,
    pub confidence: f64,
    /// Number of mentions, the sum of the next three.
    pub mentions: usize,
    pub positive: usize,
    pub neutral: usize,
    pub negative: usize,
    /// Mentions in the article's own voice, not in a quote or report of another.
    pub own_voice_mentions: usize,
    /// The sentiment of those; null where there are none.
    pub own_voice_score: Option<f64>,
    /// The input record; null where the article came from a file.
    pub input_topic: Option<String>,
    pub input_partition: Option<i32>,
    pub input_offset: Option<i64>,
    /// Name and version of the model.
    pub model: String,
    /// RFC 3339, UTC: of two rows of the same article and actor the later one holds.
    #[schemars(with = "String")]
    pub processed_at: Timestamp,
    /// Id of an earlier article that this one is a copy of; to count a story once, leave out rows that have one.
    #[serde(default)]
    pub duplicate_of: Option<String>,
}

/// The rows of a record, in the order of its actors.
#[must_use]
pub fn actor_rows(record: &EnrichedRecord) -> Vec<ActorRow> {
    record.actors.iter().map(|actor| row(record, actor)).collect()
}

fn row(record: &EnrichedRecord, actor: &ActorRecord) -> ActorRow {
    let article = &record.article;
    let source = record.processing.source.as_ref();
    let own_voice = actor.sentiment.by_holder.iter().find(|voice| voice.holder == ARTICLE_HOLDER);
    ActorRow {
        article_id: article.id.clone(),
        revision: article.revision.clone(),
        published_at: article.published_at,
        source: article.source.clone(),
        url: article.url.clone(),
        title: article.title.clone(),
        language: article.language.clone(),
        actor_id: actor.id.clone(),
        actor_name: actor.name.clone(),
        actor_kind: actor.kind,
        wikidata: actor.wikidata.clone(),
        groups: actor.groups.clone(),
        role: actor.role,
        salience: actor.salience,
        label: actor.sentiment.label,
        score: actor.sentiment.score,
        confidence: actor.sentiment.confidence,
        mentions: actor.mentions.len(),
        positive: actor.sentiment.positive,
        neutral: actor.sentiment.neutral,
        negative: actor.sentiment.negative,
        own_voice_mentions: own_voice.map_or(0, |voice| voice.mentions),
        own_voice_score: own_voice.map(|voice| voice.score),
        input_topic: source.map(|source| source.topic.clone()),
        input_partition: source.map(|source| source.partition),
        input_offset: source.map(|source| source.offset),
        model: record.processing.model.clone(),
        processed_at: record.processing.processed_at,
        duplicate_of: article.duplicate_of.clone(),
    }
}
