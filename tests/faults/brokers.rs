//! Brokers that go away, and brokers that stand still.

use std::time::Duration;

use super::run::{LONG_PATIENCE, Run};
use super::scenario::{Brokers, Delivery, Scenario};
use crate::support::wait::within;

const KILLED: &str = "kill -9 of the only broker, then its restart";
const AWAY: &str = "all three brokers away";
const FROZEN: &str = "the only broker frozen (SIGSTOP)";

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a_killed_and_restarted_broker_costs_no_record_and_doubles_none",
        fault: KILLED,
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::OneToBreak,
        partitions: None,
        run: killed,
    },
    Scenario {
        name: "a_frozen_broker_costs_no_record_and_doubles_none",
        fault: FROZEN,
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::OneToBreak,
        partitions: None,
        run: frozen,
    },
    Scenario {
        name: "an_outage_of_all_brokers_costs_no_record_and_doubles_none",
        fault: AWAY,
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::ThreeToBreak,
        partitions: None,
        run: away,
    },
];

/// The other delivery mode of the same faults, for the long profile.
pub const LONG_ONLY: &[Scenario] = &[
    Scenario {
        name: "a_killed_and_restarted_broker_costs_no_record",
        fault: KILLED,
        delivery: Delivery::AtLeastOnce,
        brokers: Brokers::OneToBreak,
        partitions: None,
        run: killed,
    },
    Scenario {
        name: "a_frozen_broker_costs_no_record",
        fault: FROZEN,
        delivery: Delivery::AtLeastOnce,
        brokers: Brokers::OneToBreak,
        partitions: None,
        run: frozen,
    },
    Scenario {
        name: "an_outage_of_all_brokers_costs_no_record",
        fault: AWAY,
        delivery: Delivery::AtLeastOnce,
        brokers: Brokers::ThreeToBreak,
        partitions: None,
        run: away,
    },
];

fn killed(run: &Run) {
    let rounds = run.profile.pick(1, 5);
    let service = run.start(&run.configuration("one"));
    let load = run.input.load(60);
    for _ in 0..rounds {
        run.wait_for_output(run.output() + 60);
        run.cluster.kill(1);
        assert!(!run.cluster.is_reachable(1), "the broker is still there");
        std::thread::sleep(Duration::from_secs(1));
        run.cluster.restart(1);
    }
    run.happened(format!("{rounds} kills, connections refused"));
    run.conclude(load, vec![service]);
}

fn frozen(run: &Run) {
    let length = run.profile.seconds(12, 60);
    let service = run.start(&run.configuration("one"));
    let load = run.input.load(40);
    run.wait_for_output(40);
    run.cluster.freeze(1);
    std::thread::sleep(length);
    assert!(run.committed().is_none(), "the broker answers");
    run.cluster.thaw(1);
    run.happened(format!("no answer for {} s", length.as_secs()));
    run.conclude(load, vec![service]);
}

fn away(run: &Run) {
    let length = run.profile.seconds(10, 30);
    let service = run.start(&run.configuration("one"));
    let load = run.input.load(60);
    run.wait_for_output(100);
    for number in run.cluster.numbers() {
        run.cluster.kill(number);
    }
    within(Duration::from_secs(60), "the instance notices that no broker answers", || {
        (!service.is_ready()).then_some(())
    });
    std::thread::sleep(length);
    assert!(run.cluster.numbers().all(|number| !run.cluster.is_reachable(number)), "a broker is there");
    run.cluster.restart_all();
    run.cluster.wait_until_in_step(&run.workspace.input);
    run.happened(format!("all away for {} s, /readyz answered 503", length.as_secs()));
    within(LONG_PATIENCE, "the instance is ready again", || service.is_ready().then_some(()));
    run.conclude(load, vec![service]);
}
