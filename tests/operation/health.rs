//! The probes while brokers go away and come back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::is_long;
use crate::support::broker::KafkaBroker;
use crate::support::cluster::Cluster;
use crate::support::reader::Isolation;
use crate::support::service::Service;
use crate::support::wait::{eventually, within};
use crate::support::workspace::Workspace;

/// From the case, for both ways.
const LIMIT: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(250);

/// What the probes said, and when.
#[derive(Debug)]
struct Glance {
    at: Instant,
    ready: bool,
    live: bool,
    body: String,
}

/// Watches the probes of a service while something happens.
fn watched<T>(service: &Service, action: impl FnOnce() -> T) -> (Vec<Glance>, T) {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut glances = Vec::new();
            while !over.load(Ordering::Relaxed) {
                glances.push(glance(service));
                std::thread::sleep(GLANCE);
            }
            glances
        });
        // The watcher must end however the action does.
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(action));
        over.store(true, Ordering::Relaxed);
        let glances = watcher.join().expect("the watcher ends");
        (glances, result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn glance(service: &Service) -> Glance {
    let (ready, body) = service.page("/readyz").expect("the page is served");
    let (live, _) = service.page("/livez").expect("the page is served");
    Glance { at: Instant::now(), ready: ready == 200, live: live == 200, body }
}

/// How often readiness changed.
fn changes(glances: &[Glance]) -> usize {
    glances.windows(2).filter(|pair| pair[0].ready != pair[1].ready).count()
}

/// Takes the only broker away from a service at rest and from one whose loop waits with an open batch.
fn outage(cluster: &Cluster, away: impl Fn(), back: impl Fn()) {
    let length = Duration::from_secs(if is_long() { 180 } else { 35 });
    let quiet = Workspace::new(cluster.broker, 2);
    let busy = Workspace::new(cluster.broker, 2);
    let at_rest = quiet.configuration("rest").start();
    // The loop waits for the commit of a batch for as long as the transaction may take.
    let waiting = busy
        .configuration("busy")
        .set("kafka.session_timeout_ms", 45_000)
        .set("kafka.max_poll_interval_ms", 300_000)
        .set("kafka.transaction.timeout_ms", 40_000)
        .set("kafka.transaction.max_age_ms", 2_000)
        .set("kafka.transaction.max_records", 100_000)
        .start();
    quiet.send_articles(0..3);
    quiet.output_reader(Isolation::ReadCommitted).read_articles(3);
    // A healthy topic with hardly a record stays ready.
    let (before, ()) = watched(&at_rest, || std::thread::sleep(Duration::from_secs(5)));
    assert!(before.iter().all(|glance| glance.ready && glance.live), "{before:?}");

    busy.send_articles(0..20);
    waiting.metrics_when("a batch is open", |metrics| metrics.sum("tonewire_records_in_flight", &[]) > 0.0);
    let (glances_at_rest, (glances_waiting, (gone, returned))) = watched(&at_rest, || {
        watched(&waiting, || {
            let gone = Instant::now();
            away();
            std::thread::sleep(length);
            back();
            let returned = Instant::now();
            for service in [&at_rest, &waiting] {
                within(LIMIT + LIMIT, "ready again", || service.is_ready().then_some(()));
            }
            // A last flap would come now.
            std::thread::sleep(Duration::from_secs(2));
            (gone, returned)
        })
    });
    for (name, glances) in [("at rest", &glances_at_rest), ("waiting", &glances_waiting)] {
        judge(name, glances, gone, returned);
    }
    quiet.send_articles(3..6);
    quiet.output_reader(Isolation::ReadCommitted).read_articles(6);
    busy.output_reader(Isolation::ReadCommitted).read_articles(20);
    at_rest.stop();
    waiting.stop();
}

fn judge(name: &str, glances: &[Glance], gone: Instant, returned: Instant) {
    assert!(glances.iter().all(|glance| glance.live), "{name}: liveness fell");
    assert_eq!(
        changes(glances),
        2,
        "{name}: readiness falls once and rises once: {:?}",
        story(glances, gone)
    );
    let fell = glances.iter().find(|glance| !glance.ready).expect("it fell");
    let after = fell.at.duration_since(gone);
    assert!(after <= LIMIT, "{name}: not ready only after {after:?}");
    assert!(fell.body.contains("no broker has answered for"), "{name}: {}", fell.body);
    let rose = glances.iter().rev().take_while(|glance| glance.ready).last().expect("it rose");
    let after = rose.at.saturating_duration_since(returned);
    assert!(after <= LIMIT, "{name}: ready again only after {after:?}");
    assert!(rose.at > fell.at + Duration::from_secs(5), "{name}: the outage was too short to tell");
}

/// The changes alone.
fn story(glances: &[Glance], since: Instant) -> Vec<String> {
    let changed = glances.windows(2).filter(|pair| pair[0].ready != pair[1].ready).map(|pair| &pair[1]);
    changed.map(|glance| format!("{:?}: {}", glance.at.duration_since(since), glance.body)).collect()
}

pub fn o17_readiness_falls_within_30_s_of_losing_the_broker_and_liveness_never(cluster: &Cluster) {
    outage(cluster, || cluster.kill(1), || cluster.restart(1));
}

pub fn o17_readiness_falls_within_30_s_of_a_broker_that_keeps_its_connections_and_is_silent(
    cluster: &Cluster,
) {
    outage(cluster, || cluster.freeze(1), || cluster.thaw(1));
}

pub fn o17_readiness_does_not_flap_while_one_of_three_brokers_is_away(cluster: &Cluster) {
    let length = Duration::from_secs(if is_long() { 180 } else { 25 });
    let workspace = Workspace::new(cluster.broker, 3);
    let service = workspace.configuration("one").start();
    let coordinator = cluster.group_coordinator(&workspace.group);
    workspace.send_articles(0..20);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(20);
    let (glances, ()) = watched(&service, || {
        // The worst of the three: it leads a third of the partitions too.
        cluster.kill(coordinator);
        assert!(!cluster.is_reachable(coordinator), "the broker is still there");
        workspace.send_articles(20..40);
        std::thread::sleep(length);
        service.metrics_when("all are enriched without the third broker", |metrics| {
            metrics.sum("tonewire_records_enriched_total", &[]) == 40.0
        });
        workspace.output_reader(Isolation::ReadCommitted).read_articles(40);
        cluster.restart(coordinator);
        std::thread::sleep(Duration::from_secs(3));
    });
    assert!(glances.len() > 20, "only {} glances", glances.len());
    let fallen: Vec<_> = glances.iter().filter(|glance| !glance.ready || !glance.live).collect();
    assert!(fallen.is_empty(), "{} of {} glances: {:?}", fallen.len(), glances.len(), fallen.first());
    workspace.send_articles(40..45);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(45);
    service.stop();
}

pub fn o17_an_instance_without_a_partition_stands_by_ready_and_takes_over(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, 1);
    let both = [workspace.configuration("a").start(), workspace.configuration("b").start()];
    let owned = |service: &Service| service.metrics().sum("tonewire_kafka_assigned_partitions", &[]);
    eventually("one has the partition", || (owned(&both[0]) + owned(&both[1]) == 1.0).then_some(()));
    let [owner, spare] = if owned(&both[0]) == 1.0 { [&both[0], &both[1]] } else { [&both[1], &both[0]] };
    let (glances, ()) = watched(spare, || std::thread::sleep(Duration::from_secs(3)));
    assert!(glances.iter().all(|glance| glance.ready), "{:?}", glances.last());
    assert!(glances[0].body.contains("more instances than partitions"), "{}", glances[0].body);
    assert_eq!(spare.metrics().count("tonewire_kafka_consumer_lag_records", &[]), 0);

    owner.stop();
    workspace.send_articles(0..5);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(5);
    assert_eq!(owned(spare), 1.0);
    spare.stop();
}
