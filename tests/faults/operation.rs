//! Operation cases: a public list of what has gone wrong in services of this kind, with the steps that show it.

use std::time::{Duration, Instant};

use super::run::{Run, WINDOW};
use super::scenario::{Brokers, Delivery, Scenario};
use crate::support::service::Service;
use crate::support::wait::within;

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "o01_members_that_come_and_go_leave_no_partition_standing_in_at_least_once_mode",
        fault: "O01: 12 changes of the membership under load, 12 partitions",
        delivery: Delivery::AtLeastOnce,
        brokers: Brokers::One,
        partitions: Some(12),
        run: changes_of_membership,
    },
    Scenario {
        name: "o13_a_bounced_broker_and_a_killed_instance_lose_no_record_and_a_clean_restart_emits_none",
        fault: "O13: broker restarted twice and instance killed twice in 10,000 records, then a clean restart",
        delivery: Delivery::AtLeastOnce,
        brokers: Brokers::OneToBreak,
        partitions: None,
        run: broker_bounce_and_kills,
    },
];

/// The other delivery mode of the same faults, for the long profile.
pub const LONG_ONLY: &[Scenario] = &[Scenario {
    name: "o01_members_that_come_and_go_leave_no_partition_standing_in_exactly_once_mode",
    fault: "O01: 12 changes of the membership under load, 12 partitions",
    delivery: Delivery::ExactlyOnce,
    brokers: Brokers::One,
    partitions: Some(12),
    run: changes_of_membership,
}];

/// O01 (librdkafka #2933, #1605): a commit in flight during a rebalance must not leave a member that owns
/// partitions and reads nothing.
fn changes_of_membership(run: &Run) {
    const CHANGES: usize = 12;
    let limit = Duration::from_secs(60);
    let between = run.profile.seconds(2, 10);
    let configuration =
        |number: usize| run.configuration(&format!("member-{number}")).set("pipeline.workers", 1);
    let load = run.input.load(run.profile.pick(60, 500));
    let lasting = run.start(&configuration(0));
    let mut further: Vec<Service> = Vec::new();
    let mut stopped = 0;
    for change in 1..=CHANGES {
        std::thread::sleep(between);
        // Two come, one goes, so that one, two and three members are seen, from both sides.
        if change % 3 == 0 || further.len() == 2 {
            run.stop(further.remove(0));
            stopped += 1;
        } else {
            further.push(run.spawn(&configuration(change)));
        }
        for member in further.iter().chain([&lasting]) {
            assert!(member.ended().is_none(), "a member ended by itself after change {change}");
        }
    }
    load.stop();
    run.happened(format!("{CHANGES} changes, {stopped} of them stops, {} s apart", between.as_secs()));

    let ends = run.ends();
    within(limit, "every partition's committed offset is at its end", || {
        (run.committed().as_ref() == Some(&ends)).then_some(())
    });
    let findings = run.conclude_without_load(further.into_iter().chain([lasting]).collect());
    let sent = run.input.sent().len();
    assert!(findings.repeated.len() * 100 <= sent * 5, "{} of {sent} repeated", findings.repeated.len());
}

/// O13 (vector #24193, rust-rdkafka PR 46): records purged on the loss of a broker are not sent, and an offset
/// stored one too low repeats a record with every restart.
fn broker_bounce_and_kills(run: &Run) {
    const RECORDS: usize = 10_000;
    let quiet = run.profile.seconds(20, 20);
    let configuration = run.configuration("one");
    let mut service = run.spawn(&configuration);
    run.input.send(RECORDS);
    for part in 1..=4 {
        // During processing: after some tenths of the input have come out, and before all have.
        run.wait_for_output(RECORDS * part * 15 / 100);
        if part % 2 == 1 {
            run.cluster.kill(1);
            run.cluster.restart(1);
        } else {
            run.kill(service);
            service = run.spawn(&configuration);
        }
    }
    let out = run.output();
    assert!(out < RECORDS * 88 / 100, "{out} results were out before the last fault: too late to matter");
    run.happened(format!("2 broker restarts and 2 kills, the last when {out} results were out"));

    run.measure_recovery();
    run.wait_until_settled();
    run.stop(service);
    let before = everything(run);
    let service = run.start(&configuration);
    let restarted = Instant::now();
    while restarted.elapsed() < quiet {
        std::thread::sleep(Duration::from_secs(1));
    }
    assert_eq!(everything(run), before, "a clean restart without new input emitted records");
    run.stop(service);
    let findings = run.judge();
    assert!(findings.repeated.len() <= 4 * WINDOW * 2, "{} repeated", findings.repeated.len());
}

fn everything(run: &Run) -> usize {
    run.output() + run.workspace.dead_letters().len()
}
