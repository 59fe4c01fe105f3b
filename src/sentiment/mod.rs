//! Sentiment toward mentions, and whose it is.

mod lexicon;
mod speaker;
mod tone;

pub use speaker::{Attribution, Voice, attribute, is_speech};
pub use tone::Tone;
