//! The enriched record: what readers of the output topic get.
//!
//! ```text
//!  Article + Analysis ─► encode ─► EnrichedRecord ─┬─► JSON bytes   output topic
//!                        offsets                   ├─► rows         one flat row per actor, for tables
//!                        (bytes ─► unit)           │            connect  rows with their schema, for Kafka Connect
//!                                                  └─► text         for a terminal
//!                                                      schema, avro JSON Schema and Avro schema of these
//! ```

pub mod avro;
mod connect;
mod dead_letter;
mod encode;
mod enriched;
mod offsets;
mod rows;
pub mod schema;
pub mod text;

pub use connect::{ConnectRow, connect_row};
pub use dead_letter::{DeadLetterHeaders, DeadLetterRecord, OriginalHeader};
pub use encode::{Processing, SourceCoordinates, encode, enriched};
pub use enriched::*;
pub use rows::{ActorRow, actor_rows};
