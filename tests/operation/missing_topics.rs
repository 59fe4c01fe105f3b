//! Topics that do not exist, on a broker that would create them for anyone who asks carelessly.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};

use crate::is_long;
use crate::support::article;
use crate::support::broker::KafkaBroker;
use crate::support::cluster::Cluster;
use crate::support::metrics::Metrics;
use crate::support::producer::{Message, Producer};
use crate::support::reader::{Isolation, assert_each_once};
use crate::support::service::Service;
use crate::support::wait::within;
use crate::support::workspace::Workspace;

/// What the broker would give a topic that it creates by itself.
const DEFAULT_PARTITIONS: usize = 3;
const PARTITIONS: i32 = 6;
const ARTICLES: usize = 10;
/// From the case: results come out this soon after the topics are there.
const RESUME_LIMIT: Duration = Duration::from_secs(60);
/// From the case: lines a minute that name a missing topic.
const MOST_LINES: usize = 6;
const LINE: &str = "topics do not exist";

pub fn o11_missing_topics_are_named_not_created_and_waited_for(cluster: &Cluster) {
    let broker = cluster.broker;
    let workspace = Workspace::without_topics(broker);
    the_broker_creates_topics_by_itself(broker, &format!("{}.careless", workspace.group));
    let service = workspace.configuration("one").spawn();
    within(RESUME_LIMIT, "the log names the topics", || service.log().text().contains(LINE).then_some(()));

    let without_both = Duration::from_secs(if is_long() { 30 } else { 12 });
    stays_unready(&service, without_both, &[&workspace.input, &workspace.output]);
    assert_eq!(partitions(broker, &workspace.input), 0, "the input topic was created");
    assert_eq!(partitions(broker, &workspace.output), 0, "the output topic was created");
    let log = service.log().text();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains(&workspace.input)).collect();
    assert!((1..=MOST_LINES).contains(&lines.len()), "{} lines in less than a minute", lines.len());
    for line in lines {
        for said in
            [&workspace.input, &workspace.output, "kafka.input_topics", "kafka.output_topic", "create them"]
        {
            assert!(line.contains(said), "{said} is not in {line}");
        }
    }
    assert_eq!(missing(&service.metrics()), [1.0, 1.0, 1.0]);

    broker.create_topics(&[(&workspace.input, PARTITIONS)]);
    within(RESUME_LIMIT, "only the output is missing", || {
        (missing(&service.metrics())[..2] == [0.0, 1.0]).then_some(())
    });
    stays_unready(&service, Duration::from_secs(3), &[&workspace.output]);
    assert_eq!(partitions(broker, &workspace.output), 0, "the output topic was created");

    broker.create_topics(&[(&workspace.output, PARTITIONS)]);
    let created = Instant::now();
    workspace.send_articles(0..ARTICLES);
    let mut reader = workspace.output_reader(Isolation::ReadCommitted);
    reader.read_until_within(RESUME_LIMIT, "all articles", |records| records.len() >= ARTICLES);
    assert!(created.elapsed() <= RESUME_LIMIT, "{:?}", created.elapsed());
    service.wait_until_ready();
    assert_eq!(partitions(broker, &workspace.input), 6, "as it was created");
    assert_eq!(partitions(broker, &workspace.output), 6, "as it was created");

    // The dead-letter topic is needed with the first bad record only: until then its absence is told and no more.
    assert_eq!(missing(&service.metrics()), [0.0, 0.0, 1.0]);
    let (_, body) = service.page("/readyz").expect("the page is served");
    assert!(body.contains(&workspace.dead_letters), "{body}");
    broker.create_topics(&[(&workspace.dead_letters, 1)]);
    service.metrics_when("nothing is missing", |metrics| missing(metrics) == [0.0; 3]);
    service.stop();
    assert_each_once(&workspace.output(Isolation::ReadCommitted), &article::ids(ARTICLES));
}

pub fn o11_one_missing_input_topic_of_two_is_named_while_the_other_is_read(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, 2);
    let second = format!("{}.second", workspace.group);
    let service = workspace
        .configuration("one")
        .set("kafka.input_topics", vec![workspace.input.as_str(), second.as_str()])
        .spawn();
    workspace.send_articles(0..5);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(5);
    stays_unready(&service, Duration::from_secs(3), &[&second]);

    broker.create_topics(&[(&second, 2)]);
    let producer = Producer::new(broker);
    for number in 5..10 {
        producer.send(&second, &Message::new(article::id(number), article::json(number)));
    }
    producer.flush();
    let mut reader = workspace.output_reader(Isolation::ReadCommitted);
    reader.read_until_within(RESUME_LIMIT, "articles of both", |records| records.len() >= 10);
    service.wait_until_ready();

    // A topic that goes away while it is read looks to the group like one partition too few for everyone.
    broker.delete_topics(&[&workspace.input, &second]);
    within(RESUME_LIMIT, "the deleted topics are named", || {
        let (status, body) = service.page("/readyz")?;
        (status == 503 && body.contains(&workspace.input) && body.contains(&second)).then_some(())
    });
    assert!(service.ended().is_none(), "the service ended for want of a topic");
    service.stop();
    assert_each_once(&workspace.output(Isolation::ReadCommitted), &article::ids(10));
}

/// Otherwise it proves nothing that the service creates none.
fn the_broker_creates_topics_by_itself(broker: &KafkaBroker, topic: &str) {
    Producer::new(broker).send_all(topic, &[Message::new("key", "value")]);
    assert_eq!(
        partitions(broker, topic),
        DEFAULT_PARTITIONS,
        "the broker created a topic for a careless producer"
    );
}

/// 0 for a topic that does not exist. Asking for all topics creates none.
fn partitions(broker: &KafkaBroker, topic: &str) -> usize {
    let client: BaseConsumer = broker.client().create().expect("a client can be made");
    let metadata = client.fetch_metadata(None, RESUME_LIMIT).expect("the broker answers");
    metadata.topics().iter().find(|found| found.name() == topic).map_or(0, |found| found.partitions().len())
}

/// Not ready for all that time, for the reason that these topics are missing, and alive.
fn stays_unready(service: &Service, time: Duration, names: &[&String]) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        let (status, body) = service.page("/readyz").expect("the page is served");
        assert_eq!(status, 503, "{body}");
        for name in names {
            assert!(body.contains(*name), "{name} is not in {body}");
        }
        assert_eq!(service.page("/livez").expect("the page is served").0, 200);
        assert!(service.ended().is_none(), "the service ended for want of a topic");
        std::thread::sleep(Duration::from_millis(250));
    }
}

/// Missing topics: input, output, dead letters.
fn missing(metrics: &Metrics) -> [f64; 3] {
    ["input", "output", "dead_letter"]
        .map(|role| metrics.sum("tonewire_kafka_topics_missing", &[("role", role)]))
}
