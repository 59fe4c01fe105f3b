//! Wires the rooms together and keeps the promises: nothing lost, nothing twice, order kept per
//! partition, memory bounded.
//!
//! ```text
//!              ┌──────────────── one OS thread owns both Kafka clients ─────────────────┐
//!   poll ─► slots (a queue per partition) ─► finished prefix ─► open batch ─► commit with offsets
//!              │ record                         ▲ outcome
//!              ▼                                │
//!           workers (bounded, one analysis at a time each; no Kafka, no locks)
//! ```
//!
//! - [`process`]: one record to its outcome, a pure function.
//! - [`workers`]: the threads that run it.
//! - [`refusals`]: what brokers refused, and what is tried next.
//! - [`copies`]: which articles are copies of earlier ones.
//! - [`slots`]: what is in work, per partition, in offset order.
//! - [`access`]: what the brokers refuse, and grant again.
//! - [`topics`]: which topics do not exist, and waiting for them.
//! - [`letter_limits`]: when dead letters are no longer the exception.
//! - [`session`]: the loop, from joining the group to leaving it.
//! - [`service`]: sessions one after the other, start and stop.

mod access;
mod cloud_event;
mod copies;
mod dead_letter;
mod ledger;
mod letter_limits;
pub mod outcome;
pub mod process;
mod refusals;
mod service;
mod session;
mod slots;
mod topics;
mod trace;
mod workers;

pub use letter_limits::TooManyDeadLetters;
pub use service::{Service, ServiceError, ServiceHandle, StopSwitch, Summary};
