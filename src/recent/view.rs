//! What is shown of the window. Texts are cut where mentions begin and end, so that whoever shows them needs to know
//! no unit of offsets.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

use crate::analysis::{Field, Polarity, Status};

use super::actor::{Actor, Bucket, Counts, Evidence};
use super::excerpt::Excerpt;
use super::sighting::{SeenActor, SeenMention};
use super::window::{BUCKETS, Kept, Window};

/// Rows of an overview.
const SHOWN_ACTORS: usize = 100;
const SHOWN_ARTICLES: usize = 20;
/// Actors named beside an article in a list.
const SHOWN_PER_ARTICLE: usize = 4;

/// Actors and articles of the last minutes.
#[derive(Debug, Serialize)]
pub struct Overview {
    /// Length of the window, in minutes.
    pub minutes: u64,
    /// Length of one of its stretches, in seconds.
    pub bucket_seconds: u64,
    /// Number of stretches; the last is the one that runs.
    pub buckets: u64,
    /// Articles in each stretch that had any.
    pub articles_over_time: Vec<(u64, u32)>,
    pub verdicts: Verdicts,
    pub articles: u64,
    /// How many actors are kept; `actors` are the most frequent of them.
    pub actors_kept: usize,
    pub actors: Vec<ActorRow>,
    /// The newest first.
    pub newest: Vec<ArticleRow>,
}

/// Articles by their verdict on an actor.
#[derive(Debug, Serialize)]
pub struct Verdicts {
    pub positive: u32,
    pub neutral: u32,
    pub negative: u32,
    /// Mean of the scores, from -1 to 1.
    pub mean: f32,
}

/// An actor in a list.
#[derive(Debug, Serialize)]
pub struct ActorRow {
    pub key: String,
    pub name: String,
    pub kind: &'static str,
    pub articles: u32,
    pub verdicts: Verdicts,
    /// Each stretch with articles: its number, positive, neutral, negative, mean score.
    pub over_time: Vec<(u64, u32, u32, u32, f32)>,
}

/// An actor with the newest sentences about it.
#[derive(Debug, Serialize)]
pub struct ActorView {
    #[serde(flatten)]
    pub row: ActorRow,
    /// The newest first.
    pub evidence: Vec<EvidenceView>,
}

/// A sentence that shows a verdict.
#[derive(Debug, Serialize)]
pub struct EvidenceView {
    /// What stands before the mention, the mention, and what stands after it.
    pub text: [String; 3],
    pub polarity: &'static str,
    pub confidence: f32,
    /// Whose voice it is; null for the article's own.
    pub holder: Option<String>,
    pub article: u64,
    /// The article's text is still kept.
    pub article_is_kept: bool,
    pub title: Option<String>,
    pub source: Option<String>,
    /// When it was read, in seconds since 1970.
    pub at: f64,
}

/// An article in a list.
#[derive(Debug, Serialize)]
pub struct ArticleRow {
    pub number: u64,
    pub title: Option<String>,
    /// Where there is no title: how the text begins.
    pub beginning: Option<String>,
    pub source: Option<String>,
    pub at: f64,
    /// The most prominent ones.
    pub actors: Vec<Verdict>,
    pub more_actors: usize,
}

/// An article's verdict on an actor.
#[derive(Debug, Serialize)]
pub struct Verdict {
    pub key: String,
    pub name: String,
    pub kind: &'static str,
    pub polarity: &'static str,
    pub score: f32,
}

/// An article with its mentions.
#[derive(Debug, Serialize)]
pub struct ArticleView {
    pub number: u64,
    pub status: &'static str,
    pub source: Option<String>,
    pub url: Option<String>,
    pub language: Option<String>,
    /// RFC 3339.
    pub published_at: Option<String>,
    /// When it was read, in seconds since 1970.
    pub at: f64,
    pub title: Vec<Segment>,
    pub body: Vec<Segment>,
    /// The body is only the beginning of the article's.
    pub is_shortened: bool,
    /// In order of first mention.
    pub actors: Vec<Verdict>,
}

/// A piece of a text: a mention, or what stands between two.
#[derive(Debug, Serialize, PartialEq)]
pub struct Segment {
    pub text: String,
    pub mention: Option<MentionView>,
}

#[derive(Debug, Serialize, PartialEq)]
pub struct MentionView {
    /// Position in [`ArticleView::actors`].
    pub actor: usize,
    pub polarity: &'static str,
    pub confidence: f32,
    /// Position in [`ArticleView::actors`]; null for the article's own voice.
    pub holder: Option<usize>,
}

pub(super) fn overview(window: &mut Window, now: u64, started_at: f64) -> Overview {
    window.expire(now);
    let clock = Clock::of(window, now, started_at);
    let mut actors: Vec<_> = window.actors.iter().collect();
    let rank = |actor: &Actor| (actor.articles, actor.last_seen);
    actors.sort_unstable_by(|(one_key, one), (other_key, other)| {
        rank(other).cmp(&rank(one)).then_with(|| one_key.cmp(other_key))
    });
    let verdicts = window.totals.iter().fold(Counts::default(), |sum, (_, totals)| sum.sum(totals.counts));
    let articles = window.totals.iter().map(|(_, totals)| u64::from(totals.articles)).sum();
    Overview {
        minutes: window.bounds.window.as_secs() / 60,
        bucket_seconds: window.bucket_seconds(),
        buckets: BUCKETS,
        articles_over_time: window
            .totals
            .iter()
            .map(|(number, totals)| (clock.position(*number), totals.articles))
            .collect(),
        verdicts: verdicts_of(verdicts),
        articles,
        actors_kept: actors.len(),
        actors: actors.iter().take(SHOWN_ACTORS).map(|(key, actor)| actor_row(key, actor, &clock)).collect(),
        newest: window
            .articles
            .iter()
            .rev()
            .take(SHOWN_ARTICLES)
            .map(|kept| article_row(kept, &clock))
            .collect(),
    }
}

pub(super) fn actor(window: &mut Window, key: &str, now: u64, started_at: f64) -> Option<ActorView> {
    window.expire(now);
    let clock = Clock::of(window, now, started_at);
    let actor = window.actors.get(key)?;
    let evidence = actor.evidence.iter().rev();
    Some(ActorView {
        row: actor_row(key, actor, &clock),
        evidence: evidence.map(|evidence| evidence_view(evidence, window, &clock)).collect(),
    })
}

pub(super) fn article(kept: &Arc<Kept>, started_at: f64) -> ArticleView {
    let Kept { number, at, seen } = &**kept;
    let segments =
        |field, text: &str| segments(text, seen.mentions.iter().filter(|mention| mention.field == field));
    ArticleView {
        number: *number,
        status: status(seen.status),
        source: seen.source.clone(),
        url: seen.url.clone(),
        language: seen.language.clone(),
        published_at: seen.published_at.map(|time| time.to_string()),
        at: moment(*at, started_at),
        title: segments(Field::Title, seen.title.as_deref().unwrap_or_default()),
        body: segments(Field::Body, &seen.body),
        is_shortened: seen.is_shortened,
        actors: seen.actors.iter().map(verdict).collect(),
    }
}

/// Stretches and seconds of the window as they are told.
struct Clock {
    newest_bucket: u64,
    started_at: f64,
}

impl Clock {
    fn of(window: &Window, now: u64, started_at: f64) -> Self {
        Self { newest_bucket: window.bucket(now), started_at }
    }

    /// The last is always the stretch that runs.
    fn position(&self, bucket: u64) -> u64 {
        (BUCKETS - 1).saturating_sub(self.newest_bucket.saturating_sub(bucket))
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a life of a process fit into 53 bits")]
fn moment(second: u64, started_at: f64) -> f64 {
    started_at + second as f64
}

fn actor_row(key: &str, actor: &Actor, clock: &Clock) -> ActorRow {
    ActorRow {
        key: key.to_owned(),
        name: actor.name.clone(),
        kind: actor.kind.as_str(),
        articles: actor.articles,
        verdicts: verdicts_of(actor.counts()),
        over_time: over_time(&actor.buckets, clock),
    }
}

fn over_time(buckets: &VecDeque<Bucket<Counts>>, clock: &Clock) -> Vec<(u64, u32, u32, u32, f32)> {
    let point = |(number, counts): &Bucket<Counts>| {
        let Counts { positive, neutral, negative, .. } = *counts;
        (clock.position(*number), positive, neutral, negative, mean(*counts))
    };
    buckets.iter().map(point).collect()
}

fn verdicts_of(counts: Counts) -> Verdicts {
    let Counts { positive, neutral, negative, .. } = counts;
    Verdicts { positive, neutral, negative, mean: mean(counts) }
}

/// Two decimals are more than a picture shows.
fn mean(counts: Counts) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "a mean is rounded anyway")]
    let verdicts = counts.verdicts().max(1) as f32;
    rounded(counts.score / verdicts)
}

fn rounded(value: f32) -> f32 {
    (value * 100.0).round() / 100.0 + 0.0
}

fn evidence_view(evidence: &Evidence, window: &Window, clock: &Clock) -> EvidenceView {
    let Evidence { seen, article } = evidence;
    let Excerpt { text, mark } = &seen.excerpt;
    let part = |range: Range<usize>| text.get(range).unwrap_or_default().to_owned();
    EvidenceView {
        text: [part(0..mark.start), part(mark.clone()), part(mark.end..text.len())],
        polarity: polarity(seen.polarity),
        confidence: rounded(seen.confidence),
        holder: seen.holder.clone(),
        article: article.number,
        article_is_kept: window.article(article.number).is_some(),
        title: article.title.clone(),
        source: article.source.clone(),
        at: moment(article.at, clock.started_at),
    }
}

fn article_row(kept: &Kept, clock: &Clock) -> ArticleRow {
    const MOST_BEGINNING_BYTES: usize = 120;
    let Kept { number, at, seen } = kept;
    let mut prominent: Vec<&SeenActor> = seen.actors.iter().collect();
    prominent.sort_by(|one, other| other.salience.total_cmp(&one.salience));
    prominent.truncate(SHOWN_PER_ARTICLE);
    let untitled = seen.title.as_deref().is_none_or(|title| title.trim().is_empty());
    let beginning = untitled.then(|| super::excerpt::beginning(&seen.body, MOST_BEGINNING_BYTES).to_owned());
    ArticleRow {
        number: *number,
        title: seen.title.clone(),
        beginning,
        source: seen.source.clone(),
        at: moment(*at, clock.started_at),
        more_actors: seen.actors.len() - prominent.len(),
        actors: prominent.into_iter().map(verdict).collect(),
    }
}

fn verdict(actor: &SeenActor) -> Verdict {
    Verdict {
        key: actor.key.clone(),
        name: actor.name.clone(),
        kind: actor.kind.as_str(),
        polarity: polarity(actor.polarity),
        score: rounded(actor.score),
    }
}

/// The text in pieces. Of mentions that overlap, the one that begins first is shown, and the longer of two.
fn segments<'a>(text: &str, mentions: impl Iterator<Item = &'a SeenMention>) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut end = 0;
    let mut push = |range: Range<usize>, mention| {
        if let Some(text) = text.get(range).filter(|text| !text.is_empty()) {
            segments.push(Segment { text: text.to_owned(), mention });
        }
    };
    for mention in mentions {
        if mention.range.start < end {
            continue;
        }
        push(end..mention.range.start, None);
        push(mention.range.clone(), Some(mention_view(mention)));
        end = mention.range.end;
    }
    push(end..text.len(), None);
    segments
}

fn mention_view(mention: &SeenMention) -> MentionView {
    MentionView {
        actor: mention.actor,
        polarity: polarity(mention.polarity),
        confidence: rounded(mention.confidence),
        holder: mention.holder,
    }
}

fn polarity(polarity: Polarity) -> &'static str {
    match polarity {
        Polarity::Positive => "positive",
        Polarity::Neutral => "neutral",
        Polarity::Negative => "negative",
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Ok => "ok",
        Status::NoText => "no_text",
        Status::UnsupportedLanguage => "unsupported_language",
        Status::Truncated => "truncated",
    }
}
