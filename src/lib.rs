//! tonewire: raw news articles in, enriched records out, beside a Kafka cluster.
//!
//! # Layout
//!
//! The folders follow the way the data takes, from left to right:
//!
//! ```text
//!  input topic ─► kafka ─► article ─► analysis ──────────────────────► record ─► kafka ─► output topic
//!                 consume  decode     text ─► model ─► actors ─► ..     encode    produce  (+ dead letters)
//!                    ▲                                                              │
//!                    └───────────────── offsets, in one transaction ◄───────────────┘
//!
//!  recent     what the articles of the last minutes show, for the live page
//!  pipeline   wires the rooms above: workers, slots per partition, back-pressure, the loop
//!  http       the live page, /metrics /livez /readyz /version
//!  model      the network: sentences to entities, quote parts and the sentiment toward mentions
//!  evaluation figures of the model on labelled data
//!  telemetry  every metric name and every event that is logged and counted
//!  config     settings as written -> a configuration that is known to be valid
//!  cli        one file per command
//! ```
//!
//! A room may use the rooms to its left in `text, model, actors, sentiment, article, analysis, record,
//! config, telemetry, kafka, recent, pipeline, http, evaluation, cli` and never one to its right. The processing stage
//! (`text` to `record`) knows nothing of Kafka, HTTP or the command line.
//!
//! The rooms from `telemetry` on are the cargo feature `service`, which is on by default. Without it the library
//! reads articles inside another program: decode, [`analysis::Stage`], [`record::encode`].

#![deny(unsafe_code)]

// In the order of the rooms, from left to right.
pub mod text;

pub mod model;

pub mod actors;

pub mod sentiment;

pub mod article;

pub mod analysis;

pub mod record;

pub mod config;

#[cfg(feature = "service")]
pub mod telemetry;

#[cfg(feature = "service")]
pub mod kafka;

#[cfg(feature = "service")]
pub mod recent;

#[cfg(feature = "service")]
pub mod pipeline;

#[cfg(feature = "service")]
pub mod http;

#[cfg(feature = "service")]
pub mod evaluation;

#[cfg(feature = "service")]
pub mod cli;
