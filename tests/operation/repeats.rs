//! The same article twice, and under another address: consumers can tell, and nothing is dropped.

use serde_json::Value;

use crate::support::broker::KafkaBroker;
use crate::support::producer::{Message, Producer};
use crate::support::reader::{Isolation, Record};
use crate::support::workspace::Workspace;

pub fn o26_the_same_article_twice_gives_the_same_bytes_and_hash(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, 1);
    let value = |id: &str, address: &str| {
        format!(
            r#"{{"id": "{id}", "url": "https://news.example/s/1?{address}", "body": "NATO praised Karth."}}"#
        )
    };
    let same = value("o26", "utm_source=rss");
    let sent = [same.clone(), same, value("o26-x", "ref=home")]
        .map(|value| Message { value: Some(value.into_bytes()), ..Message::default() });
    Producer::new(broker).send_all(&workspace.input, &sent);
    let service = workspace.configuration("one").start();
    workspace
        .output_reader(Isolation::ReadCommitted)
        .read_until("three records have come out", |records| records.len() >= 3);
    let metrics = service.metrics_when("three are counted", |metrics| {
        metrics.sum("tonewire_records_enriched_total", &[]) == 3.0
    });
    service.stop();
    assert_eq!(metrics.sum("tonewire_records_skipped_total", &[]), 0.0, "nothing is dropped");

    let records = workspace.output(Isolation::ReadCommitted);
    let [first, again, other] = records.as_slice() else { panic!("{} records", records.len()) };
    assert_eq!(first.key.as_deref(), Some(&b"o26"[..]), "without a key of the input, the id of the article");
    assert_eq!(first.key, again.key);
    assert_eq!(stable_bytes(first), stable_bytes(again));
    let hash = |record: &Record| record.json()["article"]["content_hash"].clone();
    assert!(hash(first).as_str().is_some_and(|hash| !hash.is_empty()));
    assert_eq!(hash(first), hash(again));
    assert_eq!(hash(first), hash(other), "the address is no part of the text");
}

/// The value as it stands, without what tells when and from where it was processed.
fn stable_bytes(record: &Record) -> String {
    let text = String::from_utf8(record.value.clone().expect("a value")).expect("UTF-8");
    let processing = &record.json()["processing"];
    let mut stable = text;
    for field in ["processed_at", "duration_ms"] {
        let written = format!("\"{field}\":{}", processing[field]);
        assert!(stable.contains(&written), "no {written} in {stable}");
        stable = stable.replacen(&written, "", 1);
    }
    // The two are two records of the input: their offsets differ, and `tonewire-source` says so too.
    let Value::Number(offset) = &processing["source"]["offset"] else { panic!("no offset in {stable}") };
    stable.replacen(&format!("\"offset\":{offset}"), "", 1)
}
