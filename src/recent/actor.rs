//! One actor over the last minutes.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::analysis::{ActorKind, Polarity};

use super::sighting::SeenEvidence;
use super::window::Kept;

/// The newest sentences that are kept of an actor.
pub(super) const MOST_EVIDENCE: usize = 6;

/// Verdicts of articles, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counts {
    pub(super) positive: u32,
    pub(super) neutral: u32,
    pub(super) negative: u32,
    /// Sum of the scores, each from -1 to 1.
    pub(super) score: f32,
}

impl Counts {
    pub(super) fn add(&mut self, polarity: Polarity, score: f32) {
        match polarity {
            Polarity::Positive => self.positive += 1,
            Polarity::Neutral => self.neutral += 1,
            Polarity::Negative => self.negative += 1,
        }
        self.score += score;
    }

    pub(super) fn sum(self, other: Self) -> Self {
        Self {
            positive: self.positive + other.positive,
            neutral: self.neutral + other.neutral,
            negative: self.negative + other.negative,
            score: self.score + other.score,
        }
    }

    pub(super) fn verdicts(self) -> u32 {
        self.positive + self.neutral + self.negative
    }
}

/// Counts of one stretch of time. Stretches without any are not kept.
pub(super) type Bucket<T> = (u64, T);

/// The counts of a stretch, which is a new one or the newest.
pub(super) fn at<T: Default>(buckets: &mut VecDeque<Bucket<T>>, number: u64) -> &mut T {
    if buckets.back().is_none_or(|(newest, _)| *newest < number) {
        buckets.push_back((number, T::default()));
    }
    let newest = buckets.len() - 1;
    &mut buckets[newest].1
}

/// Drops the stretches before `oldest`.
pub(super) fn expire<T>(buckets: &mut VecDeque<Bucket<T>>, oldest: u64) {
    while buckets.front().is_some_and(|(number, _)| *number < oldest) {
        buckets.pop_front();
    }
}

/// An actor that is kept.
#[derive(Debug)]
pub(super) struct Actor {
    pub(super) name: String,
    pub(super) kind: ActorKind,
    /// Verdicts in the window.
    pub(super) articles: u32,
    pub(super) last_seen: u64,
    pub(super) buckets: VecDeque<Bucket<Counts>>,
    /// The newest last.
    pub(super) evidence: VecDeque<Evidence>,
}

/// A sentence with the article it is from. The article's text may be gone before its sentence.
#[derive(Debug)]
pub(super) struct Evidence {
    pub(super) seen: SeenEvidence,
    pub(super) article: Arc<Origin>,
}

/// What is shown of an article beside a sentence of it.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) number: u64,
    pub(super) at: u64,
    pub(super) title: Option<String>,
    pub(super) source: Option<String>,
}

impl Origin {
    pub(super) fn of(kept: &Kept) -> Self {
        let Kept { number, at, seen } = kept;
        Self { number: *number, at: *at, title: seen.title.clone(), source: seen.source.clone() }
    }

    fn size(&self) -> usize {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        size_of::<Self>() + length(&self.title) + length(&self.source)
    }
}

impl Evidence {
    /// About its memory, in bytes. The origin is counted with each of its sentences.
    fn size(&self) -> usize {
        self.seen.size() + self.article.size()
    }
}

impl Actor {
    pub(super) fn new(name: String, kind: ActorKind) -> Self {
        Self { name, kind, articles: 0, last_seen: 0, buckets: VecDeque::new(), evidence: VecDeque::new() }
    }

    /// Adds a sentence, and drops the oldest beyond the limit. Returns the bytes that came and went.
    pub(super) fn add_evidence(&mut self, evidence: Evidence) -> (usize, usize) {
        let came = evidence.size();
        self.evidence.push_back(evidence);
        let oldest = if self.evidence.len() > MOST_EVIDENCE { self.evidence.pop_front() } else { None };
        (came, oldest.map_or(0, |oldest| oldest.size()))
    }

    /// Drops what is older. Returns the bytes that went.
    pub(super) fn expire(&mut self, oldest_bucket: u64, oldest_second: u64) -> usize {
        expire(&mut self.buckets, oldest_bucket);
        self.articles = self.buckets.iter().map(|(_, counts)| counts.verdicts()).sum();
        let before = self.evidence_size();
        self.evidence.retain(|evidence| evidence.article.at >= oldest_second);
        before - self.evidence_size()
    }

    pub(super) fn evidence_size(&self) -> usize {
        self.evidence.iter().map(Evidence::size).sum()
    }

    pub(super) fn counts(&self) -> Counts {
        self.buckets.iter().fold(Counts::default(), |sum, (_, counts)| sum.sum(*counts))
    }
}
