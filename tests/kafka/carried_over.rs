//! What an output record takes over from its input record.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::article;
use crate::support::broker::KafkaBroker;
use crate::support::producer::{Message, Producer};
use crate::support::reader::{Isolation, assert_each_once};
use crate::support::workspace::Workspace;

pub fn records_of_a_partition_come_out_in_the_order_they_went_in(broker: &'static KafkaBroker) {
    const ARTICLES: usize = 300;
    const KEYS: usize = 20;
    let workspace = Workspace::new(broker, 4);
    let messages: Vec<_> = (0..ARTICLES)
        .map(|number| Message::new(format!("key-{}", number % KEYS), article::json(number)))
        .collect();
    Producer::new(broker).send_all(&workspace.input, &messages);

    let service = workspace.configuration("one").start();
    workspace.output_reader(Isolation::ReadCommitted).read_articles(ARTICLES);
    service.stop();

    let records = workspace.output(Isolation::ReadCommitted);
    assert_each_once(&records, &article::ids(ARTICLES));
    let used: BTreeSet<_> = records.iter().map(|record| record.partition).collect();
    assert!(used.len() > 1, "one partition alone shows little: {used:?}");

    let mut by_source: BTreeMap<i32, Vec<i64>> = BTreeMap::new();
    let mut by_key: BTreeMap<Vec<u8>, Vec<String>> = BTreeMap::new();
    for record in &records {
        let (partition, offset) = record.source(&workspace.input);
        assert_eq!(record.partition, partition, "the same key goes to the same partition number");
        by_source.entry(partition).or_default().push(offset);
        by_key.entry(record.key.clone().expect("a key")).or_default().push(record.article_id());
    }
    for (partition, offsets) in &by_source {
        assert!(offsets.is_sorted_by(|earlier, later| earlier < later), "partition {partition}: {offsets:?}");
    }
    for (key, ids) in &by_key {
        // Numbers are zero-padded, so the order of the names is the order of sending.
        assert!(
            ids.is_sorted_by(|earlier, later| earlier < later),
            "key {}: {ids:?}",
            String::from_utf8_lossy(key)
        );
        assert_eq!(ids.len(), ARTICLES / KEYS);
    }
}

pub fn key_headers_and_timestamp_are_those_of_the_input_record(broker: &'static KafkaBroker) {
    // 2020-09-13, before this program existed: no clock of the way can have made it.
    const TIMESTAMP: i64 = 1_600_000_000_123;
    let workspace = Workspace::new(broker, 3);
    let header = |name: &str, value: Option<&[u8]>| (name.to_owned(), value.map(<[u8]>::to_vec));
    let headers = vec![
        header("traceparent", Some(b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")),
        header("tag", Some(b"first")),
        header("none", None),
        header("empty", Some(b"")),
        header("bytes", Some(&[0xff, 0x00, 0xfe])),
        header("tag", Some(b"second")),
    ];
    let with_everything = Message {
        key: Some(vec![0xff, 0x00, b'k']),
        value: Some(article::json(0)),
        headers: headers.clone(),
        timestamp_ms: Some(TIMESTAMP),
        partition: Some(2),
    };
    let without_key = Message { value: Some(article::json(1)), partition: Some(1), ..Message::default() };
    // One record before it, so that its offset is not that of every first record.
    let before = Message { value: Some(article::json(2)), partition: Some(2), ..Message::default() };
    Producer::new(broker).send_all(&workspace.input, &[before, with_everything, without_key]);

    let service = workspace.configuration("one").start();
    workspace.output_reader(Isolation::ReadCommitted).read_articles(3);
    service.stop();

    let records = workspace.output(Isolation::ReadCommitted);
    let find = |number| {
        records.iter().find(|record| record.article_id() == article::id(number)).expect("it came out")
    };
    let record = find(0);
    assert_eq!(record.key.as_deref(), Some(&[0xff, 0x00, b'k'][..]));
    assert_eq!(record.timestamp_ms, Some(TIMESTAMP));
    assert_eq!(record.headers[..headers.len()], headers, "order, repetitions, nulls and bytes");
    assert_eq!(record.header("content-type"), "application/json");
    assert_eq!(record.source(&workspace.input), (2, 1));
    let source = &record.json()["processing"]["source"];
    assert_eq!(
        (&source["topic"], &source["partition"], &source["offset"]),
        (&workspace.input.clone().into(), &2.into(), &1.into())
    );

    assert_eq!(find(1).key, Some(article::id(1).into_bytes()), "the article's id where the input has no key");
    assert_eq!(find(1).source(&workspace.input), (1, 0));
}
