//! `dlq list` and `dlq show`.

use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};
use serde_json::{Value, json};

use crate::commands::{committed, dlq};
use crate::poison::{self, BROKEN_JSON, BROKEN_TEXT};
use crate::support::broker::KafkaBroker;
use crate::support::wait::PATIENCE;
use crate::support::workspace::Workspace;

pub fn list_shows_letters_of_every_header_format_and_commits_nothing(broker: &'static KafkaBroker) {
    let workspace = poison::workspace_with(broker, &[BROKEN_JSON], "tonewire");
    poison::send_and_run(&workspace, &[poison::record(BROKEN_TEXT)], "connect");
    poison::send_and_run(&workspace, &[poison::record(BROKEN_JSON)], "both");
    let before = committed(&workspace, &workspace.group, &workspace.input, 2);
    assert_eq!(before.get(&poison::PARTITION), Some(&3));

    let letters = dlq(&workspace, &["list", "--json"]).lines();
    assert_eq!(letters.len(), 3, "{letters:?}");
    let [first, second, third] = [0, 1, 2].map(|at: usize| &letters[at]);
    for (offset, letter) in letters.iter().enumerate() {
        let source = json!({ "topic": workspace.input, "partition": poison::PARTITION, "offset": offset });
        assert_eq!(letter["source"], source);
        assert_eq!(letter["stage"], "decode");
        assert_eq!((&letter["key"], &letter["key_hex"]), (&json!("0x6bff"), &json!("6bff")));
        assert_eq!(letter["time"], "2020-09-13T12:26:40.123Z");
        assert!(!letter["error"].as_str().unwrap_or_default().is_empty(), "{letter}");
    }
    assert_eq!(first["size"], BROKEN_JSON.len());
    assert_eq!((&first["reason"], &first["error"]), (&third["reason"], &third["error"]));
    assert_ne!(first["reason"], second["reason"]);

    let reason = second["reason"].as_str().expect("a reason");
    let offsets = |arguments: &[&str]| -> Vec<Value> {
        let lines = dlq(&workspace, &[&["list", "--json"], arguments].concat()).lines();
        lines.into_iter().map(|line| line["offset"].clone()).collect()
    };
    let own = |letter: &Value| letter["offset"].clone();
    assert_eq!(offsets(&["--reason", reason]), [own(second)]);
    assert_eq!(offsets(&["--limit", "2"]), [own(first), own(second)]);
    assert_eq!(offsets(&["--stage", "decode", "--source-topic", &workspace.input]).len(), 3);
    for none in [
        &["--stage", "encode"][..],
        &["--source-topic", "elsewhere"],
        &["--from", "2020-09-13T12:26:41Z"],
        &["--to", "2020-09-13T12:26:40Z"],
        &["--from", "1h"],
    ] {
        assert_eq!(offsets(none), [Value::Null; 0], "{none:?}");
    }
    assert_eq!(offsets(&["--from", "2020-09-13T12:26:40Z", "--to", "2020-09-13T12:26:41Z"]).len(), 3);

    let table = dlq(&workspace, &["list"]);
    assert_eq!(table.text().lines().count(), 4, "{}", table.text());
    assert!(table.text().contains(&format!("{}/{}/2", workspace.input, poison::PARTITION)));
    let summary = dlq(&workspace, &["list", "--summary", "--json"]).lines();
    let counts: Vec<u64> = summary.iter().filter_map(|line| line["letters"].as_u64()).collect();
    assert_eq!((counts.len(), counts.iter().sum::<u64>()), (2, 3), "{summary:?}");

    assert_eq!(committed(&workspace, &workspace.group, &workspace.input, 2), before);
    assert!(committed(&workspace, &workspace.group, &workspace.dead_letters, 1).is_empty());
}

pub fn list_of_an_empty_topic_and_of_one_with_open_and_aborted_transactions_ends(
    broker: &'static KafkaBroker,
) {
    let workspace = Workspace::new(broker, 1);
    let empty = dlq(&workspace, &["list"]);
    assert_eq!(empty.text(), "");
    assert!(empty.errors.contains("no dead letters"), "{}", empty.errors);

    let producer: ThreadedProducer<DefaultProducerContext> =
        broker.client().set("transactional.id", &workspace.group).create().expect("a producer can be made");
    producer.init_transactions(PATIENCE).expect("the id can be claimed");
    let send = |key: &str| {
        producer.begin_transaction().expect("a transaction begins");
        let record = BaseRecord::to(&workspace.dead_letters).key(key).payload("x");
        producer.send(record).map_err(|(error, _)| error).expect("the client takes the record");
        producer.flush(PATIENCE).expect("the broker takes the record");
    };
    send("committed");
    producer.commit_transaction(PATIENCE).expect("a transaction can be committed");
    send("aborted");
    producer.abort_transaction(PATIENCE).expect("a transaction can be aborted");
    // The marker of the abort is the last that stands before the open one: no record ends the topic.
    let keys = || -> Vec<Value> {
        dlq(&workspace, &["list", "--json"]).lines().into_iter().map(|line| line["key"].clone()).collect()
    };
    assert_eq!(keys(), ["committed"]);
    send("open");
    assert_eq!(keys(), ["committed"], "an open transaction is not waited for");
    producer.abort_transaction(PATIENCE).expect("a transaction can be aborted");

    let missing = dlq(&workspace, &["list", "--topic", "no-such-topic"]);
    assert_eq!(missing.code, Some(1));
    assert!(missing.errors.contains("kafka.dead_letter_topic"), "{}", missing.errors);
}

pub fn show_gives_all_headers_and_the_original_bytes(broker: &'static KafkaBroker) {
    let whole = br#"{"id":"x","body":7}"#;
    let workspace = poison::workspace_with(broker, &[BROKEN_TEXT, whole], "both");
    let letters = dlq(&workspace, &["list", "--json"]).lines();
    let offset = |at: usize| letters[at]["offset"].to_string();

    let raw = dlq(&workspace, &["show", "0", &offset(0), "--raw"]);
    assert_eq!((raw.code, raw.output.as_slice()), (Some(0), BROKEN_TEXT));
    let shown = dlq(&workspace, &["show", "0", &offset(0)]);
    for part in [
        "h: 0xc328",
        "none: (null)",
        "tag: 1",
        "empty: (empty)",
        "tag: 2",
        "tonewire.dlq.offset: 0",
        "__connect.errors.offset: 0",
        "key       0x6bff",
    ] {
        assert!(shown.text().contains(part), "{part} is not in\n{}", shown.text());
    }
    assert!(shown.text().contains("63 61 66 e9"), "hexadecimal:\n{}", shown.text());
    let shown = dlq(&workspace, &["show", "0", &offset(1)]);
    assert!(shown.text().contains("{\n  \"id\": \"x\""), "indented JSON:\n{}", shown.text());

    let none = dlq(&workspace, &["show", "0", "999"]);
    assert_eq!(none.code, Some(1));
    assert!(none.errors.contains("dlq list --partition 0"), "{}", none.errors);
    assert_eq!(dlq(&workspace, &["show", "7", "0"]).code, Some(2));
}
