//! Instances that are killed.

use super::random::Random;
use super::run::Run;
use super::scenario::{Brokers, Delivery, Scenario};

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "an_instance_killed_at_random_moments_gives_every_record_exactly_once",
        fault: "kill -9 of the instance at random moments",
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::One,
        partitions: None,
        run: kills,
    },
    Scenario {
        name: "an_instance_killed_at_random_moments_gives_every_record_at_least_once",
        fault: "kill -9 of the instance at random moments",
        delivery: Delivery::AtLeastOnce,
        brokers: Brokers::One,
        partitions: None,
        run: kills,
    },
];

/// Kills an instance again and again while records come in. The moments are counted from the start of the process,
/// so that some fall into its start, its joining of the group and its first transactions.
fn kills(run: &Run) {
    let rounds = run.profile.pick(8, 50);
    // Batches that stay open for a second, so that most kills find one.
    let configuration = run.configuration("one").set("kafka.transaction.max_age_ms", 1_000);
    let mut random = Random::of(run.delivery.as_str());
    let load = run.input.load(60);
    for _ in 0..rounds {
        let service = run.spawn(&configuration);
        std::thread::sleep(random.milliseconds(500..4_500));
        run.kill(service);
    }
    let service = run.start(&configuration);
    let hidden = run.hidden_results();
    let findings = run.conclude(load, vec![service]);
    let unfinished = match run.delivery {
        Delivery::ExactlyOnce => hidden,
        Delivery::AtLeastOnce => findings.repeated.len(),
    };
    assert!(unfinished > 0, "no kill met an unfinished batch");
    run.happened(format!("{rounds} kills, {unfinished} results of unfinished batches"));
}
