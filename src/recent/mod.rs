//! The last minutes, in memory and bounded: which actors were seen, with which sentiment, and the sentences that
//! show it. For people who look at the live page; nothing else reads it, and nothing of it is written anywhere.
//!
//! ```text
//!   worker:        article, analysis, record ─► sighting
//!   Kafka thread:  sightings of a committed batch ─► window (one lock for all of them)
//!   HTTP thread:   window ─► view
//! ```
//!
//! - [`Sighting`]: what one article shows; small, built beside its record.
//! - `window`: what is kept of them, and what goes first when there is too much.
//! - [`view`]: what is shown, as values that can be serialised.

mod actor;
mod excerpt;
mod sighting;
#[cfg(test)]
mod tests;
pub mod view;
mod window;

pub use sighting::Sighting;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::config::RecentConfig;
use crate::telemetry::events::seconds_since_1970;

use window::Window;

/// The window with its lock and its clock. Shared by the Kafka thread, which writes, and the pages, which read.
pub struct Recent {
    started: Instant,
    /// Of `started`, in seconds since 1970.
    started_at: f64,
    window: Mutex<Window>,
}

impl Recent {
    /// An empty window.
    #[must_use]
    pub fn new(bounds: RecentConfig) -> Self {
        Self {
            started: Instant::now(),
            started_at: seconds_since_1970(),
            window: Mutex::new(Window::new(bounds)),
        }
    }

    /// Takes in what a committed batch showed.
    pub fn add(&self, sightings: Vec<Sighting>) {
        if sightings.is_empty() {
            return;
        }
        let now = self.now();
        let mut window = self.lock();
        for sighting in sightings {
            window.add(now, sighting);
        }
    }

    /// Actors and articles, the most frequent and the newest.
    #[must_use]
    pub fn overview(&self) -> view::Overview {
        let now = self.now();
        view::overview(&mut self.lock(), now, self.started_at)
    }

    /// One actor with its evidence; `None` if it is not among those that are kept.
    #[must_use]
    pub fn actor(&self, key: &str) -> Option<view::ActorView> {
        let now = self.now();
        view::actor(&mut self.lock(), key, now, self.started_at)
    }

    /// One article with its mentions; `None` if it is no longer kept.
    #[must_use]
    pub fn article(&self, number: u64) -> Option<view::ArticleView> {
        // The text is cut into its parts without the lock.
        let article = Arc::clone(self.lock().article(number)?);
        Some(view::article(&article, self.started_at))
    }

    /// Seconds since the start, which no change of the clock turns back.
    fn now(&self) -> u64 {
        self.started.elapsed().as_secs()
    }

    fn lock(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
