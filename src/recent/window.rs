//! What is kept, and what goes when there is too much: bounds by time, by number of actors and by bytes of text.
//!
//! Nothing here is done for each article but to add it: what is too old goes once in a stretch of time, and the rarest
//! actors go when there are twice as many as there may be, all at once.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::config::RecentConfig;

use super::actor::{Actor, Bucket, Counts, Evidence, Origin, at, expire};
use super::sighting::{SeenActor, Sighting};

/// Stretches of time in the window.
pub(super) const BUCKETS: u64 = 60;

/// An article that is kept.
#[derive(Debug)]
pub(super) struct Kept {
    /// Counts up from 1: the publisher's id may not be unique.
    pub(super) number: u64,
    /// Seconds since the start.
    pub(super) at: u64,
    pub(super) seen: Sighting,
}

/// Articles and verdicts of one stretch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Totals {
    pub(super) articles: u32,
    pub(super) counts: Counts,
}

/// The last minutes. Times are seconds since the start.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) bounds: RecentConfig,
    pub(super) totals: VecDeque<Bucket<Totals>>,
    pub(super) actors: HashMap<String, Actor>,
    /// The newest last.
    pub(super) articles: VecDeque<Arc<Kept>>,
    last_number: u64,
    /// The stretch in which the last look for what is too old was.
    expired_in: u64,
    article_bytes: usize,
    evidence_bytes: usize,
}

impl Window {
    pub(super) fn new(bounds: RecentConfig) -> Self {
        Self {
            bounds,
            totals: VecDeque::new(),
            actors: HashMap::new(),
            articles: VecDeque::new(),
            last_number: 0,
            expired_in: 0,
            article_bytes: 0,
            evidence_bytes: 0,
        }
    }

    /// Takes in an article.
    pub(super) fn add(&mut self, now: u64, mut seen: Sighting) {
        self.expire(now);
        self.last_number += 1;
        let bucket = self.bucket(now);
        let seen_actors: Vec<_> = seen
            .actors
            .iter_mut()
            .map(|actor| (actor.evidence.take(), actor.polarity, actor.score))
            .collect();
        let kept = Arc::new(Kept { number: self.last_number, at: now, seen });
        let origin = Arc::new(Origin::of(&kept));

        let totals = at(&mut self.totals, bucket);
        totals.articles += 1;
        for (seen, (evidence, polarity, score)) in kept.seen.actors.iter().zip(seen_actors) {
            totals.counts.add(polarity, score);
            let actor = known(&mut self.actors, seen);
            actor.articles += 1;
            actor.last_seen = now;
            at(&mut actor.buckets, bucket).add(polarity, score);
            if let Some(seen) = evidence {
                let (came, went) = actor.add_evidence(Evidence { seen, article: Arc::clone(&origin) });
                self.evidence_bytes = self.evidence_bytes + came - went;
            }
        }
        self.article_bytes += kept.seen.size();
        self.articles.push_back(kept);
        self.shrink();
    }

    /// Drops what is too old, where that was not done in this stretch of time.
    pub(super) fn expire(&mut self, now: u64) {
        let bucket = self.bucket(now);
        if bucket == self.expired_in {
            return;
        }
        self.expired_in = bucket;
        let oldest_bucket = (bucket + 1).saturating_sub(BUCKETS);
        let oldest_second = oldest_bucket * self.bucket_seconds();
        expire(&mut self.totals, oldest_bucket);
        while self.articles.front().is_some_and(|article| article.at < oldest_second) {
            self.forget_oldest_article();
        }
        for actor in self.actors.values_mut() {
            self.evidence_bytes -= actor.expire(oldest_bucket, oldest_second);
        }
        self.actors.retain(|_, actor| actor.articles > 0);
    }

    /// Texts of articles may take what the sentences leave; these may take half of all.
    fn shrink(&mut self) {
        let most = self.bounds.actors.get();
        if self.actors.len() > 2 * most {
            self.keep_most_frequent(most);
        }
        while self.evidence_bytes > self.bounds.text_bytes / 2 && !self.actors.is_empty() {
            self.keep_most_frequent(self.actors.len() / 2);
        }
        while self.bytes() > self.bounds.text_bytes && !self.articles.is_empty() {
            self.forget_oldest_article();
        }
    }

    fn forget_oldest_article(&mut self) {
        if let Some(article) = self.articles.pop_front() {
            self.article_bytes -= article.seen.size();
        }
    }

    /// Of actors with as many articles, the one that was seen last stays.
    fn keep_most_frequent(&mut self, number: usize) {
        let rank = |actor: &Actor| (actor.articles, actor.last_seen);
        let mut ranks: Vec<_> = self.actors.values().map(rank).collect();
        if number >= ranks.len() {
            return;
        }
        let (_, &mut first_to_go, _) = ranks.select_nth_unstable_by(number, |one, other| other.cmp(one));
        let mut room = number;
        let above = self.actors.values().filter(|actor| rank(actor) > first_to_go).count();
        room -= above;
        let evidence_bytes = &mut self.evidence_bytes;
        self.actors.retain(|_, actor| {
            let stays = match rank(actor).cmp(&first_to_go) {
                std::cmp::Ordering::Greater => true,
                std::cmp::Ordering::Equal if room > 0 => {
                    room -= 1;
                    true
                }
                _ => false,
            };
            if !stays {
                *evidence_bytes -= actor.evidence_size();
            }
            stays
        });
    }

    /// An article by its number.
    pub(super) fn article(&self, number: u64) -> Option<&Arc<Kept>> {
        let oldest = self.articles.front()?.number;
        self.articles.get(usize::try_from(number.checked_sub(oldest)?).ok()?)
    }

    /// Bytes of text that are kept.
    pub(super) fn bytes(&self) -> usize {
        self.article_bytes + self.evidence_bytes
    }

    /// The stretch that a time lies in.
    pub(super) fn bucket(&self, second: u64) -> u64 {
        second / self.bucket_seconds()
    }

    pub(super) fn bucket_seconds(&self) -> u64 {
        (self.bounds.window.as_secs() / BUCKETS).max(1)
    }
}

fn known<'a>(actors: &'a mut HashMap<String, Actor>, seen: &SeenActor) -> &'a mut Actor {
    actors.entry(seen.key.clone()).or_insert_with(|| Actor::new(seen.name.clone(), seen.kind))
}
