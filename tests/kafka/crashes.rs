//! Instances that end or freeze without a word.

use crate::support::article;
use crate::support::broker::KafkaBroker;
use crate::support::reader::{Isolation, assert_each_once, assert_none_lost, occurrences};
use crate::support::service::{Configuration, Service, Signal};
use crate::support::workspace::Workspace;

/// Transactions that stay open for seconds, so that a crash finds one.
fn long_transactions(workspace: &Workspace, instance: &str) -> Configuration {
    workspace
        .configuration(instance)
        .set("kafka.transaction.max_age_ms", 4_000)
        .set("kafka.transaction.max_records", 100_000)
        .set("kafka.transaction.max_bytes", 64 * 1024 * 1024)
}

/// Waits until the output topic holds `more` records beyond those that are committed.
fn wait_for_open_transaction(workspace: &Workspace, more: usize) {
    let committed = workspace.output(Isolation::ReadCommitted).len();
    let mut reader = workspace.output_reader(Isolation::ReadUncommitted);
    // Records of earlier, aborted transactions count in the topic too.
    let before = workspace.output(Isolation::ReadUncommitted).len().max(committed);
    reader.read_until("an open transaction", |records| records.len() >= before + more);
}

pub fn a_crash_in_the_middle_of_a_transaction_neither_loses_nor_repeats_a_committed_record(
    broker: &'static KafkaBroker,
) {
    const ARTICLES: usize = 600;
    let workspace = Workspace::new(broker, 2);
    let configuration = long_transactions(&workspace, "one");

    for crash in 0..2 {
        let service = configuration.start();
        workspace.send_articles(crash * 200..(crash + 1) * 200);
        wait_for_open_transaction(&workspace, 20);
        service.kill();
        let (committed, all) =
            (workspace.output(Isolation::ReadCommitted), workspace.output(Isolation::ReadUncommitted));
        assert!(
            committed.len() < all.len(),
            "crash {crash} found no open transaction: {} records",
            all.len()
        );
    }

    let service = configuration.start();
    workspace.send_articles(400..ARTICLES);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(ARTICLES);
    service.stop();

    let all = workspace.output(Isolation::ReadUncommitted);
    let repeated = occurrences(&all).into_values().filter(|count| *count > 1).count();
    assert!(repeated > 0, "the crashes left nothing to hide");
    assert_each_once(&workspace.output(Isolation::ReadCommitted), &article::ids(ARTICLES));
}

pub fn a_crash_in_at_least_once_mode_loses_no_record(broker: &'static KafkaBroker) {
    const ARTICLES: usize = 400;
    let workspace = Workspace::new(broker, 2);
    let configuration = long_transactions(&workspace, "one").set("kafka.delivery", "at_least_once");

    let service = configuration.start();
    workspace.send_articles(0..300);
    wait_for_open_transaction(&workspace, 20);
    service.kill();
    let before = workspace.output(Isolation::ReadUncommitted).len();
    assert!(before > 0, "the crash came before any work");

    let service = configuration.start();
    workspace.send_articles(300..ARTICLES);
    workspace.output_reader(Isolation::ReadUncommitted).read_articles(ARTICLES);
    service.stop();
    let records = workspace.output(Isolation::ReadUncommitted);
    assert_none_lost(&records, &article::ids(ARTICLES));
    same_bytes_however_often(&records);
}

/// What a repeated record may differ in: when and how fast it was made.
fn same_bytes_however_often(records: &[crate::support::reader::Record]) {
    let mut first = std::collections::BTreeMap::new();
    for record in records {
        let mut json = record.json();
        for moving in ["processed_at", "duration_ms"] {
            json["processing"]
                .as_object_mut()
                .expect("an object")
                .remove(moving)
                .expect("a field of every record");
        }
        let earlier = first.entry(record.article_id()).or_insert_with(|| json.clone());
        assert_eq!(*earlier, json, "the same input gave two results");
    }
}

pub fn an_instance_that_wakes_up_after_its_session_ended_adds_nothing(broker: &'static KafkaBroker) {
    const ARTICLES: usize = 300;
    let workspace = Workspace::new(broker, 2);
    let frozen = long_transactions(&workspace, "frozen").start();
    workspace.send_articles(0..100);
    wait_for_open_transaction(&workspace, 20);
    frozen.signal(Signal::Stop);
    let (committed, all) =
        (workspace.output(Isolation::ReadCommitted), workspace.output(Isolation::ReadUncommitted));
    assert!(committed.len() < all.len(), "it froze without an open transaction");

    let successor = workspace.configuration("successor").spawn();
    successor.metrics_when("the successor owns both partitions", |metrics| assigned(metrics) == 2.0);
    workspace.send_articles(100..200);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(200);

    frozen.signal(Signal::Continue);
    // Its late commit is refused, and it comes back as a member like any other.
    wait_until_shared(&frozen, &successor);
    workspace.send_articles(200..ARTICLES);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(ARTICLES);
    frozen.stop();
    successor.stop();
    assert_each_once(&workspace.output(Isolation::ReadCommitted), &article::ids(ARTICLES));
}

fn wait_until_shared(one: &Service, other: &Service) {
    for service in [one, other] {
        service.metrics_when("one partition each", |metrics| assigned(metrics) == 1.0);
    }
}

fn assigned(metrics: &crate::support::metrics::Metrics) -> f64 {
    metrics.sum("tonewire_kafka_assigned_partitions", &[])
}
