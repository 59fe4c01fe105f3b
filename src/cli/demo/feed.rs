//! The samples on their way into the raw topic.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::error::KafkaResult;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};

use crate::article::{Sample, samples};

use super::reader::Place;

const TIME_TO_SEND: Duration = Duration::from_secs(10);

pub(super) struct Feed {
    producer: FutureProducer,
    topic: &'static str,
    samples: Vec<Sample>,
    runtime: tokio::runtime::Runtime,
}

impl Feed {
    pub(super) fn new(brokers: &str, topic: &'static str) -> Result<Self, FeedError> {
        Ok(Self {
            producer: producer(brokers)?,
            topic,
            samples: samples().collect(),
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
        })
    }

    /// Number of samples.
    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }

    /// Sends a sample, and says where it stands and what it is called.
    pub(super) fn send(&self, number: usize) -> Result<(Place, String), String> {
        let sample = self.samples.get(number).ok_or("there is no such sample")?;
        let mut record = FutureRecord::to(self.topic).key(sample.name).payload(sample.value);
        if let Some(content_type) = sample.content_type {
            let header = Header { key: "content-type", value: Some(content_type) };
            record = record.headers(OwnedHeaders::new().insert(header));
        }
        Ok((self.deliver(record)?, sample.name.to_owned()))
    }

    /// Sends a record without a value: an article that was withdrawn.
    pub(super) fn send_tombstone(&self) -> Result<Place, String> {
        self.deliver(FutureRecord::<str, [u8]>::to(self.topic).key("withdrawn"))
    }

    fn deliver(&self, record: FutureRecord<'_, str, [u8]>) -> Result<Place, String> {
        let delivery = self
            .runtime
            .block_on(self.producer.send(record, TIME_TO_SEND))
            .map_err(|(error, _)| format!("a sample was not sent: {error}"))?;
        Ok(Place { partition: delivery.partition, offset: delivery.offset })
    }
}

/// Why there is no feed.
#[derive(Debug, thiserror::Error)]
pub(super) enum FeedError {
    #[error("the producer of samples does not start")]
    Producer(#[from] rdkafka::error::KafkaError),
    #[error("the producer of samples has no runtime")]
    Runtime(#[from] std::io::Error),
}

fn producer(brokers: &str) -> KafkaResult<FutureProducer> {
    ClientConfig::new().set("bootstrap.servers", brokers).set("client.id", "tonewire-demo-feed").create()
}
