//! Other clients of the same topics.

use rdkafka::producer::{BaseRecord, Producer as _, ThreadedProducer};

use crate::support::article;
use crate::support::broker::KafkaBroker;
use crate::support::reader::{Isolation, Reader};
use crate::support::wait::PATIENCE;
use crate::support::workspace::Workspace;

/// What the other tests rely on: that this broker and these readers tell the two apart.
pub fn an_aborted_transaction_is_hidden_from_read_committed_readers_only(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, 1);
    let producer: ThreadedProducer<rdkafka::producer::DefaultProducerContext> =
        broker.client().set("transactional.id", &workspace.group).create().expect("a producer can be made");
    producer.init_transactions(PATIENCE).expect("the id can be claimed");
    let send = |value: &str| {
        let record = BaseRecord::to(&workspace.output).key("k").payload(value);
        producer.send(record).map_err(|(error, _)| error).expect("the client takes the record");
        producer.flush(PATIENCE).expect("the broker takes the record");
    };
    producer.begin_transaction().expect("a transaction begins");
    send("aborted");
    producer.abort_transaction(PATIENCE).expect("a transaction can be aborted");
    producer.begin_transaction().expect("a transaction begins");
    send("committed");

    assert_eq!(
        values(&workspace, Isolation::ReadCommitted),
        Vec::<String>::new(),
        "the second is still open"
    );
    producer.commit_transaction(PATIENCE).expect("a transaction can be committed");
    assert_eq!(values(&workspace, Isolation::ReadCommitted), ["committed"]);
    assert_eq!(values(&workspace, Isolation::ReadUncommitted), ["aborted", "committed"]);
}

fn values(workspace: &Workspace, isolation: Isolation) -> Vec<String> {
    let records = Reader::all(workspace.broker, &workspace.output, isolation);
    records
        .into_iter()
        .map(|record| String::from_utf8(record.value.expect("a value")).expect("text"))
        .collect()
}

pub fn kafkas_own_console_consumer_reads_the_enriched_topic(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, 2);
    let service = workspace.configuration("one").start();
    workspace.send_articles(0..5);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(5);
    service.stop();

    let consumer = broker
        .tool("console-consumer")
        .args(["--topic", &workspace.output, "--from-beginning", "--isolation-level", "read_committed"])
        .args(["--max-messages", "5", "--timeout-ms", "30000", "--formatter-property", "print.key=true"])
        .output()
        .expect("kafka.sh can be run");
    let (text, errors) =
        (String::from_utf8_lossy(&consumer.stdout), String::from_utf8_lossy(&consumer.stderr));
    assert!(consumer.status.success(), "{errors}");
    let mut seen: Vec<_> = text.lines().map(key_and_article_id).collect();
    seen.sort();
    let expected: Vec<_> = article::ids(5).into_iter().map(|id| (id.clone(), id)).collect();
    assert_eq!(seen, expected, "{text}{errors}");
}

fn key_and_article_id(line: &str) -> (String, String) {
    let (key, value) = line.split_once('\t').unwrap_or_else(|| panic!("no key in {line}"));
    let json: serde_json::Value =
        serde_json::from_str(value).unwrap_or_else(|error| panic!("{error}: {value}"));
    assert_eq!(json["schema"], "tonewire.enriched/1");
    (key.to_owned(), json["article"]["id"].as_str().expect("an id").to_owned())
}
