//! What more instances bring, on one machine against one broker: the figures of deploy/scale.md.
//!
//! `cargo bench --bench scale` prints them as a table; `cargo bench --bench scale -- --articles 400` reads fewer articles.
//! The broker, the producer and this program run on the same cores as the instances, so that the processor time for
//! each article tells more than the rate wherever there are fewer cores than workers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "nobody is there to handle an error"
)]
#![allow(clippy::print_stdout, reason = "the table is what it is for")]
#![allow(unreachable_pub, reason = "the helpers of the tests are shared")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::thread;
use std::time::{Duration, Instant};

use support::broker::KafkaBroker;
use support::producer::{Message, Producer};
use support::service::Service;
use support::wait::within;
use support::workspace::Workspace;

/// Divisible by every number of instances.
const PARTITIONS: i32 = 8;
const ARTICLES: usize = 1_000;
/// Instances and workers of each.
const SETUPS: [(usize, usize); 4] = [(1, 1), (2, 1), (4, 1), (1, 4)];
/// Longest time for a group to settle, and between two articles.
const PATIENCE: Duration = Duration::from_mins(5);
const SAMPLES: [&str; 4] = [
    include_str!("../samples/01-grain-corridor-talks.json"),
    include_str!("../samples/02-chip-maker-results.json"),
    include_str!("../samples/14-central-bank.json"),
    include_str!("../samples/15-election-night.json"),
];

fn main() {
    let articles = number_after("--articles").unwrap_or(ARTICLES);
    let broker = match KafkaBroker::shared() {
        Ok(broker) => broker,
        Err(why) => return println!("no broker, so no figures: {why:?}"),
    };
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!("{cores} cores, {articles} articles, {PARTITIONS} partitions, one broker on the same machine\n");
    println!(
        "| instances | workers each | articles/s | to one | fewest to most by an instance | cores in use | processor seconds for 1,000 articles | to one |"
    );
    println!("|--:|--:|--:|--:|--:|--:|--:|--:|");
    let mut first = None;
    for (instances, workers) in SETUPS {
        let figures = measure(broker, instances, workers, articles);
        figures.print(instances, workers, first.get_or_insert(figures));
    }
    println!();
    println!("| take-over by an instance that stood by | seconds until its first commit |");
    println!("|---|--:|");
    println!("| after SIGTERM | {:.1} |", take_over(broker, Service::stop));
    println!(
        "| after SIGKILL, `kafka.session_timeout_ms` = 6000 | {:.1} |",
        take_over(broker, Service::kill)
    );
    KafkaBroker::stop_shared();
}

fn number_after(name: &str) -> Option<usize> {
    std::env::args().skip_while(|argument| argument != name).nth(1)?.parse().ok()
}

#[derive(Clone, Copy)]
struct Figures {
    seconds: f64,
    articles: f64,
    processor_seconds: f64,
    fewest: f64,
    most: f64,
}

impl Figures {
    fn rate(&self) -> f64 {
        self.articles / self.seconds
    }

    fn cost(&self) -> f64 {
        self.processor_seconds / self.articles * 1_000.0
    }

    fn print(&self, instances: usize, workers: usize, first: &Self) {
        println!(
            "| {instances} | {workers} | {:.1} | {:.2} | {:.0} to {:.0} | {:.2} | {:.1} | {:.2} |",
            self.rate(),
            self.rate() / first.rate(),
            self.fewest,
            self.most,
            self.processor_seconds / self.seconds,
            self.cost(),
            self.cost() / first.cost(),
        );
    }
}

/// The instances have their partitions before the first article comes.
fn measure(broker: &'static KafkaBroker, instances: usize, workers: usize, articles: usize) -> Figures {
    let workspace = Workspace::new(broker, PARTITIONS);
    let services: Vec<Service> =
        (0..instances).map(|number| start(&workspace, &format!("instance-{number}"), workers)).collect();
    let share = f64::from(PARTITIONS) / count(instances);
    within(PATIENCE, "every instance has its share", || {
        let has_share =
            |service: &Service| service.metrics().sum("tonewire_kafka_assigned_partitions", &[]) == share;
        services.iter().all(has_share).then_some(())
    });
    let processor = |service: &Service| service.metrics().sum("process_cpu_seconds_total", &[]);
    let before: f64 = services.iter().map(processor).sum();
    let started = Instant::now();
    send(&workspace, PARTITIONS, articles);
    let enriched = || services.iter().map(enriched).collect::<Vec<_>>();
    let each = within(PATIENCE.max(Duration::from_secs(articles as u64)), "everything is enriched", || {
        Some(enriched()).filter(|each| each.iter().sum::<f64>() >= count(articles))
    });
    let seconds = started.elapsed().as_secs_f64();
    let figures = Figures {
        seconds,
        articles: count(articles),
        processor_seconds: services.iter().map(processor).sum::<f64>() - before,
        fewest: each.iter().copied().fold(f64::INFINITY, f64::min),
        most: each.iter().copied().fold(0.0, f64::max),
    };
    services.iter().for_each(Service::stop);
    figures
}

/// Seconds from the end of the instance that has the only partition to the first commit of the one that stood by.
fn take_over(broker: &'static KafkaBroker, end: impl Fn(&Service)) -> f64 {
    let workspace = Workspace::new(broker, 1);
    let owner = start(&workspace, "owner", 1);
    send(&workspace, 1, 1);
    within(PATIENCE, "the owner works", || (enriched(&owner) > 0.0).then_some(()));
    let standby = start(&workspace, "standby", 1);
    let has = |service: &Service| service.metrics().sum("tonewire_kafka_assigned_partitions", &[]) > 0.0;
    within(PATIENCE, "one has the partition", || (has(&owner) != has(&standby)).then_some(()));
    let (owner, standby) = if has(&owner) { (owner, standby) } else { (standby, owner) };
    let before = enriched(&standby);
    // Work is there all the time, as in a stream.
    send(&workspace, 1, 400);
    let started = Instant::now();
    end(&owner);
    within(PATIENCE, "the other has taken over", || (enriched(&standby) > before).then_some(()));
    let seconds = started.elapsed().as_secs_f64();
    standby.stop();
    seconds
}

fn start(workspace: &Workspace, name: &str, workers: usize) -> Service {
    let workers = i64::try_from(workers).unwrap();
    workspace.configuration(name).set("pipeline.workers", workers).set("log.filter", "warn").start()
}

fn enriched(service: &Service) -> f64 {
    service.metrics().sum("tonewire_records_enriched_total", &[])
}

/// Samples in turn, each with a title of its own, spread evenly over the partitions.
fn send(workspace: &Workspace, partitions: i32, articles: usize) {
    let producer = Producer::new(workspace.broker);
    for number in 0..articles {
        let mut article: serde_json::Value = serde_json::from_str(SAMPLES[number % SAMPLES.len()]).unwrap();
        for key in ["title", "headline"] {
            if let Some(title) = article[key].as_str() {
                article[key] = format!("{title} ({number})").into();
            }
        }
        let mut message = Message::new(format!("article-{number}"), article.to_string());
        // Samples and partitions turn at different paces, so that no partition gets one sample alone.
        let turn = i32::try_from(number / SAMPLES.len()).unwrap();
        message.partition = Some(turn % partitions);
        producer.send(&workspace.input, &message);
    }
    producer.flush();
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn count(number: usize) -> f64 {
    number as f64
}
