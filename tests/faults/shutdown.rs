//! Stops: under load, with the brokers gone, and asked for twice.

use std::process::ExitStatus;
use std::time::{Duration, Instant};

use super::run::Run;
use super::scenario::{Brokers, Delivery, Scenario};
use crate::support::service::{Service, Signal};
use crate::support::wait::within;

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "o15_a_stop_under_load_ends_with_0_and_loses_nothing",
        fault: "SIGTERM under load",
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::One,
        partitions: None,
        run: under_load,
    },
    Scenario {
        name: "o15_a_stop_under_load_ends_with_0_and_loses_nothing_in_at_least_once_mode",
        fault: "SIGTERM under load",
        delivery: Delivery::AtLeastOnce,
        brokers: Brokers::One,
        partitions: None,
        run: under_load,
    },
    Scenario {
        name: "o15_b_stop_with_frozen_brokers_ends_in_time_with_a_documented_code",
        fault: "SIGTERM with frozen brokers",
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::OneToBreak,
        partitions: None,
        run: frozen_brokers,
    },
    Scenario {
        name: "o15_b_stop_with_frozen_brokers_ends_in_time_with_a_documented_code_in_at_least_once_mode",
        fault: "SIGTERM with frozen brokers",
        delivery: Delivery::AtLeastOnce,
        brokers: Brokers::OneToBreak,
        partitions: None,
        run: frozen_brokers,
    },
    Scenario {
        name: "o15_b_stop_with_killed_brokers_ends_in_time_with_a_documented_code",
        fault: "SIGTERM with killed brokers",
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::OneToBreak,
        partitions: None,
        run: killed_brokers,
    },
    Scenario {
        name: "o15_c_a_second_stop_ends_at_once",
        fault: "SIGTERM twice with frozen brokers",
        delivery: Delivery::ExactlyOnce,
        brokers: Brokers::OneToBreak,
        partitions: None,
        run: second_signal,
    },
];

/// The default of `kafka.shutdown_timeout_ms`.
const LIMIT: Duration = Duration::from_secs(25);
/// For the kernel, and for a machine that is busy with other things.
const SLACK: Duration = Duration::from_secs(2);

/// From SIGTERM to the end of the process.
fn terminate(service: &Service) -> (ExitStatus, Duration) {
    let asked = Instant::now();
    service.signal(Signal::Terminate);
    let status = service.wait_for_end();
    let took = asked.elapsed();
    assert!(took < LIMIT + SLACK, "it took {took:?} to stop");
    (status, took)
}

/// Starts an instance and waits until it is at work.
fn at_work(run: &Run) -> Service {
    let service = run.start(&run.configuration("one").set("kafka.transaction.max_age_ms", 1_000));
    service.metrics_when("results come out", |metrics| {
        metrics.sum("tonewire_records_enriched_total", &[]) > 20.0
    });
    service
}

fn under_load(run: &Run) {
    let rounds = run.profile.pick(2, 10);
    let load = run.input.load(80);
    let mut longest = Duration::ZERO;
    for _ in 0..rounds {
        let service = at_work(run);
        let (status, took) = terminate(&service);
        longest = longest.max(took);
        assert_eq!(status.code(), Some(0), "after SIGTERM under load");
        within(SLACK * 5, "the log says what was left", || {
            service.log().text().contains("left_in_queue=0").then_some(())
        });
    }
    run.happened(format!("{rounds} stops under load, the longest took {:.1} s", longest.as_secs_f64()));
    let last = run.start(&run.configuration("one"));
    run.conclude(load, vec![last]);
}

fn frozen_brokers(run: &Run) {
    brokers_gone(run, "frozen", |run| run.cluster.freeze(1), |run| run.cluster.thaw(1));
}

fn killed_brokers(run: &Run) {
    brokers_gone(run, "killed", |run| run.cluster.kill(1), |run| run.cluster.restart(1));
}

fn brokers_gone(run: &Run, how: &str, go: fn(&Run), come_back: fn(&Run)) {
    let load = run.input.load(80);
    let service = at_work(run);
    go(run);
    // As the case says: five seconds later.
    std::thread::sleep(Duration::from_secs(5));
    let (status, took) = terminate(&service);
    let code = status.code();
    // `tonewire run --help` says which is which; a signal such as SIGSEGV would have no code.
    assert!(matches!(code, Some(0 | 1)), "ended with {status}: {}", service.log().text());
    come_back(run);
    run.happened(format!("brokers {how}, ended after {:.1} s with code {code:?}", took.as_secs_f64()));
    let last = run.start(&run.configuration("one"));
    run.conclude(load, vec![last]);
}

fn second_signal(run: &Run) {
    const TERMINATED: i32 = 143;
    let load = run.input.load(80);
    let service = at_work(run);
    run.cluster.freeze(1);
    service.signal(Signal::Terminate);
    std::thread::sleep(Duration::from_secs(1));
    assert!(service.ended().is_none(), "there was nothing to wait for");
    let asked = Instant::now();
    service.signal(Signal::Terminate);
    let status = service.wait_for_end();
    let took = asked.elapsed();
    assert_eq!(status.code(), Some(TERMINATED));
    assert!(took < SLACK, "it took {took:?} after the second signal");
    run.cluster.thaw(1);
    run.happened(format!("ended {:.2} s after the second signal", took.as_secs_f64()));
    let last = run.start(&run.configuration("one"));
    run.conclude(load, vec![last]);
}
