//! Topics that change under the service: offsets that are missing, topics made anew, partitions that are added.

use std::collections::BTreeSet;
use std::time::Duration;

use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};

use super::input::{Class, article};
use super::run::{LONG_PATIENCE, PARTITIONS, Run, assigned};
use super::scenario::{Brokers, Delivery, Scenario};
use super::topics;
use crate::support::producer::{Message, Producer};
use crate::support::reader::{Isolation, Reader, Record};
use crate::support::wait::{PATIENCE, within};

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "offsets_that_are_missing_stop_nothing_and_aborted_input_is_never_read",
        fault: "offset gaps: markers of transactions, aborted input, deleted records",
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::One,
        partitions: None,
        run: offset_gaps,
    },
    Scenario {
        name: "a_compacted_input_is_read_across_its_gaps",
        fault: "offset gaps: compacted input",
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::One,
        partitions: Some(1),
        run: compacted,
    },
    Scenario {
        name: "an_input_topic_that_is_made_anew_is_read_from_its_beginning",
        fault: "the input topic deleted and created again",
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::One,
        partitions: None,
        run: recreated,
    },
    Scenario {
        name: "partitions_that_are_added_are_read_from_their_beginning",
        fault: "partitions added to the input topic",
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::One,
        partitions: Some(PARTITIONS + 2),
        run: partitions_added,
    },
];

/// Committed and aborted transactions in turn, with a commit of the service in between.
fn offset_gaps(run: &Run) {
    const TRANSACTIONS: usize = 12;
    let (broker, input) = (run.cluster.broker, &run.workspace.input);
    let service = run.start(&run.configuration("one"));
    let producer: ThreadedProducer<DefaultProducerContext> = broker
        .client()
        .set("transactional.id", format!("{input}-writer"))
        .create()
        .expect("a producer can be made");
    producer.init_transactions(PATIENCE).expect("the id can be claimed");
    for number in 0..TRANSACTIONS {
        producer.begin_transaction().expect("a transaction begins");
        for partition in 0..PARTITIONS {
            let id = format!("aborted-{number:02}-{partition}");
            let value = article(&id, 1);
            let record = BaseRecord::to(input).partition(partition).key(&id).payload(&value);
            producer.send(record).map_err(|(error, _)| error).expect("the client takes the record");
        }
        producer.flush(PATIENCE).expect("the broker takes the records");
        producer.abort_transaction(PATIENCE).expect("a transaction can be aborted");
        run.input.send(20);
    }
    let everything = Reader::all(broker, input, Isolation::ReadUncommitted);
    let aborted =
        everything.iter().filter(|record| record.key.as_deref().unwrap_or_default().starts_with(b"aborted"));
    let aborted = aborted.count();
    assert!(aborted >= TRANSACTIONS, "{aborted} aborted records stand in the input");
    run.happened(format!(
        "{aborted} aborted records and {} markers among the input",
        TRANSACTIONS * PARTITIONS as usize
    ));
    run.conclude_without_load(vec![service]);
}

/// Every id is sent many times before the service looks, and the cleaner leaves the last of each.
fn compacted(run: &Run) {
    const IDS: usize = 40;
    const COPIES: usize = 5;
    let (broker, input) = (run.cluster.broker, &run.workspace.input);
    let compacting = [
        ("cleanup.policy", "compact"),
        ("min.cleanable.dirty.ratio", "0.01"),
        ("segment.ms", "500"),
        ("max.compaction.lag.ms", "500"),
    ];
    topics::configure_all(broker, input, &compacting);
    let articles = || {
        (0..IDS).map(|number| {
            let id = format!("compacted-{number:03}");
            let message = Message { value: Some(article(&id, 1)), ..Message::default() };
            (id, Class::Enriched, message)
        })
    };
    for _ in 0..COPIES {
        run.input.send_own(articles());
    }
    // The segment that is written to is never cleaned: later records close the one before.
    let mut closing = 0;
    let left = within(LONG_PATIENCE, "the broker has cleaned the topic", || {
        std::thread::sleep(Duration::from_secs(1));
        run.input.send_fresh();
        closing += 1;
        let records = Reader::all(broker, input, Isolation::ReadCommitted);
        let copies = records.iter().filter(|record| is_copy(record)).count();
        (copies == IDS).then_some(records)
    });
    let end = left.last().map_or(0, |record| record.offset + 1);
    let gaps = end - i64::try_from(left.len()).expect("a few records");
    assert!(gaps > 0, "{} records up to offset {end}", left.len());
    let service = run.start(&run.configuration("one"));
    run.happened(format!("{gaps} of {end} offsets cleaned away, {closing} segments"));
    run.conclude_without_load(vec![service]);
}

fn is_copy(record: &Record) -> bool {
    record.key.as_deref().unwrap_or_default().starts_with(b"compacted")
}

fn recreated(run: &Run) {
    let (broker, workspace) = (run.cluster.broker, &run.workspace);
    let soon = toml::Table::from_iter([("topic.metadata.refresh.interval.ms".to_owned(), "1000".into())]);
    let service = run.start(&run.configuration("one").set("kafka.consumer", soon));
    let producer = Producer::new(broker);
    let mut sent = BTreeSet::new();
    let mut send = |name: &str, count: usize| {
        for number in 0..count {
            let id = format!("{name}-{number:04}");
            producer.send(&workspace.input, &Message::new(id.as_str(), article(&id, 1)));
            sent.insert(id);
        }
        producer.flush();
    };
    send("first", 200);
    run.wait_for_output(200);
    let before = run.committed().expect("the group answers");
    topics::recreate(broker, &workspace.input, PARTITIONS);
    // Fewer records than before: the old offsets lie behind the end of the new topic.
    send("second", 100);
    run.wait_for_output(300);
    let after = within(LONG_PATIENCE, "the new offsets are committed", || {
        run.committed().filter(|after| after.values().sum::<i64>() == 100)
    });
    assert!(after.values().sum::<i64>() < before.values().sum::<i64>(), "{before:?}, then {after:?}");
    // With more records than before, the old offsets lie within the new topic, where the client goes on from them
    // unless it has noticed that the topic was away (docs/limits.md).
    broker.delete_topics(&[&workspace.input]);
    service.metrics_when("the topic is missed", |metrics| assigned(metrics) == 0.0);
    topics::create(broker, &workspace.input, PARTITIONS);
    send("third", 400);
    run.wait_for_output(700);
    run.happened("the topic was deleted and created twice");
    run.measure_recovery();
    sent.extend(run.input.sent().into_keys());
    run.stop(service);
    run.judge_ids(&sent);
}

fn partitions_added(run: &Run) {
    let (broker, workspace) = (run.cluster.broker, &run.workspace);
    topics::recreate(broker, &workspace.input, PARTITIONS);
    let soon = toml::Table::from_iter([("topic.metadata.refresh.interval.ms".to_owned(), "1000".into())]);
    let service = run.start(&run.configuration("one").set("kafka.consumer", soon));
    run.input.send(100);
    run.wait_for_output(50);
    topics::add_partitions(broker, &workspace.input, usize::try_from(PARTITIONS + 2).expect("a few"));
    // Sent before the service can know of them.
    run.input.send_own((0..60).map(|number| {
        let id = format!("added-{number:04}");
        let partition = Some(PARTITIONS + number % 2);
        let message = Message { value: Some(article(&id, 1)), partition, ..Message::default() };
        (id, Class::Enriched, message)
    }));
    service
        .metrics_when("all partitions are owned", |metrics| assigned(metrics) == f64::from(PARTITIONS + 2));
    run.happened("2 partitions added while records came in");
    run.conclude_without_load(vec![service]);
}
