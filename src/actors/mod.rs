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
mod compound;
mod cues;
mod kind;
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
pub use cues::{SPEECH_VERBS, is_one_of};
pub use kind::ActorKind;
pub use phrase::{Meaning, Phrase, phrases};
pub use resolve::{Resolution, ResolvedActor, ResolvedMention, ResolvedPlace, Via, resolve};
pub use watchlist::{WatchedActor, WatchedId, Watchlist, WatchlistError, WatchlistProblem};
pub use who::Who;
pub use whole_name::whole_names;
