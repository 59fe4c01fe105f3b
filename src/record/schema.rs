//! JSON Schemas of everything that is written or read.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use super::{ActorRow, DeadLetterRecord, EnrichedRecord};
use crate::config::Settings;

/// What there is a schema of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Document {
    /// A record of the output topic.
    Enriched,
    /// A flat row per article and actor.
    ActorRow,
    /// The configuration file.
    Config,
    /// A record of the dead-letter topic.
    DeadLetter,
}

/// The schema, JSON Schema draft 2020-12.
#[must_use]
pub fn schema(document: Document) -> Schema {
    match document {
        Document::Enriched => written::<EnrichedRecord>(),
        Document::ActorRow => written::<ActorRow>(),
        Document::Config => {
            SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Settings>()
        }
        Document::DeadLetter => written::<DeadLetterRecord>(),
    }
}

/// Of something the program writes: every field is required.
fn written<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_written_document_is_required() {
        for document in [Document::Enriched, Document::ActorRow, Document::DeadLetter] {
            let schema = schema(document).to_value();
            let names: Vec<_> = schema["properties"].as_object().unwrap().keys().cloned().collect();
            assert_eq!(schema["required"].as_array().unwrap().len(), names.len(), "{document:?}");
        }
    }

    #[test]
    fn a_dead_letter_names_all_headers() {
        let text = schema(Document::DeadLetter).to_value().to_string();
        for name in [
            "topic",
            "partition",
            "offset",
            "timestamp",
            "stage",
            "error_code",
            "error",
            "attempts",
            "version",
        ] {
            assert!(text.contains(&format!("\"tonewire.dlq.{name}\"")), "{name}");
        }
    }

    #[test]
    fn the_configuration_schema_knows_the_tables() {
        let schema = schema(Document::Config).to_value();
        assert!(schema["properties"].get("kafka").is_some());
    }
}
