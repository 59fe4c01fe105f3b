//! The Kafka client.

pub mod embedded;
