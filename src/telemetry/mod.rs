//! Every metric name and every event that is logged and counted.

mod health;
pub mod logging;

pub use health::{Condition, Health, Readiness, STUCK_AFTER};
