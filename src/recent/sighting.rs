//! What one article shows, built by the worker that has read it.

use std::ops::Range;

use jiff::Timestamp;

use crate::analysis::{Actor, ActorKind, Analysis, Field, Holder, Mention, Polarity, Status};
use crate::article::Article;
use crate::record::EnrichedRecord;

use super::excerpt::{Excerpt, beginning};

/// Longer texts are cut: the page shows an article, it does not store it.
const MOST_BODY_BYTES: usize = 16 * 1024;
const MOST_TITLE_BYTES: usize = 400;
/// Of names, publishers and addresses.
const MOST_LABEL_BYTES: usize = 200;
const MOST_URL_BYTES: usize = 2_000;
const MOST_EXCERPT_BYTES: usize = 360;
const MOST_ACTORS: usize = 100;
const MOST_MENTIONS: usize = 500;

/// An actor's id in a record that holds for that record only.
const ONLY_HERE: &str = "doc:";

/// One article with its actors, as far as the page shows it.
#[derive(Debug)]
pub struct Sighting {
    pub(super) title: Option<String>,
    pub(super) body: String,
    /// The body is only the beginning of the article's.
    pub(super) is_shortened: bool,
    pub(super) source: Option<String>,
    /// Only where a browser may follow it: http or https.
    pub(super) url: Option<String>,
    pub(super) language: Option<String>,
    pub(super) published_at: Option<Timestamp>,
    pub(super) status: Status,
    pub(super) actors: Vec<SeenActor>,
    /// In order of position; the title comes first.
    pub(super) mentions: Vec<SeenMention>,
}

/// An actor of the article, with the article's verdict.
#[derive(Debug)]
pub(super) struct SeenActor {
    /// The same for the same actor in every article.
    pub(super) key: String,
    pub(super) name: String,
    pub(super) kind: ActorKind,
    pub(super) polarity: Polarity,
    pub(super) score: f32,
    pub(super) salience: f32,
    /// `None` for an actor whose mentions all stand beyond what was read.
    pub(super) evidence: Option<SeenEvidence>,
}

/// The sentence that shows the verdict best.
#[derive(Debug)]
pub(super) struct SeenEvidence {
    pub(super) excerpt: Excerpt,
    pub(super) polarity: Polarity,
    pub(super) confidence: f32,
    /// `None`: the article itself.
    pub(super) holder: Option<String>,
}

/// A place in the text where an actor is named.
#[derive(Debug)]
pub(super) struct SeenMention {
    pub(super) field: Field,
    /// Bytes of title or body.
    pub(super) range: Range<usize>,
    /// Position in [`Sighting::actors`].
    pub(super) actor: usize,
    pub(super) polarity: Polarity,
    pub(super) confidence: f32,
    /// Position in [`Sighting::actors`]; `None`: the article itself.
    pub(super) holder: Option<usize>,
}

impl Sighting {
    /// What an article shows. The record has the ids of the actors, in the order of the analysis.
    #[must_use]
    pub fn of(article: &Article, analysis: &Analysis, record: &EnrichedRecord) -> Self {
        let title = article.title.as_deref().map(|title| beginning(title, MOST_TITLE_BYTES));
        let body = beginning(&article.body, MOST_BODY_BYTES);
        let label =
            |text: &Option<String>| text.as_deref().map(|text| beginning(text, MOST_LABEL_BYTES).to_owned());
        let actors = analysis.actors.iter().zip(&record.actors).take(MOST_ACTORS);
        Self {
            title: title.map(str::to_owned),
            body: body.to_owned(),
            is_shortened: body.len() < article.body.len(),
            source: label(&article.source),
            url: article.url.clone().filter(|url| can_be_followed(url)),
            language: label(&article.language),
            published_at: article.published_at,
            status: analysis.status,
            mentions: mentions(analysis, title.unwrap_or_default(), body),
            actors: actors
                .map(|(actor, recorded)| SeenActor {
                    key: key(&recorded.id, actor),
                    name: beginning(&actor.name, MOST_LABEL_BYTES).to_owned(),
                    kind: actor.kind,
                    polarity: actor.sentiment.label,
                    score: actor.sentiment.score,
                    salience: actor.salience,
                    evidence: evidence(article, analysis, actor),
                })
                .collect(),
        }
    }

    /// About the memory that it holds, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        size_of::<Self>()
            + self.body.len()
            + [&self.title, &self.source, &self.url, &self.language].map(length).iter().sum::<usize>()
            + self.actors.iter().map(SeenActor::size).sum::<usize>()
            + self.mentions.len() * size_of::<SeenMention>()
    }
}

impl SeenActor {
    fn size(&self) -> usize {
        size_of::<Self>()
            + self.key.len()
            + self.name.len()
            + self.evidence.as_ref().map_or(0, SeenEvidence::size)
    }
}

impl SeenEvidence {
    pub(super) fn size(&self) -> usize {
        size_of::<Self>() + self.excerpt.text.len() + self.holder.as_ref().map_or(0, String::len)
    }
}

/// Somebody who is known in one article only is told apart by kind and name.
fn key(id: &str, actor: &Actor) -> String {
    if id.starts_with(ONLY_HERE) {
        format!("{}:{}", actor.kind.as_str(), beginning(&actor.name, MOST_LABEL_BYTES).to_lowercase())
    } else {
        beginning(id, MOST_LABEL_BYTES).to_owned()
    }
}

/// A page must not offer `javascript:` and the like.
fn can_be_followed(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    url.len() <= MOST_URL_BYTES && matches!(scheme.as_deref(), Some("http" | "https"))
}

fn mentions(analysis: &Analysis, title: &str, body: &str) -> Vec<SeenMention> {
    let mut mentions: Vec<SeenMention> = analysis
        .actors
        .iter()
        .take(MOST_ACTORS)
        .enumerate()
        .flat_map(|(index, actor)| actor.mentions.iter().map(move |mention| (index, mention)))
        .map(|(actor, mention)| SeenMention {
            field: mention.location.field,
            range: range(mention),
            actor,
            polarity: mention.sentiment.label,
            confidence: mention.sentiment.confidence,
            holder: match mention.holder {
                Holder::Article => None,
                Holder::Actor(holder) => Some(holder.0).filter(|holder| *holder < MOST_ACTORS),
            },
        })
        .filter(|mention| {
            let text = if mention.field == Field::Title { title } else { body };
            !mention.range.is_empty() && text.get(mention.range.clone()).is_some()
        })
        .collect();
    mentions.sort_by_key(|mention| (mention.field, mention.range.start, usize::MAX - mention.range.end));
    mentions.truncate(MOST_MENTIONS);
    mentions
}

fn range(mention: &Mention) -> Range<usize> {
    let span = mention.location.span;
    span.start.0..span.end.0
}

/// The mention that speaks clearest for the verdict; else the first.
fn evidence(article: &Article, analysis: &Analysis, actor: &Actor) -> Option<SeenEvidence> {
    let agrees = |mention: &&Mention| mention.sentiment.label == actor.sentiment.label;
    let strength = |mention: &&Mention| mention.sentiment.score.abs();
    let clearest = actor
        .mentions
        .iter()
        .filter(agrees)
        .filter(|_| actor.sentiment.label != Polarity::Neutral)
        .max_by(|one, other| strength(one).total_cmp(&strength(other)));
    let mention = clearest.or(actor.mentions.first())?;
    let text = match mention.location.field {
        Field::Title => article.title.as_deref().unwrap_or_default(),
        Field::Body => &article.body,
    };
    let sentence = mention.sentence.start.0..mention.sentence.end.0;
    let holder = match mention.holder {
        Holder::Article => None,
        Holder::Actor(index) => analysis.actors.get(index.0).map(|actor| actor.name.as_str()),
    };
    Some(SeenEvidence {
        excerpt: Excerpt::of(text, sentence, range(mention), MOST_EXCERPT_BYTES),
        polarity: mention.sentiment.label,
        confidence: mention.sentiment.confidence,
        holder: holder.map(|name| beginning(name, MOST_LABEL_BYTES).to_owned()),
    })
}
