//! What actors hold of each other: in words that are theirs, and where the article reports it.

use super::assemble::{FoundName, Noted, ReadField};
use super::verdict::from_probabilities;
use super::{Actor, ActorIndex, Attitude, Holder, HolderSentiment, Location, Polarity, Sentiment};
use crate::actors::{NameClass, Resolution};
use crate::sentiment::{Stance, StanceMention, stances};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

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
    pub(super) fn of_reports(&mut self, field: &ReadField<'_>, resolution: &Resolution) {
        let mut mentions = field.mentions.iter().peekable();
        let mut person_before = None;
        for (index, sentence) in field.reading.sentences.iter().enumerate() {
            let mut names: Vec<(&FoundName, StanceMention)> = Vec::new();
            while let Some(&mention) = mentions.peek() {
                let Some(name) =
                    mention.candidate.checked_sub(field.first).and_then(|at| field.names.get(at))
                else {
                    break;
                };
                if name.sentence > index {
                    break;
                }
                mentions.next();
                let range = &name.candidate.range;
                let behind =
                    names.last().is_none_or(|(_, last)| last.range.end + sentence.start <= range.start);
                if range.start < sentence.start || range.end > sentence.end || !behind {
                    continue;
                }
                let person = resolution
                    .actors
                    .get(mention.actor)
                    .is_some_and(|actor| actor.class == NameClass::Person);
                let range = range.start - sentence.start..range.end - sentence.start;
                names.push((name, StanceMention { range, actor: mention.actor, person }));
            }
            if field.reading.boilerplate_at(sentence.start).is_some() {
                continue;
            }
            let (scored, named): (Vec<&FoundName>, Vec<StanceMention>) = names.into_iter().unzip();
            let text = field.reading.clean().get(sentence.clone()).unwrap_or_default();
            for stance in stances(text, &named, person_before) {
                self.report(field, sentence.start, &stance, &scored);
            }
            person_before = only_person(&named);
        }
    }

    fn report(&mut self, field: &ReadField<'_>, start: usize, stance: &Stance, scored: &[&FoundName]) {
        let label = if stance.is_positive { Polarity::Positive } else { Polarity::Negative };
        let read = stance
            .target_mention
            .and_then(|mention| scored.get(mention))
            .map(|name| name.score.probabilities);
        let sentiment = read.map(from_probabilities);
        let opposed = sentiment.is_some_and(|read| {
            read.label != label && read.label != Polarity::Neutral && read.confidence >= CONTRADICTION
        });
        if opposed {
            return;
        }
        let agreement =
            read.map_or(0.0, |[negative, _, positive]| if stance.is_positive { positive } else { negative });
        let evidence = stance.evidence.start + start..stance.evidence.end + start;
        self.add(Attitude {
            holder: ActorIndex(stance.holder),
            target: ActorIndex(stance.target),
            label,
            confidence: (LEAST_CONFIDENCE + ADDED_BY_MODEL * agreement).clamp(0.0, 1.0),
            evidence: field.location(evidence),
        });
    }

    fn add(&mut self, attitude: Attitude) {
        match self.0.entry((attitude.holder, attitude.target)) {
            Entry::Vacant(room) => {
                room.insert(attitude);
            }
            Entry::Occupied(mut known) if attitude.confidence > known.get().confidence => {
                known.insert(attitude);
            }
            Entry::Occupied(_) => {}
        }
    }

    /// One attitude per pair, in order of holder and target.
    pub(super) fn clearest(self) -> Vec<Attitude> {
        self.0.into_values().collect()
    }
}

/// The one person of a sentence, if there is just one.
fn only_person(named: &[StanceMention]) -> Option<usize> {
    let mut people = named.iter().filter(|mention| mention.person).map(|mention| mention.actor);
    let first = people.next()?;
    people.all(|other| other == first).then_some(first)
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
