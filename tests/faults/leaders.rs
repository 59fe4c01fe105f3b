//! Partitions and coordinators that move to another broker, because theirs is killed.

use super::run::Run;
use super::scenario::{Brokers, Delivery, Scenario};
use crate::support::wait::within;

use super::run::LONG_PATIENCE;

const LEADERS: &str = "leaders of input and output partitions killed, one of three brokers at a time";
const COORDINATORS: &str = "coordinators of the group and of the transactions killed, with three brokers";
/// That of an instance called `one`: `{prefix}-{group}-{instance}`.
const INSTANCE: &str = "one";

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "leaders_that_move_cost_no_record_and_double_none",
        fault: LEADERS,
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::ThreeToBreak,
        partitions: None,
        run: leaders_move,
    },
    Scenario {
        name: "coordinators_that_move_cost_no_record_and_double_none",
        fault: COORDINATORS,
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::ThreeToBreak,
        partitions: None,
        run: coordinators_move,
    },
];

/// The other delivery mode of the same faults, for the long profile.
pub const LONG_ONLY: &[Scenario] = &[
    Scenario {
        name: "leaders_that_move_cost_no_record",
        fault: LEADERS,
        delivery: Delivery::AtLeastOnce,
        brokers: Brokers::ThreeToBreak,
        partitions: None,
        run: leaders_move,
    },
    Scenario {
        name: "a_coordinator_of_the_group_that_moves_costs_no_record",
        fault: COORDINATORS,
        delivery: Delivery::AtLeastOnce,
        brokers: Brokers::ThreeToBreak,
        partitions: None,
        run: coordinators_move,
    },
];

fn leaders_move(run: &Run) {
    let service = run.start(&run.configuration(INSTANCE));
    let load = run.input.load(60);
    let topics = [&run.workspace.input, &run.workspace.output];
    let rounds = run.profile.pick(1, 4);
    let mut moved = 0;
    for round in 0..rounds {
        run.wait_for_output(run.output() + 60);
        let victim = run.cluster.busiest_leader(topics[(round + 1) % 2]);
        let led =
            |topic: &String| run.cluster.leaders(topic).iter().filter(|leader| **leader == victim).count();
        let before: usize = topics.iter().map(|topic| led(topic)).sum();
        assert!(before > 0, "node {victim} leads nothing");
        move_away(run, victim, || topics.iter().all(|topic| led(topic) == 0));
        moved += before;
    }
    run.happened(format!("{rounds} kills, {moved} leaders moved"));
    run.conclude(load, vec![service]);
}

fn coordinators_move(run: &Run) {
    let service = run.start(&run.configuration(INSTANCE));
    let load = run.input.load(60);
    let group = &run.workspace.group;
    run.wait_for_output(60);
    let victim = run.cluster.group_coordinator(group);
    move_away(run, victim, || run.cluster.group_coordinator(group) != victim);
    run.happened("the group's coordinator moved");
    if run.delivery == Delivery::ExactlyOnce {
        let id = format!("tonewire-{group}-{INSTANCE}");
        run.wait_for_output(run.output() + 60);
        let victim = run.cluster.transaction_coordinator(&id);
        move_away(run, victim, || run.cluster.transaction_coordinator(&id) != victim);
        run.happened("the transactions' coordinator moved");
    }
    run.conclude(load, vec![service]);
}

/// Kills a node, sees that what it led has moved, that articles get through without it, and brings it back.
fn move_away(run: &Run, victim: i32, mut has_moved: impl FnMut() -> bool) {
    run.cluster.kill(victim);
    within(LONG_PATIENCE, "the leaders move", || has_moved().then_some(()));
    run.measure_recovery();
    run.cluster.restart(victim);
    for topic in
        [run.workspace.input.as_str(), &run.workspace.output, "__consumer_offsets", "__transaction_state"]
    {
        run.cluster.wait_until_in_step(topic);
    }
}
