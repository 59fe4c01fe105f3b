//! `run`: the service.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::config::{Config, ProcessEnvironment};
use crate::telemetry::logging;

use super::failure::Failure;
use super::server::{Server, WhenTaken};

/// Run the service: input topic -> enrich -> output topic, until SIGTERM or Ctrl-C.
///
/// The first signal finishes and commits what is in work (exit code 0, or 1 when the brokers do not take the
/// last batch); a second one ends at once (exit code 130 or 143), and so does `kafka.shutdown_timeout_ms` (exit
/// code 1). Nothing is lost either way: what is not committed is read again. SIGHUP reads the watch-list again where one is configured; a broken file keeps the old
/// one in use.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tonewire run --config tonewire.toml
  TONEWIRE_KAFKA__BROKERS=broker:9092 TONEWIRE_LOG__FILTER=debug tonewire run --config tonewire.toml")]
pub(super) struct Arguments {
    /// Configuration file; config/tonewire.toml shows every key. Without it: defaults and environment.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let (_, config) = Config::load(arguments.config.as_deref(), &ProcessEnvironment)?;
    logging::init(&config.log).map_err(|error| Failure::from_error(&error))?;
    for file in config.exposed_files() {
        tracing::warn!(key = file.key, "{file}");
    }
    let server = Server::start(Arc::new(config), WhenTaken::Fail)?;
    tracing::info!(address = %server.address, "serving the live page, /metrics, /livez, /readyz and /version");
    let summary = server.service.wait().map_err(|error| Failure::from_error(&error))?;
    tracing::info!(
        received = summary.received,
        enriched = summary.enriched,
        dead_lettered = summary.dead_lettered,
        skipped = summary.skipped,
        returned = summary.returned,
        "stopped"
    );
    Ok(())
}
