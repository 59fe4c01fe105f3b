//! Actors: who is named where, and which names are one actor.
//!
//! ```text
//! entities of the model ─► whole names ─► agreement: one kind per name ─► candidates: what the name may be ─┐
//! sentences ─► phrases: "the Chilean president" ─────────────────────────────────────────────┴─► resolve: one actor
//! ```
//!
//! All of them ask the [`knowledge`] base.

mod agreement;
mod candidate;
mod class;
mod compound;
mod cues;
pub mod knowledge;
mod offices;
mod phrase;
mod place;
mod resolve;
mod short_names;
mod watchlist;
mod who;
mod whole_name;

pub use agreement::agree_on_kinds;
pub use candidate::{Candidate, Found, NameKind, NamedSpan, candidates};
pub use class::NameClass;
pub use cues::{SPEECH_VERBS, is_one_of};
pub use phrase::{Meaning, Phrase, phrases};
pub use resolve::{How, Resolution, ResolvedActor, ResolvedMention, ResolvedPlace, resolve};
pub use watchlist::{WatchedActor, WatchedId, WatchedKind, Watchlist, WatchlistError, WatchlistProblem};
pub use who::Who;
pub use whole_name::whole_names;
