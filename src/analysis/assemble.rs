//! From what was found in the clean texts to the analysis in delivered offsets.

use super::reading::Reading;
use super::{
    Actor, ActorIndex, ActorKind, Analysis, Field, Holder, HolderSentiment, Location, Mention, Place,
    Polarity, Quote, Role, Sentiment, Status, Via,
};
use crate::actors::{Candidate, Found, How, NameClass, Resolution, ResolvedMention};
use crate::sentiment::{Attribution, Tone, Voice, attribute, is_speech};
use crate::text::{Boilerplate, QuotedText, quotes};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// A score nearer to 0 is neutral.
const NEUTRAL_BELOW: f32 = 0.2;
/// A mention in the title counts as much as this many in the body.
const TITLE_WEIGHT: f32 = 3.0;

/// The candidates of a field, each with the position of its sentence.
pub(super) struct FieldReading {
    pub candidates: Vec<(usize, Candidate)>,
}

/// A mention with what only the assembly needs to know.
struct Noted {
    actor: usize,
    mention: Mention,
    boilerplate: Option<Boilerplate>,
    /// The sentence overlaps a quotation by the actor itself.
    beside_own_quote: bool,
}

/// A field with its quotations.
struct Spoken<'a> {
    reading: &'a Reading,
    quotes: Vec<QuotedText>,
    attributions: Vec<Attribution>,
}

/// Puts an analysis together.
pub(super) struct Assembly<'a> {
    fields: Vec<(Spoken<'a>, &'a FieldReading, &'a [ResolvedMention], usize)>,
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
        let fields = readings
            .iter()
            .zip(fields)
            .map(|(reading, field)| {
                let next = first + field.candidates.len();
                let start = resolution.mentions.partition_point(|mention| mention.candidate < first);
                let end = resolution.mentions.partition_point(|mention| mention.candidate < next);
                let mentions = &resolution.mentions[start..end];
                let spoken = Spoken::new(reading, field, mentions, first, resolution);
                let entry = (spoken, field, mentions, first);
                first = next;
                entry
            })
            .collect();
        Self { fields, resolution }
    }

    /// The analysis.
    #[must_use]
    pub(super) fn analysis(&self, status: Status, words: usize) -> Analysis {
        let noted: Vec<Noted> = self
            .fields
            .iter()
            .flat_map(|(spoken, field, mentions, first)| spoken.note(field, mentions, *first))
            .collect();
        let mut by_actor: Vec<Vec<&Noted>> = vec![Vec::new(); self.resolution.actors.len()];
        for note in &noted {
            if let Some(list) = by_actor.get_mut(note.actor) {
                list.push(note);
            }
        }
        let heaviest = by_actor.iter().map(|notes| weight(notes)).fold(1.0, f32::max);
        let actors = self
            .resolution
            .actors
            .iter()
            .zip(&by_actor)
            .map(|(actor, notes)| Actor {
                wikidata: actor.wikidata.clone(),
                slug: None,
                name: actor.name.clone(),
                kind: kind(actor.class),
                role: role(notes),
                salience: weight(notes) / heaviest,
                sentiment: verdict(
                    notes.iter().filter(|note| note.boilerplate.is_none()).map(|note| &note.mention),
                ),
                by_holder: by_holder(notes),
                mentions: notes.iter().map(|note| note.mention.clone()).collect(),
            })
            .collect();
        Analysis {
            status,
            words,
            actors,
            places: self.places(),
            quotes: self.quotes(),
            attitudes: Vec::new(),
        }
    }

    fn places(&self) -> Vec<Place> {
        let mut index: HashMap<&str, usize> = HashMap::new();
        let mut places: Vec<Place> = Vec::new();
        for found in &self.resolution.places {
            let Some(location) = self.location(found.candidate) else {
                continue;
            };
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
        self.fields.iter().find_map(|(spoken, field, _, first)| {
            let (_, found) = field.candidates.get(candidate.checked_sub(*first)?)?;
            Some(spoken.location(found.range.clone()))
        })
    }

    fn quotes(&self) -> Vec<Quote> {
        self.fields.iter().flat_map(|(spoken, ..)| spoken.quotes()).collect()
    }
}

impl<'a> Spoken<'a> {
    fn new(
        reading: &'a Reading,
        field: &FieldReading,
        mentions: &[ResolvedMention],
        first: usize,
        resolution: &Resolution,
    ) -> Self {
        let clean = reading.clean();
        let quotes: Vec<QuotedText> = quotes(clean)
            .into_iter()
            .filter(|quote| reading.boilerplate_at(quote.range.start).is_none())
            .collect();
        let voices: Vec<Voice> = mentions
            .iter()
            .filter_map(|mention| {
                let (_, candidate) = field.candidates.get(mention.candidate - first)?;
                let quoted = enclosing(&quotes, &candidate.range).is_some();
                let person = resolution.actors.get(mention.actor)?.class == NameClass::Person;
                (!quoted).then(|| Voice { range: candidate.range.clone(), actor: mention.actor, person })
            })
            .collect();
        let attributions = attribute(clean, &quotes, &voices);
        Self { reading, quotes, attributions }
    }

    fn location(&self, clean: Range<usize>) -> Location {
        Location { field: self.reading.field, span: self.reading.delivered(clean) }
    }

    /// A word or two in quotation marks is a quotation only if somebody is known to have said it.
    fn quotes(&self) -> impl Iterator<Item = Quote> + '_ {
        self.quotes.iter().zip(&self.attributions).filter_map(|(quote, attribution)| {
            let speech = is_speech(self.reading.clean().get(quote.range.clone())?);
            (speech || attribution.speaker.is_some()).then(|| Quote {
                location: self.location(quote.range.clone()),
                speaker: attribution.speaker.map(ActorIndex),
                cue: attribution.cue.clone(),
            })
        })
    }

    fn note(&self, field: &FieldReading, mentions: &[ResolvedMention], first: usize) -> Vec<Noted> {
        let mut noted = Vec::with_capacity(mentions.len());
        let mut start = 0;
        while let Some((sentence, _)) =
            mentions.get(start).and_then(|mention| field.candidates.get(mention.candidate - first))
        {
            let length = mentions[start..]
                .iter()
                .take_while(|mention| {
                    field
                        .candidates
                        .get(mention.candidate - first)
                        .is_some_and(|(other, _)| other == sentence)
                })
                .count();
            self.note_sentence(*sentence, field, &mentions[start..start + length], first, &mut noted);
            start += length;
        }
        noted
    }

    fn note_sentence(
        &self,
        sentence: usize,
        field: &FieldReading,
        mentions: &[ResolvedMention],
        first: usize,
        noted: &mut Vec<Noted>,
    ) {
        let Some(sentence) = self.reading.sentences.get(sentence) else {
            return;
        };
        let position = |at: usize| sentence.words.partition_point(|word| word.range.end <= at);
        let mut named = vec![false; sentence.words.len()];
        let found: Vec<(&ResolvedMention, &Candidate)> = mentions
            .iter()
            .filter_map(|mention| Some((mention, &field.candidates.get(mention.candidate - first)?.1)))
            .collect();
        for (_, candidate) in &found {
            let end = position(candidate.range.end.saturating_sub(1)) + 1;
            if let Some(words) = named.get_mut(position(candidate.range.start)..end.min(sentence.words.len()))
            {
                words.fill(true);
            }
        }
        let tone = Tone::read(self.reading.clean(), &sentence.words, |word| {
            named.get(word).copied().unwrap_or(false)
        });
        let span = self.reading.delivered(sentence.range.clone());
        for (mention, candidate) in found {
            let boilerplate = self.reading.boilerplate_at(candidate.range.start);
            let quote = enclosing(&self.quotes, &candidate.range);
            let speaker = quote
                .and_then(|index| self.attributions.get(index)?.speaker)
                .filter(|speaker| *speaker != mention.actor);
            let inside = match quote.and_then(|index| self.quotes.get(index)) {
                Some(quote) if speaker.is_some() => position(quote.range.start)..position(quote.range.end),
                _ => 0..sentence.words.len(),
            };
            let (from, to) =
                (position(candidate.range.start), position(candidate.range.end.saturating_sub(1)));
            let score = if boilerplate.is_some() { 0.0 } else { tone.toward(from, to, inside) };
            noted.push(Noted {
                actor: mention.actor,
                mention: Mention {
                    location: self.location(candidate.range.clone()),
                    via: via(mention.how, candidate),
                    sentence: span,
                    holder: speaker.map_or(Holder::Article, |speaker| Holder::Actor(ActorIndex(speaker))),
                    sentiment: sentiment(score),
                },
                boilerplate,
                beside_own_quote: self.speaks_in(&sentence.range, mention.actor),
            });
        }
    }

    fn speaks_in(&self, sentence: &Range<usize>, actor: usize) -> bool {
        let first = self.quotes.partition_point(|quote| quote.range.end <= sentence.start);
        // A sentence with more quotations than this is a list of scare quotes.
        let near = self.quotes.iter().zip(&self.attributions).skip(first).take(8);
        near.take_while(|(quote, _)| quote.range.start < sentence.end)
            .any(|(_, attribution)| attribution.speaker == Some(actor))
    }
}

/// Position of the quotation around a range.
fn enclosing(quotes: &[QuotedText], range: &Range<usize>) -> Option<usize> {
    let index = quotes.partition_point(|quote| quote.range.end < range.end);
    let quote = quotes.get(index)?;
    (quote.range.start <= range.start && range.end <= quote.range.end).then_some(index)
}

fn kind(class: NameClass) -> ActorKind {
    match class {
        NameClass::Person => ActorKind::Person,
        NameClass::Organization => ActorKind::Organization,
        NameClass::Country | NameClass::Capital | NameClass::Metonym => ActorKind::Country,
        NameClass::Group | NameClass::Demonym => ActorKind::Group,
    }
}

fn via(how: How, candidate: &Candidate) -> Via {
    match (how, candidate.found) {
        (How::Metonym, _) => Via::Metonym,
        (How::Acronym, _) => Via::Acronym,
        (How::Alias, _) | (_, Found::Single { .. }) => Via::Alias,
        (How::Name, _) => Via::Name,
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

/// A score as a sentiment. The confidence is a rule of thumb: the word list finds about two of three polar
/// mentions.
fn sentiment(score: f32) -> Sentiment {
    let score = if score.is_finite() { score.clamp(-1.0, 1.0) + 0.0 } else { 0.0 };
    let label = if score >= NEUTRAL_BELOW {
        Polarity::Positive
    } else if score <= -NEUTRAL_BELOW {
        Polarity::Negative
    } else {
        Polarity::Neutral
    };
    let distance = (score.abs() - NEUTRAL_BELOW).abs();
    Sentiment { label, score, confidence: (0.5 + 0.4 * distance).clamp(0.0, 1.0) }
}

/// Many mentions of one sentiment: the mean, in which mentions without any weigh less.
fn verdict<'m>(mentions: impl Iterator<Item = &'m Mention>) -> Sentiment {
    let (mut sum, mut mass) = (0.0, 0.0);
    for mention in mentions {
        let voice = if mention.holder == Holder::Article { 1.0 } else { 0.5 };
        let clarity = if mention.sentiment.label == Polarity::Neutral { 0.25 } else { 1.0 };
        sum += mention.sentiment.score * voice * clarity;
        mass += voice * clarity;
    }
    sentiment(if mass > 0.0 { sum / mass } else { 0.0 })
}

fn by_holder(notes: &[&Noted]) -> Vec<HolderSentiment> {
    let mut groups: BTreeMap<Holder, Vec<&Mention>> = BTreeMap::new();
    for note in notes.iter().filter(|note| note.boilerplate.is_none()) {
        groups.entry(note.mention.holder).or_default().push(&note.mention);
    }
    groups
        .into_iter()
        .map(|(holder, mentions)| HolderSentiment {
            holder,
            sentiment: verdict(mentions.iter().copied()),
            mentions: mentions.len(),
        })
        .collect()
}
