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
    // Batches that stay open for a second, so that most kills find one; and a session so short that the next
    // instance has partitions, and something to lose, before it is killed in its turn.
    let configuration = run
        .configuration("one")
        .set("kafka.transaction.max_age_ms", 1_000)
        .set("kafka.transaction.timeout_ms", 2_500)
        .set("kafka.session_timeout_ms", 3_000)
        .set("kafka.drain_timeout_ms", 1_000);
    let mut random = Random::of(run.delivery.as_str());
    let load = run.input.load(60);
    let mut in_a_batch = 0;
    let mut hidden = 0;
    for _ in 0..rounds {
        let service = run.spawn(&configuration);
        std::thread::sleep(random.milliseconds(500..6_000));
        run.kill(service);
        let before = std::mem::replace(&mut hidden, run.hidden_results());
        in_a_batch += usize::from(hidden > before);
    }
    let service = run.start(&configuration);
    let findings = run.conclude(load, vec![service]);
    let met = match run.delivery {
        Delivery::ExactlyOnce => {
            assert!(in_a_batch > 0, "no kill met an open transaction");
            format!("{in_a_batch} of them in an open transaction, {hidden} results of which stay hidden")
        }
        Delivery::AtLeastOnce => {
            assert!(!findings.repeated.is_empty(), "no kill met a batch whose offsets were not committed");
            "some of them between output and commit".to_owned()
        }
    };
    run.happened(format!("{rounds} kills, {met}"));
}
