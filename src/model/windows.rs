//! Long texts: cut into windows that the encoder can take, never shortened.

use std::ops::Range;

use super::tokenize::Pieces;

/// One window of a text: `pieces` are indices into the text's pieces, `[CLS]` and `[SEP]` not among them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Window {
    pub pieces: Range<usize>,
    /// A mention that begins in these bytes belongs to this window.
    pub bytes: Range<usize>,
}

/// Windows of at most `longest` pieces, cut before the start of a word where there is one.
pub(super) fn windows(pieces: &Pieces, longest: usize) -> Vec<Window> {
    let last = pieces.len() - 1;
    let mut windows = Vec::new();
    let mut first = 1;
    loop {
        let end = if last - first <= longest { last } else { cut(pieces, first, longest) };
        let begins = if first == 1 { 0 } else { pieces.offsets[first].0 };
        let ends = if end < last { pieces.offsets[end].0 } else { usize::MAX };
        windows.push(Window { pieces: first..end, bytes: begins..ends });
        if end == last {
            return windows;
        }
        first = end;
    }
}

fn cut(pieces: &Pieces, first: usize, longest: usize) -> usize {
    let latest = first + longest;
    (first + 1..=latest).rev().find(|index| pieces.word_start[*index]).unwrap_or(first + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text of words with the given numbers of pieces, two bytes a piece.
    fn text(words: &[usize]) -> Pieces {
        let mut pieces = Pieces { offsets: vec![(0, 0)], word_start: vec![false], ..Pieces::default() };
        for length in words {
            for index in 0..*length {
                let start = 2 * (pieces.offsets.len() - 1);
                pieces.offsets.push((start, start + 2));
                pieces.word_start.push(index == 0);
            }
        }
        pieces.offsets.push((0, 0));
        pieces.word_start.push(false);
        pieces.ids = vec![0; pieces.offsets.len()];
        pieces
    }

    fn ranges(words: &[usize], longest: usize) -> Vec<Range<usize>> {
        windows(&text(words), longest).into_iter().map(|window| window.pieces).collect()
    }

    #[test]
    fn a_text_that_fits_is_one_window() {
        assert_eq!(ranges(&[1; 5], 5), vec![1..6; 1]);
        assert_eq!(windows(&text(&[]), 5), [Window { pieces: 1..1, bytes: 0..usize::MAX }]);
    }

    #[test]
    fn windows_are_cut_before_words_and_leave_nothing_out() {
        assert_eq!(ranges(&[2, 2, 2, 2], 5), [1..5, 5..9]);
        assert_eq!(ranges(&[1; 12], 5), [1..6, 6..11, 11..13]);
    }

    #[test]
    fn every_byte_belongs_to_one_window() {
        let found: Vec<_> = windows(&text(&[2, 2, 2, 2]), 5).into_iter().map(|window| window.bytes).collect();
        assert_eq!(found, [0..8, 8..usize::MAX]);
    }
}
