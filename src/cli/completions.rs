//! `completions`: a script that a shell loads.

use std::io::{self, Write};

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::failure::Failure;

/// Print a shell's completion script.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  tonewire completions bash > ~/.local/share/bash-completion/completions/tonewire")]
pub(super) struct Arguments {
    /// The shell.
    shell: Shell,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    // Into memory first: the generator panics if its writer fails, as a closed pipe does.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::Arguments::command(), "tonewire", &mut script);
    Ok(io::stdout().lock().write_all(&script)?)
}
