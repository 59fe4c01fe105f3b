//! How long the scenarios take: brief while one works, short for every change, long for a release.

use std::time::Duration;

/// `FAULTS_PROFILE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// While one works: crashes, stops and gaps, with one node that nobody breaks. A few minutes on two cores.
    Brief,
    /// For every change: every kind of fault, with small numbers, some 20 minutes on two cores.
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
            Ok("brief") => Self::Brief,
            Ok("long") => Self::Long,
            Ok(other) => panic!("FAULTS_PROFILE={other}: use brief, short or long"),
        }
    }

    /// The word that chooses it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brief => "brief",
            Self::Short => "short",
            Self::Long => "long",
        }
    }

    /// The value for this profile.
    pub fn pick<T>(self, short: T, long: T) -> T {
        match self {
            Self::Brief | Self::Short => short,
            Self::Long => long,
        }
    }

    /// Seconds for this profile.
    pub fn seconds(self, short: u64, long: u64) -> Duration {
        Duration::from_secs(self.pick(short, long))
    }
}
