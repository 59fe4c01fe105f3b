//! Outputs that do not take what they are given.

use std::time::Instant;

use rdkafka::producer::{DefaultProducerContext, Producer as _, ThreadedProducer};
use serde_json::json;

use super::input::Class;
use super::run::{LONG_PATIENCE, PARTITIONS, Run};
use super::scenario::{Brokers, Delivery, Scenario};
use super::topics;
use crate::support::producer::Message;
use crate::support::reader::{Isolation, Reader};
use crate::support::service::Service;
use crate::support::wait::within;

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "o02_a_frozen_output_broker_is_waited_for_and_nothing_is_lost",
        fault: "the broker of the output frozen for 40 s (12 s in the short profile)",
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::ThreeToBreak,
        partitions: None,
        run: frozen_output,
    },
    Scenario {
        name: "o02_a_frozen_broker_is_waited_for_and_nothing_is_lost_in_at_least_once_mode",
        fault: "the only broker frozen for 40 s (12 s in the short profile)",
        delivery: Delivery::AtLeastOnce,
        brokers: Brokers::OneToBreak,
        partitions: None,
        run: frozen_broker,
    },
    Scenario {
        name: "a_dead_letter_topic_that_is_missing_holds_records_up_and_loses_none",
        fault: "no dead-letter topic, then it is created",
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::One,
        partitions: None,
        run: missing_dead_letter_topic,
    },
    Scenario {
        name: "o04_results_and_letters_that_are_too_large_end_as_one_letter_each_and_small_ones_come_out",
        fault: "results above max.message.bytes of the output topic",
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::One,
        partitions: Some(1),
        run: too_large,
    },
];

// ---- blocked ----

fn back_pressure(service: &Service) -> f64 {
    service.metrics().sum("tonewire_backpressure_seconds_total", &[])
}

/// As the case says: `max.poll.interval.ms` = 10000 and `queue.buffering.max.messages` = 1000.
fn start(run: &Run) -> Service {
    let configuration = run.configuration("one").set("kafka.max_poll_interval_ms", 10_000).set(
        "kafka.producer",
        toml::Table::from_iter([("queue.buffering.max.messages".to_owned(), "1000".into())]),
    );
    run.start(&configuration)
}

fn frozen_output(run: &Run) {
    let (cluster, workspace) = (run.cluster, &run.workspace);
    let id = format!("tonewire-{}-one", workspace.group);
    // The brokers make the topics of their coordinators when somebody first asks for one.
    run.committed();
    let claimant: ThreadedProducer<DefaultProducerContext> =
        workspace.broker.client().set("transactional.id", &id).create().expect("a producer can be made");
    claimant.init_transactions(LONG_PATIENCE).expect("the id can be claimed");
    drop(claimant);
    let busy = [cluster.group_coordinator(&workspace.group), cluster.transaction_coordinator(&id)];
    let node = cluster.numbers().find(|node| !busy.contains(node)).expect("three nodes and two coordinators");
    workspace.broker.delete_topics(&[&workspace.output]);
    // With a copy on each node. An only copy would test the brokers: Kafka 4.3.1 takes a partition without a leader for
    // a deleted one, and ends a transaction without telling it (docs/delivery.md).
    let copies: Vec<i32> =
        [node].into_iter().chain(cluster.numbers().filter(|other| *other != node)).collect();
    let partitions = usize::try_from(PARTITIONS).expect("a small number");
    topics::create_led_by(workspace.broker, &workspace.output, partitions, &copies);
    blocked(run, node);
}

fn frozen_broker(run: &Run) {
    blocked(run, 1);
}

fn blocked(run: &Run, node: i32) {
    let time = run.profile.seconds(12, 40);
    let service = start(run);
    let load = run.input.load(40);
    run.wait_for_output(50);
    let before = back_pressure(&service);
    let output_before = service.metrics().sum("tonewire_records_emitted_total", &[]);
    run.cluster.freeze(node);
    let frozen = Instant::now();
    std::thread::sleep(time);
    assert!(service.ended().is_none(), "the service ended during the outage");
    let during = back_pressure(&service);
    run.cluster.thaw(node);
    let frozen = frozen.elapsed();
    assert!(during > before, "back-pressure went from {before} to {during} s");
    within(LONG_PATIENCE, "results come out again", || {
        (service.metrics().sum("tonewire_records_emitted_total", &[]) > output_before + 100.0).then_some(())
    });
    let peak = service.peak_resident_mib();
    assert!(peak < 400, "{peak} MiB");
    run.happened(format!(
        "frozen for {} s, back-pressure {:.1} s, at most {peak} MiB",
        frozen.as_secs(),
        during - before
    ));
    run.conclude(load, vec![service]);
}

// ---- missing ----

fn missing_dead_letter_topic(run: &Run) {
    let workspace = &run.workspace;
    workspace.broker.delete_topics(&[&workspace.dead_letters]);
    let service = run.start(&run.configuration("one"));
    run.input.send(60);
    let failed = |service: &Service| service.log().text().matches("batch given up").count();
    let time = run.profile.seconds(20, 60);
    std::thread::sleep(time);
    within(LONG_PATIENCE, "dead letters find no topic", || (failed(&service) >= 2).then_some(()));
    let attempts = failed(&service);
    assert!(service.ended().is_none(), "the service ended for want of a topic");
    let settled: i64 = run.committed().unwrap_or_default().values().sum();
    assert!(settled < 60, "records were settled without their dead letters");
    topics::create(workspace.broker, &workspace.dead_letters, 1);
    run.happened(format!("no topic for {} s, {attempts} batches given up", time.as_secs()));
    run.conclude_without_load(vec![service]);
}

// ---- too large ----

const LIMIT: &str = "100000";
/// As many as the large article has. All of 5 MB would take a program without optimisation longer than a record may.
const MOST_WORDS: i64 = 14_000;
/// Each of two records: in company, alone, and its letter.
const MOST_REFUSALS: usize = 6;

/// Text that does not compress well, with names in it.
fn text(bytes: usize, seed: u64) -> String {
    let mut state = seed;
    let mut words = String::with_capacity(bytes + 64);
    while words.len() < bytes {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let word = format!("{:x} ", state >> 24);
        words.push_str(&word);
        if state >> 60 == 0 {
            let name = format!("said Anna Lee{} of Rome. ", state >> 44 & 0xfff);
            words.push_str(&name);
        }
    }
    words
}

fn own(id: &str, class: Class, body: &str) -> (String, Class, Message) {
    let value = json!({ "id": id, "title": "Report", "body": body, "language": "en" });
    (id.to_owned(), class, Message { value: Some(value.to_string().into_bytes()), ..Message::default() })
}

fn too_large(run: &Run) {
    let (broker, workspace) = (run.cluster.broker, &run.workspace);
    topics::configure(broker, &workspace.output, "max.message.bytes", LIMIT);
    topics::configure(broker, &workspace.input, "max.message.bytes", "20000000");
    let service = run.start(&run.configuration("one").set("analysis.max_words", MOST_WORDS));
    let names =
        (0..4_500).map(|number| format!("Anna Lee{number} praised Rome. ")).collect::<Vec<_>>().concat();
    run.input.send_compressed([
        own("large", Class::DeadLetter, &names[..95_000]),
        own("small", Class::Enriched, "Angela Merkel praised the treaty in Berlin."),
        own("huge", Class::DeadLetter, &(names[..95_000].to_owned() + &text(4_905_000, 7))),
    ]);
    let mut reader = Reader::new(broker, &workspace.output, Isolation::ReadCommitted);
    reader.read_until_within(LONG_PATIENCE, "the small article", |records| {
        records.iter().any(|record| record.article_id() == "small")
    });
    let metrics = within(LONG_PATIENCE, "the others are dead letters", || {
        let metrics = service.metrics();
        (metrics.sum("tonewire_records_dead_lettered_total", &[]) == 2.0).then_some(metrics)
    });
    let letters = workspace.dead_letters();
    assert_eq!(letters.len(), 2, "one letter for each that is too large");
    let large = metrics.sum("tonewire_records_dead_lettered_total", &[("error_code", "output_too_large")]);
    let codes: Vec<String> = letters.iter().map(|letter| letter.header("tonewire.dlq.error_code")).collect();
    assert_eq!(large, 2.0, "codes {codes:?}");
    assert!(letters.iter().all(|letter| letter.value.as_ref().map_or(0, Vec::len) < 1_048_588));
    let attempts = service.log().text().matches("batch given up").count();
    assert!(attempts <= MOST_REFUSALS, "{attempts} batches given up for two records");
    run.happened(format!("2 results above {LIMIT} bytes, error codes {codes:?}, {attempts} batches refused"));
    run.conclude_without_load(vec![service]);
}
