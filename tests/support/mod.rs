//! What the integration tests share: a broker, plain Kafka clients, and the program as a child process.

#![allow(dead_code, reason = "each test binary uses a part")]

pub mod article;
pub mod broker;
pub mod metrics;
pub mod producer;
pub mod reader;
pub mod service;
pub mod wait;
pub mod workspace;
