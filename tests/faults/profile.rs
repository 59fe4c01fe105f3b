//! How long the scenarios take: short for every change, long for a release.

use std::time::Duration;

/// `FAULTS_PROFILE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Minutes on two cores.
    Short,
    /// The numbers of the promise: at least 50 kills, outages of 30 s.
    Long,
}

impl Profile {
    /// # Panics
    ///
    /// When the variable holds another word.
    pub fn from_environment() -> Self {
        match std::env::var("FAULTS_PROFILE").as_deref() {
            Err(_) | Ok("" | "short") => Self::Short,
            Ok("long") => Self::Long,
            Ok(other) => panic!("FAULTS_PROFILE={other}: use short or long"),
        }
    }

    /// The value for this profile.
    pub fn pick<T>(self, short: T, long: T) -> T {
        match self {
            Self::Short => short,
            Self::Long => long,
        }
    }

    /// Seconds for this profile.
    pub fn seconds(self, short: u64, long: u64) -> Duration {
        Duration::from_secs(self.pick(short, long))
    }
}
