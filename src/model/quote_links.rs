//! Who says a direct quote: quoted segments of a text linked to the sources that the model tags around them.
//!
//! The rules are those of `training/tonewire_training/quote_links.py`; distances are in characters.

use std::ops::Range;

use crate::text::Span;

/// A quote mark that never closes reaches to the paragraph's end, if that is at most so many characters away.
const FARTHEST_END: usize = 2500;
/// How far from the sentences of a quote its source may stand, in the same paragraph.
const NEIGHBOURHOOD: usize = 150;
/// A cue farther from a source than this says nothing about it.
const FARTHEST_CUE: usize = 60;

/// A direct quote with its speaker's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkedQuote {
    /// With its marks.
    pub span: Span,
    /// The source; `None` where none is near.
    pub source: Option<Span>,
}

/// Links the quoted segments of a text. `sentences`, `sources` and `cues` are in order of position.
#[must_use]
pub fn link_quotes(
    text: &str,
    sentences: &[Range<usize>],
    sources: &[Span],
    cues: &[Span],
) -> Vec<LinkedQuote> {
    let segments = quoted_segments(text);
    let is_outside = |source: &&Span| !overlaps_any(&segments, **source);
    let linker = Linker {
        text,
        characters: Characters::new(text),
        sentences,
        sources: sources.iter().filter(is_outside).copied().collect(),
        cues,
    };
    let mut linked: Vec<LinkedQuote> = Vec::new();
    for segment in &segments {
        let source = linker.source(*segment, linked.last());
        linked.push(LinkedQuote { span: *segment, source });
    }
    linked
}

struct Linker<'t> {
    text: &'t str,
    characters: Characters,
    sentences: &'t [Range<usize>],
    /// Those outside any quoted segment.
    sources: Vec<Span>,
    cues: &'t [Span],
}

impl Linker<'_> {
    /// The best source in the sentences that the quote touches; else the speaker of the quote before, if at most two
    /// line breaks lie between; else the nearest source of the paragraph.
    fn source(&self, segment: Span, before: Option<&LinkedQuote>) -> Option<Span> {
        let reach = self.touched(segment);
        let inside = self.sources_from(reach.start).take_while(|source| source.start.0 < reach.end);
        let inside = inside.filter(|source| source.end.0 <= reach.end);
        if let Some(best) = inside.min_by_key(|source| self.cost(**source, segment)) {
            return Some(*best);
        }
        let breaks = |quote: &LinkedQuote| {
            self.text[quote.span.end.0..segment.start.0].bytes().filter(|byte| *byte == b'\n').count()
        };
        let carried = before.filter(|quote| breaks(quote) <= 2).and_then(|quote| quote.source);
        carried.or_else(|| self.nearest(segment, &reach))
    }

    /// Bytes of the sentences that a segment touches.
    fn touched(&self, segment: Span) -> Range<usize> {
        let first = self.sentences.partition_point(|sentence| sentence.end <= segment.start.0);
        let touched = self.sentences[first..].iter().take_while(|sentence| sentence.start < segment.end.0);
        touched
            .fold(None, |reach: Option<Range<usize>>, sentence| {
                let start = reach.map_or(sentence.start, |reach| reach.start);
                Some(start..sentence.end)
            })
            .unwrap_or(segment.start.0..segment.end.0)
    }

    fn sources_from(&self, start: usize) -> impl Iterator<Item = &Span> {
        self.sources[self.sources.partition_point(|source| source.start.0 < start)..].iter()
    }

    fn cost(&self, source: Span, segment: Span) -> usize {
        self.characters.gap(source, segment) + 3 * self.cue_distance(source).min(FARTHEST_CUE)
    }

    /// Characters between a source and the nearest cue. Cues do not overlap: it is the last before or the first after.
    fn cue_distance(&self, source: Span) -> usize {
        let after = self.cues.partition_point(|cue| cue.start < source.start);
        let near = self.cues[after.saturating_sub(1)..].iter().take(2);
        near.map(|cue| self.characters.gap(*cue, source)).min().unwrap_or(FARTHEST_CUE)
    }

    /// The nearest source of the same paragraph within [`NEIGHBOURHOOD`].
    fn nearest(&self, segment: Span, reach: &Range<usize>) -> Option<Span> {
        let low = self.characters.at(reach.start).saturating_sub(NEIGHBOURHOOD);
        let high = self.characters.at(reach.end) + NEIGHBOURHOOD;
        let first = self.sources.partition_point(|source| self.characters.at(source.end.0) <= low);
        let near =
            self.sources[first..].iter().take_while(|source| self.characters.at(source.start.0) < high);
        let same_paragraph = near.filter(|source| {
            let between = source.start.min(segment.start).0..source.end.max(segment.end).0;
            !self.text[between].trim_matches('\n').contains('\n')
        });
        same_paragraph.min_by_key(|source| self.characters.ends_apart(**source, segment)).copied()
    }
}

/// Number of characters before each byte.
struct Characters(Vec<usize>);

impl Characters {
    fn new(text: &str) -> Self {
        let mut before = Vec::with_capacity(text.len() + 1);
        let mut count = 0;
        for byte in text.bytes() {
            before.push(count);
            // A character ends with the byte before the next one that is no continuation.
            count += usize::from(byte & 0b1100_0000 != 0b1000_0000);
        }
        before.push(count);
        Self(before)
    }

    fn at(&self, byte: usize) -> usize {
        self.0.get(byte).or(self.0.last()).copied().unwrap_or(0)
    }

    /// Characters between two spans; 0 where they touch or overlap.
    fn gap(&self, left: Span, right: Span) -> usize {
        let (left, right) = if left.start <= right.start { (left, right) } else { (right, left) };
        self.at(right.start.0).saturating_sub(self.at(left.end.0))
    }

    fn ends_apart(&self, source: Span, segment: Span) -> usize {
        let before = self.at(source.end.0).abs_diff(self.at(segment.start.0));
        before.min(self.at(source.start.0).abs_diff(self.at(segment.end.0)))
    }
}

fn overlaps_any(segments: &[Span], span: Span) -> bool {
    let behind = segments.partition_point(|segment| segment.end <= span.start);
    segments.get(behind).is_some_and(|segment| segment.start < span.end)
}

/// Spans between quote marks, marks included, paragraph by paragraph; an open one ends with its paragraph. Segments
/// of a single word are names and scare quotes, not speech.
fn quoted_segments(text: &str) -> Vec<Span> {
    let mut segments = Vec::new();
    let mut start = 0;
    for paragraph in text.split('\n') {
        let mut opened: Option<usize> = None;
        for (offset, mark) in paragraph.match_indices(['"', '“', '”', '„', '«', '»']) {
            let at = start + offset;
            match opened {
                None if !matches!(mark, "”" | "»") => opened = Some(at),
                Some(first) if !matches!(mark, "“" | "„" | "«") => {
                    segments.push(Span::new(first, at + mark.len()));
                    opened = None;
                }
                _ => {}
            }
        }
        let end = start + paragraph.len();
        segments.extend(
            opened
                .filter(|first| text[*first..end].chars().count() <= FARTHEST_END)
                .map(|first| Span::new(first, end)),
        );
        start = end + 1;
    }
    segments.retain(|segment| has_two_words(segment.slice(text)));
    segments
}

fn has_two_words(text: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    text.split(|c: char| !is_letter(c)).filter(|word| !word.is_empty()).nth(1).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span_of(text: &str, part: &str) -> Span {
        let start = text.find(part).unwrap();
        Span::new(start, start + part.len())
    }

    fn link(text: &str, sources: &[&str], cues: &[&str]) -> Vec<(String, Option<String>)> {
        let sentences: Vec<_> = crate::text::paragraphs(text)
            .flat_map(|paragraph| crate::text::sentences(text, paragraph))
            .collect();
        let spans = |parts: &[&str]| -> Vec<Span> { parts.iter().map(|part| span_of(text, part)).collect() };
        let linked = link_quotes(text, &sentences, &spans(sources), &spans(cues));
        let owned = |span: Span| span.slice(text).to_owned();
        linked.into_iter().map(|quote| (owned(quote.span), quote.source.map(owned))).collect()
    }

    fn linked(quote: &str, source: Option<&str>) -> (String, Option<String>) {
        (quote.to_owned(), source.map(str::to_owned))
    }

    #[test]
    fn a_source_beside_a_cue_wins_over_a_nearer_one() {
        let text = "“We won’t pay,” a letter to Lund read, said Berg.";
        assert_eq!(link(text, &["Lund", "Berg"], &["said"]), [linked("“We won’t pay,”", Some("Berg"))]);
    }

    #[test]
    fn the_next_quote_without_a_source_has_the_speaker_before() {
        let text = "“We were lied to,” said Wilk.\n\n“They knew it all.”";
        let expected =
            [linked("“We were lied to,”", Some("Wilk")), linked("“They knew it all.”", Some("Wilk"))];
        assert_eq!(link(text, &["Wilk"], &["said"]), expected);
    }

    #[test]
    fn a_quote_of_one_word_and_a_source_inside_a_quote_do_not_count() {
        let text = "The “experts” left. \"So says Wilk today.\"";
        assert_eq!(link(text, &["Wilk"], &["says"]), [linked("\"So says Wilk today.\"", None)]);
    }

    #[test]
    fn an_open_quote_ends_with_its_paragraph() {
        let text = "Lund said: “No more of this\nand left.";
        assert_eq!(link(text, &["Lund"], &["said"]), [linked("“No more of this", Some("Lund"))]);
    }

    proptest! {
        #[test]
        fn any_text_is_linked_and_spans_lie_on_character_boundaries(text in "([a-zé]{1,6}|[“”\"«»„.\n ]){0,40}") {
            let sentences: Vec<_> = crate::text::paragraphs(&text)
                .flat_map(|paragraph| crate::text::sentences(&text, paragraph))
                .collect();
            let words: Vec<Span> = text
                .split_inclusive(' ')
                .scan(0, |start, word| {
                    let span = Span::new(*start, *start + word.len());
                    *start += word.len();
                    Some(span)
                })
                .collect();
            for quote in link_quotes(&text, &sentences, &words, &words) {
                prop_assert!(text.get(quote.span.start.0..quote.span.end.0).is_some());
                prop_assert!(quote.source.is_none_or(|source| words.contains(&source)));
            }
        }
    }
}
