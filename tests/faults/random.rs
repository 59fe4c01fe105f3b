//! Random moments that can be had again: the seed is printed, and `FAULTS_SEED` sets it.

use std::ops::Range;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

static SEED: OnceLock<u64> = OnceLock::new();

/// The seed of this run.
pub fn seed() -> u64 {
    *SEED.get_or_init(|| match std::env::var("FAULTS_SEED") {
        Ok(text) if !text.is_empty() => text.parse().expect("FAULTS_SEED is a whole number"),
        _ => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
            u64::try_from(now.as_millis()).expect("a clock before the year 500 million")
        }
    })
}

/// `SplitMix64` (Steele, Lea and Flood, 2014): good enough for moments, and five lines.
pub struct Random(u64);

impl Random {
    /// A sequence of its own for each name, so that one scenario run alone sees what it saw among others.
    pub fn of(name: &str) -> Self {
        Self(name.bytes().fold(seed(), |state, byte| state.wrapping_mul(31).wrapping_add(u64::from(byte))))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A time of that many milliseconds.
    pub fn milliseconds(&mut self, range: Range<u64>) -> Duration {
        Duration::from_millis(range.start + self.next() % (range.end - range.start))
    }
}
