//! What operators see: every metric name stands in [`metrics`], every event that is logged or counted
//! is a type in [`events`], what the probes answer is in [`Health`]. [`exposition`] reads what they scrape.

pub mod events;
pub mod exposition;
mod health;
pub mod logging;
pub mod metrics;
mod steady;

pub use health::{Condition, GIVEN_UP_AFTER, Health, MissingTopics, Readiness, STUCK_AFTER};
pub use metrics::Telemetry;
