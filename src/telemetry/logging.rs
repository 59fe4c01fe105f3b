//! The log: to standard error, so that standard output belongs to results.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::util::TryInitError;

use crate::config::{LogConfig, LogFormat};

const DROP_OF_CLOSED_CONSUMER: &str = "rdkafka::consumer::base_consumer";

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    #[error("log.filter {filter:?} cannot be used")]
    Filter { filter: String, source: ParseError },
    #[error("the log was already set up")]
    Twice(#[from] TryInitError),
}

/// Sets up the log of this process. `RUST_LOG` is not read: the filter is a key of the configuration,
/// with its own variable `TONEWIRE_LOG__FILTER`.
///
/// # Errors
/// [`LoggingError`] if the filter is none, or a log is there already.
pub fn init(config: &LogConfig) -> Result<(), LoggingError> {
    use tracing_subscriber::util::SubscriberInitExt;

    // The client closes a consumer within a limit and then drops it; rust-rdkafka's drop reports the
    // second close as an error.
    let filter = format!("{DROP_OF_CLOSED_CONSUMER}=off,{}", config.filter);
    let filter = EnvFilter::try_new(filter)
        .map_err(|source| LoggingError::Filter { filter: config.filter.clone(), source })?;
    let on_terminal = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A line that cannot be written (the reader of the pipe is gone, the disk is full) is lost. The default
        // complains on standard error, which panics when that is what is broken, and took the service with it.
        .log_internal_errors(false);
    if is_json(config.format, on_terminal) {
        builder.json().flatten_event(true).finish().try_init()?;
    } else {
        builder.with_ansi(on_terminal).finish().try_init()?;
    }
    Ok(())
}

fn is_json(format: LogFormat, on_terminal: bool) -> bool {
    match format {
        LogFormat::Auto => !on_terminal,
        LogFormat::Json => true,
        LogFormat::Text => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_automatic_logs_depend_on_the_terminal() {
        assert!(is_json(LogFormat::Auto, false));
        assert!(!is_json(LogFormat::Auto, true));
        assert!(is_json(LogFormat::Json, true));
        assert!(!is_json(LogFormat::Text, false));
    }
}
