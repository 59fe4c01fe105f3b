//! Instances that come and go.

use super::run::{PARTITIONS, Run, assigned};
use super::scenario::{Brokers, Delivery, Scenario};
use crate::support::service::{Configuration, Service};

const RANGE: &str = "instances 1 -> 3 -> 2 under load, strategy range";
const COOPERATIVE: &str = "instances 1 -> 3 -> 2 under load, strategy cooperative-sticky";
const ROLLING: &str = "rolling restart of three instances by SIGTERM under load";

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "instances_that_join_and_leave_lose_no_record",
        fault: RANGE,
        delivery: Delivery::AtLeastOnce,
        brokers: Brokers::One,
        partitions: None,
        run: |run| join_and_leave(run, "range"),
    },
    Scenario {
        name: "instances_that_share_cooperatively_lose_no_record_and_double_none",
        fault: COOPERATIVE,
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::One,
        partitions: None,
        run: |run| join_and_leave(run, "cooperative-sticky"),
    },
    Scenario {
        name: "a_rolling_restart_under_load_loses_no_record_and_doubles_none",
        fault: ROLLING,
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::One,
        partitions: None,
        run: rolling_restart,
    },
];

/// The other delivery mode of the same faults, for the long profile.
pub const LONG_ONLY: &[Scenario] = &[
    Scenario {
        name: "instances_that_join_and_leave_lose_no_record_and_double_none",
        fault: RANGE,
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::One,
        partitions: None,
        run: |run| join_and_leave(run, "range"),
    },
    Scenario {
        name: "instances_that_share_cooperatively_lose_no_record",
        fault: COOPERATIVE,
        delivery: Delivery::AtLeastOnce,
        brokers: Brokers::One,
        partitions: None,
        run: |run| join_and_leave(run, "cooperative-sticky"),
    },
    Scenario {
        name: "a_rolling_restart_under_load_loses_no_record",
        fault: ROLLING,
        delivery: Delivery::AtLeastOnce,
        brokers: Brokers::One,
        partitions: None,
        run: rolling_restart,
    },
];

fn join_and_leave(run: &Run, strategy: &str) {
    let configuration = |name: &str| {
        run.configuration(name).set("pipeline.workers", 1).set(
            "kafka.consumer",
            toml::Table::from_iter([("partition.assignment.strategy".to_owned(), strategy.into())]),
        )
    };
    let first = run.start(&configuration("first"));
    let load = run.input.load(60);
    wait_until_shared(&[&first]);
    run.wait_for_output(60);
    let (second, third) = (run.spawn(&configuration("second")), run.spawn(&configuration("third")));
    second.wait_until_ready();
    third.wait_until_ready();
    wait_until_shared(&[&first, &second, &third]);
    run.wait_for_output(run.output() + 60);
    // The oldest goes: it is the leader of the group, which made the assignments.
    run.stop(first);
    wait_until_shared(&[&second, &third]);
    run.wait_for_output(run.output() + 60);
    run.happened("every instance had its share each time");
    run.conclude(load, vec![second, third]);
}

fn rolling_restart(run: &Run) {
    let names = ["one", "two", "three"];
    let configurations: Vec<Configuration> =
        names.iter().map(|name| run.configuration(name).set("pipeline.workers", 1)).collect();
    let mut instances: Vec<Service> =
        configurations.iter().map(|configuration| run.start(configuration)).collect();
    wait_until_shared(&instances.iter().collect::<Vec<_>>());
    let load = run.input.load(60);
    let rounds = run.profile.pick(1, 5);
    for _ in 0..rounds {
        for configuration in &configurations {
            run.wait_for_output(run.output() + 30);
            run.stop(instances.remove(0));
            instances.push(run.start(configuration));
        }
    }
    wait_until_shared(&instances.iter().collect::<Vec<_>>());
    run.happened(format!("{} restarts", rounds * configurations.len()));
    run.conclude(load, instances);
}

/// Waits until these instances own all partitions between them, and each owns one at least.
fn wait_until_shared(instances: &[&Service]) {
    for instance in instances {
        instance.metrics_when("every instance has its share", |_| {
            let shares: Vec<f64> = instances.iter().map(|instance| assigned(&instance.metrics())).collect();
            shares.iter().all(|share| *share >= 1.0) && shares.iter().sum::<f64>() == f64::from(PARTITIONS)
        });
    }
}
