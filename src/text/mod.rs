//! Text as delivered, and the view of it that the analysis reads.

mod offset;

pub use offset::{ByteOffset, Span};
