//! Something that may be lost for a moment without being given up.

use std::time::Duration;

use super::health::GIVEN_UP_AFTER;

/// Times are milliseconds since the start of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Steady {
    #[default]
    NotYet,
    Holds,
    LostAt(u64),
}

impl Steady {
    /// Notes what is so now. What was never there cannot be lost, and what is lost stays lost since the first time.
    pub(super) fn set(&mut self, holds: bool, now_ms: u64) {
        match (holds, *self) {
            (true, _) => *self = Self::Holds,
            (false, Self::Holds) => *self = Self::LostAt(now_ms),
            (false, Self::NotYet | Self::LostAt(_)) => {}
        }
    }

    /// Whether it holds, or is lost for so short a time that it still counts.
    pub(super) fn holds(self, now_ms: u64) -> bool {
        self == Self::Holds || self.lost_for(now_ms).is_some_and(|lost| lost < GIVEN_UP_AFTER)
    }

    /// Since when it is lost, if it is.
    pub(super) fn lost_for(self, now_ms: u64) -> Option<Duration> {
        let Self::LostAt(lost_ms) = self else { return None };
        Some(Duration::from_millis(now_ms.saturating_sub(lost_ms)))
    }
}
