//! Operation cases O03, O06 and O08: records of every form that producers send, between ordinary ones.

use std::time::Duration;

use crate::support::article;
use crate::support::broker::KafkaBroker;
use crate::support::producer::{Message, Producer};
use crate::support::reader::{Isolation, Record};
use crate::support::service::Service;
use crate::support::workspace::Workspace;

/// How long a service that has nothing to do is watched.
const QUIET: Duration = Duration::from_secs(10);

fn settled(service: &Service, count: f64) -> crate::support::metrics::Metrics {
    service.metrics_when("all records are settled", |metrics| {
        metrics.sum("tonewire_records_received_total", &[]) == count
            && metrics.sum("tonewire_records_in_flight", &[]) == 0.0
    })
}

/// A fresh article gets through, and the process has not ended by itself.
fn goes_on(service: &Service, workspace: &Workspace, number: usize) -> Vec<Record> {
    workspace.send_articles([number]);
    let mut reader = workspace.output_reader(Isolation::ReadCommitted);
    reader.read_until("the fresh article", |records| {
        records.iter().any(|record| record.value.is_some() && record.article_id() == article::id(number))
    });
    assert_eq!(service.ended(), None, "the service goes on");
    assert!(!service.log().text().contains("panicked"), "{}", service.log().text());
    reader.records
}

pub fn o03_poison_in_the_middle_of_a_partition_is_put_aside_once(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, 1);
    let poison = vec![0x9f, 0x00, 0xff, 0x13, 0x37, 0xc3, 0x28];
    let sent = [
        Message::new("a", article::json(0)),
        Message::new("p", poison.clone()),
        Message::new("b", article::json(1)),
    ];
    Producer::new(broker).send_all(&workspace.input, &sent);
    let service = workspace.configuration("one").start();
    workspace.output_reader(Isolation::ReadCommitted).read_articles(2);
    let metrics = settled(&service, 3.0);
    let failures = metrics.sum("tonewire_records_dead_lettered_total", &[("stage", "decode")]);
    assert_eq!(failures, 1.0, "counted once, by stage and code");
    service.stop();
    assert_eq!(workspace.output(Isolation::ReadCommitted).len(), 2);
    let letters = workspace.dead_letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].value.as_ref(), Some(&poison), "the original bytes");
    assert_eq!(letters[0].header("tonewire.dlq.topic"), workspace.input);
    assert_eq!(letters[0].header("tonewire.dlq.partition"), "0");
    assert_eq!(letters[0].header("tonewire.dlq.offset"), "1");
    assert!(!letters[0].header("tonewire.dlq.error_code").is_empty());
    assert_eq!(workspace.committed_offset(0), Some(3));

    // Nothing comes again after a restart.
    let again = workspace.configuration("one").start();
    std::thread::sleep(QUIET);
    assert_eq!(again.metrics().sum("tonewire_records_received_total", &[]), 0.0);
    assert_eq!(workspace.output(Isolation::ReadCommitted).len(), 2);
    assert_eq!(workspace.dead_letters().len(), 1);
    goes_on(&again, &workspace, 2);
    again.stop();
}

pub fn o06_tombstones_empty_values_and_keys_of_every_form(broker: &'static KafkaBroker) {
    let strange = vec![b'k', 0xc3, 0x28];
    for (missing_key, key_of_the_keyless) in
        [("keep", None), ("article_id", Some(article::id(0).into_bytes()))]
    {
        let workspace = Workspace::new(broker, 1);
        let sent = [
            Message { key: Some(b"k1".to_vec()), ..Message::default() },
            Message { value: Some(article::json(0)), ..Message::default() },
            Message::new("", article::json(1)),
            Message::new("k2", ""),
            Message::new(strange.clone(), article::json(2)),
        ];
        Producer::new(broker).send_all(&workspace.input, &sent);
        let service = workspace.configuration("one").set("output.missing_key", missing_key).start();
        let metrics = settled(&service, 5.0);
        assert_eq!(metrics.sum("tonewire_records_skipped_total", &[("reason", "tombstone")]), 1.0);
        assert_eq!(metrics.sum("tonewire_records_enriched_total", &[]), 3.0);
        // The tombstone is no failure; the empty value is one.
        assert_eq!(metrics.sum("tonewire_records_dead_lettered_total", &[]), 1.0);
        let records = goes_on(&service, &workspace, 3);
        service.stop();
        let key_of = |number| {
            let record = records.iter().find(|record| record.article_id() == article::id(number));
            record.expect("it came out").key.clone()
        };
        assert_eq!(key_of(0), key_of_the_keyless, "missing_key = {missing_key}");
        assert_eq!(key_of(1), Some(Vec::new()), "an empty key stays empty");
        assert_eq!(key_of(2), Some(strange.clone()), "the bytes of a key stay as they are");
        assert_eq!(workspace.dead_letters()[0].key.as_deref(), Some(&b"k2"[..]));
    }
}

pub fn o06_tombstones_are_passed_on_by_option(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, 1);
    let tombstone = Message { key: Some(b"k1".to_vec()), ..Message::default() };
    Producer::new(broker).send_all(&workspace.input, &[tombstone]);
    let service = workspace.configuration("one").set("input.tombstones", "pass").start();
    let records = goes_on(&service, &workspace, 0);
    service.stop();
    assert_eq!((records[0].key.as_deref(), &records[0].value), (Some(&b"k1"[..]), &None));
}

pub fn o08_headers_that_are_not_utf_8_null_or_repeated_are_carried_over(broker: &'static KafkaBroker) {
    let header = |name: &str, value: Option<&[u8]>| (name.to_owned(), value.map(<[u8]>::to_vec));
    let headers = vec![
        header("h", Some(&[0xc3, 0x28])),
        header("n", None),
        header("t", Some(b"1")),
        header("t", Some(b"2")),
        header("traceparent", Some(b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")),
    ];
    let workspace = Workspace::new(broker, 1);
    let with_headers = |value: Vec<u8>| Message {
        key: Some(b"k".to_vec()),
        value: Some(value),
        headers: headers.clone(),
        ..Message::default()
    };
    let sent = [with_headers(article::json(0)), with_headers(b"{".to_vec())];
    Producer::new(broker).send_all(&workspace.input, &sent);
    let service = workspace.configuration("one").start();
    settled(&service, 2.0);
    let records = goes_on(&service, &workspace, 1);
    service.stop();
    let record = records.iter().find(|record| record.article_id() == article::id(0)).expect("it came out");
    let letters = workspace.dead_letters();
    for carried in [record, &letters[0]] {
        assert_eq!(carried.headers[..headers.len()], headers, "order, bytes, nulls and repeats");
    }
    // Of two headers of that name the last counts: the same trace, with a span of our own.
    let trace =
        record.headers.iter().rfind(|(name, _)| name == "traceparent").and_then(|(_, value)| value.clone());
    let trace = String::from_utf8(trace.expect("the trace goes on")).expect("text");
    assert!(trace.starts_with("00-0af7651916cd43dd8448eb211c80319c-") && trace.ends_with("-01"), "{trace}");
}
