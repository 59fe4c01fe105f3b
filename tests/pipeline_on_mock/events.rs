//! CloudEvents in and out, and the trace that a record belongs to.

use rdkafka::message::{Header, Headers, Message, OwnedHeaders, OwnedMessage};
use serde_json::Value;
use tonewire::config::CloudEventMode;

use crate::bench::{Bench, OUTPUT, Scripted, keys, wait_for};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn event(data: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"e-7","source":"/wire","type":"article.published","datacontenttype":"application/json","data":{data}}}"#
    )
}

fn headers(pairs: &[(&str, &str)]) -> OwnedHeaders {
    pairs
        .iter()
        .fold(OwnedHeaders::new(), |all, (key, value)| all.insert(Header { key, value: Some(*value) }))
}

/// The last header of that name, which is the one that counts.
fn last(message: &OwnedMessage, name: &str) -> Option<String> {
    let found = message.headers()?.iter().filter(|header| header.key == name).last()?;
    Some(String::from_utf8_lossy(found.value?).into_owned())
}

fn json(message: &OwnedMessage) -> Value {
    serde_json::from_slice(message.payload().unwrap()).unwrap()
}

/// The output of one record under a mode.
fn output(mode: CloudEventMode, value: &str, with: OwnedHeaders) -> OwnedMessage {
    let mut bench = Bench::new(1);
    bench.settings.output.cloud_events = mode;
    bench.produce_with(0, "k", Some(value.as_bytes()), with);
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 1);
    handle.stop();
    assert_eq!(handle.wait().unwrap().enriched, 1);
    let mut messages = bench.read(OUTPUT, 1);
    assert_eq!(keys(&messages), ["k"]);
    messages.remove(0)
}

#[test]
fn an_event_in_structured_mode_is_taken_off_and_names_an_article_without_an_id() {
    let with = headers(&[("content-type", "application/cloudevents+json; charset=UTF-8")]);
    let message = output(CloudEventMode::Off, &event(r#"{"title":"t","body":"b"}"#), with);
    let record = json(&message);
    assert_eq!((&record["article"]["id"], &record["article"]["title"]), (&"e-7".into(), &"t".into()));
    assert_eq!(last(&message, "content-type").as_deref(), Some("application/json"));

    let message = output(CloudEventMode::Off, &event(r#"{"id":"own","body":"b"}"#), OwnedHeaders::new());
    assert_eq!(json(&message)["article"]["id"], "own");
}

#[test]
fn in_binary_mode_the_attributes_are_headers_and_the_value_is_the_record() {
    let arrived =
        headers(&[("ce_id", "e-7"), ("ce_type", "article.published"), ("content-type", "text/plain")]);
    let message = output(CloudEventMode::Binary, "A text.", arrived);
    for (name, value) in [
        ("ce_specversion", "1.0"),
        ("ce_id", "raw/0/0"),
        ("ce_source", "urn:tonewire:enriched"),
        ("ce_type", "tonewire.enriched.v1"),
        ("content-type", "application/json"),
    ] {
        assert_eq!(last(&message, name).as_deref(), Some(value), "{name}");
    }
    let record = json(&message);
    assert_eq!(record["schema"], "tonewire.enriched/1");
    assert_eq!(Some(record["article"]["id"].as_str().unwrap().to_owned()), last(&message, "ce_subject"));
}

#[test]
fn in_structured_mode_the_record_is_the_data_of_an_event() {
    let message = output(CloudEventMode::Structured, r#"{"id":"a","body":"b"}"#, OwnedHeaders::new());
    assert_eq!(last(&message, "content-type").as_deref(), Some("application/cloudevents+json"));
    let event = json(&message);
    assert_eq!((&event["specversion"], &event["id"]), (&"1.0".into(), &"raw/0/0".into()));
    assert_eq!(event["data"]["schema"], "tonewire.enriched/1");
    assert!(event["time"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{event}");
}

#[test]
fn a_trace_goes_on_with_a_span_of_our_own() {
    let with = headers(&[("traceparent", PARENT), ("tracestate", "vendor=1")]);
    let message = output(CloudEventMode::Off, r#"{"id":"a","body":"b"}"#, with);
    let child = last(&message, "traceparent").unwrap();
    assert_eq!((&child[..36], &child[52..]), (&PARENT[..36], &PARENT[52..]), "trace and flags");
    assert_ne!(child, PARENT);
    assert_eq!(last(&message, "tracestate").as_deref(), Some("vendor=1"));

    let invalid = headers(&[("traceparent", "none")]);
    let message = output(CloudEventMode::Off, r#"{"id":"a","body":"b"}"#, invalid);
    assert_eq!(last(&message, "traceparent").as_deref(), Some("none"), "carried as it is");
}
