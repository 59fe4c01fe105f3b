//! Copies of earlier articles.

use rdkafka::message::{Message, OwnedMessage};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use serde_json::Value;
use tonewire::config::{Delivery, DuplicatePolicy};

use crate::bench::{Bench, OUTPUT, Scripted, wait_for};

/// Sixty words, other ones for each name.
fn story(name: &str) -> String {
    let words: Vec<String> = (0..60).map(|number| format!("{name}{number}")).collect();
    words.join(" ")
}

/// The ids of the articles and of what they are copies of, in order.
fn marks(messages: &[OwnedMessage]) -> Vec<(String, Option<String>)> {
    let mark = |message: &OwnedMessage| {
        let record: Value = serde_json::from_slice(message.payload().unwrap()).unwrap();
        let text = |field: &str| record["article"][field].as_str().map(str::to_owned);
        (text("id").unwrap(), text("duplicate_of"))
    };
    messages.iter().map(mark).collect()
}

fn mark(id: &str, first: Option<&str>) -> (String, Option<String>) {
    (id.to_owned(), first.map(str::to_owned))
}

fn run(bench: &Bench, records: u64) -> Vec<(String, Option<String>)> {
    let handle = bench.start(Scripted::default());
    wait_for(&handle, records);
    handle.stop();
    handle.wait().unwrap();
    marks(&bench.read(OUTPUT, usize::try_from(records).unwrap()))
}

#[test]
fn a_copy_names_the_first_and_a_revision_or_another_story_names_nobody() {
    let bench = Bench::new(1);
    bench.article(0, "agency", &story("a"));
    bench.article(0, "other", &story("b"));
    bench.article(0, "paper", &format!("By our own staff. {}", story("a")));
    bench.article(0, "agency", &format!("{} Corrected.", story("a")));
    bench.article(0, "blog", &story("a").to_uppercase());
    let marked = run(&bench, 5);
    let wanted = [("agency", None), ("other", None), ("paper", Some("agency")), ("agency", Some("paper"))];
    assert_eq!(marked[..3], wanted.map(|(id, first)| mark(id, first))[..3]);
    assert_eq!(marked[4], mark("blog", Some("agency")));
    assert_eq!(bench.telemetry.duplicate_articles.get(), 3);
}

#[test]
fn partitions_know_nothing_of_each_other_and_nothing_is_marked_where_it_is_off() {
    let mut bench = Bench::new(2);
    bench.article(0, "one", &story("a"));
    bench.article(1, "two", &story("a"));
    let marked = run(&bench, 2);
    assert!(marked.iter().all(|(_, first)| first.is_none()), "{marked:?}");

    bench = Bench::new(1);
    bench.settings.analysis.duplicates = DuplicatePolicy::Off;
    bench.article(0, "one", &story("a"));
    bench.article(0, "two", &story("a"));
    let marked = run(&bench, 2);
    assert!(marked.iter().all(|(_, first)| first.is_none()), "{marked:?}");
}

#[test]
fn articles_that_are_read_again_after_a_rewind_are_no_copies_of_themselves() {
    let mut bench = Bench::new(1);
    bench.settings.kafka.delivery = Delivery::ExactlyOnce;
    for number in 0..6 {
        bench.article(0, &format!("{number}"), &story(if number % 2 == 0 { "a" } else { "b" }));
    }
    bench.cluster.request_errors(
        RDKafkaApiKey::Produce,
        &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED; 1],
    );
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 6);
    handle.stop();
    handle.wait().unwrap();
    assert!(bench.telemetry.commits.with_label_values(&["aborted"]).get() > 0, "nothing was given up");
    let wanted =
        [("0", None), ("1", None), ("2", Some("0")), ("3", Some("1")), ("4", Some("0")), ("5", Some("1"))];
    let messages = bench.read(OUTPUT, 6);
    assert_eq!(marks(&messages), wanted.map(|(id, first)| mark(id, first)));
}
