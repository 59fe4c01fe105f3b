//! `man`: the manual pages, made from the same declarations as `--help`.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, CommandFactory};

use super::failure::Failure;

/// Print the manual page, or write one for each command.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tonewire man | man -l -
  tonewire man --directory /usr/local/share/man/man1")]
pub(super) struct Arguments {
    /// Write tonewire.1 and a page for each command into this folder, instead of printing the first.
    #[arg(long, value_name = "FOLDER")]
    directory: Option<PathBuf>,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    // `help` is no command with a page of its own.
    let command = super::Arguments::command().disable_help_subcommand(true);
    let Some(directory) = &arguments.directory else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        return Ok(io::stdout().lock().write_all(&page)?);
    };
    std::fs::create_dir_all(directory).and_then(|()| clap_mangen::generate_to(command, directory)).map_err(
        |error| Failure::Failed(format!("cannot write manual pages into {}: {error}", directory.display())),
    )
}
