//! From article and analysis to the record.

use std::collections::HashSet;

use jiff::Timestamp;

use super::enriched::{
    ARTICLE_HOLDER, ActorKindName, ActorRecord, ActorSentiment, ArticleRecord, AttitudeRecord,
    ENRICHED_SCHEMA, EnrichedRecord, Evidence, FieldName, HolderRecord, Label, MentionRecord, PlaceMention,
    PlaceRecord, ProcessingRecord, QuoteRecord, RecordStatus, RoleName, SentimentRecord, SourceRecord,
    ViaName,
};
use super::offsets::OffsetTable;
use crate::analysis::{
    Actor, ActorIndex, ActorKind, Analysis, Attitude, Field, Holder, HolderSentiment, Location, Mention,
    Place, Polarity, Quote, Role, Sentiment, Status, Via,
};
use crate::article::{Article, content_hash};
use crate::config::OffsetUnit;

/// How the record comes about.
#[derive(Clone, Copy, Debug)]
pub struct Processing<'a> {
    /// Name and version of the model.
    pub model: &'a str,
    /// Version of the program.
    pub version: &'a str,
    pub processed_at: Timestamp,
    pub duration_ms: f64,
    /// The input record; `None` where the article comes from a file.
    pub source: Option<SourceCoordinates<'a>>,
    /// Id of the earlier article that this one is a copy of.
    pub duplicate_of: Option<&'a str>,
}

/// Where the input record stands.
#[derive(Clone, Copy, Debug)]
pub struct SourceCoordinates<'a> {
    pub topic: &'a str,
    pub partition: i32,
    pub offset: i64,
}

/// The record as UTF-8 JSON, one object without a line break. The same input gives the same bytes.
///
/// # Errors
///
/// None that an article can cause: serialising fails only on map keys that are no text.
pub fn encode(
    article: &Article,
    analysis: &Analysis,
    processing: &Processing<'_>,
    unit: OffsetUnit,
) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&enriched(article, analysis, processing, unit))
}

/// The record itself, for readers within the program.
#[must_use]
pub fn enriched(
    article: &Article,
    analysis: &Analysis,
    processing: &Processing<'_>,
    unit: OffsetUnit,
) -> EnrichedRecord {
    let encoder = Encoder::new(article, analysis, unit);
    EnrichedRecord {
        schema: ENRICHED_SCHEMA.to_owned(),
        status: status(analysis.status),
        offsets: unit,
        article: article_record(article, processing),
        actors: analysis
            .actors
            .iter()
            .zip(&encoder.ids)
            .map(|(actor, id)| encoder.actor(actor, id))
            .collect(),
        places: analysis.places.iter().map(|place| encoder.place(place)).collect(),
        quotes: analysis.quotes.iter().map(|quote| encoder.quote(quote)).collect(),
        attitudes: analysis.attitudes.iter().filter_map(|attitude| encoder.attitude(attitude)).collect(),
        processing: processing_record(processing),
    }
}

struct Encoder<'a> {
    ids: Vec<String>,
    title: OffsetTable<'a>,
    body: OffsetTable<'a>,
}

impl<'a> Encoder<'a> {
    fn new(article: &'a Article, analysis: &Analysis, unit: OffsetUnit) -> Self {
        let locations = all_locations(analysis);
        let spans = |field| locations.iter().filter(move |l| l.field == field).map(|l| l.span);
        let title = article.title.as_deref().unwrap_or_default();
        Self {
            ids: actor_ids(&analysis.actors),
            title: OffsetTable::new(title, unit, spans(Field::Title)),
            body: OffsetTable::new(&article.body, unit, spans(Field::Body)),
        }
    }

    fn table(&self, field: Field) -> &OffsetTable<'a> {
        match field {
            Field::Title => &self.title,
            Field::Body => &self.body,
        }
    }

    fn place_of(&self, location: Location) -> (FieldName, usize, usize, String) {
        let table = self.table(location.field);
        let [start, end] = table.convert(location.span);
        (field(location.field), start, end, table.slice(location.span).to_owned())
    }

    fn id(&self, index: ActorIndex) -> Option<String> {
        self.ids.get(index.0).cloned()
    }

    fn holder(&self, holder: Holder) -> String {
        let actor = match holder {
            Holder::Article => None,
            Holder::Actor(index) => self.id(index),
        };
        actor.unwrap_or_else(|| ARTICLE_HOLDER.to_owned())
    }

    fn actor(&self, actor: &Actor, id: &str) -> ActorRecord {
        let count = |label| actor.mentions.iter().filter(|mention| mention.sentiment.label == label).count();
        ActorRecord {
            id: id.to_owned(),
            name: actor.name.clone(),
            kind: kind(actor.kind),
            wikidata: actor.wikidata.clone(),
            groups: actor.groups.clone(),
            salience: rounded(actor.salience),
            role: role(actor.role),
            sentiment: ActorSentiment {
                label: label(actor.sentiment.label),
                score: rounded(actor.sentiment.score),
                confidence: rounded(actor.sentiment.confidence),
                positive: count(Polarity::Positive),
                neutral: count(Polarity::Neutral),
                negative: count(Polarity::Negative),
                mixed: actor.mixed,
                by_holder: actor.by_holder.iter().map(|holder| self.holder_record(holder)).collect(),
            },
            mentions: actor.mentions.iter().map(|mention| self.mention(mention)).collect(),
        }
    }

    fn holder_record(&self, by_holder: &HolderSentiment) -> HolderRecord {
        HolderRecord {
            holder: self.holder(by_holder.holder),
            label: label(by_holder.sentiment.label),
            score: rounded(by_holder.sentiment.score),
            mentions: by_holder.mentions,
        }
    }

    fn mention(&self, mention: &Mention) -> MentionRecord {
        let (field, start, end, text) = self.place_of(mention.location);
        MentionRecord {
            field,
            start,
            end,
            text,
            via: via(mention.via),
            sentence: self.table(mention.location.field).convert(mention.sentence),
            holder: self.holder(mention.holder),
            sentiment: sentiment(mention.sentiment),
        }
    }

    fn place(&self, place: &Place) -> PlaceRecord {
        let mention = |&location: &Location| {
            let (field, start, end, text) = self.place_of(location);
            PlaceMention { field, start, end, text }
        };
        PlaceRecord {
            name: place.name.clone(),
            wikidata: place.wikidata.clone(),
            mentions: place.mentions.iter().map(mention).collect(),
        }
    }

    fn quote(&self, quote: &Quote) -> QuoteRecord {
        let (field, start, end, _) = self.place_of(quote.location);
        let speaker = quote.speaker.and_then(|speaker| self.id(speaker));
        QuoteRecord { field, start, end, speaker, cue: quote.cue.clone() }
    }

    /// `None` where one side is not in the list of actors: half an attitude says nothing.
    fn attitude(&self, attitude: &Attitude) -> Option<AttitudeRecord> {
        let (field, start, end, _) = self.place_of(attitude.evidence);
        Some(AttitudeRecord {
            holder: self.id(attitude.holder)?,
            target: self.id(attitude.target)?,
            label: label(attitude.label),
            confidence: rounded(attitude.confidence),
            evidence: Evidence { field, start, end },
        })
    }
}

fn all_locations(analysis: &Analysis) -> Vec<Location> {
    let sentence = |mention: &Mention| Location { field: mention.location.field, span: mention.sentence };
    let mentions = analysis.actors.iter().flat_map(|actor| &actor.mentions);
    mentions
        .flat_map(|mention| [mention.location, sentence(mention)])
        .chain(analysis.places.iter().flat_map(|place| place.mentions.iter().copied()))
        .chain(analysis.quotes.iter().map(|quote| quote.location))
        .chain(analysis.attitudes.iter().map(|attitude| attitude.evidence))
        .collect()
}

/// One id per actor, in their order: Wikidata item, else slug, else `doc:N` with N counting the actors
/// that are known in this article only. An id that is taken falls back to `doc:N` too.
fn actor_ids(actors: &[Actor]) -> Vec<String> {
    let mut taken = HashSet::new();
    let mut unknown = 0;
    let mut unique_id = |actor: &Actor| {
        // An id of the watch-list has a prefix of its own.
        let slug = actor
            .slug
            .as_ref()
            .map(|slug| if slug.contains(':') { slug.clone() } else { format!("tw:{slug}") });
        if let Some(known) = actor.wikidata.clone().or(slug).filter(|id| taken.insert(id.clone())) {
            return known;
        }
        unknown += 1;
        format!("doc:{unknown}")
    };
    actors.iter().map(&mut unique_id).collect()
}

fn article_record(article: &Article, processing: &Processing<'_>) -> ArticleRecord {
    ArticleRecord {
        id: article.id.clone(),
        title: article.title.clone(),
        language: article.language.clone(),
        published_at: article.published_at,
        source: article.source.clone(),
        url: article.url.clone(),
        byline: article.byline.clone(),
        revision: article.revision.clone(),
        content_hash: content_hash(article),
        duplicate_of: processing.duplicate_of.map(str::to_owned),
    }
}

fn processing_record(processing: &Processing<'_>) -> ProcessingRecord {
    ProcessingRecord {
        model: processing.model.to_owned(),
        version: processing.version.to_owned(),
        processed_at: processing.processed_at,
        duration_ms: round_to(processing.duration_ms, 1e3),
        source: processing.source.map(|source| SourceRecord {
            topic: source.topic.to_owned(),
            partition: source.partition,
            offset: source.offset,
        }),
    }
}

fn sentiment(sentiment: Sentiment) -> SentimentRecord {
    SentimentRecord {
        label: label(sentiment.label),
        score: rounded(sentiment.score),
        confidence: rounded(sentiment.confidence),
    }
}

/// Four decimals: what lies behind them differs between processors.
fn rounded(value: f32) -> f64 {
    round_to(f64::from(value), 1e4)
}

/// Never NaN, infinite (JSON has neither) or negative zero.
fn round_to(value: f64, steps: f64) -> f64 {
    let rounded = (value * steps).round() / steps;
    if rounded.is_finite() { rounded + 0.0 } else { 0.0 }
}

fn status(status: Status) -> RecordStatus {
    match status {
        Status::Ok => RecordStatus::Ok,
        Status::NoText => RecordStatus::NoText,
        Status::UnsupportedLanguage => RecordStatus::UnsupportedLanguage,
        Status::Truncated => RecordStatus::Truncated,
    }
}

fn field(field: Field) -> FieldName {
    match field {
        Field::Title => FieldName::Title,
        Field::Body => FieldName::Body,
    }
}

fn kind(kind: ActorKind) -> ActorKindName {
    match kind {
        ActorKind::Person => ActorKindName::Person,
        ActorKind::Organization => ActorKindName::Organization,
        ActorKind::Country => ActorKindName::Country,
        ActorKind::Group => ActorKindName::Group,
    }
}

fn role(role: Role) -> RoleName {
    match role {
        Role::Subject => RoleName::Subject,
        Role::Byline => RoleName::Byline,
        Role::QuotedOnly => RoleName::QuotedOnly,
        Role::RelatedLink => RoleName::RelatedLink,
    }
}

fn via(via: Via) -> ViaName {
    match via {
        Via::Name => ViaName::Name,
        Via::Alias => ViaName::Alias,
        Via::Acronym => ViaName::Acronym,
        Via::Metonym => ViaName::Metonym,
        Via::Role => ViaName::Role,
        Via::Demonym => ViaName::Demonym,
    }
}

fn label(polarity: Polarity) -> Label {
    match polarity {
        Polarity::Positive => Label::Positive,
        Polarity::Neutral => Label::Neutral,
        Polarity::Negative => Label::Negative,
    }
}

#[cfg(test)]
#[path = "encode_tests.rs"]
mod tests;
