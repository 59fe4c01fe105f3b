//! Lag as /metrics tells it, against what the broker says.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{Offset, TopicPartitionList};

use crate::is_long;
use crate::support::article;
use crate::support::broker::KafkaBroker;
use crate::support::metrics::Metrics;
use crate::support::producer::{Message, Producer};
use crate::support::reader::Isolation;
use crate::support::wait::{PATIENCE, eventually, within};
use crate::support::workspace::Workspace;

const PARTITIONS: i32 = 4;
const BACKLOG: usize = 100;
const LAG: &str = "tonewire_kafka_consumer_lag_records";
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// A value is at most as old as the consumer's statistics (2 s) and a turn of the loop.
const AGE: Duration = Duration::from_secs(4);
const SCRAPE_INTERVAL: Duration = Duration::from_millis(500);
/// For the whole backlog, in a debug build on a busy machine.
const DRAIN_LIMIT: Duration = Duration::from_mins(2);

/// The broker's side of lag.
struct Group {
    client: BaseConsumer,
    topic: String,
    partitions: i32,
}

impl Group {
    fn of(workspace: &Workspace, partitions: i32) -> Self {
        let client = workspace.broker.client().set("group.id", &workspace.group).create().expect("a client");
        Self { client, topic: workspace.input.clone(), partitions }
    }

    fn end(&self, partition: i32) -> i64 {
        self.client.fetch_watermarks(&self.topic, partition, ANSWER_LIMIT).expect("the broker answers").1
    }

    /// Committed offsets; 0 where there is none.
    fn committed(&self) -> BTreeMap<i32, i64> {
        let mut wanted = TopicPartitionList::new();
        for partition in 0..self.partitions {
            wanted.add_partition(&self.topic, partition);
        }
        let found = self.client.committed_offsets(wanted, ANSWER_LIMIT).expect("the broker answers");
        let offset = |offset| if let Offset::Offset(offset) = offset { offset } else { 0 };
        found.elements().iter().map(|element| (element.partition(), offset(element.offset()))).collect()
    }

    fn lag(&self) -> i64 {
        self.committed().into_iter().map(|(partition, offset)| self.end(partition) - offset).sum()
    }
}

/// The lag of each partition that a scrape has.
fn lags(metrics: &Metrics) -> BTreeMap<i32, f64> {
    let of = |partition: i32| {
        let labels = [("partition", partition.to_string())];
        let labels = [(labels[0].0, labels[0].1.as_str())];
        (metrics.count(LAG, &labels) > 0).then(|| (partition, metrics.sum(LAG, &labels)))
    };
    (0..PARTITIONS).filter_map(of).collect()
}

fn owned(metrics: &Metrics) -> f64 {
    metrics.sum("tonewire_kafka_assigned_partitions", &[])
}

pub fn o09_every_partition_has_one_lag_that_is_true_while_partitions_move(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, PARTITIONS);
    let group = Group::of(&workspace, PARTITIONS);
    let producer = Producer::new(broker);
    for number in 0..BACKLOG * usize::try_from(PARTITIONS).expect("few") {
        let partition = Some((0..PARTITIONS).nth(number % 4).expect("one of four"));
        let message = Message { partition, ..Message::new(article::id(number), article::json(number)) };
        producer.send(&workspace.input, &message);
    }
    producer.flush();
    // Ten records a second for each instance, whatever the machine: that many may be in work, and their batch is
    // closed after a second.
    let configuration = |name: &str| {
        workspace
            .configuration(name)
            .set("pipeline.max_in_flight_records", 10)
            // Paused nearly all the time: partitions must come back from a rebalance running all the same.
            .set("pipeline.pause_after_ms", 0)
            .set("kafka.transaction.max_age_ms", 1_000)
    };
    let first = configuration("a").start();
    first.metrics_when("the only instance tells the lag of all", |metrics| lags(metrics).len() == 4);
    let second = configuration("b").start();
    let mut judge = Judge::new(&group);
    let mut parted = false;
    let deadline = Instant::now() + DRAIN_LIMIT;
    let least = Instant::now() + Duration::from_secs(if is_long() { 60 } else { 10 });
    loop {
        assert!(Instant::now() < deadline, "the backlog does not drain");
        let scrapes = [first.metrics(), second.metrics()];
        parted |= scrapes.iter().all(|metrics| owned(metrics) == 2.0);
        let rest = judge.judge(&scrapes, parted);
        if rest == 0 && parted && Instant::now() > least {
            break;
        }
        std::thread::sleep(SCRAPE_INTERVAL);
    }
    assert!(judge.compared >= 5, "only {} scrapes while records waited", judge.compared);
    for service in [&first, &second] {
        let metrics = service.metrics_when("no lag", |metrics| lags(metrics).values().sum::<f64>() == 0.0);
        assert_eq!(lags(&metrics).len(), 2);
    }
    // What one leaves the other tells, and it tells it no more.
    second.stop();
    first.metrics_when("all partitions again", |metrics| lags(metrics).len() == 4 && owned(metrics) == 4.0);
    first.stop();
}

/// Compares scrapes of all instances with the broker.
struct Judge<'a> {
    group: &'a Group,
    ends: BTreeMap<i32, i64>,
    /// What the broker said, newest last.
    history: Vec<(Instant, i64)>,
    /// Partitions that two instances told of in the scrape before.
    doubled: BTreeSet<i32>,
    /// Scrapes in a row that lacked a partition.
    lacking: usize,
    compared: usize,
}

impl<'a> Judge<'a> {
    fn new(group: &'a Group) -> Self {
        let ends = (0..group.partitions).map(|partition| (partition, group.end(partition))).collect();
        let history = vec![(Instant::now(), group.lag())];
        Self { group, ends, history, doubled: BTreeSet::new(), lacking: 0, compared: 0 }
    }

    /// Gives the lag by the broker.
    fn judge(&mut self, scrapes: &[Metrics], parted: bool) -> i64 {
        let told: Vec<BTreeMap<i32, f64>> = scrapes.iter().map(lags).collect();
        for (partition, lag) in told.iter().flatten() {
            let end = self.ends[partition];
            assert!(
                *lag >= 0.0 && *lag <= end as f64,
                "lag {lag} of partition {partition}, which ends at {end}"
            );
        }
        let tellers = |partition: &i32| told.iter().filter(|lags| lags.contains_key(partition)).count();
        let doubled: BTreeSet<i32> = self.ends.keys().copied().filter(|id| tellers(id) > 1).collect();
        let stale: Vec<_> = doubled.intersection(&self.doubled).collect();
        assert!(stale.is_empty(), "two instances tell of {stale:?} in two scrapes in a row");
        let complete = self.ends.keys().all(|id| tellers(id) == 1);
        self.lacking = if complete || !parted { 0 } else { self.lacking + 1 };
        assert!(self.lacking < 20, "nobody tells of some partition for 10 s: {told:?}");
        self.doubled = doubled;

        let now = Instant::now();
        self.history.push((now, self.group.lag()));
        let recent = || {
            self.history
                .iter()
                .rev()
                .take_while(|(at, _)| now.duration_since(*at) <= AGE)
                .map(|(_, lag)| *lag)
        };
        let (least, most) = (recent().min().unwrap_or(0), recent().max().unwrap_or(0));
        let covered = self.history.first().is_some_and(|(at, _)| now.duration_since(*at) > AGE);
        if complete && parted && covered {
            let sum: f64 = told.iter().flat_map(|lags| lags.values()).sum();
            let (low, high) = (least as f64 * 0.9, most as f64 * 1.1);
            assert!((low..=high).contains(&sum), "the sum is {sum}, the broker says {least} to {most}");
            self.compared += usize::from(least > 0);
        }
        self.history.last().map_or(0, |(_, lag)| *lag)
    }
}

pub fn o09_lag_is_0_behind_the_markers_of_transactions(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, 2);
    let group = Group::of(&workspace, 2);
    let service = workspace.configuration("one").start();
    // Partition 0 ends with a commit marker, partition 1 with an aborted record and its marker.
    transaction(&workspace, 0, 0..3, true);
    transaction(&workspace, 1, 3..6, true);
    transaction(&workspace, 1, 6..7, false);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(6);
    let settled = |metrics: &Metrics| {
        metrics.sum("tonewire_records_enriched_total", &[]) == 6.0
            && metrics.sum("tonewire_records_in_flight", &[]) == 0.0
    };
    let is_zero = |metrics: &Metrics| {
        let lags = lags(metrics);
        lags.len() == 2 && lags.values().all(|lag| *lag == 0.0)
    };
    service.metrics_when("lag is 0", |metrics| settled(metrics) && is_zero(metrics));
    // Or there was nothing to be wrong about: one marker behind partition 0, three offsets behind partition 1.
    let committed = group.committed();
    assert_eq!((group.end(0) - committed[&0], group.end(1) - committed[&1]), (1, 3), "{committed:?}");
    assert_eq!(service.metrics().sum("tonewire_progress_age_seconds", &[]), 0.0);

    // A transaction that is open hides what follows: nothing that can be read waits.
    let open = begin(&workspace);
    send(&open, &workspace, 0, 7..9);
    let (started, end) = (Instant::now(), group.end(0));
    eventually("the records are in the topic", || (group.end(0) >= end).then_some(()));
    while started.elapsed() < Duration::from_secs(5) {
        assert!(is_zero(&service.metrics()), "records of an open transaction count as lag");
        std::thread::sleep(SCRAPE_INTERVAL);
    }
    open.commit_transaction(ANSWER_LIMIT).expect("a commit");
    workspace.output_reader(Isolation::ReadCommitted).read_articles(8);
    service.metrics_when("lag is 0 again", is_zero);
    service.stop();

    // An instance that has read nothing yet knows it too.
    let next = workspace.configuration("one").start();
    next.metrics_when("lag is 0 after a restart", is_zero);
    assert_eq!(next.metrics().sum("tonewire_kafka_partitions_without_position", &[]), 0.0);
    next.stop();
}

pub fn o09_the_last_commit_and_the_time_since_are_told_for_alerts(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, 1);
    let service = workspace.configuration("one").start();
    let last = |metrics: &Metrics| metrics.sum("tonewire_kafka_last_commit_timestamp_seconds", &[]);
    assert_eq!(last(&service.metrics()), 0.0, "nothing is committed yet");
    let seconds = || {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.expect("a clock after 1970").as_secs_f64()
    };
    let before = seconds();
    workspace.send_articles(0..1);
    let metrics = service.metrics_when("a commit", |metrics| last(metrics) > 0.0);
    assert!((before..=seconds()).contains(&last(&metrics)), "{} is not now", last(&metrics));
    service.stop();

    // A batch stays open for three seconds: records wait, and the time since the last commit rises.
    let service = workspace.configuration("one").set("kafka.transaction.max_age_ms", 3_000).start();
    workspace.send_articles(1..2);
    within(PATIENCE, "the time without a commit rises while a record waits", || {
        (service.metrics().sum("tonewire_progress_age_seconds", &[]) > 1.0).then_some(())
    });
    within(PATIENCE, "and is 0 when none waits", || {
        let metrics = service.metrics();
        let settled = metrics.sum("tonewire_kafka_committed_offset", &[]) == 2.0;
        (settled && metrics.sum("tonewire_progress_age_seconds", &[]) == 0.0).then_some(())
    });
    service.stop();
}

fn begin(workspace: &Workspace) -> BaseProducer {
    let id = format!("{}-input", workspace.group);
    let producer: BaseProducer =
        workspace.broker.client().set("transactional.id", id).create().expect("a producer can be made");
    producer.init_transactions(ANSWER_LIMIT * 3).expect("the transactional id");
    producer.begin_transaction().expect("a transaction");
    producer
}

fn send(producer: &BaseProducer, workspace: &Workspace, partition: i32, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let (key, value) = (article::id(number), article::json(number));
        let record = BaseRecord::to(&workspace.input).partition(partition).key(&key).payload(&value);
        producer.send(record).expect("the client takes the record");
    }
    producer.flush(ANSWER_LIMIT).expect("the broker takes the records");
}

fn transaction(workspace: &Workspace, partition: i32, numbers: std::ops::Range<usize>, commit: bool) {
    let producer = begin(workspace);
    send(&producer, workspace, partition, numbers);
    let ended = if commit {
        producer.commit_transaction(ANSWER_LIMIT)
    } else {
        producer.abort_transaction(ANSWER_LIMIT)
    };
    ended.expect("the end of a transaction");
}
