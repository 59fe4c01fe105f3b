//! Whose sentiment it is: the speakers of quotations, and the stances of one actor toward another.

mod speaker;
mod stance;

pub use speaker::{Attribution, Voice, attribute, is_speech};
pub use stance::{Stance, StanceMention, stances};
