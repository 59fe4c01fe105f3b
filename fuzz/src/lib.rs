//! What must hold for any bytes: a module per target, each with one function `holds` that panics where it does not.
//!
//! The fuzz targets run them on inputs that libFuzzer finds, `tests/invariants.rs` on pieces of the seeds. An input
//! is text where that can be, so that seeds can be written by hand; each module says how it is read.

pub mod actors;
pub mod analysis;
pub mod configuration;
pub mod decoders;
pub mod model;
pub mod text;
pub mod watchlist;

mod input;
