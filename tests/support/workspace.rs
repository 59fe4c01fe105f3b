//! The topics and the group of one test.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::broker::KafkaBroker;
use super::producer::{Message, Producer};
use super::reader::{Isolation, Reader, Record};
use super::{article, service::Configuration};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Topics and a group that no other test and no other run uses. The topics are deleted at the end.
pub struct Workspace {
    pub broker: &'static KafkaBroker,
    pub input: String,
    pub output: String,
    pub dead_letters: String,
    pub group: String,
}

impl Workspace {
    /// Creates topics with that many partitions (one for the dead letters).
    pub fn new(broker: &'static KafkaBroker, partitions: i32) -> Self {
        let workspace = Self::without_topics(broker);
        broker.create_topics(&[
            (&workspace.input, partitions),
            (&workspace.output, partitions),
            (&workspace.dead_letters, 1),
        ]);
        workspace
    }

    /// The names alone.
    pub fn without_topics(broker: &'static KafkaBroker) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_millis();
        let name = format!("tonewire-test-{now}-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        Self {
            broker,
            input: format!("{name}.raw"),
            output: format!("{name}.enriched"),
            dead_letters: format!("{name}.dead-letters"),
            group: name,
        }
    }

    /// A configuration for an instance of that name.
    pub fn configuration(&self, instance: &str) -> Configuration {
        Configuration::new(self, instance)
    }

    /// Sends articles of these numbers, with their ids as keys, and waits until the broker has them.
    pub fn send_articles(&self, numbers: impl IntoIterator<Item = usize>) {
        let producer = Producer::new(self.broker);
        for number in numbers {
            producer.send(&self.input, &Message::new(article::id(number), article::json(number)));
        }
        producer.flush();
    }

    /// A reader of the output topic.
    pub fn output_reader(&self, isolation: Isolation) -> Reader {
        Reader::new(self.broker, &self.output, isolation)
    }

    /// Everything in the output topic now.
    pub fn output(&self, isolation: Isolation) -> Vec<Record> {
        Reader::all(self.broker, &self.output, isolation)
    }

    /// Everything committed in the dead-letter topic now.
    pub fn dead_letters(&self) -> Vec<Record> {
        Reader::all(self.broker, &self.dead_letters, Isolation::ReadCommitted)
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        self.broker.delete_topics(&[&self.input, &self.output, &self.dead_letters]);
    }
}
