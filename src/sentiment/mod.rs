//! Whose sentiment it is: the speakers of quotations, and the stances of one actor toward another.

mod adjust;
mod form;
mod polarity;
mod source;
mod speaker;
mod stance;

pub use adjust::adjusted;
pub use polarity::is_name_of_polar_words;
pub use speaker::{Attribution, Spoken, Voice, actor_in, attribute, is_speech};
pub use stance::{Part, Report, Stance, StanceMention, Tone, report};
