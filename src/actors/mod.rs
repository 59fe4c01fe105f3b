//! Actors: who is named where, and which names are one actor.
//!
//! ```text
//! sentences ─► words ─► candidates (known names, capitalised sequences) ─► resolve: one actor per name
//! ```

mod candidate;
mod cues;
mod names;
mod resolve;
mod word;

pub use candidate::{Candidate, Finder, Found, NameKind, ReadSentence};
pub use cues::{SPEECH_VERBS, is_one_of};
pub use names::{NameClass, NameEntry, NameTable, canonical_key, given_name_key, normalise};
pub use resolve::{How, Resolution, ResolvedActor, ResolvedMention, ResolvedPlace, resolve};
pub use word::{Gap, Word, words};
