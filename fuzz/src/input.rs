//! How an input is taken apart.

use std::ops::Range;

/// The first line, and what follows it.
pub(crate) fn first_line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, &[]),
    }
}

/// Text as a decoder would deliver it.
pub(crate) fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

/// Ranges that begin and end on character boundaries, hold something, and come in order without overlap.
#[track_caller]
pub(crate) fn assert_in_order(text: &str, ranges: impl IntoIterator<Item = Range<usize>>) {
    let mut covered = 0;
    for range in ranges {
        let piece = text.get(range.clone());
        assert!(piece.is_some_and(|piece| !piece.is_empty()), "{range:?} is no stretch of {text:?}");
        assert!(covered <= range.start, "{range:?} begins before {covered} in {text:?}");
        covered = range.end;
    }
}
