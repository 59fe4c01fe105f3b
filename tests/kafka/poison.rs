//! Records that cannot be read.

use crate::support::article;
use crate::support::broker::KafkaBroker;
use crate::support::producer::{Message, Producer};
use crate::support::reader::{Isolation, Record, assert_each_once};
use crate::support::workspace::Workspace;

const TIMESTAMP: i64 = 1_600_000_000_123;
/// Not the first partition, so that the coordinates in the headers cannot be right by chance.
const PARTITION: i32 = 1;

fn at_partition(message: Message) -> Message {
    Message { partition: Some(PARTITION), ..message }
}

fn poison(value: &[u8]) -> Message {
    Message {
        key: Some(vec![b'k', 0xff]),
        value: Some(value.to_vec()),
        headers: vec![("origin".to_owned(), Some(vec![0xfe])), ("none".to_owned(), None)],
        timestamp_ms: Some(TIMESTAMP),
        partition: Some(PARTITION),
    }
}

pub fn unreadable_records_become_dead_letters_and_what_follows_comes_out(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, 2);
    let broken_json = br#"{"id": "broken", "body": "no end"#;
    let broken_text = b"{\"id\": \"latin\", \"body\": \"caf\xe9 \xff\xfe\"}";
    let article = |number| at_partition(Message::new(article::id(number), article::json(number)));
    let tombstone = at_partition(Message { key: Some(b"gone".to_vec()), ..Message::default() });
    let empty = at_partition(Message::new("empty", ""));
    let sent = [
        article(0),
        poison(broken_json),
        article(1),
        tombstone,
        article(2),
        poison(broken_text),
        empty,
        article(3),
    ];
    Producer::new(broker).send_all(&workspace.input, &sent);

    let service = workspace.configuration("one").start();
    workspace.output_reader(Isolation::ReadCommitted).read_articles(4);
    let metrics = service.metrics_when("all records are settled", |metrics| {
        metrics.sum("tonewire_records_received_total", &[]) == 8.0
            && metrics.sum("tonewire_records_in_flight", &[]) == 0.0
    });
    service.stop();

    assert_each_once(&workspace.output(Isolation::ReadCommitted), &article::ids(4));
    let letters = workspace.dead_letters();
    let letter_from = |offset: i64| {
        let found: Vec<_> = letters
            .iter()
            .filter(|letter| letter.header("tonewire.dlq.offset") == offset.to_string())
            .collect();
        assert_eq!(found.len(), 1, "one dead letter for offset {offset} of {}", letters.len());
        found[0]
    };
    assert_original_and_coordinates(&workspace, letter_from(1), broken_json);
    assert_original_and_coordinates(&workspace, letter_from(5), broken_text);
    assert_ne!(
        letter_from(1).header("tonewire.dlq.error_code"),
        letter_from(5).header("tonewire.dlq.error_code")
    );

    assert_eq!(metrics.sum("tonewire_records_skipped_total", &[("reason", "tombstone")]), 1.0);
    // An empty value is passed over or a dead letter; either way it is counted, and once.
    let skipped = metrics.sum("tonewire_records_skipped_total", &[]);
    let dead_lettered = metrics.sum("tonewire_records_dead_lettered_total", &[]);
    assert_eq!(skipped + dead_lettered, 4.0, "{skipped} skipped, {dead_lettered} dead letters");
    assert_eq!(dead_lettered, letters.len() as f64);
}

fn assert_original_and_coordinates(workspace: &Workspace, letter: &Record, value: &[u8]) {
    let original = poison(value);
    assert_eq!((&letter.key, &letter.value), (&original.key, &original.value));
    assert_eq!(letter.timestamp_ms, original.timestamp_ms);
    assert_eq!(letter.headers[..original.headers.len()], original.headers);
    let expected = [
        ("topic", workspace.input.as_str()),
        ("partition", &PARTITION.to_string()),
        ("timestamp", &TIMESTAMP.to_string()),
        ("stage", "decode"),
        ("attempts", "1"),
        ("version", env!("CARGO_PKG_VERSION")),
    ];
    for (name, value) in expected {
        assert_eq!(letter.header(&format!("tonewire.dlq.{name}")), value, "tonewire.dlq.{name}");
    }
    for name in ["error_code", "error"] {
        assert!(!letter.header(&format!("tonewire.dlq.{name}")).is_empty(), "tonewire.dlq.{name}");
    }
}
