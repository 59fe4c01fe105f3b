//! Instances that stand still and wake up: they believe that they still own what another has long taken over.

use super::run::{PARTITIONS, Run, assigned, in_flight};
use super::scenario::{Brokers, Delivery, Scenario};
use crate::support::service::Signal;

const FAULT: &str = "SIGSTOP of an instance past the session timeout, then SIGCONT";

pub const SCENARIOS: &[Scenario] = &[Scenario {
    name: "an_instance_frozen_past_its_session_adds_nothing_when_it_wakes_up",
    fault: FAULT,
    delivery: Delivery::ExactlyOnce,
    brokers: Brokers::One,
    partitions: None,
    run: zombie,
}];

/// The other delivery mode of the same faults, for the long profile.
pub const LONG_ONLY: &[Scenario] = &[Scenario {
    name: "an_instance_frozen_past_its_session_repeats_no_more_than_its_window_when_it_wakes_up",
    fault: FAULT,
    delivery: Delivery::AtLeastOnce,
    brokers: Brokers::One,
    partitions: None,
    run: zombie,
}];

fn zombie(run: &Run) {
    let rounds = run.profile.pick(1, 5);
    // Batches that stay open for seconds, so that the freeze finds one.
    let frozen = run.start(&run.configuration("frozen").set("kafka.transaction.max_age_ms", 3_000));
    let load = run.input.load(40);
    for round in 1.. {
        frozen.metrics_when("the instance has an open batch", |metrics| in_flight(metrics) >= 10.0);
        frozen.signal(Signal::Stop);
        let successor = run.start(&run.configuration("successor"));
        // Its share is everything once the session of the frozen instance has ended.
        successor.metrics_when("the successor owns all partitions", |metrics| {
            assigned(metrics) == f64::from(PARTITIONS)
        });
        run.wait_for_output(run.output() + 40);
        frozen.signal(Signal::Continue);
        frozen.metrics_when("the frozen instance has noticed, and is a member again", |metrics| {
            (1.0..f64::from(PARTITIONS)).contains(&assigned(metrics))
        });
        if round == rounds {
            run.happened(format!("{rounds} freezes, each until another owned all partitions"));
            run.conclude(load, vec![frozen, successor]);
            return;
        }
        run.stop(successor);
    }
}
