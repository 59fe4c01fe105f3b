//! One performance of a scenario: its topics, its input, its instances, and what is seen of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::commits;
use super::input::{Input, Load};
use super::oracle::{self, Findings, Observed, Promise};
use super::profile::Profile;
use super::report::Row;
use super::scenario::{Delivery, Scenario};
use crate::support::cluster::Cluster;
use crate::support::metrics::Metrics;
use crate::support::reader::{Isolation, Reader, Record, occurrences};
use crate::support::service::{Configuration, Log, Service};
use crate::support::wait::within;
use crate::support::workspace::Workspace;

/// Longest time until everything sent has come out. It only ends a run that is stuck: nothing here measures speed.
pub const LONG_PATIENCE: Duration = Duration::from_secs(240);
/// Records of a transaction, or between two commits in `at_least_once`: what a crash makes come twice at most.
pub const WINDOW: usize = 100;
/// Partitions of the input unless a scenario needs others.
pub const PARTITIONS: i32 = 4;

/// What a scenario has in hand.
pub struct Run {
    pub cluster: &'static Cluster,
    pub profile: Profile,
    pub delivery: Delivery,
    pub workspace: Workspace,
    pub input: Input,
    partitions: i32,
    row: Mutex<Row>,
    logs: Mutex<Vec<Log>>,
    kills: AtomicUsize,
    begun: Instant,
}

impl Run {
    pub fn new(scenario: Scenario, cluster: &'static Cluster, profile: Profile) -> Self {
        // A case of the list names 12 partitions; with 4 it would be another case.
        let partitions = scenario.partitions.unwrap_or(PARTITIONS);
        let workspace = Workspace::new(cluster.broker, partitions);
        let row = Row {
            scenario: scenario.name.to_owned(),
            fault: scenario.fault.to_owned(),
            delivery: scenario.delivery.as_str().to_owned(),
            ..Row::default()
        };
        Self {
            cluster,
            profile,
            delivery: scenario.delivery,
            input: Input::new(cluster.broker, &workspace.input, partitions),
            workspace,
            partitions,
            row: Mutex::new(row),
            logs: Mutex::default(),
            kills: AtomicUsize::new(0),
            begun: Instant::now(),
        }
    }

    // ---- instances ----

    /// A configuration for an instance of that name, in the delivery mode of the scenario.
    pub fn configuration(&self, instance: &str) -> Configuration {
        self.workspace
            .configuration(instance)
            .set("kafka.delivery", self.delivery.as_str())
            .set("kafka.transaction.max_records", i64::try_from(WINDOW).expect("a small number"))
    }

    /// Runs an instance and waits until it is ready.
    pub fn start(&self, configuration: &Configuration) -> Service {
        let service = self.spawn(configuration);
        service.wait_until_ready();
        service
    }

    /// Runs an instance.
    pub fn spawn(&self, configuration: &Configuration) -> Service {
        let service = configuration.spawn();
        lock(&self.logs).push(service.log());
        service
    }

    /// Ends an instance as a crash would.
    ///
    /// # Panics
    ///
    /// When it has ended by itself: then there is nothing to kill.
    #[expect(clippy::needless_pass_by_value, reason = "nobody can use an instance that has ended")]
    pub fn kill(&self, service: Service) {
        let ended = service.ended();
        assert!(ended.is_none(), "the instance had ended by itself with {ended:?}");
        self.kills.fetch_add(1, Ordering::Relaxed);
        service.kill();
    }

    /// Asks an instance to stop. It must end in good order, and account for every record it read.
    #[expect(clippy::needless_pass_by_value, reason = "nobody can use an instance that has ended")]
    pub fn stop(&self, service: Service) {
        service.stop();
        let log = service.log();
        let last = within(Duration::from_secs(10), "the log says what the instance did", || {
            log.text().lines().rfind(|line| line.contains(" stopped ")).map(str::to_owned)
        });
        let count = |name: &str| number_after(&last, name).unwrap_or_else(|| panic!("no {name}: {last}"));
        let settled = ["enriched=", "dead_lettered=", "skipped=", "returned="].map(count);
        assert_eq!(count("received="), settled.iter().sum::<u64>(), "the counts do not balance: {last}");
        lock(&self.row).instances_in_balance += 1;
    }

    // ---- what is seen on the way ----

    /// Records that a fault has happened. A scenario says so only after it has seen that.
    pub fn happened(&self, fault: impl Into<String>) {
        lock(&self.row).injected.push(fault.into());
    }

    /// Enriched records and dead letters that readers of committed records do not see.
    pub fn hidden_results(&self) -> usize {
        let topics = [&self.workspace.output, &self.workspace.dead_letters];
        let count = |isolation| {
            topics.iter().map(|topic| Reader::all(self.cluster.broker, topic, isolation).len()).sum::<usize>()
        };
        let committed = count(Isolation::ReadCommitted);
        count(Isolation::ReadUncommitted) - committed
    }

    /// Waits until at least that many enriched records have come out for readers of committed records.
    pub fn wait_for_output(&self, records: usize) {
        let mut reader = self.workspace.output_reader(Isolation::ReadCommitted);
        reader.read_until_within(LONG_PATIENCE, "enriched records", |seen| seen.len() >= records);
    }

    /// Enriched records that have come out so far.
    pub fn output(&self) -> usize {
        self.workspace.output(Isolation::ReadCommitted).len()
    }

    /// Sends a fresh article to every partition, now that the fault is over, and measures how long they take.
    pub fn measure_recovery(&self) {
        let healed = Instant::now();
        let fresh = self.input.send_fresh();
        let mut reader = self.workspace.output_reader(Isolation::ReadCommitted);
        reader.read_until_within(LONG_PATIENCE, "fresh articles after the fault", |records| {
            fresh
                .iter()
                .all(|id| records.iter().rev().any(|record| record.key.as_deref() == Some(id.as_bytes())))
        });
        let mut row = lock(&self.row);
        let seconds = healed.elapsed().as_secs_f64();
        // Of several faults in one scenario, the slowest recovery counts.
        row.recovery_seconds = Some(row.recovery_seconds.map_or(seconds, |earlier| earlier.max(seconds)));
    }

    /// Waits until the committed offsets are at the end of the input, as it is now.
    pub fn wait_until_settled(&self) {
        let ends = self.ends();
        let mut last = None;
        let deadline = Instant::now() + LONG_PATIENCE;
        while last.as_ref() != Some(&ends) {
            assert!(Instant::now() < deadline, "committed offsets {last:?} never came to {ends:?}");
            std::thread::sleep(Duration::from_millis(100));
            last = self.committed().or(last);
        }
    }

    /// What the group answers now, per partition.
    pub fn committed(&self) -> Option<BTreeMap<i32, i64>> {
        let Workspace { broker, group, input, .. } = &self.workspace;
        commits::committed(broker, group, input, self.partitions)
    }

    /// The offset after the last record of each partition of the input that has any.
    pub fn ends(&self) -> BTreeMap<i32, i64> {
        let mut ends = BTreeMap::new();
        for record in self.read(&self.workspace.input) {
            ends.insert(record.partition, record.offset + 1);
        }
        ends
    }

    // ---- the end ----

    /// Ends a scenario: a fresh article gets through, everything settles, the counts of the survivors balance,
    /// they stop in good order, and the oracle finds the promise kept.
    pub fn conclude(&self, load: Load, survivors: Vec<Service>) -> Findings {
        load.stop();
        self.conclude_without_load(survivors)
    }

    /// Like [`conclude`](Self::conclude), when nothing is being sent.
    pub fn conclude_without_load(&self, survivors: Vec<Service>) -> Findings {
        self.measure_recovery();
        self.wait_until_settled();
        for survivor in survivors {
            survivor.metrics_when("at rest, the counts balance", |metrics| {
                in_flight(metrics) == 0.0 && balance(metrics) == 0.0
            });
            self.stop(survivor);
        }
        self.judge()
    }

    /// Asks the oracle.
    pub fn judge(&self) -> Findings {
        let sent = self.input.sent();
        let findings = oracle::judge(&Observed {
            topic: &self.workspace.input,
            sent: &sent,
            input: &self.read(&self.workspace.input),
            enriched: &self.read(&self.workspace.output),
            letters: &self.read(&self.workspace.dead_letters),
            history: &commits::history(self.cluster.broker, &self.workspace.group, &self.workspace.input),
        });
        let promise = self.promise();
        self.note(&findings, sent.len(), promise);
        for log in lock(&self.logs).iter() {
            assert!(!log.text().contains("panicked"), "an instance panicked:\n{}", log.text());
        }
        findings.assert_kept(promise);
        findings
    }

    /// The oracle for a scenario whose input topic does not hold all that was sent any more: ids that went in
    /// against those that came out.
    pub fn judge_ids(&self, sent: &BTreeSet<String>) {
        let counts = occurrences(&self.read(&self.workspace.output));
        let findings = Findings {
            lost: sent.iter().filter(|id| !counts.contains_key(*id)).cloned().collect(),
            repeated: counts.iter().filter(|(_, count)| **count > 1).map(|(id, _)| id.clone()).collect(),
            misplaced: counts.keys().filter(|id| !sent.contains(*id)).cloned().collect(),
            ..Findings::default()
        };
        let promise = self.promise();
        self.note(&findings, sent.len(), promise);
        findings.assert_kept(promise);
    }

    /// In `at_least_once`, whatever ends a batch without a commit makes at most [`WINDOW`] records come twice.
    fn promise(&self) -> Promise {
        let logs = lock(&self.logs);
        let lines = logs.iter().map(|log| {
            let text = log.text();
            text.matches("batch given up").count() + text.matches("kafka clients are rebuilt").count()
        });
        let unfinished_batches = self.kills.load(Ordering::Relaxed) + lines.sum::<usize>();
        match self.delivery {
            Delivery::ExactlyOnce => Promise::ExactlyOnce,
            Delivery::AtLeastOnce => Promise::AtLeastOnce { most_repeats: unfinished_batches * WINDOW },
        }
    }

    fn note(&self, findings: &Findings, records: usize, promise: Promise) {
        let mut row = lock(&self.row);
        row.records = records;
        row.repeats_allowed = match promise {
            Promise::ExactlyOnce => 0,
            Promise::AtLeastOnce { most_repeats } => most_repeats,
        };
        row.lost = Some(findings.lost.len());
        row.repeated = Some(findings.repeated.len());
        row.misplaced = Some(findings.misplaced.len());
        row.out_of_order = Some(findings.out_of_order.len());
        row.altered = Some(findings.altered.len());
        row.false_letters = Some(findings.false_letters.len());
        row.moved_back = Some(findings.moved_back.len());
    }

    /// What a scenario that ended well still owes.
    pub fn what_is_missing(&self) -> Option<&'static str> {
        let row = lock(&self.row);
        if row.injected.is_empty() {
            return Some("the scenario saw no fault happen");
        }
        if row.lost.is_none() {
            return Some("the scenario did not ask the oracle");
        }
        row.recovery_seconds.is_none().then_some("the scenario sent no fresh article after the fault")
    }

    /// The end of every instance's log, for whoever has to find out why a scenario failed.
    pub fn last_lines(&self) -> String {
        const LINES: usize = 60;
        let mut text = String::new();
        for (number, log) in lock(&self.logs).iter().enumerate() {
            let log = log.text();
            let skipped = log.lines().count().saturating_sub(LINES);
            let lines: Vec<&str> = log.lines().skip(skipped).collect();
            let _ = write!(text, "\n\ninstance {number}, {skipped} lines before:\n{}", lines.join("\n"));
        }
        text
    }

    /// The line for the table.
    pub fn row(&self, failure: Option<String>) -> Row {
        Row { failure, seconds: self.begun.elapsed().as_secs_f64(), ..lock(&self.row).clone() }
    }

    fn read(&self, topic: &str) -> Vec<Record> {
        Reader::all(self.cluster.broker, topic, Isolation::ReadCommitted)
    }
}

/// Partitions that an instance owns.
pub fn assigned(metrics: &Metrics) -> f64 {
    metrics.sum("tonewire_kafka_assigned_partitions", &[])
}

/// Records that an instance has in work.
pub fn in_flight(metrics: &Metrics) -> f64 {
    metrics.sum("tonewire_records_in_flight", &[])
}

/// Records received and neither settled nor given back nor in work: none, or something is counted wrongly.
pub fn balance(metrics: &Metrics) -> f64 {
    let sum = |what: &str| metrics.sum(&format!("tonewire_records_{what}"), &[]);
    let settled = ["enriched_total", "dead_lettered_total", "skipped_total", "returned_total", "in_flight"];
    sum("received_total") - settled.map(sum).iter().sum::<f64>()
}

fn number_after(line: &str, name: &str) -> Option<u64> {
    // With the space before it, `enriched=` is not found in another word.
    let (_, rest) = line.split_once(&format!(" {name}"))?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
