//! Plain text: the whole value is the body.

use super::super::draft::Draft;

/// Makes an article of a text. Nothing is trimmed: offsets must fit the text that the producer sent.
pub(in crate::article) fn read(text: &str) -> Draft {
    Draft { body: text.to_owned(), ..Draft::default() }
}
