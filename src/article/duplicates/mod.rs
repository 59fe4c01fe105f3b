//! Near-duplicates: the same story sent again, as when a paper prints what an agency wrote.
//!
//! ```text
//! body ─► fingerprint (128 bytes) ─► window of the partition ─► id of the first article that it resembles
//! ```
//!
//! `examples/duplicate_quality.rs` measures how well it tells copies from other stories; docs/formats.md has the figures.

mod fingerprint;
mod window;

pub use fingerprint::Fingerprint;
pub use window::{Place, Window};
