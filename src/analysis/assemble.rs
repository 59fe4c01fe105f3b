//! From what was found in the clean texts to the analysis in delivered offsets.

use super::attitudes::{Attitudes, held_by_others};
use super::findings::FoundQuotePart;
use super::reading::Reading;
use super::reports::Reports;
use super::verdict::{by_holder, from_probabilities, is_mixed, neutral, verdict};
use super::voices::Voices;
use super::{Actor, ActorIndex, Analysis, Field, Holder, Location, Mention, Place, Quote, Role, Status};
use crate::actors::{Candidate, Resolution, ResolvedActor, ResolvedMention};
use crate::model::MentionScore;
use crate::sentiment::{adjusted, is_speech};
use crate::text::Boilerplate;
use std::collections::HashMap;
use std::ops::Range;

/// A mention in the title counts as much as this many in the body.
const TITLE_WEIGHT: f32 = 3.0;

/// What was found in a field.
pub(super) struct FieldReading {
    pub names: Vec<FoundName>,
    /// In order of sentence.
    pub quote_parts: Vec<FoundQuotePart>,
}

/// A candidate with the position of its sentence and what the model says of it.
pub(super) struct FoundName {
    pub sentence: usize,
    pub candidate: Candidate,
    pub score: MentionScore,
}

/// A mention with what only the assembly needs to know.
pub(super) struct Noted {
    pub actor: usize,
    pub mention: Mention,
    boilerplate: Option<Boilerplate>,
    /// The sentence overlaps a quotation by the actor itself.
    beside_own_quote: bool,
}

/// A field with its mentions and its voices.
pub(super) struct ReadField<'a> {
    pub reading: &'a Reading,
    pub names: &'a [FoundName],
    pub mentions: &'a [ResolvedMention],
    /// Number of candidates in the fields before it.
    pub first: usize,
    pub voices: Voices,
    pub reports: Reports,
}

/// Puts an analysis together.
pub(super) struct Assembly<'a> {
    fields: Vec<ReadField<'a>>,
    resolution: &'a Resolution,
}

impl<'a> Assembly<'a> {
    /// `fields` hold the candidates of `readings`, `resolution` counts them through in that order.
    #[must_use]
    pub(super) fn new(
        readings: &'a [Reading],
        fields: &'a [FieldReading],
        resolution: &'a Resolution,
    ) -> Self {
        let mut first = 0;
        let mut read = Vec::with_capacity(fields.len());
        for (reading, field) in readings.iter().zip(fields) {
            let next = first + field.names.len();
            let start = resolution.mentions.partition_point(|mention| mention.candidate < first);
            let end = resolution.mentions.partition_point(|mention| mention.candidate < next);
            let mentions = &resolution.mentions[start..end];
            let voices = Voices::new(reading, field, mentions, first, resolution);
            let reports = Reports::new(reading, &field.names, mentions, first, resolution);
            read.push(ReadField { reading, names: &field.names, mentions, first, voices, reports });
            first = next;
        }
        Self { fields: read, resolution }
    }

    /// The analysis.
    #[must_use]
    pub(super) fn analysis(&self, status: Status, words: usize) -> Analysis {
        let noted: Vec<Noted> = self.fields.iter().flat_map(ReadField::notes).collect();
        let mut by_actor: Vec<Vec<&Noted>> = vec![Vec::new(); self.resolution.actors.len()];
        for note in &noted {
            if let Some(list) = by_actor.get_mut(note.actor) {
                list.push(note);
            }
        }
        let heaviest = by_actor.iter().map(|notes| weight(notes)).fold(1.0, f32::max);
        let mut found = Attitudes::default();
        found.of_words(&noted);
        for field in &self.fields {
            found.of_reports(field);
        }
        let attitudes = found.clearest();
        let mut actors: Vec<Actor> = self
            .resolution
            .actors
            .iter()
            .zip(&by_actor)
            .enumerate()
            .map(|(position, (resolved, notes))| actor(position, resolved, notes, heaviest))
            .collect();
        held_by_others(&mut actors, &attitudes);
        Analysis {
            status,
            words,
            actors,
            places: self.places(),
            quotes: self.fields.iter().flat_map(ReadField::quotes).collect(),
            attitudes,
        }
    }

    fn places(&self) -> Vec<Place> {
        let mut index: HashMap<&str, usize> = HashMap::new();
        let mut places: Vec<Place> = Vec::new();
        for found in &self.resolution.places {
            let Some(location) = self.location(found.candidate) else { continue };
            let at = *index.entry(&found.name).or_insert_with(|| {
                // The number in the table is the country's, not the city's.
                places.push(Place { name: found.name.clone(), wikidata: None, mentions: Vec::new() });
                places.len() - 1
            });
            if let Some(place) = places.get_mut(at) {
                place.mentions.push(location);
            }
        }
        places
    }

    fn location(&self, candidate: usize) -> Option<Location> {
        self.fields.iter().find_map(|field| {
            let name = field.names.get(candidate.checked_sub(field.first)?)?;
            Some(field.location(name.candidate.range.clone()))
        })
    }
}

impl ReadField<'_> {
    pub(super) fn location(&self, clean: Range<usize>) -> Location {
        Location { field: self.reading.field, span: self.reading.delivered(clean) }
    }

    /// A word or two in quotation marks is a quotation only if somebody is known to have said it.
    fn quotes(&self) -> impl Iterator<Item = Quote> + '_ {
        self.voices.quotes.iter().zip(&self.voices.attributions).filter_map(|(quote, attribution)| {
            let speech = is_speech(self.reading.clean().get(quote.range.clone())?);
            (speech || attribution.speaker.is_some()).then(|| Quote {
                location: self.location(quote.range.clone()),
                speaker: attribution.speaker.map(ActorIndex),
                cue: attribution.cue.clone(),
            })
        })
    }

    fn notes(&self) -> impl Iterator<Item = Noted> + '_ {
        self.mentions.iter().filter_map(|mention| self.note(mention))
    }

    fn note(&self, resolved: &ResolvedMention) -> Option<Noted> {
        let FoundName { sentence, candidate, score } =
            self.names.get(resolved.candidate.checked_sub(self.first)?)?;
        let sentence = self.reading.sentences.get(*sentence)?.clone();
        let boilerplate = self.reading.boilerplate_at(candidate.range.start);
        let speaker = self.voices.speaker_at(&candidate.range);
        let sentiment = if boilerplate.is_some() {
            neutral()
        } else {
            from_probabilities(adjusted(score.probabilities, self.reports.parts_of(resolved.candidate)))
        };
        Some(Noted {
            actor: resolved.actor,
            mention: Mention {
                location: self.location(candidate.range.clone()),
                via: resolved.how,
                sentence: self.reading.delivered(sentence.clone()),
                holder: speaker.map_or(Holder::Article, |speaker| Holder::Actor(ActorIndex(speaker))),
                sentiment,
            },
            boilerplate,
            beside_own_quote: self.voices.speaks_in(&sentence, resolved.actor),
        })
    }
}

fn actor(position: usize, resolved: &ResolvedActor, notes: &[&Noted], heaviest: f32) -> Actor {
    let scored = || notes.iter().filter(|note| note.boilerplate.is_none()).map(|note| &note.mention);
    // What actors say of themselves has its own row, but is no evidence of what others think of them.
    let own_voice = Holder::Actor(ActorIndex(position));
    let evidence = || scored().filter(|mention| mention.holder != own_voice);
    Actor {
        wikidata: resolved.wikidata.clone(),
        slug: resolved.slug.clone(),
        name: resolved.name.clone(),
        kind: resolved.kind,
        groups: resolved.groups.clone(),
        role: role(notes),
        salience: weight(notes) / heaviest,
        sentiment: verdict(evidence()),
        mixed: is_mixed(evidence()),
        by_holder: by_holder(scored()),
        mentions: notes.iter().map(|note| note.mention.clone()).collect(),
    }
}

fn role(notes: &[&Noted]) -> Role {
    let all = |holds: fn(&Noted) -> bool| notes.iter().all(|note| holds(note));
    if all(|note| note.boilerplate == Some(Boilerplate::RelatedLink)) {
        Role::RelatedLink
    } else if all(|note| note.boilerplate.is_some()) {
        Role::Byline
    } else if all(|note| note.boilerplate.is_some() || note.beside_own_quote) {
        Role::QuotedOnly
    } else {
        Role::Subject
    }
}

fn weight(notes: &[&Noted]) -> f32 {
    notes
        .iter()
        .filter(|note| note.boilerplate.is_none())
        .map(|note| if note.mention.location.field == Field::Title { TITLE_WEIGHT } else { 1.0 })
        .fold(0.0, |sum, weight| sum + weight)
}
