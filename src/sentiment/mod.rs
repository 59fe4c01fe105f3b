//! Whose sentiment it is: the speakers of quotations.

mod speaker;

pub use speaker::{Attribution, Voice, attribute, is_speech};
