//! `dlq`: what could not be read, and sending it again.
//!
//! ```text
//!   source     the dead-letter topic, opened up to where it ends at the start
//!   selection  which letters are meant
//!   letter     a dead letter with the words to show it
//!   list, show, replay
//!   memory     which letters of a partition have been replayed, as the group stores it
//! ```

mod letter;
mod list;
mod memory;
mod replay;
mod selection;
mod show;
mod source;

use clap::{Args, Subcommand};

use super::failure::Failure;

/// Look at dead letters, and send them again.
///
/// A dead letter is a record that could not be enriched: its original key, value and headers, with headers that say
/// where it stood and what went wrong. Both formats of `output.dead_letter_headers` are read. Nothing here commits an
/// offset of the service, and only `replay` writes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tonewire dlq list --config tonewire.toml --summary
  tonewire dlq list --config tonewire.toml --reason invalid_json --from 2h
  tonewire dlq show --config tonewire.toml 0 4711
  tonewire dlq replay --config tonewire.toml --reason timeout --dry-run")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Arguments),
    Show(show::Arguments),
    Replay(replay::Arguments),
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.command {
        Command::List(arguments) => list::execute(arguments),
        Command::Show(arguments) => show::execute(arguments),
        Command::Replay(arguments) => replay::execute(arguments),
    }
}
