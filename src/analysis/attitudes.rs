//! What actors hold of each other: in words that are theirs, and where the article reports it.

use super::assemble::{Noted, ReadField};
use super::reports::ReportedStance;
use super::verdict::from_probabilities;
use super::{Actor, ActorIndex, Attitude, Holder, HolderSentiment, Location, Polarity, Sentiment};
use std::collections::BTreeMap;

/// A reported stance is at least so sure: the words name it outright, but who is meant is read off word order.
const LEAST_CONFIDENCE: f32 = 0.6;
/// What the model can add where it agrees.
const ADDED_BY_MODEL: f32 = 0.35;
/// The model's certainty of the opposite from which on a reported stance is dropped.
const CONTRADICTION: f32 = 0.6;

/// Collects attitudes; of each pair the clearest is kept.
#[derive(Default)]
pub(super) struct Attitudes(BTreeMap<(ActorIndex, ActorIndex), Attitude>);

impl Attitudes {
    /// Mentions in quoted and reported words of an actor.
    pub(super) fn of_words(&mut self, noted: &[Noted]) {
        for Noted { actor, mention, .. } in noted {
            let Holder::Actor(holder) = mention.holder else { continue };
            if mention.sentiment.label != Polarity::Neutral && holder.0 != *actor {
                self.add(Attitude {
                    holder,
                    target: ActorIndex(*actor),
                    label: mention.sentiment.label,
                    confidence: mention.sentiment.confidence,
                    evidence: Location { field: mention.location.field, span: mention.sentence },
                });
            }
        }
    }

    /// Stances that the article reports in its own words: "X accused Y".
    pub(super) fn of_reports(&mut self, field: &ReadField<'_>) {
        for stance in &field.reports.stances {
            self.report(field, stance);
        }
    }

    fn report(&mut self, field: &ReadField<'_>, reported: &ReportedStance) {
        let stance = &reported.stance;
        let label = if stance.is_positive { Polarity::Positive } else { Polarity::Negative };
        let opposed = reported.read.map(from_probabilities).is_some_and(|read| {
            read.label != label && read.label != Polarity::Neutral && read.confidence >= CONTRADICTION
        });
        if opposed {
            return;
        }
        let agreement = reported
            .read
            .map_or(0.0, |[negative, _, positive]| if stance.is_positive { positive } else { negative });
        self.add(Attitude {
            holder: ActorIndex(stance.holder),
            target: ActorIndex(stance.target),
            label,
            confidence: (LEAST_CONFIDENCE + ADDED_BY_MODEL * agreement).clamp(0.0, 1.0),
            evidence: field.location(reported.evidence.clone()),
        });
    }

    fn add(&mut self, attitude: Attitude) {
        self.0
            .entry((attitude.holder, attitude.target))
            .and_modify(|known| {
                if attitude.confidence > known.confidence {
                    *known = attitude;
                }
            })
            .or_insert(attitude);
    }

    /// One attitude per pair, in order of holder and target.
    pub(super) fn clearest(self) -> Vec<Attitude> {
        self.0.into_values().collect()
    }
}

/// Gives each target a row for every holder whose stance the article only reports. Its mentions stay the article's, who
/// reports a criticism without making it its own: the row counts none.
pub(super) fn held_by_others(actors: &mut [Actor], attitudes: &[Attitude]) {
    for attitude in attitudes {
        let Some(target) = actors.get_mut(attitude.target.0) else { continue };
        let holder = Holder::Actor(attitude.holder);
        if target.by_holder.iter().any(|row| row.holder == holder) {
            continue;
        }
        let score = match attitude.label {
            Polarity::Positive => attitude.confidence,
            Polarity::Neutral => 0.0,
            Polarity::Negative => -attitude.confidence,
        };
        let sentiment = Sentiment { label: attitude.label, score, confidence: attitude.confidence };
        let row = HolderSentiment { holder, sentiment, mentions: 0 };
        let at = target.by_holder.partition_point(|known| known.holder < holder);
        target.by_holder.insert(at, row);
    }
}
