//! What the integration tests share: brokers, plain Kafka clients, and the program as a child process.

#![allow(dead_code, reason = "each test binary uses its part of this")]

pub mod article;
pub mod broker;
pub mod cluster;
pub mod metrics;
pub mod producer;
pub mod reader;
pub mod secure_broker;
pub mod service;
pub mod wait;
pub mod workspace;
