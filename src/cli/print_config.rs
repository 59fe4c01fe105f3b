//! `print-config`: what holds after file and environment.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use crate::config::{self, Config, ProcessEnvironment};

use super::failure::Failure;

/// Print the effective configuration as TOML: defaults, file and environment, secrets masked.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Configuration file. Without it: defaults and environment.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let (settings, _) = Config::load(arguments.config.as_deref(), &ProcessEnvironment)?;
    let table = config::masked(&settings).map_err(|error| Failure::from_error(&error))?;
    Ok(write!(io::stdout().lock(), "{table}")?)
}
