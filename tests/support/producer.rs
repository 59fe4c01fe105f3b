//! A plain producer that insists on delivery.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};

use super::broker::KafkaBroker;
use super::wait::PATIENCE;

/// A record to send. Headers may repeat, and their values may be missing or any bytes.
#[derive(Clone, Debug, Default)]
pub struct Message {
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    pub timestamp_ms: Option<i64>,
    /// `None`: by the key, with Kafka's own partitioner.
    pub partition: Option<i32>,
}

impl Message {
    /// A record with a key and a value.
    pub fn new(key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        Self { key: Some(key.into()), value: Some(value.into()), ..Self::default() }
    }
}

#[derive(Clone, Default)]
struct Failures(Arc<Mutex<Vec<String>>>);

impl ClientContext for Failures {}

impl ProducerContext for Failures {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            self.0.lock().unwrap().push(error.to_string());
        }
    }
}

/// Sends records; every one must arrive.
pub struct Producer {
    client: ThreadedProducer<Failures>,
    failures: Failures,
}

impl Producer {
    pub fn new(broker: &KafkaBroker) -> Self {
        Self::compressing(broker, "none")
    }

    /// Sends batches compressed with that codec.
    pub fn compressing(broker: &KafkaBroker, codec: &str) -> Self {
        let failures = Failures::default();
        let client = broker
            .client()
            .set("enable.idempotence", "true")
            .set("compression.type", codec)
            // What a topic takes is the topic's to say.
            .set("message.max.bytes", "20000000")
            // That of Java clients, so that the tests see what most users' producers do.
            .set("partitioner", "murmur2_random")
            .create_with_context(failures.clone())
            .expect("a producer can be made");
        Self { client, failures }
    }

    /// Sends one record, without waiting for its delivery.
    pub fn send(&self, topic: &str, message: &Message) {
        let headers = message.headers.iter().fold(OwnedHeaders::new(), |all, (key, value)| {
            all.insert(Header { key, value: value.as_deref() })
        });
        let mut record = BaseRecord::<[u8], [u8]>::to(topic).headers(headers);
        record.key = message.key.as_deref();
        record.payload = message.value.as_deref();
        record.partition = message.partition;
        record.timestamp = message.timestamp_ms;
        let deadline = Instant::now() + PATIENCE;
        while let Err((error, refused)) = self.client.send(record) {
            // A topic that was created a moment ago is not known to every broker of a cluster yet.
            let is_new = error.rdkafka_error_code() == Some(RDKafkaErrorCode::UnknownTopic);
            assert!(is_new && Instant::now() < deadline, "the client does not take the record: {error}");
            std::thread::sleep(Duration::from_millis(100));
            record = refused;
        }
    }

    /// Waits until the broker has all of them.
    pub fn flush(&self) {
        self.client.flush(Duration::from_secs(30)).expect("the broker takes the records");
        let failures = self.failures.0.lock().unwrap();
        assert!(failures.is_empty(), "not delivered: {failures:?}");
    }

    /// Sends records and waits until the broker has them.
    pub fn send_all(&self, topic: &str, messages: &[Message]) {
        for message in messages {
            self.send(topic, message);
        }
        self.flush();
    }
}
