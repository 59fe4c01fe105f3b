//! Brokers that go away, come back, hand over, answer slowly; instances that come and go.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::mocking::MockCoordinator;
use tonewire::telemetry::Telemetry;

use crate::bench::{Bench, INPUT, OUTPUT, Scripted, keys, wait_for};

fn ids(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{prefix}-{number}")).collect()
}

#[test]
fn brokers_that_go_away_and_come_back_lose_nothing() {
    let bench = Bench::new(1);
    bench.article(0, "before", "body");
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 1);
    bench.cluster.broker_down(1).unwrap();
    let problems = || bench.telemetry.errors.with_label_values(&["consume", "BrokerTransportFailure"]).get();
    eventually("the consumer notices", || problems() > 0);
    bench.cluster.broker_up(1).unwrap();
    bench.article(0, "after", "body");
    wait_for(&handle, 2);
    handle.stop();
    assert_eq!(handle.wait().unwrap().enriched, 2);
    assert!(keys(&bench.read(OUTPUT, 2)).contains(&"after".to_owned()));
}

#[test]
fn a_stop_with_the_brokers_gone_ends_within_the_limit() {
    let mut bench = Bench::new(1);
    bench.settings.kafka.shutdown_timeout_ms = 8_000;
    bench.settings.kafka.drain_timeout_ms = 1_000;
    bench.article(0, "a", "body");
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 1);
    bench.cluster.broker_down(1).unwrap();
    bench.settings.kafka.brokers.clear();
    let stopped = Instant::now();
    handle.stop();
    let _ = handle.wait();
    assert!(stopped.elapsed() < Duration::from_secs(8), "took {:?}", stopped.elapsed());
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(40);
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_leader_that_hands_over_and_goes_away_loses_nothing() {
    let bench = Bench::with_brokers(3, 1);
    for topic in [INPUT, OUTPUT] {
        bench.cluster.partition_leader(topic, 0, Some(1)).unwrap();
    }
    // The coordinators stay up: only leaders are tested here.
    bench.cluster.coordinator(MockCoordinator::Group("tonewire".into()), 3).unwrap();
    bench.article(0, "before", "body");
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 1);
    for topic in [INPUT, OUTPUT] {
        bench.cluster.partition_leader(topic, 0, Some(2)).unwrap();
    }
    // From here on nothing can come from the old leader, so what comes out came by way of the new one.
    bench.cluster.broker_down(1).unwrap();
    for id in ids("after", 5) {
        bench.article(0, &id, "body");
    }
    wait_for(&handle, 6);
    handle.stop();
    assert_eq!(handle.wait().unwrap().enriched, 6);
    bench.read_articles(&ids("after", 5));
}

#[test]
fn a_coordinator_that_moves_and_goes_away_loses_nothing() {
    let bench = Bench::with_brokers(3, 1);
    for topic in [INPUT, OUTPUT] {
        bench.cluster.partition_leader(topic, 0, Some(1)).unwrap();
    }
    let group = || MockCoordinator::Group("tonewire".into());
    bench.cluster.coordinator(group(), 2).unwrap();
    bench.article(0, "before", "body");
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 1);
    bench.cluster.coordinator(group(), 3).unwrap();
    bench.cluster.broker_down(2).unwrap();
    for id in ids("after", 5) {
        bench.article(0, &id, "body");
    }
    // Settled means committed, which only the new coordinator can do.
    wait_for(&handle, 6);
    handle.stop();
    handle.wait().unwrap();
    bench.read_articles(&ids("after", 5));
}

#[test]
fn slow_round_trips_cost_time_and_no_record() {
    const ROUND_TRIP: Duration = Duration::from_millis(500);
    let bench = Bench::new(1);
    bench.article(0, "before", "body");
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 1);
    bench.cluster.broker_round_trip_time(1, ROUND_TRIP).unwrap();
    for id in ids("after", 5) {
        bench.article(0, &id, "body");
    }
    let started = Instant::now();
    bench.article(0, "timed", "body");
    assert!(started.elapsed() >= ROUND_TRIP, "round trips are not slow");
    wait_for(&handle, 7);
    let slowest = bench.telemetry.produce_duration.get_sample_sum();
    assert!(slowest >= ROUND_TRIP.as_secs_f64(), "batches took only {slowest} s together");
    handle.stop();
    assert_eq!(handle.wait().unwrap().enriched, 7);
}

#[test]
fn two_instances_share_the_partitions_and_the_one_that_stays_takes_over() {
    let mut bench = Bench::new(2);
    bench.settings.kafka.session_timeout_ms = 3_000;
    bench.settings.kafka.drain_timeout_ms = 1_000;
    let second_telemetry = Arc::new(Telemetry::new().unwrap());
    let owned = |telemetry: &Telemetry| telemetry.assigned_partitions.with_label_values(&[INPUT]).get();

    let first = bench.start(Scripted::default());
    eventually("the first owns both", || owned(&bench.telemetry) == 2);
    let second = bench.start_instance("second", Scripted::default(), &second_telemetry);
    eventually("one each", || owned(&bench.telemetry) == 1 && owned(&second_telemetry) == 1);
    for (number, id) in ids("shared", 10).iter().enumerate() {
        bench.article(i32::from(number % 2 == 0), id, "body");
    }
    bench.read_articles(&ids("shared", 10));
    assert!(second.summary().received >= 1, "the second had work");

    second.stop();
    second.wait().unwrap();
    eventually("the first owns both again", || owned(&bench.telemetry) == 2);
    for (number, id) in ids("alone", 10).iter().enumerate() {
        bench.article(i32::from(number % 2 == 0), id, "body");
    }
    let records = bench.read_articles(&[ids("shared", 10), ids("alone", 10)].concat());
    assert_eq!(records, 20, "nobody was killed, so nothing comes twice");
    first.stop();
    first.wait().unwrap();
}
