//! Texts cut to a size, never inside of a character.

use std::ops::Range;

/// Stands for what was left out.
const ELLIPSIS: char = '…';

/// The beginning of a text, of at most so many bytes.
pub(super) fn beginning(text: &str, most: usize) -> &str {
    text.get(..floor_boundary(text, most)).unwrap_or_default()
}

/// A part of a text with one place in it marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) text: String,
    /// Bytes of `text` that are the marked place.
    pub(super) mark: Range<usize>,
}

impl Excerpt {
    /// The sentence, or what of it stands around the mark in about `most` bytes.
    pub(super) fn of(text: &str, sentence: Range<usize>, mark: Range<usize>, most: usize) -> Self {
        let mark = boundaries(text, mark);
        let sentence = boundaries(text, sentence.start.min(mark.start)..sentence.end.max(mark.end));
        let mark = mark.start..mark.end.min(ceil_boundary(text, mark.start + most));
        let room = most.saturating_sub(mark.len()) / 2;
        let mut start = sentence.start.max(floor_boundary(text, mark.start.saturating_sub(room)));
        let mut end = sentence.end.min(ceil_boundary(text, mark.end + room));
        // What the shorter side leaves is room for the other.
        let left = most.saturating_sub(end - start);
        start = sentence.start.max(floor_boundary(text, start.saturating_sub(left)));
        end = sentence.end.min(ceil_boundary(text, end + most.saturating_sub(end - start)));
        let mut cut = String::new();
        if start > sentence.start {
            cut.push(ELLIPSIS);
        }
        let shift = cut.len();
        cut.push_str(text.get(start..end).unwrap_or_default());
        if end < sentence.end {
            cut.push(ELLIPSIS);
        }
        Self { text: cut, mark: mark.start - start + shift..mark.end - start + shift }
    }
}

/// A range within the text, its ends moved down to boundaries of characters.
fn boundaries(text: &str, range: Range<usize>) -> Range<usize> {
    let start = floor_boundary(text, range.start);
    start..floor_boundary(text, range.end).max(start)
}

fn floor_boundary(text: &str, byte: usize) -> usize {
    let byte = byte.min(text.len());
    (0..=byte).rev().find(|&position| text.is_char_boundary(position)).unwrap_or(0)
}

fn ceil_boundary(text: &str, byte: usize) -> usize {
    (byte..text.len()).find(|&position| text.is_char_boundary(position)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_short_sentence_stays_whole_with_its_mark() {
        let text = "One. Ada Korr won. Two.";
        let excerpt = Excerpt::of(text, 5..18, 5..13, 100);
        assert_eq!(excerpt.text, "Ada Korr won.");
        assert_eq!(&excerpt.text[excerpt.mark], "Ada Korr");
    }

    #[test]
    fn a_long_sentence_is_cut_around_its_mark() {
        let text = format!("{} Ada {}", "a".repeat(500), "z".repeat(500));
        let excerpt = Excerpt::of(&text, 0..text.len(), 501..504, 40);
        assert_eq!(&excerpt.text[excerpt.mark.clone()], "Ada");
        assert!(excerpt.text.starts_with('…') && excerpt.text.ends_with('…'), "{excerpt:?}");
        assert!(excerpt.text.len() <= 40 + 6 + 8, "{excerpt:?}");
    }

    proptest! {
        #[test]
        fn no_range_panics_and_the_mark_lies_inside(
            text in "[a\u{e9}\u{4e2d}\u{1f600} ]{0,60}",
            ends in proptest::array::uniform4(0_usize..300),
            most in 0_usize..80,
        ) {
            let [a, b, c, d] = ends;
            let excerpt = Excerpt::of(&text, a..b, c..d, most);
            prop_assert!(excerpt.text.get(excerpt.mark).is_some());
            prop_assert!(excerpt.text.len() <= most + 20);
            prop_assert!(text.starts_with(beginning(&text, most)));
        }
    }
}
