//! Text as delivered, and the view of it that the analysis reads.
//!
//! ```text
//! delivered text ─► TextView ─────────────────────────────────► paragraphs ─► sentences
//!                   entity ─► markup ─► mojibake ─► layout           └──────► quotes, boilerplate
//! ```
//!
//! Everything right of [`TextView`] works on clean text; [`TextView::delivered`] is the only way back.

mod boilerplate;
mod entity;
mod layout;
mod markup;
mod mojibake;
mod offset;
mod offset_map;
mod quote;
mod sentence;
mod view;
mod word;

pub use boilerplate::{Boilerplate, Part, boilerplate};
pub use entity::named_character;
pub use offset::{ByteOffset, Span};
pub use offset_map::{OffsetMap, Rewriter};
pub use quote::{QuotedText, quotes};
pub use sentence::{paragraphs, sentences};
pub use view::TextView;
pub use word::words;
