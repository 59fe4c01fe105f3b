//! Instances that end or freeze without a word.

use std::cell::RefCell;
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

/// Sends articles from that number on and does harm to the instance while they are in work, until that was in an open
/// transaction: on a slow machine it may just have been committed. Returns how many have been sent in all.
fn harm_in_a_transaction(
    workspace: &Workspace,
    first: usize,
    mut harm: impl FnMut(),
    undo: impl Fn(),
) -> usize {
    const AT_ONCE: usize = 200;
    let mut sent = first;
    for _ in 0..6 {
        let hidden_before = hidden_results(workspace);
        send_until_some_are_out(workspace, sent..sent + AT_ONCE);
        sent += AT_ONCE;
        harm();
        if hidden_results(workspace) > hidden_before {
            return sent;
        }
        undo();
    }
    panic!("no open transaction was found in six attempts");
}

pub fn a_crash_in_the_middle_of_a_transaction_neither_loses_nor_repeats_a_committed_record(
    broker: &'static KafkaBroker,
) {
    let workspace = Workspace::new(broker, 2);
    let configuration = long_transactions(&workspace, "one");

    let mut sent = 0;
    for _ in 0..2 {
        let service = RefCell::new(Some(configuration.start()));
        let kill = || service.take().expect("it runs").kill();
        let start_again = || drop(service.replace(Some(configuration.start())));
        sent = harm_in_a_transaction(&workspace, sent, kill, start_again);
    }

    let service = configuration.start();
    workspace.send_articles(sent..sent + 200);
    sent += 200;
    workspace.output_reader(Isolation::ReadCommitted).read_articles(sent);
    service.stop();

    let everything = occurrences(&workspace.output(Isolation::ReadUncommitted));
    assert!(everything.values().any(|count| *count > 1), "the crashes left nothing to hide");
    assert_each_once(&workspace.output(Isolation::ReadCommitted), &article::ids(sent));
}

pub fn a_crash_in_at_least_once_mode_loses_no_record(broker: &'static KafkaBroker) {
    const AT_ONCE: usize = 200;
    let workspace = Workspace::new(broker, 2);
    let configuration = long_transactions(&workspace, "one").set("kafka.delivery", "at_least_once");

    for attempt in 1..=6 {
        let service = configuration.start();
        send_until_some_are_out(&workspace, (attempt - 1) * AT_ONCE..attempt * AT_ONCE);
        service.kill();

        let service = configuration.start();
        workspace.output_reader(Isolation::ReadCommitted).read_articles(attempt * AT_ONCE);
        service.stop();
        let records = workspace.output(Isolation::ReadCommitted);
        assert_none_lost(&records, &article::ids(attempt * AT_ONCE));
        assert_repetitions_are_equal(&records);
        // Where the offsets had just been committed, nothing comes twice.
        if records.len() > attempt * AT_ONCE {
            return;
        }
    }
    panic!("no crash came before the offsets of some results were committed");
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
    let workspace = Workspace::new(broker, 2);
    let frozen = long_transactions(&workspace, "frozen").start();
    let freeze = || frozen.signal(Signal::Stop);
    let thaw = || frozen.signal(Signal::Continue);
    let sent = harm_in_a_transaction(&workspace, 0, freeze, thaw);

    let successor = workspace.configuration("successor").spawn();
    successor.metrics_when("the successor owns both partitions", |metrics| assigned(metrics) == 2.0);
    workspace.send_articles(sent..sent + 100);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(sent + 100);

    thaw();
    // Its late commit is refused, and it comes back as a member like any other.
    for service in [&frozen, &successor] {
        service.metrics_when("one partition each", |metrics| assigned(metrics) == 1.0);
    }
    workspace.send_articles(sent + 100..sent + 200);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(sent + 200);
    frozen.stop();
    successor.stop();
    assert_each_once(&workspace.output(Isolation::ReadCommitted), &article::ids(sent + 200));
}

fn assigned(metrics: &Metrics) -> f64 {
    metrics.sum("tonewire_kafka_assigned_partitions", &[])
}
