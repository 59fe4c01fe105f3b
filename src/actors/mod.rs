//! Actors: who is named where, and which names are one actor.
//!
//! ```text
//! entities of the model ─► agreement: one kind per name ─► candidates, with the table of names ─► resolve: one actor
//! ```

mod agreement;
mod candidate;
mod cues;
mod names;
mod resolve;
mod watchlist;

pub use agreement::agree_on_kinds;
pub use candidate::{Candidate, Found, NameKind, NamedSpan, candidates};
pub use cues::{SPEECH_VERBS, is_one_of};
pub use names::{NameClass, NameEntry, NameTable, canonical_key, given_name_key, normalise};
pub use resolve::{How, Resolution, ResolvedActor, ResolvedMention, ResolvedPlace, resolve};
pub use watchlist::{WatchedActor, WatchedId, WatchedKind, Watchlist, WatchlistError, WatchlistProblem};
