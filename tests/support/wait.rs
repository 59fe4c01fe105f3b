//! Waiting for what another process does.

use std::time::{Duration, Instant};

/// Longest time for something that normally takes a second or two: the machine may be busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The first value that `attempt` gives.
///
/// # Panics
///
/// When there is none within [`PATIENCE`]; `what` says what was waited for.
pub fn eventually<T>(what: &str, attempt: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, what, attempt)
}

/// Like [`eventually`], with another limit.
pub fn within<T>(limit: Duration, what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = attempt() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited {limit:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
