//! The words that name a quotation's speaker, by the sources and cues that the model tags around it.
//!
//! Distances are in bytes of the clean text.

use crate::text::QuotedText;
use std::ops::Range;

/// How far from the sentences of a quotation its source may stand, in the same paragraph.
const NEIGHBOURHOOD: usize = 150;
/// A cue farther from a source than this says nothing about it.
const FARTHEST_CUE: usize = 60;
/// A far cue is worse than a far source by this factor.
const WEIGHT_OF_CUE: usize = 3;
/// Sources on either side of a quotation that are looked at; a sentence with more is a list.
const SOURCES_LOOKED_AT: usize = 16;

/// What the model tags in a text, in order of position.
pub(super) struct Sources<'a> {
    clean: &'a str,
    sentences: &'a [Range<usize>],
    /// Those outside quotations.
    outside: Vec<Range<usize>>,
    cues: &'a [Range<usize>],
}

impl<'a> Sources<'a> {
    pub(super) fn new(
        clean: &'a str,
        sentences: &'a [Range<usize>],
        quotes: &[QuotedText],
        sources: &[Range<usize>],
        cues: &'a [Range<usize>],
    ) -> Self {
        let is_outside = |source: &&Range<usize>| {
            let behind = quotes.partition_point(|quote| quote.range.end <= source.start);
            quotes.get(behind).is_none_or(|quote| quote.range.start >= source.end)
        };
        Self { clean, sentences, outside: sources.iter().filter(is_outside).cloned().collect(), cues }
    }

    /// The best source in the sentences that the quotation touches.
    pub(super) fn in_sentences_of(&self, quote: &Range<usize>) -> Option<Range<usize>> {
        let reach = self.touched(quote);
        let inside =
            self.around(quote).filter(|source| reach.start <= source.start && source.end <= reach.end);
        inside.min_by_key(|source| self.cost(source, quote)).cloned()
    }

    /// The nearest source of the same paragraph within [`NEIGHBOURHOOD`].
    pub(super) fn nearby(&self, quote: &Range<usize>) -> Option<Range<usize>> {
        let reach = self.touched(quote);
        let (low, high) = (reach.start.saturating_sub(NEIGHBOURHOOD), reach.end + NEIGHBOURHOOD);
        let near = self.around(quote).filter(|source| source.end > low && source.start < high);
        let same_paragraph = near.filter(|source| {
            let between = source.start.min(quote.start)..source.end.max(quote.end);
            self.clean.get(between).is_some_and(|text| !text.contains('\n'))
        });
        same_paragraph.min_by_key(|source| ends_apart(source, quote)).cloned()
    }

    /// The cue that belongs to a source.
    pub(super) fn cue_of(&self, source: &Range<usize>) -> Option<&Range<usize>> {
        self.cues_around(source)
            .min_by_key(|cue| gap(cue, source))
            .filter(|cue| gap(cue, source) < FARTHEST_CUE)
    }

    /// Bytes of the sentences that a quotation touches.
    fn touched(&self, quote: &Range<usize>) -> Range<usize> {
        let first = self.sentences.partition_point(|sentence| sentence.end <= quote.start);
        let behind = self.sentences.partition_point(|sentence| sentence.start < quote.end);
        match (self.sentences.get(first), behind.checked_sub(1).and_then(|last| self.sentences.get(last))) {
            (Some(first), Some(last)) if first.start <= last.start => first.start..last.end,
            _ => quote.clone(),
        }
    }

    fn around(&self, quote: &Range<usize>) -> impl Iterator<Item = &Range<usize>> {
        let at = self.outside.partition_point(|source| source.start < quote.start);
        self.outside[at.saturating_sub(SOURCES_LOOKED_AT)..].iter().take(2 * SOURCES_LOOKED_AT)
    }

    fn cues_around(&self, source: &Range<usize>) -> impl Iterator<Item = &Range<usize>> {
        let after = self.cues.partition_point(|cue| cue.start < source.start);
        self.cues[after.saturating_sub(1)..].iter().take(2)
    }

    fn cost(&self, source: &Range<usize>, quote: &Range<usize>) -> usize {
        let cue = self.cues_around(source).map(|cue| gap(cue, source)).min().unwrap_or(FARTHEST_CUE);
        gap(source, quote) + WEIGHT_OF_CUE * cue.min(FARTHEST_CUE)
    }
}

/// Bytes between two ranges; 0 where they touch or overlap.
fn gap(one: &Range<usize>, other: &Range<usize>) -> usize {
    one.start.saturating_sub(other.end).max(other.start.saturating_sub(one.end))
}

fn ends_apart(source: &Range<usize>, quote: &Range<usize>) -> usize {
    source.end.abs_diff(quote.start).min(source.start.abs_diff(quote.end))
}
