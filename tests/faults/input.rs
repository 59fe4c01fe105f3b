//! The input: records with known ids, of which it is known beforehand what must become of them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::broker::KafkaBroker;
use crate::support::producer::{Message, Producer};

/// What must become of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// An enriched record.
    Enriched,
    /// A dead letter.
    DeadLetter,
    /// One of the two, whichever.
    EnrichedOrDeadLetter,
    /// Nothing: passed over on purpose and counted.
    Skipped,
}

/// Everything that was sent. The key of a record is its id.
#[derive(Clone)]
pub struct Input {
    broker: &'static KafkaBroker,
    topic: String,
    partitions: i32,
    next: Arc<AtomicUsize>,
    sent: Arc<Mutex<BTreeMap<String, Class>>>,
}

impl Input {
    pub fn new(broker: &'static KafkaBroker, topic: &str, partitions: i32) -> Self {
        Self { broker, topic: topic.to_owned(), partitions, next: Arc::default(), sent: Arc::default() }
    }

    /// Sends the next `count` records of the mixture and waits until the broker has them.
    pub fn send(&self, count: usize) {
        let producer = Producer::new(self.broker);
        for _ in 0..count {
            self.send_next(&producer);
        }
        producer.flush();
    }

    /// Sends records of the caller's own making: id, what must become of it, and the rest. The key is set to
    /// the id; the partition is the message's, or chosen by the key.
    pub fn send_own(&self, records: impl IntoIterator<Item = (String, Class, Message)>) {
        self.send_with(&Producer::new(self.broker), records);
    }

    /// Like [`send_own`](Self::send_own), in compressed batches.
    pub fn send_compressed(&self, records: impl IntoIterator<Item = (String, Class, Message)>) {
        self.send_with(&Producer::compressing(self.broker, "zstd"), records);
    }

    fn send_with(&self, producer: &Producer, records: impl IntoIterator<Item = (String, Class, Message)>) {
        for (id, class, message) in records {
            self.send_one(producer, id, class, message);
        }
        producer.flush();
    }

    /// Notes articles that a scenario has sent by other means, under these ids as keys.
    pub fn note_enriched(&self, ids: impl IntoIterator<Item = String>) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.extend(ids.into_iter().map(|id| (id, Class::Enriched)));
    }

    /// Sends one article to every partition, under ids that nobody else uses; gives the ids.
    pub fn send_fresh(&self) -> Vec<String> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let fresh = (0..self.partitions).map(|partition| {
            let id = format!("fresh-{first:06}-{partition}");
            let message =
                Message { value: Some(article(&id, 1)), partition: Some(partition), ..Message::default() };
            (id, Class::Enriched, message)
        });
        let fresh: Vec<_> = fresh.collect();
        let ids = fresh.iter().map(|(id, _, _)| id.clone()).collect();
        self.send_own(fresh);
        ids
    }

    /// Sends the mixture at that rate from a thread of its own, until told to stop.
    pub fn load(&self, records_per_second: u32) -> Load {
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (input, stop) = (self.clone(), Arc::clone(&stop));
            move || {
                let producer = Producer::new(input.broker);
                let begun = Instant::now();
                let mut sent = 0u32;
                while !stop.load(Ordering::Relaxed) {
                    let due = begun.elapsed().as_secs_f64() * f64::from(records_per_second);
                    while f64::from(sent) < due {
                        input.send_next(&producer);
                        sent += 1;
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
                producer.flush();
            }
        });
        Load { stop, thread }
    }

    /// All ids sent so far, with what must become of them.
    pub fn sent(&self) -> BTreeMap<String, Class> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every tenth record cannot be read, every fiftieth is a tombstone, and of the rest one in seven is long, so
    /// that workers finish in another order than they begin.
    fn send_next(&self, producer: &Producer) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (id, class, value) = match number {
            _ if number % 50 == 25 => (format!("gone-{number:06}"), Class::Skipped, None),
            _ if number % 10 == 3 => {
                let id = format!("broken-{number:06}");
                let mut value = format!("{{\"id\": \"{id}\", \"body\": \"").into_bytes();
                value.extend([0xff, 0xfe, 0x00]);
                (id, Class::DeadLetter, Some(value))
            }
            _ => {
                let id = format!("article-{number:06}");
                let value = article(&id, if number.is_multiple_of(7) { 12 } else { 1 });
                (id, Class::Enriched, Some(value))
            }
        };
        self.send_one(producer, id, class, Message { value, ..Message::default() });
    }

    fn send_one(&self, producer: &Producer, id: String, class: Class, message: Message) {
        // Noted first: a record that the broker has and nobody knows of would be no fault of the service.
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), class);
        producer.send(&self.topic, &Message { key: Some(id.into_bytes()), ..message });
    }
}

/// Records that are being sent.
#[must_use]
pub struct Load {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Load {
    /// Sends no more, and waits until the brokers have what was sent.
    pub fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the records can be sent");
    }
}

/// An article of so many paragraphs.
pub fn article(id: &str, paragraphs: usize) -> Vec<u8> {
    let body = "Angela Merkel praised the treaty in Berlin.\n\n".repeat(paragraphs);
    let article = json!({
        "id": id,
        "title": format!("Report {id}"),
        "body": body,
        "language": "en",
        "published_at": "2024-05-01T10:00:00Z",
    });
    serde_json::to_vec(&article).expect("JSON can be written")
}
