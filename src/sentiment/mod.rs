//! Whose sentiment it is: the speakers of quotations, and the stances of one actor toward another.

mod adjust;
mod form;
mod source;
mod speaker;
mod stance;

pub use adjust::adjusted;
pub use speaker::{Attribution, Spoken, Voice, actor_in, attribute, is_speech};
pub use stance::{Part, Report, Stance, StanceMention, Tone, report};
