//! What operators see: every metric name stands in [`metrics`], every event that is logged or counted
//! is a type in [`events`].

pub mod events;
pub mod health;
pub mod metrics;

pub use health::Health;
pub use metrics::Telemetry;
