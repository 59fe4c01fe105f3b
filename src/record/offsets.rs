//! Byte offsets of a text in the unit that the reader of the record counts in.

use crate::config::OffsetUnit;
use crate::text::Span;

/// The converted offsets of all spans of one text, found in a single pass over it.
#[derive(Clone, Debug)]
pub(super) struct OffsetTable<'t> {
    text: &'t str,
    /// Byte position and converted position, in order.
    positions: Vec<(usize, usize)>,
}

impl<'t> OffsetTable<'t> {
    /// Converts the ends of `spans`. An end outside of the text or inside of a character moves down to
    /// the next boundary, so that no analysis can make the record slice wrongly.
    pub(super) fn new(text: &'t str, unit: OffsetUnit, spans: impl Iterator<Item = Span>) -> Self {
        let ends = spans.flat_map(|span| [span.start.0, span.end.0]);
        let mut wanted: Vec<usize> = ends.map(|byte| floor_boundary(text, byte)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut last = (0, 0);
        let positions = wanted
            .into_iter()
            .map(|byte| {
                let between = text.get(last.0..byte).unwrap_or_default();
                last = (byte, last.1 + length(between, unit));
                last
            })
            .collect();
        Self { text, positions }
    }

    /// Start and end of a span that was given to [`Self::new`].
    pub(super) fn convert(&self, span: Span) -> [usize; 2] {
        [self.lookup(span.start.0), self.lookup(span.end.0)]
    }

    /// The text between the two ends.
    pub(super) fn slice(&self, span: Span) -> &'t str {
        let start = floor_boundary(self.text, span.start.0);
        let end = floor_boundary(self.text, span.end.0);
        self.text.get(start..end).unwrap_or_default()
    }

    fn lookup(&self, byte: usize) -> usize {
        let byte = floor_boundary(self.text, byte);
        let position = self.positions.binary_search_by_key(&byte, |&(byte, _)| byte);
        debug_assert!(position.is_ok(), "a span that was not collected");
        position.ok().and_then(|index| self.positions.get(index)).map_or(0, |&(_, converted)| converted)
    }
}

/// The last character boundary at or before `byte`. (The standard library has it from Rust 1.91 on.)
fn floor_boundary(text: &str, byte: usize) -> usize {
    let byte = byte.min(text.len());
    (0..=byte).rev().find(|&position| text.is_char_boundary(position)).unwrap_or(0)
}

fn length(text: &str, unit: OffsetUnit) -> usize {
    match unit {
        OffsetUnit::Utf8 => text.len(),
        OffsetUnit::Codepoints => text.chars().count(),
        OffsetUnit::Utf16 => text.encode_utf16().count(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slice_in_unit(text: &str, unit: OffsetUnit, [start, end]: [usize; 2]) -> String {
        match unit {
            OffsetUnit::Utf8 => text[start..end].to_owned(),
            OffsetUnit::Codepoints => text.chars().skip(start).take(end - start).collect(),
            OffsetUnit::Utf16 => {
                let units: Vec<u16> = text.encode_utf16().collect();
                String::from_utf16(&units[start..end]).unwrap()
            }
        }
    }

    proptest! {
        #[test]
        fn slicing_by_converted_offsets_gives_the_text_of_the_span(
            text in "(\\PC|[a\u{e9}\u{4e2d}\u{1f600}\u{0}\n]){0,80}",
            ends in proptest::collection::vec((0_usize..400, 0_usize..400), 0..20),
        ) {
            let spans: Vec<Span> = ends
                .iter()
                .map(|&(a, b)| (floor_boundary(&text, a), floor_boundary(&text, b)))
                .map(|(a, b)| Span::new(a.min(b), a.max(b)))
                .collect();
            for unit in [OffsetUnit::Codepoints, OffsetUnit::Utf16, OffsetUnit::Utf8] {
                let table = OffsetTable::new(&text, unit, spans.iter().copied());
                for &span in &spans {
                    prop_assert_eq!(table.slice(span), span.slice(&text));
                    prop_assert_eq!(slice_in_unit(&text, unit, table.convert(span)), table.slice(span));
                }
            }
        }
    }

    #[test]
    fn a_span_beyond_the_text_or_inside_a_character_still_slices_to_its_text() {
        let text = "a\u{1f600}b";
        let span = Span::new(3, 99);
        let table = OffsetTable::new(text, OffsetUnit::Utf16, [span].into_iter());
        assert_eq!(table.convert(span), [1, 4]);
        assert_eq!(table.slice(span), "\u{1f600}b");
    }
}
