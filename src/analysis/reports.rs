//! What the article's own words report of its actors, sentence by sentence.

use super::assemble::FoundName;
use super::reading::Reading;
use crate::actors::{ActorKind, Resolution, ResolvedMention};
use crate::sentiment::{Part, Stance, StanceMention, report};
use std::collections::HashMap;
use std::ops::Range;

/// The reports of a field.
#[derive(Default)]
pub(super) struct Reports {
    pub stances: Vec<ReportedStance>,
    /// What is told of each candidate.
    parts: HashMap<usize, Vec<Part>>,
}

/// A stance with its place in the clean text.
pub(super) struct ReportedStance {
    pub stance: Stance,
    pub evidence: Range<usize>,
    /// What the model reads of the target's mention.
    pub read: Option<[f32; 3]>,
}

impl Reports {
    /// `mentions` are those of the field, `first` is the number of candidates in the fields before it.
    pub(super) fn new(
        reading: &Reading,
        names: &[FoundName],
        mentions: &[ResolvedMention],
        first: usize,
        resolution: &Resolution,
    ) -> Self {
        let mut reports = Self::default();
        let mut person_before = None;
        let named = mentions
            .iter()
            .filter_map(|mention| Some((mention, names.get(mention.candidate.checked_sub(first)?)?)));
        let mut named = named.peekable();
        for (index, sentence) in reading.sentences.iter().enumerate() {
            let mut own: Vec<(usize, [f32; 3])> = Vec::new();
            let mut places: Vec<StanceMention> = Vec::new();
            while let Some((mention, name)) = named.next_if(|(_, name)| name.sentence <= index) {
                let range = &name.candidate.range;
                let behind = places.last().is_none_or(|last| last.range.end + sentence.start <= range.start);
                if range.start < sentence.start || range.end > sentence.end || !behind {
                    continue;
                }
                let class = resolution.actors.get(mention.actor).map(|actor| actor.kind);
                own.push((mention.candidate, name.score.probabilities));
                places.push(StanceMention {
                    range: range.start - sentence.start..range.end - sentence.start,
                    actor: mention.actor,
                    person: class == Some(ActorKind::Person),
                });
            }
            if reading.boilerplate_at(sentence.start).is_none() {
                let text = reading.clean().get(sentence.clone()).unwrap_or_default();
                let found = report(text, &places, person_before);
                for (mention, part) in found.parts {
                    if let Some((candidate, _)) = own.get(mention) {
                        reports.parts.entry(*candidate).or_default().push(part);
                    }
                }
                reports.stances.extend(found.stances.into_iter().map(|stance| ReportedStance {
                    evidence: stance.evidence.start + sentence.start..stance.evidence.end + sentence.start,
                    read: stance.target_mention.and_then(|mention| own.get(mention)).map(|(_, read)| *read),
                    stance,
                }));
            }
            person_before = only_person(&places);
        }
        reports
    }

    /// What is told of a candidate.
    pub(super) fn parts_of(&self, candidate: usize) -> impl Iterator<Item = Part> + '_ {
        self.parts.get(&candidate).into_iter().flatten().copied()
    }
}

/// The one person of a sentence, if there is just one.
fn only_person(named: &[StanceMention]) -> Option<usize> {
    let mut people = named.iter().filter(|mention| mention.person).map(|mention| mention.actor);
    let first = people.next()?;
    people.all(|other| other == first).then_some(first)
}
