//! What /metrics says, against what the topics hold.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::broker::KafkaBroker;
use crate::support::metrics::Metrics;
use crate::support::producer::{Message, Producer};
use crate::support::reader::Isolation;
use crate::support::service::Service;
use crate::support::workspace::Workspace;

const ARTICLES: usize = 40;
/// Broken JSON twice, a tombstone, an empty value.
const OTHERS: usize = 4;
const PARTITIONS: i32 = 2;

/// A service at rest after good and bad records.
fn service_at_rest(workspace: &Workspace) -> (Service, Metrics) {
    let service = workspace.configuration("one").start();
    workspace.send_articles(0..ARTICLES);
    let others = [
        Message::new("broken", "{\"id\": "),
        Message::new("broken too", "{]"),
        Message { key: Some(b"gone".to_vec()), ..Message::default() },
        Message::new("empty", ""),
    ];
    assert_eq!(others.len(), OTHERS);
    Producer::new(workspace.broker).send_all(&workspace.input, &others);
    let metrics = service.metrics_when("at rest: everything received and settled, no lag", |metrics| {
        metrics.sum("tonewire_records_received_total", &[]) >= (ARTICLES + OTHERS) as f64
            && metrics.sum("tonewire_records_in_flight", &[]) == 0.0
            && metrics.sum("tonewire_kafka_committed_offset", &[]) >= (ARTICLES + OTHERS) as f64
            && metrics.count("tonewire_kafka_consumer_lag_records", &[]) >= PARTITIONS as usize
            && metrics.sum("tonewire_kafka_consumer_lag_records", &[]) == 0.0
    });
    (service, metrics)
}

pub fn every_record_received_is_counted_in_exactly_one_class(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, PARTITIONS);
    let (service, metrics) = service_at_rest(&workspace);
    let sum = |name| metrics.sum(name, &[]);

    assert_eq!(
        metrics.sum("tonewire_records_received_total", &[("topic", &workspace.input)]),
        (ARTICLES + OTHERS) as f64
    );
    assert_eq!(sum("tonewire_records_enriched_total"), ARTICLES as f64);
    assert!(metrics.sum("tonewire_records_dead_lettered_total", &[("stage", "decode")]) >= 2.0);
    assert_eq!(metrics.sum("tonewire_records_skipped_total", &[("reason", "tombstone")]), 1.0);
    let settled = sum("tonewire_records_enriched_total")
        + sum("tonewire_records_dead_lettered_total")
        + sum("tonewire_records_skipped_total")
        + sum("tonewire_records_in_flight");
    assert_eq!(
        sum("tonewire_records_received_total"),
        settled,
        "received = enriched + dead-lettered + skipped + in flight"
    );

    let emitted = |topic: &str| metrics.sum("tonewire_records_emitted_total", &[("topic", topic)]);
    assert_eq!(emitted(&workspace.output), workspace.output(Isolation::ReadCommitted).len() as f64);
    assert_eq!(sum("tonewire_records_dead_lettered_total"), workspace.dead_letters().len() as f64);
    assert_eq!(sum("tonewire_ready"), 1.0);

    // The counters move on real events, not with the reading of them.
    workspace.send_articles([ARTICLES]);
    service.metrics_when("one record more", |later| {
        later.sum("tonewire_records_enriched_total", &[]) == (ARTICLES + 1) as f64
    });
    service.stop();
}

pub fn promtool_finds_no_fault_in_a_scrape(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, PARTITIONS);
    let (service, metrics) = service_at_rest(&workspace);
    service.stop();
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool can be run");
    promtool
        .stdin
        .take()
        .expect("stdin is piped")
        .write_all(metrics.text.as_bytes())
        .expect("promtool reads");
    let output = promtool.wait_with_output().expect("promtool ends");
    let findings = [output.stdout, output.stderr].concat();
    assert!(output.status.success() && findings.is_empty(), "{}", String::from_utf8_lossy(&findings));
}
