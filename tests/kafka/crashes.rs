//! Instances that end or freeze without a word.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::support::article;
use crate::support::broker::KafkaBroker;
use crate::support::metrics::Metrics;
use crate::support::reader::{Isolation, Record, assert_each_once, assert_none_lost, occurrences};
use crate::support::service::{Configuration, Signal};
use crate::support::workspace::Workspace;

/// Transactions that stay open for seconds, so that a crash finds one.
fn long_transactions(workspace: &Workspace, instance: &str) -> Configuration {
    workspace
        .configuration(instance)
        .set("kafka.transaction.max_age_ms", 4_000)
        .set("kafka.transaction.max_records", 100_000)
        .set("kafka.transaction.max_bytes", 64 * 1024 * 1024)
}

/// Sends articles, and returns as soon as some of their results stand in the output topic.
fn send_until_some_are_out(workspace: &Workspace, numbers: Range<usize>) {
    // The results of earlier, aborted transactions are still in the topic for this kind of reader.
    let before = workspace.output(Isolation::ReadUncommitted).len();
    let mut reader = workspace.output_reader(Isolation::ReadUncommitted);
    reader.read_until("what was there before", |records| records.len() >= before);
    workspace.send_articles(numbers);
    reader.read_until("results of the new articles", |records| records.len() >= before + 20);
}

/// How many results stand in the output topic that readers of committed records do not see.
fn hidden_results(workspace: &Workspace) -> usize {
    let committed = workspace.output(Isolation::ReadCommitted).len();
    workspace.output(Isolation::ReadUncommitted).len() - committed
}

pub fn a_crash_in_the_middle_of_a_transaction_neither_loses_nor_repeats_a_committed_record(
    broker: &'static KafkaBroker,
) {
    const ARTICLES: usize = 600;
    let workspace = Workspace::new(broker, 2);
    let configuration = long_transactions(&workspace, "one");

    for crash in 0..2 {
        let service = configuration.start();
        let hidden_before = hidden_results(&workspace);
        send_until_some_are_out(&workspace, crash * 200..(crash + 1) * 200);
        service.kill();
        let hidden = hidden_results(&workspace);
        assert!(hidden > hidden_before, "crash {crash} found no open transaction");
    }

    let service = configuration.start();
    workspace.send_articles(400..ARTICLES);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(ARTICLES);
    service.stop();

    let everything = occurrences(&workspace.output(Isolation::ReadUncommitted));
    assert!(everything.values().any(|count| *count > 1), "the crashes left nothing to hide");
    assert_each_once(&workspace.output(Isolation::ReadCommitted), &article::ids(ARTICLES));
}

pub fn a_crash_in_at_least_once_mode_loses_no_record(broker: &'static KafkaBroker) {
    const ARTICLES: usize = 400;
    let workspace = Workspace::new(broker, 2);
    let configuration = long_transactions(&workspace, "one").set("kafka.delivery", "at_least_once");

    let service = configuration.start();
    send_until_some_are_out(&workspace, 0..300);
    service.kill();

    let service = configuration.start();
    workspace.send_articles(300..ARTICLES);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(ARTICLES);
    service.stop();
    let records = workspace.output(Isolation::ReadCommitted);
    assert_none_lost(&records, &article::ids(ARTICLES));
    assert!(records.len() > ARTICLES, "no offset was committed before the crash, so results come twice");
    assert_repetitions_are_equal(&records);
}

/// Two results of one article may differ only in when and how fast they were made.
fn assert_repetitions_are_equal(records: &[Record]) {
    let mut first = BTreeMap::new();
    for record in records {
        let mut json = record.json();
        let processing = json["processing"].as_object_mut().expect("an object");
        for moving in ["processed_at", "duration_ms"] {
            processing.remove(moving).expect("a field of every record");
        }
        let earlier = first.entry(record.article_id()).or_insert_with(|| json.clone());
        assert_eq!(*earlier, json, "the same input gave two results");
    }
}

pub fn an_instance_that_wakes_up_after_its_session_ended_adds_nothing(broker: &'static KafkaBroker) {
    const ARTICLES: usize = 300;
    let workspace = Workspace::new(broker, 2);
    let frozen = long_transactions(&workspace, "frozen").start();
    send_until_some_are_out(&workspace, 0..100);
    frozen.signal(Signal::Stop);
    assert!(hidden_results(&workspace) > 0, "it froze without an open transaction");

    let successor = workspace.configuration("successor").spawn();
    successor.metrics_when("the successor owns both partitions", |metrics| assigned(metrics) == 2.0);
    workspace.send_articles(100..200);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(200);

    frozen.signal(Signal::Continue);
    // Its late commit is refused, and it comes back as a member like any other.
    for service in [&frozen, &successor] {
        service.metrics_when("one partition each", |metrics| assigned(metrics) == 1.0);
    }
    workspace.send_articles(200..ARTICLES);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(ARTICLES);
    frozen.stop();
    successor.stop();
    assert_each_once(&workspace.output(Isolation::ReadCommitted), &article::ids(ARTICLES));
}

fn assigned(metrics: &Metrics) -> f64 {
    metrics.sum("tonewire_kafka_assigned_partitions", &[])
}
