//! One row: articles, the error, the service; then what became of them.

use std::time::{Duration, Instant};

use rdkafka::types::RDKafkaApiKey;
use tonewire::pipeline::ServiceHandle;

use crate::bench::{Bench, DEAD, Scripted, header};
use crate::log::Log;
use crate::rows::{Row, Then};

const ARTICLES: usize = 10;
/// A record that is refused in company is sent again alone; only what is refused alone becomes a dead letter.
const ALONE: usize = 1;
/// Longest wait for what takes a second or two.
const PATIENCE: Duration = Duration::from_secs(60);

/// Panics where the row does not hold.
pub fn run(row: &Row) {
    let log = Log::collect();
    log.show_when_a_thread_panics();
    let mut bench = Bench::with_logged_requests(1);
    let kafka = &mut bench.settings.kafka;
    kafka.delivery = row.delivery;
    kafka.session_timeout_ms = 6_000;
    kafka.drain_timeout_ms = 1_000;
    kafka.transaction.timeout_ms = 5_000;

    // With two requests under way, what the second is answered after the first was refused is another matter: out of
    // sequence within a transaction, and without one, where the mock cluster checks no sequence, accepted.
    kafka.producer.insert("max.in.flight.requests.per.connection".into(), "1".into());
    // Seen only if the row fails.
    kafka.common.insert("debug".into(), "msg,eos,cgrp".into());

    let count = if row.then == Then::DeadLetter { ALONE } else { ARTICLES };
    let mut expected: Vec<String> = (0..count).map(|number| format!("first-{number}")).collect();
    for id in &expected {
        bench.article(0, id, "body");
    }
    let before = received(row, &log);
    bench.cluster.request_errors(row.api, &vec![row.error; row.times]);
    let handle = bench.start(Scripted::default());
    follows(&bench, row, &mut expected, &handle);
    handle.stop();
    handle.wait().unwrap();
    // The log comes a little later than what it tells.
    let deadline = Instant::now() + PATIENCE;
    while received(row, &log) < before + row.times {
        assert!(Instant::now() < deadline, "the error is still waiting to be given out");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// All articles come out, then a fresh one; what the error cost is what the row says.
fn follows(bench: &Bench, row: &Row, expected: &mut Vec<String>, handle: &ServiceHandle) {
    if row.then == Then::DeadLetter {
        let refused = dead_lettered(bench, handle);
        expected.retain(|id| !refused.contains(id));
    }
    bench.read_articles(expected);
    if row.api == RDKafkaApiKey::Heartbeat {
        // The next heartbeat comes within two seconds; only then is there anything to get over.
        std::thread::sleep(Duration::from_secs(3));
    }
    bench.article(0, "fresh", "body");
    expected.push("fresh".to_owned());
    let records = bench.read_articles(expected);

    let cost = |stage: &str| bench.telemetry.retries.with_label_values(&[stage]).get();
    let (batches, clients) = (cost("batch"), cost("clients"));
    match row.then {
        Then::Nothing => assert_eq!((batches, clients), (0, 0), "batches given up, clients rebuilt"),
        // After an abort the mock cluster, unlike Kafka, refuses the next sequence number of the producer, and it
        // never stores the offsets of a transaction: new clients may follow, which read everything again.
        Then::BatchAgain | Then::DeadLetter => assert!(batches >= 1, "no batch was given up"),
        Then::NewClients => assert!(clients >= 1, "the clients were not rebuilt"),
        Then::Waiting => assert!(refusals(bench) >= 1, "no refusal was counted"),
    }
    if row.then == Then::Nothing && row.api != RDKafkaApiKey::Heartbeat {
        assert_eq!(records, expected.len(), "nothing was given up, so nothing comes twice");
    }
}

fn dead_lettered(bench: &Bench, handle: &ServiceHandle) -> Vec<String> {
    let deadline = Instant::now() + PATIENCE;
    while handle.summary().dead_lettered == 0 {
        assert!(Instant::now() < deadline, "no dead letter: {:?}", handle.summary());
        std::thread::sleep(Duration::from_millis(20));
    }
    let count = usize::try_from(handle.summary().dead_lettered).unwrap();
    let letters = bench.read(DEAD, count);
    assert!(letters.iter().all(|letter| header(letter, "tonewire.dlq.error_code") == "output_too_large"));
    crate::bench::keys(&letters)
}

/// Refusals by the brokers that were counted.
fn refusals(bench: &Bench) -> u64 {
    let count =
        |concern| bench.telemetry.access_refusals.with_label_values(&["authorization", concern]).get();
    count("group") + count("transactional_id")
}

/// Requests of the row's kind that the cluster has received. It answers each with the next error that is injected.
fn received(row: &Row, log: &Log) -> usize {
    log.lines_with(&format!("Received {:?}Request", row.api)).len()
}
