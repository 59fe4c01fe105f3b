//! `schema`: the forms that others build on, as JSON Schema.

use std::io::{self, Write};

use clap::{Args, ValueEnum};

use crate::config::Settings;

use super::failure::Failure;

/// Print a JSON Schema.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Of what.
    #[arg(value_enum)]
    of: Form,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// The value of a record in the output topic.
    Enriched,
    /// A flat row per article and actor, for SQL sinks.
    ActorRow,
    /// The configuration file.
    Config,
    /// The headers that a dead letter has on top of those of the record.
    DeadLetter,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    Ok(writeln!(io::stdout().lock(), "{}", text(arguments.of)?.trim_end())?)
}

fn text(form: Form) -> Result<String, Failure> {
    Ok(match form {
        Form::Enriched => include_str!("schema/enriched.json").to_owned(),
        Form::ActorRow => include_str!("schema/actor-row.json").to_owned(),
        Form::DeadLetter => include_str!("schema/dead-letter.json").to_owned(),
        Form::Config => serde_json::to_string_pretty(&schemars::schema_for!(Settings))
            .map_err(|error| Failure::from_error(&error))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_is_json_and_says_what_it_is() {
        for form in Form::value_variants() {
            let schema: serde_json::Value = serde_json::from_str(&text(*form).unwrap()).unwrap();
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
            assert!(schema["title"].is_string());
        }
    }
}
