//! A delivered text as the analysis reads it.

use super::offset::Span;
use super::offset_map::OffsetMap;
use super::{entity, layout, markup, mojibake};
use std::ops::Range;

/// Clean text for reading, and the way back from every position to the delivered text.
///
/// In the clean text a line feed is a paragraph break and nothing else; every other white space is one plain
/// space; invisible characters, tags and character references are resolved. Positions in the clean text are
/// plain `usize` byte offsets, positions in the delivered text are [`Span`]s, so that the two cannot be mixed up.
#[derive(Clone, Debug)]
pub struct TextView {
    clean: String,
    delivered_len: usize,
    /// One map per step that changed anything, in the order of the steps.
    maps: Vec<(OffsetMap, usize)>,
}

/// Rewrites a text; `None` where there is nothing to change.
type Step = fn(&str) -> Option<(String, OffsetMap)>;

impl TextView {
    /// Reads a delivered text, plain or HTML.
    #[must_use]
    pub fn new(delivered: &str) -> Self {
        let mut view = Self { clean: String::new(), delivered_len: delivered.len(), maps: Vec::new() };
        let steps: [Step; 4] =
            [entity::decode, markup::strip, mojibake::repair, |text| Some(layout::flow(text))];
        let mut current = None;
        for step in steps {
            if let Some((text, map)) = step(current.as_deref().unwrap_or(delivered)) {
                view.maps.push((map, text.len()));
                current = Some(text);
            }
        }
        view.clean = current.unwrap_or_default();
        view
    }

    /// The text to read.
    #[must_use]
    pub fn clean(&self) -> &str {
        &self.clean
    }

    /// The delivered text that a part of the clean text stands for. Both ends of `clean` must be character
    /// boundaries of the clean text; then the span's ends are character boundaries of the delivered text.
    #[must_use]
    pub fn delivered(&self, clean: Range<usize>) -> Span {
        let range = self.maps.iter().rev().fold(clean, |range, (map, _)| map.source_range(range));
        let start = range.start.min(self.delivered_len);
        Span::new(start, range.end.clamp(start, self.delivered_len))
    }

    /// The part of the clean text that stands for a delivered span; empty where all of it was left out.
    #[must_use]
    pub fn clean_range(&self, delivered: Span) -> Range<usize> {
        let (mut start, mut end) = (delivered.start.0, delivered.end.0);
        for (map, length) in &self.maps {
            start = map.rewritten_start(start, *length);
            end = map.rewritten_start(end, *length);
        }
        start..end.max(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Text with everything that the steps change.
    pub(crate) fn messy_text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "\\PC{0,8}",
            any::<char>().prop_map(String::from),
            proptest::sample::select(vec![
                " ",
                "\n",
                "\r\n",
                "\n\n",
                "\u{ad}",
                "\u{a0}",
                "\u{feff}",
                "\u{200b}",
                "<p>",
                "</p>",
                "<br>",
                "<b>",
                "<script>",
                "</script>",
                "<!--",
                "-->",
                "&amp;",
                "&amp;amp;",
                "&#x27;",
                "&lt;p&gt;",
                "<redacted>",
                "â€™",
                "Ã©",
                "e\u{301}",
                "👩‍👩‍👧",
                "“",
                "”",
                "\"",
                "'",
                ". ",
                "U.S.",
                "Xi Jinping",
                "said",
                "\u{fffd}",
                "China’s",
                "(ICC)",
                "…",
                "-",
                "\u{2028}",
                "\u{2029}",
                "\u{1}",
            ])
            .prop_map(String::from),
        ];
        proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn every_clean_character_maps_to_a_slice_of_the_delivered_text_in_order(delivered in messy_text()) {
            let view = TextView::new(&delivered);
            let mut previous = Span::default();
            for (start, character) in view.clean().char_indices() {
                let span = view.delivered(start..start + character.len_utf8());
                prop_assert!(delivered.get(span.start.0..span.end.0).is_some());
                prop_assert!(previous.start <= span.start && previous.end <= span.end);
                prop_assert!(span.start < span.end);
                if character.is_alphanumeric() && view.maps.len() == 1 {
                    prop_assert_eq!(span.slice(&delivered), character.to_string());
                    prop_assert_eq!(view.clean_range(span), start..start + character.len_utf8());
                }
                previous = span;
            }
        }

        #[test]
        fn clean_text_is_plain(delivered in messy_text()) {
            let view = TextView::new(&delivered);
            let clean = view.clean();
            let unclean = clean.contains(['\r', '\u{ad}', '\u{feff}', '\u{a0}', '\t', '\u{200b}']);
            prop_assert!(!unclean);
            prop_assert!(!clean.contains("  ") && !clean.contains("\n\n"));
            prop_assert_eq!(clean.trim(), clean);
        }
    }

    #[test]
    fn a_name_over_a_line_end_slices_the_delivered_text() {
        let delivered = "Putin and Prime Minister Mikhail\r\nMishustin paid a visit to the neighbours.";
        let view = TextView::new(delivered);
        let start = view.clean().find("Mikhail Mishustin").unwrap_or_default();
        assert_eq!(view.delivered(start..start + 17).slice(delivered), "Mikhail\r\nMishustin");
    }

    #[test]
    fn a_name_in_doubly_escaped_html_slices_the_delivered_text() {
        let delivered = "&lt;p&gt;Ana <b>O&amp;#x27;Dell</b> left.&lt;/p&gt;";
        let view = TextView::new(delivered);
        assert_eq!(view.clean(), "Ana O'Dell left.");
        assert_eq!(view.delivered(0..10).slice(delivered), "Ana <b>O&amp;#x27;Dell");
    }
}
