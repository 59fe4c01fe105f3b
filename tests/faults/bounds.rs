//! Memory with a large backlog, as the kernel counts it.

use std::time::{Duration, Instant};

use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};
use serde_json::json;

use super::run::Run;
use super::scenario::{Brokers, Delivery, Scenario};
use crate::support::reader::{Isolation, Reader};
use crate::support::service::Service;
use crate::support::wait::PATIENCE;

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a_backlog_of_many_records_in_100_partitions_is_worked_off_in_bounded_memory",
        fault: "backlog of 1,000,000 records (10,000 in the short profile) in 100 partitions",
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::One,
        partitions: Some(100),
        run: many_records,
    },
    Scenario {
        name: "o16_a_backlog_of_long_articles_in_64_partitions_is_worked_off_in_bounded_memory",
        fault: "backlog of 2 GB (200 MB in the short profile) in articles of 175 kB in 64 partitions",
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::One,
        partitions: Some(64),
        run: long_articles,
    },
];

/// Most resident memory of an instance, in MiB.
const LIMIT_MIB: u64 = 400;

fn many_records(run: &Run) {
    let count = run.profile.pick(10_000, 1_000_000);
    fill(run, count, 1, "lz4");
    drain(run, count, None);
}

fn long_articles(run: &Run) {
    const ARTICLE_BYTES: usize = 175_000;
    let count = run.profile.pick(1_200, 12_000);
    // Compressed as a producer would; a fetch then brings far more than its own size.
    fill(run, count, ARTICLE_BYTES, "zstd");
    // What fills the memory is the backlog. To read 2 GB of text in full would take the machine half a day.
    drain(run, count, Some(100));
}

/// The ids are `fill-` and a number; the text of one article differs from the next one's.
fn fill(run: &Run, count: usize, bytes: usize, compression: &str) {
    let producer: ThreadedProducer<DefaultProducerContext> = run
        .cluster
        .broker
        .client()
        .set("compression.type", compression)
        .set("queue.buffering.max.kbytes", "65536")
        .create()
        .expect("a producer can be made");
    for number in 0..count {
        let id = id(number);
        let value = json!({ "id": id, "title": "Report", "body": body(number, bytes) }).to_string();
        loop {
            let record = BaseRecord::to(&run.workspace.input).key(&id).payload(&value);
            match producer.send(record) {
                Ok(()) => break,
                Err(_) => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }
    producer.flush(PATIENCE * 5).expect("the broker takes the backlog");
    run.input.note_enriched((0..count).map(id));
}

fn id(number: usize) -> String {
    format!("fill-{number:07}")
}

fn body(number: usize, bytes: usize) -> String {
    const PLACES: [&str; 7] = ["Rome", "Oslo", "Lima", "Cairo", "Delhi", "Quito", "Seoul"];
    let mut body = format!("Anna Lee praised the treaty in {}.", PLACES[number % PLACES.len()]);
    let mut state = number as u64;
    while body.len() < bytes {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let place = PLACES[(state >> 40) as usize % PLACES.len()];
        let report = format!(" Report {} from {place} names {} people.", state >> 48, state >> 52 & 0xff);
        body.push_str(&report);
    }
    body
}

/// Starts an instance with the default limits on the backlog and waits until it has worked it off.
fn drain(run: &Run, count: usize, max_words: Option<i64>) {
    let mut configuration = run
        .workspace
        .configuration("one")
        .set("kafka.delivery", run.delivery.as_str())
        // The defaults, which the tests of crashes shorten.
        .set("kafka.transaction.timeout_ms", 30_000)
        .set("kafka.session_timeout_ms", 45_000)
        .set("kafka.max_poll_interval_ms", 300_000);
    if let Some(words) = max_words {
        configuration = configuration.set("analysis.max_words", words);
    }
    let service = run.start(&configuration);
    let mut peak = settle(&service, count);
    peak = peak.max(service.peak_resident_mib());
    assert!(peak < LIMIT_MIB, "{peak} MiB of resident memory");
    run.happened(format!("{count} records waited, {peak} MiB resident at most, of {LIMIT_MIB} allowed"));
    run.conclude_without_load(vec![service]);
    let out = Reader::all(run.cluster.broker, &run.workspace.output, Isolation::ReadCommitted).len();
    assert!(out > count, "{out} results");
}

/// The highest memory seen until that many records are settled. Progress is waited for, however slow.
fn settle(service: &Service, count: usize) -> u64 {
    let mut best = (0.0, Instant::now());
    loop {
        let settled = service.metrics().sum("tonewire_records_enriched_total", &[]);
        if settled >= count as f64 {
            return service.peak_resident_mib();
        }
        if settled > best.0 {
            best = (settled, Instant::now());
        }
        let peak = service.peak_resident_mib();
        assert!(peak < LIMIT_MIB, "{peak} MiB of resident memory after {settled} records");
        assert!(best.1.elapsed() < PATIENCE * 2, "stuck at {settled} of {count} records");
        std::thread::sleep(Duration::from_millis(500));
    }
}
