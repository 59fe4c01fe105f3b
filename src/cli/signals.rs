//! SIGINT and SIGTERM: the first asks for a graceful stop, the second ends the process at once.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::pipeline::StopSwitch;

/// Conventional exit codes of a process that a signal ended.
const INTERRUPTED: i32 = 130;
const TERMINATED: i32 = 143;

/// Waits for signals until the process ends.
///
/// # Errors
/// If the signals cannot be listened to.
pub(super) async fn watch(stop: StopSwitch, limit: Duration) -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    stop.stop();
    tracing::info!(limit_ms = limit.as_millis(), "stopping; a second signal ends at once");
    let code = tokio::select! {
        _ = interrupt.recv() => INTERRUPTED,
        _ = terminate.recv() => TERMINATED,
        () = tokio::time::sleep(limit) => {
            tracing::error!(
                limit_ms = limit.as_millis(),
                "not stopped within kafka.shutdown_timeout_ms; ended without a commit of what was in work"
            );
            1
        }
    };
    // The Kafka thread may hang in a call that no broker answers, so that waiting for it is no way out.
    #[expect(clippy::disallowed_methods)]
    std::process::exit(code)
}
