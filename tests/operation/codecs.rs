//! Compressed batches: every codec that a producer may choose is built in.

use std::process::Command;
use std::time::Duration;

use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use crate::support::article;
use crate::support::broker::KafkaBroker;
use crate::support::reader::{Isolation, assert_each_once};
use crate::support::workspace::Workspace;

const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];
const RECORDS_PER_CODEC: usize = 10;

pub fn o07_records_of_every_codec_are_enriched_and_the_version_lists_the_codecs(
    broker: &'static KafkaBroker,
) {
    let workspace = Workspace::new(broker, 1);
    let sent: Vec<u64> =
        CODECS.iter().enumerate().map(|(number, codec)| send(&workspace, codec, number)).collect();
    // The batches really were compressed: the same articles took fewer bytes on the way to the broker.
    assert!(sent[1..].iter().all(|bytes| *bytes < sent[0]), "bytes sent per codec {CODECS:?}: {sent:?}");

    let service = workspace.configuration("one").start();
    let count = CODECS.len() * RECORDS_PER_CODEC;
    workspace.output_reader(Isolation::ReadCommitted).read_articles(count);
    service.stop();
    assert_each_once(&workspace.output(Isolation::ReadCommitted), &article::ids(count));
    let log = service.log().text().to_lowercase();
    assert!(!log.contains("not implemented") && !log.contains("notimplemented"), "{log}");

    let version = Command::new(env!("CARGO_BIN_EXE_tonewire")).arg("--version").output().expect("it runs");
    let text = String::from_utf8_lossy(&version.stdout).into_owned();
    for feature in ["gzip", "snappy", "lz4", "zstd", "ssl", "sasl_plain", "sasl_scram", "sasl_oauthbearer"] {
        assert!(text.contains(feature), "--version does not name {feature}: {text}");
    }
}

/// Sends ten articles, all in one batch; gives the bytes that went over the wire.
fn send(workspace: &Workspace, codec: &str, number: usize) -> u64 {
    let sent = SentBytes::default();
    let producer: BaseProducer<SentBytes> = workspace
        .broker
        .client()
        .set("compression.codec", codec)
        .set("linger.ms", "500")
        .set("statistics.interval.ms", "100")
        .create_with_context(sent.clone())
        .expect("the codec is built in");
    let first = number * RECORDS_PER_CODEC;
    for article in first..first + RECORDS_PER_CODEC {
        let (key, value) = (article::id(article), article::json(article));
        let record = BaseRecord::to(&workspace.input).key(&key).payload(&value);
        producer.send(record).map_err(|(error, _)| error).expect("the client takes the record");
    }
    producer.flush(Duration::from_secs(30)).expect("the broker takes the records");
    // One more report of the statistics, with everything in it.
    for _ in 0..5 {
        producer.poll(Duration::from_millis(100));
    }
    sent.0.load(std::sync::atomic::Ordering::Relaxed)
}

#[derive(Clone, Default)]
struct SentBytes(std::sync::Arc<std::sync::atomic::AtomicU64>);

impl rdkafka::ClientContext for SentBytes {
    fn stats_raw(&self, report: &[u8]) {
        let report: serde_json::Value = serde_json::from_slice(report).expect("statistics are JSON");
        self.0.store(report["tx_bytes"].as_u64().unwrap_or(0), std::sync::atomic::Ordering::Relaxed);
    }
}

impl rdkafka::producer::ProducerContext for SentBytes {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &rdkafka::producer::DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            panic!("not delivered: {error}");
        }
    }
}
