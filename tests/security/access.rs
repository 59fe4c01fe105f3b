//! Operation case O12: a right that is missing, and granted while the service runs.

use std::time::{Duration, Instant};

use crate::papers::{Secret, password, right_password};
use crate::support::article;
use crate::support::producer::{Message, Producer};
use crate::support::reader::{Isolation, assert_each_once, assert_none_lost};
use crate::support::secure_broker::{LIMITED, SecureBroker};
use crate::support::service::{Configuration, Service};
use crate::support::wait::within;
use crate::support::workspace::Workspace;

const ARTICLES: usize = 10;

/// A right of the table in docs/security.md.
#[derive(Clone, Copy, PartialEq)]
struct Right {
    operation: &'static str,
    resource: &'static str,
    /// The key that names the resource.
    key: &'static str,
}

const fn right(operation: &'static str, resource: &'static str, key: &'static str) -> Right {
    Right { operation, resource, key }
}

const INPUT: Right = right("Read", "topic", "kafka.input_topics");
const GROUP: Right = right("Read", "group", "kafka.group_id");
const OUTPUT: Right = right("Write", "topic", "kafka.output_topic");
const DEAD_LETTERS: Right = right("Write", "topic", "kafka.dead_letter_topic");
/// Only where the key names a topic, which the tests here do not.
const ACTOR_ROWS: Right = right("Write", "topic", "kafka.actor_row_topic");
const TRANSACTION: Right = right("Write", "transactional-id", "kafka.transactional_id_prefix");
/// `Write` allows `Describe` too.
const AT_LEAST_ONCE: [Right; 4] = [INPUT, GROUP, OUTPUT, DEAD_LETTERS];
const EXACTLY_ONCE: [Right; 5] = [INPUT, GROUP, OUTPUT, DEAD_LETTERS, TRANSACTION];

impl Right {
    fn name(self, workspace: &Workspace) -> String {
        match self.key {
            "kafka.input_topics" => workspace.input.clone(),
            "kafka.group_id" => workspace.group.clone(),
            "kafka.output_topic" => workspace.output.clone(),
            "kafka.dead_letter_topic" => workspace.dead_letters.clone(),
            _ => format!("tonewire-{}-one", workspace.group),
        }
    }

    fn grant(self, broker: &SecureBroker, workspace: &Workspace) {
        broker.acl("--add", self.operation, self.resource, &self.name(workspace));
    }

    /// The label of the metric.
    fn concern(self) -> String {
        self.resource.replace('-', "_")
    }
}

pub fn o12_read_on_the_input_topic_denied_then_granted(broker: &'static SecureBroker) {
    Case::new(broker, INPUT).conclude();
}

/// A right to read that a denial overrides: the topic can be seen, and only fetching from it is refused.
pub fn o12_read_on_the_input_topic_explicitly_denied_then_granted(broker: &'static SecureBroker) {
    Case { by_denial: true, ..Case::new(broker, INPUT) }.conclude();
}

pub fn o12_read_on_the_group_denied_then_granted(broker: &'static SecureBroker) {
    Case::new(broker, GROUP).conclude();
}

pub fn o12_write_on_the_output_topic_denied_then_granted(broker: &'static SecureBroker) {
    Case::new(broker, OUTPUT).conclude();
}

pub fn o12_write_on_the_transactional_id_denied_then_granted(broker: &'static SecureBroker) {
    Case::new(broker, TRANSACTION).conclude();
}

pub fn o12_write_on_the_dead_letter_topic_denied_then_granted(broker: &'static SecureBroker) {
    Case { unreadable: 1, ..Case::new(broker, DEAD_LETTERS) }.conclude();
}

pub fn o12_write_on_the_output_topic_in_at_least_once_mode_denied_then_granted(
    broker: &'static SecureBroker,
) {
    Case { delivery: "at_least_once", ..Case::new(broker, OUTPUT) }.conclude();
}

pub fn the_acls_of_the_documentation_are_all_that_each_mode_needs(broker: &'static SecureBroker) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/security.md");
    let documentation = std::fs::read_to_string(file).expect("the documentation can be read");
    let table: Vec<&str> = documentation.lines().filter(|line| line.starts_with("| `--")).collect();
    let documented = [INPUT, GROUP, OUTPUT, DEAD_LETTERS, ACTOR_ROWS, TRANSACTION];
    assert_eq!(table.len(), documented.len(), "{table:?}");
    for (row, right) in table.iter().zip(documented) {
        let Right { operation, resource, key } = right;
        for part in [format!("| `--{resource}` |"), format!("| `{operation}` |"), format!("`{key}`")] {
            assert!(row.contains(&part), "{part} is not in {row}");
        }
    }
    for (delivery, rights) in [("exactly_once", &EXACTLY_ONCE[..]), ("at_least_once", &AT_LEAST_ONCE[..])] {
        let workspace = Workspace::new(broker.broker, 2);
        for right in rights {
            right.grant(broker, &workspace);
        }
        let secret = Secret::new(right_password("PLAIN"));
        let configuration = password(broker, &workspace, "PLAIN", LIMITED, &secret);
        let service = configuration.set("kafka.delivery", delivery).start();
        workspace.send_articles(0..ARTICLES);
        Producer::new(broker.broker).send_all(&workspace.input, &[Message::new("bad", "{")]);
        workspace.output_reader(Isolation::ReadCommitted).read_articles(ARTICLES);
        service.metrics_when("the dead letter is settled", |metrics| {
            metrics.sum("tonewire_records_dead_lettered_total", &[]) == 1.0
        });
        let metrics = service.metrics();
        assert_eq!(metrics.sum("tonewire_access_refusals_total", &[]), 0.0, "{}", metrics.text);
        assert_eq!(metrics.sum("tonewire_ready", &[]), 1.0);
        service.stop();
    }
}

/// One right is missing at first.
struct Case {
    broker: &'static SecureBroker,
    missing: Right,
    /// The right is there, and a denial beside it.
    by_denial: bool,
    delivery: &'static str,
    /// Records that become dead letters, before the articles.
    unreadable: usize,
}

impl Case {
    fn new(broker: &'static SecureBroker, missing: Right) -> Self {
        Self { broker, missing, by_denial: false, delivery: "exactly_once", unreadable: 0 }
    }

    fn conclude(&self) {
        let workspace = Workspace::new(self.broker.broker, 1);
        self.prepare(&workspace);
        let secret = Secret::new(right_password("PLAIN"));
        let configuration: Configuration =
            password(self.broker, &workspace, "PLAIN", LIMITED, &secret).set("kafka.delivery", self.delivery);
        let service = configuration.spawn();
        self.watch_while_denied(&service);
        assert_eq!(
            workspace.output(Isolation::ReadCommitted).len(),
            0,
            "nothing gets out while it is denied"
        );

        self.grant(&workspace);
        let live = LivenessWatch { service: &service };
        within(denial_time() + Duration::from_secs(30), "readiness returns", || {
            live.look();
            is_ready(&service).then_some(())
        });
        let mut reader = workspace.output_reader(Isolation::ReadCommitted);
        reader.read_articles(ARTICLES);
        // A fresh article gets through as well.
        workspace.send_articles([ARTICLES]);
        reader.read_articles(ARTICLES + 1);
        service.metrics_when("the dead letters are settled", |metrics| {
            metrics.sum("tonewire_records_dead_lettered_total", &[]) == self.unreadable as f64
        });
        assert!(is_ready(&service), "{:?}", service.page("/readyz"));
        assert_eq!(service.ended(), None, "it was not restarted");
        service.stop();
        let (records, expected) = (workspace.output(Isolation::ReadCommitted), article::ids(ARTICLES + 1));
        if self.delivery == "exactly_once" {
            assert_each_once(&records, &expected);
        } else {
            assert_none_lost(&records, &expected);
        }
        assert_eq!(workspace.dead_letters().len(), self.unreadable);
    }

    fn prepare(&self, workspace: &Workspace) {
        for right in EXACTLY_ONCE {
            if right != self.missing || self.by_denial {
                right.grant(self.broker, workspace);
            }
        }
        if self.by_denial {
            let Right { operation, resource, .. } = self.missing;
            self.broker.acl("--add-deny", operation, resource, &self.missing.name(workspace));
        }
        let bad: Vec<_> = (0..self.unreadable).map(|_| Message::new("bad", "{")).collect();
        Producer::new(self.broker.broker).send_all(&workspace.input, &bad);
        workspace.send_articles(0..ARTICLES);
    }

    fn grant(&self, workspace: &Workspace) {
        let Right { operation, resource, .. } = self.missing;
        if self.by_denial {
            self.broker.acl("--remove-deny", operation, resource, &self.missing.name(workspace));
        } else {
            self.missing.grant(self.broker, workspace);
        }
    }

    /// Not ready, alive, counted, and told at a bounded rate.
    fn watch_while_denied(&self, service: &Service) {
        let concern = self.missing.concern();
        let labels = [("kind", "authorization"), ("concerns", concern.as_str())];
        let refusals = |metrics: &crate::support::metrics::Metrics| {
            metrics.sum("tonewire_access_refusals_total", &labels)
        };
        let first =
            refusals(&service.metrics_when("the refusal is counted", |metrics| refusals(metrics) > 0.0));
        let live = LivenessWatch { service };
        // It takes a moment from the refusal's count to the end of its session.
        std::thread::sleep(Duration::from_secs(1));
        let end = Instant::now() + denial_time();
        while Instant::now() < end {
            live.look();
            let (status, body) = service.page("/readyz").expect("the page is served");
            assert_eq!(status, 503, "ready although refused: {body}");
            assert!(body.contains("the brokers refuse"), "{body}");
            std::thread::sleep(Duration::from_millis(100));
        }
        assert!(refusals(&service.metrics()) > first, "it goes on trying");
        let log = service.log().text();
        let lines: Vec<_> = log
            .lines()
            .filter(|line| line.contains(" WARN ") || line.contains(" ERROR "))
            .filter(|line| line.to_lowercase().contains("authoriz") || line.contains("refuse"))
            .collect();
        let minutes = usize::try_from(denial_time().as_secs().div_ceil(60)).unwrap();
        assert!(!lines.is_empty() && lines.len() <= 6 * minutes, "{} lines: {lines:#?}", lines.len());
        assert!(log.contains("access refused") && log.contains("grant this user"), "{log}");
    }
}

/// Liveness must never flap.
struct LivenessWatch<'a> {
    service: &'a Service,
}

impl LivenessWatch<'_> {
    fn look(&self) {
        let (status, body) = self.service.page("/livez").expect("the page is served");
        assert_eq!(status, 200, "{body}");
    }
}

fn is_ready(service: &Service) -> bool {
    service.page("/readyz").is_some_and(|(status, _)| status == 200)
}

/// The case says a minute.
fn denial_time() -> Duration {
    let long = std::env::var("FAULTS_PROFILE").is_ok_and(|profile| profile == "long");
    Duration::from_secs(if long { 60 } else { 20 })
}
