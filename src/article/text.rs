//! Plain text: the whole value is the body.

use super::Article;
use super::identity::derive_id;

/// Makes an article of a text. Nothing is trimmed: offsets must fit the text that the producer sent.
pub(super) fn decode(text: &str) -> Article {
    Article::new(derive_id(None, None, text, text.as_bytes()), None, text)
}
