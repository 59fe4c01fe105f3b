//! librdkafka's own log lines and reports, at a bounded rate: it repeats itself with every attempt of every
//! connection.

use std::sync::LazyLock;
use std::time::Duration;

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;

use crate::telemetry::events::LogLimiter;

use super::refusal::{Refusal, remedy_for_other_protocol};

/// One for the process, since clients come and go.
static LINES: LazyLock<LogLimiter> = LazyLock::new(|| LogLimiter::new(Duration::from_mins(1)));
static PROBLEMS: LazyLock<LogLimiter> = LazyLock::new(LogLimiter::default);

/// Forwards a line of librdkafka's own log. Of warnings and errors one of each facility in a minute, which
/// says how many were left out; finer ones come only when somebody asks for them.
pub(super) fn line(client: &str, level: RDKafkaLogLevel, facility: &str, message: &str) {
    use RDKafkaLogLevel as Level;
    match level {
        Level::Notice | Level::Info => {
            tracing::info!(target: "librdkafka", client, facility, "{message}");
        }
        Level::Debug => tracing::debug!(target: "librdkafka", client, facility, "{message}"),
        severe => {
            let Some(suppressed) = LINES.admit(&format!("{client}/{facility}")) else { return };
            if matches!(severe, Level::Warning) {
                tracing::warn!(target: "librdkafka", client, facility, suppressed, "{message}");
            } else {
                tracing::error!(target: "librdkafka", client, facility, suppressed, "{message}");
            }
        }
    }
}

/// Logs a problem that a client reports. Refusals are logged by whoever keeps count of them.
pub(super) fn problem(client: &str, error: &KafkaError, reason: &str) {
    if Refusal::of_report(error, reason).is_some() {
        tracing::debug!(client, %error, reason, "kafka client reports a refusal");
        return;
    }
    let code = error.rdkafka_error_code();
    if let Some(suppressed) = PROBLEMS.admit(&format!("{client}/{code:?}")) {
        let remedy = remedy_for_other_protocol(reason);
        tracing::warn!(client, %error, reason, remedy, suppressed, "kafka client reports a problem");
    }
}
