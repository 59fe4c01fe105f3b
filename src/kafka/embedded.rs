//! A broker inside this process, for `demo` and for tests that need no real one.
//!
//! It is librdkafka's mock cluster: it speaks the Kafka protocol on a loopback port, so that other
//! processes can join. Its limits: transactions are accepted but their offsets are dropped and aborted
//! records stay visible, so only `at_least_once` works on it; each partition keeps 5 MiB; after the first
//! join a rebalance takes the session timeout less one second.

use rdkafka::error::KafkaError;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

/// Why there is no embedded broker.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedBrokerError {
    #[error("the embedded broker does not start")]
    Start(#[source] KafkaError),
    #[error("the embedded broker does not create the topic {topic:?} with {partitions} partitions")]
    CreateTopic { topic: String, partitions: i32, source: KafkaError },
}

/// A running embedded broker. It ends, with everything in it, when this is dropped.
pub struct EmbeddedBroker {
    cluster: MockCluster<'static, DefaultProducerContext>,
}

impl EmbeddedBroker {
    /// A session timeout with which rebalances on the embedded broker are bearable.
    pub const SESSION_TIMEOUT_MS: u64 = 6_000;

    /// Starts one broker with these topics and their numbers of partitions.
    ///
    /// # Errors
    /// [`EmbeddedBrokerError`] if no loopback port can be had or a topic cannot be created.
    pub fn start(topics: &[(&str, i32)]) -> Result<Self, EmbeddedBrokerError> {
        let cluster = MockCluster::new(1).map_err(EmbeddedBrokerError::Start)?;
        for &(topic, partitions) in topics {
            cluster.create_topic(topic, partitions, 1).map_err(|source| {
                EmbeddedBrokerError::CreateTopic { topic: topic.to_owned(), partitions, source }
            })?;
        }
        Ok(Self { cluster })
    }

    /// Its address, `127.0.0.1:port`.
    #[must_use]
    pub fn bootstrap_servers(&self) -> String {
        self.cluster.bootstrap_servers()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rdkafka::ClientConfig;
    use rdkafka::consumer::{BaseConsumer, Consumer};

    use super::*;

    #[test]
    fn any_client_sees_the_topics_with_their_partitions() {
        let broker = EmbeddedBroker::start(&[("raw", 3), ("enriched", 1)]).unwrap();
        let client: BaseConsumer =
            ClientConfig::new().set("bootstrap.servers", broker.bootstrap_servers()).create().unwrap();
        let metadata = client.fetch_metadata(None, Duration::from_secs(10)).unwrap();
        let mut topics: Vec<(&str, usize)> =
            metadata.topics().iter().map(|topic| (topic.name(), topic.partitions().len())).collect();
        topics.sort_unstable();
        assert_eq!(topics, [("enriched", 1), ("raw", 3)]);
    }

    #[test]
    fn a_topic_that_is_named_twice_is_an_error() {
        assert!(EmbeddedBroker::start(&[("raw", 1), ("raw", 1)]).is_err());
    }
}
