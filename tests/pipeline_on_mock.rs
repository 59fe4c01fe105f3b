//! The whole pipeline in this process against librdkafka's mock cluster: order, classes, limits and the
//! error classes of `kafka::errors`. What the mock cannot show (aborts, fencing, stored transactional
//! offsets) is tested on a real broker in `kafka.rs`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may panic")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders, OwnedMessage};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use tonewire::analysis::{Analysis, Analyze, Status};
use tonewire::article::Article;
use tonewire::config::{BadRecordPolicy, Config, Delivery, Settings, TombstonePolicy};
use tonewire::pipeline::{Service, ServiceError, ServiceHandle};
use tonewire::telemetry::{Health, Telemetry};

const INPUT: &str = "raw";
const OUTPUT: &str = "enriched";
const DEAD: &str = "dead";

/// Reads nothing; misbehaves where the body asks for it.
#[derive(Default)]
struct Scripted {
    calls: AtomicUsize,
    pause: Duration,
}

impl Analyze for Scripted {
    fn analyze(&self, article: &Article) -> Analysis {
        self.calls.fetch_add(1, Ordering::Relaxed);
        assert!(article.body != "panic", "asked to panic");
        std::thread::sleep(if article.body == "hang" { Duration::from_secs(6) } else { self.pause });
        Analysis {
            status: Status::Ok,
            words: 1,
            actors: Vec::new(),
            places: Vec::new(),
            quotes: Vec::new(),
            attitudes: Vec::new(),
        }
    }

    fn model(&self) -> &'static str {
        "scripted"
    }
}

struct Bench {
    cluster: MockCluster<'static, DefaultProducerContext>,
    producer: BaseProducer,
    telemetry: Arc<Telemetry>,
    settings: Settings,
}

impl Bench {
    fn new(partitions: i32) -> Self {
        let cluster = MockCluster::new(1).unwrap();
        for topic in [INPUT, OUTPUT, DEAD] {
            cluster.create_topic(topic, partitions, 1).unwrap();
        }
        let brokers = cluster.bootstrap_servers();
        let producer = ClientConfig::new().set("bootstrap.servers", &brokers).create().unwrap();
        let mut settings = Settings::default();
        settings.kafka.brokers = brokers;
        settings.kafka.instance_name = "test".into();
        settings.kafka.input_topics = vec![INPUT.into()];
        settings.kafka.output_topic = OUTPUT.into();
        settings.kafka.dead_letter_topic = DEAD.into();
        settings.kafka.delivery = Delivery::AtLeastOnce;
        settings.kafka.session_timeout_ms = 31_000;
        settings.kafka.transaction.max_age_ms = 50;
        settings.pipeline.workers = 2;
        Self { cluster, producer, telemetry: Arc::new(Telemetry::new().unwrap()), settings }
    }

    fn produce(&self, partition: i32, key: &str, value: Option<&[u8]>) {
        let headers = OwnedHeaders::new()
            .insert(Header { key: "twice", value: Some("1") })
            .insert(Header { key: "twice", value: Some(&[0xC3u8, 0x28][..]) })
            .insert(Header::<&str> { key: "null", value: None });
        let mut record =
            BaseRecord::to(INPUT).key(key).partition(partition).headers(headers).timestamp(1_700_000_000_000);
        record.payload = value;
        self.producer.send(record).map_err(|(error, _)| error).unwrap();
        self.producer.flush(Duration::from_secs(5)).unwrap();
    }

    fn article(&self, partition: i32, id: &str, body: &str) {
        let value = serde_json::json!({ "id": id, "title": "t", "body": body }).to_string();
        self.produce(partition, id, Some(value.as_bytes()));
    }

    fn start(&self, analyzer: Scripted) -> ServiceHandle {
        let config = Config::from_settings(self.settings.clone()).unwrap();
        Service::start(
            Arc::new(config),
            Arc::new(analyzer),
            Arc::clone(&self.telemetry),
            Arc::new(Health::new()),
        )
        .unwrap()
    }

    /// Everything in a topic, until `count` records are there.
    fn read(&self, topic: &str, count: usize) -> Vec<OwnedMessage> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &self.settings.kafka.brokers)
            .set("group.id", "reader")
            .create()
            .unwrap();
        let mut list = rdkafka::TopicPartitionList::new();
        let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(5)).unwrap();
        for partition in metadata.topics()[0].partitions() {
            list.add_partition_offset(topic, partition.id(), rdkafka::Offset::Beginning).unwrap();
        }
        consumer.assign(&list).unwrap();
        let deadline = Instant::now() + Duration::from_secs(40);
        let mut read = Vec::new();
        while read.len() < count && Instant::now() < deadline {
            if let Some(Ok(message)) = consumer.poll(Duration::from_millis(50)) {
                read.push(message.detach());
            }
        }
        assert_eq!(read.len(), count, "records in {topic}");
        read
    }
}

fn wait_for(handle: &ServiceHandle, settled: u64) {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let summary = handle.summary();
        if summary.enriched + summary.dead_lettered + summary.skipped >= settled {
            return;
        }
        assert!(Instant::now() < deadline, "only {summary:?} after a minute");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn keys(messages: &[OwnedMessage]) -> Vec<String> {
    messages
        .iter()
        .map(|message| String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned())
        .collect()
}

fn header(message: &OwnedMessage, name: &str) -> String {
    let headers = message.headers().unwrap();
    let found =
        headers.iter().find(|header| header.key == name).unwrap_or_else(|| panic!("no header {name}"));
    String::from_utf8_lossy(found.value.unwrap_or_default()).into_owned()
}

#[test]
fn output_keeps_order_keys_headers_and_timestamps() {
    let bench = Bench::new(3);
    for number in 0..30 {
        bench.article(number % 3, &format!("{number:02}"), "body");
    }
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 30);
    handle.stop();
    let summary = handle.wait().unwrap();
    assert_eq!((summary.received, summary.enriched, summary.returned), (30, 30, 0));

    let messages = bench.read(OUTPUT, 30);
    let mut by_source: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in &messages {
        let source = header(message, "tonewire-source");
        let (partition, _) = source.rsplit_once('/').unwrap();
        by_source
            .entry(format!("{partition} to {}", message.partition()))
            .or_default()
            .push(keys(std::slice::from_ref(message)).remove(0));
        let headers = message.headers().unwrap();
        let carried: Vec<_> =
            (0..3).map(|index| (headers.get(index).key, headers.get(index).value)).collect();
        assert_eq!(
            carried,
            [("twice", Some(&b"1"[..])), ("twice", Some(&[0xC3u8, 0x28][..])), ("null", None)]
        );
        assert_eq!(message.timestamp().to_millis(), Some(1_700_000_000_000));
        assert_eq!(header(message, "content-type"), "application/json");
    }
    assert!(by_source.len() > 3, "several pairs of input and output partition");
    for keys in by_source.values() {
        assert!(keys.is_sorted(), "{keys:?}");
    }
}

#[test]
fn poison_in_the_middle_is_dead_lettered_and_blocks_nothing() {
    let bench = Bench::new(1);
    bench.article(0, "before", "body");
    bench.produce(0, "json", Some(b"{\"id\": "));
    bench.produce(0, "utf8", Some(&[0xFF, 0xFE, 0xFD]));
    bench.produce(0, "empty", Some(b""));
    bench.produce(0, "tombstone", None);
    bench.article(0, "panics", "panic");
    bench.article(0, "after", "body");
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 7);
    handle.stop();
    let summary = handle.wait().unwrap();
    assert_eq!((summary.received, summary.enriched, summary.dead_lettered, summary.skipped), (7, 2, 4, 1));

    assert_eq!(keys(&bench.read(OUTPUT, 2)), ["before", "after"]);
    let letters = bench.read(DEAD, 4);
    assert_eq!(keys(&letters), ["json", "utf8", "empty", "panics"]);
    assert_eq!(letters[0].payload(), Some(&b"{\"id\": "[..]), "the original bytes");
    assert_eq!(letters[1].payload(), Some(&[0xFF, 0xFE, 0xFD][..]));
    assert_eq!(header(&letters[1], "tonewire.dlq.offset"), "2");
    assert_eq!(header(&letters[1], "tonewire.dlq.topic"), INPUT);
    assert_eq!(header(&letters[3], "tonewire.dlq.error_code"), "panic");
    let codes: std::collections::BTreeSet<_> =
        letters.iter().map(|letter| header(letter, "tonewire.dlq.error_code")).collect();
    assert_eq!(codes.len(), 4, "each kind of poison has a code of its own: {codes:?}");
}

#[test]
fn tombstones_pass_through_by_option() {
    let mut bench = Bench::new(1);
    bench.settings.input.tombstones = TombstonePolicy::Pass;
    bench.produce(0, "gone", None);
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 1);
    handle.stop();
    handle.wait().unwrap();
    let messages = bench.read(OUTPUT, 1);
    assert_eq!(keys(&messages), ["gone"]);
    assert_eq!(messages[0].payload(), None);
}

#[test]
fn a_bad_record_stops_the_service_by_option_and_stays_uncommitted() {
    let mut bench = Bench::new(1);
    bench.settings.input.on_bad_record = BadRecordPolicy::Stop;
    bench.article(0, "good", "body");
    bench.produce(0, "bad", Some(b"{"));
    let error = bench.start(Scripted::default()).wait().unwrap_err();
    assert!(
        matches!(&error, ServiceError::BadRecord { source_offset, .. } if source_offset.offset == 1),
        "{error}"
    );
    bench.settings.input.on_bad_record = BadRecordPolicy::DeadLetter;
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 1);
    handle.stop();
    handle.wait().unwrap();
    assert!(keys(&bench.read(DEAD, 1)).contains(&"bad".to_owned()), "the next run reads it again");
}

#[test]
fn an_analysis_that_hangs_is_given_up_and_blocks_nothing() {
    let mut bench = Bench::new(1);
    bench.settings.pipeline.record_time_limit_ms = 1_000;
    bench.settings.pipeline.workers = 1;
    bench.article(0, "hangs", "hang");
    bench.article(0, "after", "body");
    let handle = bench.start(Scripted::default());
    let started = Instant::now();
    wait_for(&handle, 2);
    assert!(started.elapsed() < Duration::from_mins(1));
    assert_eq!(header(&bench.read(DEAD, 1)[0], "tonewire.dlq.error_code"), "timeout");
    assert_eq!(keys(&bench.read(OUTPUT, 1)), ["after"]);
    handle.stop();
    handle.wait().unwrap();
}

#[test]
fn a_backlog_never_puts_more_into_work_than_the_limit() {
    let mut bench = Bench::new(2);
    bench.settings.pipeline.max_in_flight_records = 5;
    bench.settings.pipeline.pause_after_ms = 100;
    for number in 0..40 {
        bench.article(number % 2, &format!("{number:02}"), "body");
    }
    let handle = bench.start(Scripted { pause: Duration::from_millis(80), ..Scripted::default() });
    let mut highest = 0;
    while handle.summary().enriched < 40 {
        highest = highest.max(bench.telemetry.records_in_flight.get());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!((2..=6).contains(&highest), "{highest} records in work");
    handle.stop();
    assert_eq!(handle.wait().unwrap().enriched, 40);
    bench.read(OUTPUT, 40);
}

#[test]
fn refused_requests_lose_nothing() {
    let bench = Bench::new(1);
    let errors = [
        (RDKafkaApiKey::Produce, RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS),
        (RDKafkaApiKey::Produce, RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION),
        (RDKafkaApiKey::OffsetCommit, RDKafkaRespErr::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS),
        (RDKafkaApiKey::OffsetCommit, RDKafkaRespErr::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS),
        (RDKafkaApiKey::Fetch, RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION),
    ];
    for (request, error) in errors {
        bench.cluster.request_errors(request, &[error]);
    }
    for number in 0..10 {
        bench.article(0, &format!("{number}"), "body");
    }
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 10);
    handle.stop();
    let summary = handle.wait().unwrap();
    assert_eq!((summary.received, summary.enriched), (10, 10));
    assert!(
        bench.telemetry.retries.with_label_values(&["batch"]).get() >= 1,
        "the commit that was refused must have cost a batch, or nothing was tested"
    );
}

#[test]
fn a_record_that_brokers_refuse_is_dead_lettered_and_its_batch_is_not_lost() {
    let bench = Bench::new(1);
    bench.article(0, "a", "body");
    bench
        .cluster
        .request_errors(RDKafkaApiKey::Produce, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE]);
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 1);
    bench.article(0, "b", "body");
    wait_for(&handle, 2);
    handle.stop();
    let summary = handle.wait().unwrap();
    assert_eq!((summary.enriched, summary.dead_lettered), (1, 1));
    assert_eq!(header(&bench.read(DEAD, 1)[0], "tonewire.dlq.error_code"), "output_too_large");
    assert_eq!(keys(&bench.read(OUTPUT, 1)), ["b"]);
}

#[test]
fn brokers_that_go_away_and_come_back_lose_nothing() {
    let bench = Bench::new(1);
    bench.article(0, "before", "body");
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 1);
    bench.cluster.broker_down(1).unwrap();
    std::thread::sleep(Duration::from_secs(2));
    bench.cluster.broker_up(1).unwrap();
    bench.article(0, "after", "body");
    wait_for(&handle, 2);
    handle.stop();
    assert_eq!(handle.wait().unwrap().enriched, 2);
    assert!(keys(&bench.read(OUTPUT, 2)).contains(&"after".to_owned()));
}

#[test]
fn a_stop_with_the_brokers_gone_ends_within_the_limit() {
    let mut bench = Bench::new(1);
    bench.settings.kafka.shutdown_timeout_ms = 8_000;
    bench.settings.kafka.drain_timeout_ms = 1_000;
    bench.article(0, "a", "body");
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 1);
    bench.cluster.broker_down(1).unwrap();
    bench.settings.kafka.brokers.clear();
    let stopped = Instant::now();
    handle.stop();
    let _ = handle.wait();
    assert!(stopped.elapsed() < Duration::from_secs(8), "took {:?}", stopped.elapsed());
}

#[test]
fn every_record_received_is_in_exactly_one_class_at_rest() {
    let bench = Bench::new(2);
    for number in 0..10 {
        bench.article(number % 2, &number.to_string(), if number == 3 { "panic" } else { "body" });
    }
    bench.produce(0, "tombstone", None);
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 11);
    let mut totals: BTreeMap<String, f64> = BTreeMap::new();
    for family in bench.telemetry.registry().gather() {
        let sum = family
            .get_metric()
            .iter()
            .map(|metric| metric.get_counter().get_value() + metric.get_gauge().get_value())
            .sum();
        totals.insert(family.name().to_owned(), sum);
    }
    let total = |name: &str| totals.get(name).copied().unwrap_or(0.0);
    let received = total("tonewire_records_received_total");
    let settled = total("tonewire_records_enriched_total")
        + total("tonewire_records_dead_lettered_total")
        + total("tonewire_records_skipped_total")
        + total("tonewire_records_in_flight");
    assert!(
        (received - 11.0).abs() < 0.1 && (settled - 11.0).abs() < 0.1,
        "{received} received, {settled} settled"
    );
    assert!((total("tonewire_records_emitted_total") - 9.0).abs() < 0.1);
    handle.stop();
    handle.wait().unwrap();
}
