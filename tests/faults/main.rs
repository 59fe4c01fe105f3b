//! The service under faults, on real brokers that the tests kill and freeze.
//!
//! A [`scenario`] runs instances of the program on an [`input`] with known ids, does them some harm, and then
//! asks the [`oracle`], which compares what went in with what came out. At the end the [`report`] prints the
//! table of faults and invariants that stands in docs/delivery.md:
//!
//! ```text
//! FAULTS_PROFILE=long FAULTS_REPORT=table.md cargo test --test faults
//! ```
//!
//! `cargo test --test faults -- "operation case"` runs those of the operation cases alone.
//!
//! `FAULTS_PROFILE` is short (minutes) unless it says long. `FAULTS_SEED` repeats the random moments of an
//! earlier run. Scenarios run one after the other: a machine with two cores has its hands full with one.

#![allow(clippy::float_cmp, clippy::cast_precision_loss, reason = "Prometheus counts in small whole floats")]
#![allow(unreachable_pub, reason = "nothing outside of a test binary can reach into it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod commits;
mod input;
mod oracle;
mod oracle_tests;
mod profile;
mod random;
mod report;
mod run;
mod scenario;

mod brokers;
mod crashes;
mod freezes;
mod leaders;
mod members;
mod operation;

mod bounds;
mod gaps;
mod outputs;
mod records;
mod shutdown;
mod topics;

use libtest_mimic::{Arguments, Trial};

use profile::Profile;
use scenario::Scenario;

/// Every scenario of a profile, in the order in which they run.
fn scenarios(profile: Profile) -> Vec<Scenario> {
    if profile == Profile::Brief {
        return [crashes::SCENARIOS, gaps::SCENARIOS].concat();
    }
    let always = [
        crashes::SCENARIOS,
        freezes::SCENARIOS,
        members::SCENARIOS,
        brokers::SCENARIOS,
        leaders::SCENARIOS,
        operation::SCENARIOS,
        records::SCENARIOS,
        outputs::SCENARIOS,
        gaps::SCENARIOS,
        bounds::SCENARIOS,
        shutdown::SCENARIOS,
    ];
    let long_only = [
        freezes::LONG_ONLY,
        members::LONG_ONLY,
        brokers::LONG_ONLY,
        leaders::LONG_ONLY,
        operation::LONG_ONLY,
    ];
    profile.pick(always.concat(), [always.concat(), long_only.concat()].concat())
}

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(1));
    let profile = Profile::from_environment();
    let scenarios = scenarios(profile).into_iter().map(|scenario| scenario.trial(profile));
    let trials: Vec<Trial> = oracle_tests::trials().into_iter().chain(scenarios).collect();
    if !arguments.list {
        println!("FAULTS_SEED={}", random::seed());
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    scenario::stop_brokers();
    report::print();
    conclusion.exit();
}
