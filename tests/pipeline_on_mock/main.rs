//! The whole pipeline in this process against librdkafka's mock cluster: order, classes and limits. What the mock
//! cannot show (aborts, fencing, stored transactional offsets) is tested on a real broker in `kafka`; the error classes
//! of `kafka::errors` are in `injected_errors`.

#![allow(unreachable_pub, reason = "nothing outside of a test binary can reach into it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may panic")]

mod bench;
mod brokers;
mod copies;
mod envelopes;
mod events;
mod watched;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::message::{Headers, Message};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use tonewire::config::{BadRecordPolicy, TombstonePolicy};
use tonewire::pipeline::ServiceError;

use bench::{Bench, DEAD, INPUT, OUTPUT, Scripted, header, keys, wait_for};

#[test]
fn output_keeps_order_keys_headers_and_timestamps() {
    let bench = Bench::new(3);
    for number in 0..30 {
        bench.article(number % 3, &format!("{number:02}"), "body");
    }
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 30);
    handle.stop();
    let summary = handle.wait().unwrap();
    assert_eq!((summary.received, summary.enriched, summary.returned), (30, 30, 0));

    let messages = bench.read(OUTPUT, 30);
    let mut by_source: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in &messages {
        let source = header(message, "tonewire-source");
        let (partition, _) = source.rsplit_once('/').unwrap();
        by_source
            .entry(format!("{partition} to {}", message.partition()))
            .or_default()
            .push(keys(std::slice::from_ref(message)).remove(0));
        let headers = message.headers().unwrap();
        let carried: Vec<_> =
            (0..3).map(|index| (headers.get(index).key, headers.get(index).value)).collect();
        assert_eq!(
            carried,
            [("twice", Some(&b"1"[..])), ("twice", Some(&[0xC3u8, 0x28][..])), ("null", None)]
        );
        assert_eq!(message.timestamp().to_millis(), Some(1_700_000_000_000));
        assert_eq!(header(message, "content-type"), "application/json");
    }
    assert!(by_source.len() > 3, "several pairs of input and output partition");
    for keys in by_source.values() {
        assert!(keys.is_sorted(), "{keys:?}");
    }
}

#[test]
fn poison_in_the_middle_is_dead_lettered_and_blocks_nothing() {
    let bench = Bench::new(1);
    bench.article(0, "before", "body");
    bench.produce(0, "json", Some(b"{\"id\": "));
    bench.produce(0, "utf8", Some(&[0xFF, 0xFE, 0xFD]));
    bench.produce(0, "empty", Some(b""));
    bench.produce(0, "tombstone", None);
    bench.article(0, "panics", "panic");
    bench.article(0, "after", "body");
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 7);
    handle.stop();
    let summary = handle.wait().unwrap();
    assert_eq!((summary.received, summary.enriched, summary.dead_lettered, summary.skipped), (7, 2, 4, 1));

    assert_eq!(keys(&bench.read(OUTPUT, 2)), ["before", "after"]);
    let letters = bench.read(DEAD, 4);
    assert_eq!(keys(&letters), ["json", "utf8", "empty", "panics"]);
    assert_eq!(letters[0].payload(), Some(&b"{\"id\": "[..]), "the original bytes");
    assert_eq!(letters[1].payload(), Some(&[0xFF, 0xFE, 0xFD][..]));
    assert_eq!(header(&letters[1], "tonewire.dlq.offset"), "2");
    assert_eq!(header(&letters[1], "tonewire.dlq.topic"), INPUT);
    assert_eq!(header(&letters[3], "tonewire.dlq.error_code"), "panic");
    let codes: std::collections::BTreeSet<_> =
        letters.iter().map(|letter| header(letter, "tonewire.dlq.error_code")).collect();
    assert_eq!(codes.len(), 4, "each kind of poison has a code of its own: {codes:?}");
}

#[test]
fn tombstones_pass_through_by_option() {
    let mut bench = Bench::new(1);
    bench.settings.input.tombstones = TombstonePolicy::Pass;
    bench.produce(0, "gone", None);
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 1);
    handle.stop();
    handle.wait().unwrap();
    let messages = bench.read(OUTPUT, 1);
    assert_eq!(keys(&messages), ["gone"]);
    assert_eq!(messages[0].payload(), None);
}

#[test]
fn a_bad_record_stops_the_service_by_option_and_stays_uncommitted() {
    let mut bench = Bench::new(1);
    bench.settings.input.on_bad_record = BadRecordPolicy::Stop;
    bench.article(0, "good", "body");
    bench.produce(0, "bad", Some(b"{"));
    let error = bench.start(Scripted::default()).wait().unwrap_err();
    assert!(
        matches!(&error, ServiceError::BadRecord { source_offset, .. } if source_offset.offset == 1),
        "{error}"
    );
    bench.settings.input.on_bad_record = BadRecordPolicy::DeadLetter;
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 1);
    handle.stop();
    handle.wait().unwrap();
    assert!(keys(&bench.read(DEAD, 1)).contains(&"bad".to_owned()), "the next run reads it again");
}

#[test]
fn an_analysis_that_hangs_is_given_up_and_blocks_nothing() {
    let mut bench = Bench::new(1);
    bench.settings.pipeline.record_time_limit_ms = 1_000;
    bench.settings.pipeline.workers = 1;
    bench.article(0, "hangs", "hang");
    bench.article(0, "after", "body");
    let handle = bench.start(Scripted::default());
    let started = Instant::now();
    wait_for(&handle, 2);
    assert!(started.elapsed() < Duration::from_mins(1));
    assert_eq!(header(&bench.read(DEAD, 1)[0], "tonewire.dlq.error_code"), "timeout");
    assert_eq!(keys(&bench.read(OUTPUT, 1)), ["after"]);
    handle.stop();
    handle.wait().unwrap();
}

#[test]
fn a_backlog_never_puts_more_into_work_than_the_limit() {
    let mut bench = Bench::new(2);
    bench.settings.pipeline.max_in_flight_records = 5;
    bench.settings.pipeline.pause_after_ms = 100;
    for number in 0..40 {
        bench.article(number % 2, &format!("{number:02}"), "body");
    }
    let handle = bench.start(Scripted { pause: Duration::from_millis(80), ..Scripted::default() });
    let mut highest = 0;
    while handle.summary().enriched < 40 {
        highest = highest.max(bench.telemetry.records_in_flight.get());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!((2..=6).contains(&highest), "{highest} records in work");
    handle.stop();
    assert_eq!(handle.wait().unwrap().enriched, 40);
    bench.read(OUTPUT, 40);
}

#[test]
fn refused_requests_lose_nothing() {
    let bench = Bench::new(1);
    let errors = [
        (RDKafkaApiKey::Produce, RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS),
        (RDKafkaApiKey::Produce, RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION),
        (RDKafkaApiKey::OffsetCommit, RDKafkaRespErr::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS),
        (RDKafkaApiKey::OffsetCommit, RDKafkaRespErr::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS),
        (RDKafkaApiKey::Fetch, RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION),
    ];
    for (request, error) in errors {
        bench.cluster.request_errors(request, &[error]);
    }
    for number in 0..10 {
        bench.article(0, &format!("{number}"), "body");
    }
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 10);
    handle.stop();
    let summary = handle.wait().unwrap();
    assert_eq!((summary.received, summary.enriched), (10, 10));
    assert!(
        bench.telemetry.retries.with_label_values(&["batch"]).get() >= 1,
        "the commit that was refused must have cost a batch, or nothing was tested"
    );
}

#[test]
fn a_record_that_brokers_refuse_is_dead_lettered_and_its_batch_is_not_lost() {
    let bench = Bench::new(1);
    bench.article(0, "a", "body");
    bench
        .cluster
        .request_errors(RDKafkaApiKey::Produce, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE]);
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 1);
    bench.article(0, "b", "body");
    wait_for(&handle, 2);
    handle.stop();
    let summary = handle.wait().unwrap();
    assert_eq!((summary.enriched, summary.dead_lettered), (1, 1));
    assert_eq!(header(&bench.read(DEAD, 1)[0], "tonewire.dlq.error_code"), "output_too_large");
    assert_eq!(keys(&bench.read(OUTPUT, 1)), ["b"]);
}

#[test]
fn every_record_received_is_in_exactly_one_class_at_rest() {
    let bench = Bench::new(2);
    for number in 0..10 {
        bench.article(number % 2, &number.to_string(), if number == 3 { "panic" } else { "body" });
    }
    bench.produce(0, "tombstone", None);
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 11);
    let mut totals: BTreeMap<String, f64> = BTreeMap::new();
    for family in bench.telemetry.registry().gather() {
        let sum = family
            .get_metric()
            .iter()
            .map(|metric| metric.get_counter().get_value() + metric.get_gauge().get_value())
            .sum();
        totals.insert(family.name().to_owned(), sum);
    }
    let total = |name: &str| totals.get(name).copied().unwrap_or(0.0);
    let received = total("tonewire_records_received_total");
    let settled = total("tonewire_records_enriched_total")
        + total("tonewire_records_dead_lettered_total")
        + total("tonewire_records_skipped_total")
        + total("tonewire_records_in_flight");
    assert!(
        (received - 11.0).abs() < 0.1 && (settled - 11.0).abs() < 0.1,
        "{received} received, {settled} settled"
    );
    assert!((total("tonewire_records_emitted_total") - 9.0).abs() < 0.1);
    handle.stop();
    handle.wait().unwrap();
}
