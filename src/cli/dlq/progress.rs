//! How far a replay has come, on standard error where that is a terminal.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// Redrawn no more often than this.
const INTERVAL: Duration = Duration::from_millis(200);

/// A line that is written over.
pub(super) struct Progress {
    total: u64,
    started: Instant,
    drawn: Option<Instant>,
    visible: bool,
}

impl Progress {
    pub(super) fn new(total: u64) -> Self {
        Self { total, started: Instant::now(), drawn: None, visible: io::stderr().is_terminal() }
    }

    pub(super) fn at(&mut self, done: u64) {
        if !self.visible || self.drawn.is_some_and(|drawn| drawn.elapsed() < INTERVAL) {
            return;
        }
        self.drawn = Some(Instant::now());
        let _ = write!(io::stderr(), "\r\x1b[K{}", line(done, self.total, self.started.elapsed()));
    }
}

impl Progress {
    /// Takes the line away, so that another can be written.
    pub(super) fn clear(&mut self) {
        if self.drawn.take().is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn line(done: u64, total: u64, elapsed: Duration) -> String {
    let percent = done.saturating_mul(100).checked_div(total).unwrap_or(100);
    // Milliseconds for all, in proportion, less those that have passed.
    let left_ms = match done {
        0 => return format!("0 of {total} replayed"),
        done => elapsed.as_millis() * u128::from(total.saturating_sub(done)) / u128::from(done),
    };
    format!("{done} of {total} replayed ({percent} %), {} s left", left_ms.div_ceil(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_as_long_in_proportion_as_what_is_done() {
        assert_eq!(line(25, 100, Duration::from_secs(10)), "25 of 100 replayed (25 %), 30 s left");
        assert_eq!(line(0, 100, Duration::from_secs(10)), "0 of 100 replayed");
        assert_eq!(line(0, 0, Duration::ZERO), "0 of 0 replayed");
    }
}
