//! `schema`: the forms that others build on.

use std::io::{self, Write};

use clap::Args;

use crate::record::avro::avro;
use crate::record::schema::{Document, schema};

use super::failure::Failure;

/// Print a JSON Schema (draft 2020-12), made from the types of the program itself.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tonewire schema enriched > enriched.schema.json
  tonewire schema actor-row --avro > actor-row.avsc
The same files stand in docs/schema of the source.")]
pub(super) struct Arguments {
    /// Of what.
    #[arg(value_enum)]
    of: Document,
    /// As an Avro schema, of the records that are written.
    #[arg(long)]
    avro: bool,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let form = if arguments.avro {
        avro(arguments.of).ok_or_else(|| {
            Failure::Usage(
                "--avro is for enriched and actor-row only: nothing else is the value of a record".to_owned(),
            )
        })?
    } else {
        schema(arguments.of).to_value()
    };
    // With {:#} a JSON value is written with indentation.
    Ok(writeln!(io::stdout().lock(), "{form:#}")?)
}
