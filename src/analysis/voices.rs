//! Who speaks where in one field: quotations and reported speech.

use super::assemble::{FieldReading, FoundName};
use super::findings::FoundQuotePart;
use super::reading::Reading;
use crate::actors::{ActorKind, Resolution, ResolvedMention};
use crate::model::QuotePartKind;
use crate::sentiment::{Attribution, Spoken, Voice, actor_in, attribute};
use crate::text::{QuotedText, quotes};
use std::ops::Range;

/// The quotations and the reported speech of a field, with their speakers.
pub(super) struct Voices {
    pub quotes: Vec<QuotedText>,
    pub attributions: Vec<Attribution>,
    /// Speech without quotation marks, in order of position: its text and who is reported to say it.
    reported: Vec<(Range<usize>, usize)>,
}

impl Voices {
    /// `mentions` are those of the field, `first` is the number of candidates in the fields before it.
    pub(super) fn new(
        reading: &Reading,
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
        let speakers: Vec<Voice> = mentions
            .iter()
            .filter_map(|mention| {
                let FoundName { candidate, .. } = field.names.get(mention.candidate.checked_sub(first)?)?;
                let person = resolution.actors.get(mention.actor)?.kind == ActorKind::Person;
                let range = candidate.range.clone();
                enclosing(&quotes, &range).is_none().then_some(Voice { range, actor: mention.actor, person })
            })
            .collect();
        let parts = |kind| -> Vec<Range<usize>> {
            let of_kind = field.quote_parts.iter().filter(|part| part.kind == kind);
            let mut ranges: Vec<Range<usize>> = of_kind.map(|part| part.range.clone()).collect();
            ranges.sort_by_key(|range| range.start);
            ranges
        };
        let (sources, cues) = (parts(QuotePartKind::Source), parts(QuotePartKind::Cue));
        let attributions = attribute(&Spoken {
            clean,
            sentences: &reading.sentences,
            quotes: &quotes,
            voices: &speakers,
            sources: &sources,
            cues: &cues,
        });
        let reported = reported_speech(&field.quote_parts, &quotes, &speakers);
        Self { quotes, attributions, reported }
    }

    /// The quotation around a range.
    pub(super) fn quote_around(&self, range: &Range<usize>) -> Option<usize> {
        enclosing(&self.quotes, range)
    }

    /// Who says the words at a range, if it is not the article itself.
    pub(super) fn speaker_at(&self, range: &Range<usize>) -> Option<usize> {
        if let Some(quote) = self.quote_around(range) {
            return self.attributions.get(quote)?.speaker;
        }
        let (_, speaker) = self.reported.iter().find(|(text, _)| contains(text, range))?;
        Some(*speaker)
    }

    /// Whether a range of the text overlaps a quotation by the actor.
    pub(super) fn speaks_in(&self, range: &Range<usize>, actor: usize) -> bool {
        let first = self.quotes.partition_point(|quote| quote.range.end <= range.start);
        // A sentence with more quotations than this is a list of scare quotes.
        let near = self.quotes.iter().zip(&self.attributions).skip(first).take(8);
        near.take_while(|(quote, _)| quote.range.start < range.end)
            .any(|(_, attribution)| attribution.speaker == Some(actor))
    }
}

/// Contents outside of quotation marks whose sentence names one source.
fn reported_speech(
    parts: &[FoundQuotePart],
    quotes: &[QuotedText],
    speakers: &[Voice],
) -> Vec<(Range<usize>, usize)> {
    let sentences = parts.chunk_by(|before, after| before.sentence == after.sentence);
    let mut found: Vec<(Range<usize>, usize)> = Vec::new();
    for sentence in sentences {
        let of_kind = |kind| sentence.iter().filter(move |part| part.kind == kind);
        let sources: Vec<(&Range<usize>, usize)> = of_kind(QuotePartKind::Source)
            .filter_map(|part| Some((&part.range, actor_in(&part.range, speakers)?)))
            .collect();
        for content in of_kind(QuotePartKind::Content).filter(|part| enclosing(quotes, &part.range).is_none())
        {
            let nearest = sources.iter().min_by_key(|(source, _)| distance(source, &content.range));
            found.extend(nearest.map(|(_, actor)| (content.range.clone(), *actor)));
        }
    }
    found
}

fn distance(one: &Range<usize>, other: &Range<usize>) -> usize {
    one.start.saturating_sub(other.end).max(other.start.saturating_sub(one.end))
}

/// Position of the quotation around a range.
fn enclosing(quotes: &[QuotedText], range: &Range<usize>) -> Option<usize> {
    let index = quotes.partition_point(|quote| quote.range.end < range.end);
    quotes.get(index).filter(|quote| contains(&quote.range, range)).map(|_| index)
}

fn contains(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
