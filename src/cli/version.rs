//! `--version`: everything that decides what comes out.

use std::io::{self, Write};

use rdkafka::ClientConfig;

use crate::analysis::{Analyze, Stage};
use crate::config::{Config, Settings};

use super::failure::Failure;

pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn print() -> Result<(), Failure> {
    let config = Config::from_settings(Settings::default())?;
    let stage = Stage::new(&config.analysis).map_err(|error| Failure::from_error(&error))?;
    let (librdkafka, features) = librdkafka()?;
    let mut out = io::stdout().lock();
    writeln!(out, "tonewire {VERSION}")?;
    writeln!(out, "model {}", stage.model())?;
    writeln!(out, "librdkafka {librdkafka} ({features})")?;
    Ok(())
}

/// The body of `/version`.
pub(super) fn as_json(model: &str) -> Result<serde_json::Value, Failure> {
    let (librdkafka, features) = librdkafka()?;
    Ok(serde_json::json!({
        "version": VERSION,
        "model": model,
        "librdkafka": librdkafka,
        "librdkafka_features": features,
    }))
}

/// Version and built-in features.
fn librdkafka() -> Result<(String, String), Failure> {
    let (_, version) = rdkafka::util::get_rdkafka_version();
    let features = ClientConfig::new()
        .create_native_config()
        .and_then(|config| config.get("builtin.features"))
        .map_err(|error| Failure::from_error(&error))?;
    Ok((version, features.trim_end_matches('\0').to_owned()))
}
