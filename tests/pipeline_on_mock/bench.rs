//! A service in this process beside a mock cluster, with an analyzer that does what the body of an article says.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders, OwnedMessage};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use tonewire::analysis::{Analysis, Analyze, Status};
use tonewire::article::Article;
use tonewire::config::{Config, Delivery, Settings};
use tonewire::pipeline::{Service, ServiceHandle};
use tonewire::recent::Recent;
use tonewire::telemetry::{Health, Telemetry};

pub const INPUT: &str = "raw";
pub const OUTPUT: &str = "enriched";
pub const DEAD: &str = "dead";

/// Reads nothing; misbehaves where the body asks for it.
#[derive(Default)]
pub struct Scripted {
    pub calls: AtomicUsize,
    pub pause: Duration,
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

pub struct Bench {
    pub cluster: MockCluster<'static, DefaultProducerContext>,
    producer: BaseProducer,
    pub telemetry: Arc<Telemetry>,
    pub settings: Settings,
}

impl Bench {
    pub fn new(partitions: i32) -> Self {
        Self::with_brokers(1, partitions)
    }

    pub fn with_brokers(brokers: i32, partitions: i32) -> Self {
        Self::on(MockCluster::new(brokers).unwrap(), brokers, partitions)
    }

    /// On a cluster that logs every request it receives. It lives as long as the process.
    #[allow(dead_code, reason = "for `injected_errors`, which shares this file")]
    pub fn with_logged_requests(partitions: i32) -> Self {
        // With a thread that polls, since the log comes by way of the client's queue.
        let host: ThreadedProducer<DefaultProducerContext> =
            ClientConfig::new().set("test.mock.num.brokers", "1").set("debug", "mock").create().unwrap();
        let host: &'static ThreadedProducer<_> = Box::leak(Box::new(host));
        Self::on(host.client().mock_cluster().unwrap(), 1, partitions)
    }

    fn on(cluster: MockCluster<'static, DefaultProducerContext>, brokers: i32, partitions: i32) -> Self {
        for topic in [INPUT, OUTPUT, DEAD] {
            cluster.create_topic(topic, partitions, brokers).unwrap();
        }
        let addresses = cluster.bootstrap_servers();
        let producer = ClientConfig::new().set("bootstrap.servers", &addresses).create().unwrap();
        let mut settings = Settings::default();
        settings.kafka.brokers = addresses;
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

    pub fn produce(&self, partition: i32, key: &str, value: Option<&[u8]>) {
        let headers = OwnedHeaders::new()
            .insert(Header { key: "twice", value: Some("1") })
            .insert(Header { key: "twice", value: Some(&[0xC3u8, 0x28][..]) })
            .insert(Header::<&str> { key: "null", value: None });
        self.produce_with(partition, key, value, headers);
    }

    pub fn produce_with(&self, partition: i32, key: &str, value: Option<&[u8]>, headers: OwnedHeaders) {
        let mut record =
            BaseRecord::to(INPUT).key(key).partition(partition).headers(headers).timestamp(1_700_000_000_000);
        record.payload = value;
        self.producer.send(record).map_err(|(error, _)| error).unwrap();
        self.producer.flush(Duration::from_secs(5)).unwrap();
    }

    pub fn article(&self, partition: i32, id: &str, body: &str) {
        let value = serde_json::json!({ "id": id, "title": "t", "body": body }).to_string();
        self.produce(partition, id, Some(value.as_bytes()));
    }

    pub fn start(&self, analyzer: Scripted) -> ServiceHandle {
        self.start_instance(&self.settings.kafka.instance_name, analyzer, &self.telemetry)
    }

    /// An instance of that name, with metrics of its own.
    pub fn start_instance(
        &self,
        name: &str,
        analyzer: Scripted,
        telemetry: &Arc<Telemetry>,
    ) -> ServiceHandle {
        let mut settings = self.settings.clone();
        settings.kafka.instance_name = name.to_owned();
        let config = Arc::new(Config::from_settings(settings).unwrap());
        Service::start(config, Arc::new(analyzer), Arc::clone(telemetry), Arc::new(Health::new())).unwrap()
    }

    /// With somebody who is told what committed articles show.
    #[allow(dead_code, reason = "for `pipeline_on_mock`, which shares this file")]
    pub fn start_watched(&self, analyzer: Scripted) -> (ServiceHandle, Arc<Recent>) {
        let config = Arc::new(Config::from_settings(self.settings.clone()).unwrap());
        let recent = Arc::new(Recent::new(config.http.recent.unwrap()));
        let (telemetry, health) = (Arc::clone(&self.telemetry), Arc::new(Health::new()));
        let watcher = Some(Arc::clone(&recent));
        (Service::start_watched(config, Arc::new(analyzer), telemetry, health, watcher).unwrap(), recent)
    }

    /// Everything in a topic, until `count` records are there.
    pub fn read(&self, topic: &str, count: usize) -> Vec<OwnedMessage> {
        let read = self.read_until(topic, |messages| messages.len() >= count);
        assert_eq!(read.len(), count, "records in {topic}");
        read
    }

    /// Waits until the output has these articles, each at least once; gives how many records that took.
    pub fn read_articles(&self, expected: &[String]) -> usize {
        let is_there = |messages: &[OwnedMessage]| {
            let found: BTreeSet<String> = keys(messages).into_iter().collect();
            expected.iter().all(|id| found.contains(id))
        };
        let read = self.read_until(OUTPUT, is_there);
        assert!(is_there(&read), "{expected:?} are not all among {:?}", keys(&read));
        read.len()
    }

    /// Everything in a topic, until it is enough or the time is up.
    fn read_until(&self, topic: &str, enough: impl Fn(&[OwnedMessage]) -> bool) -> Vec<OwnedMessage> {
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
        while !enough(&read) && Instant::now() < deadline {
            if let Some(Ok(message)) = consumer.poll(Duration::from_millis(50)) {
                read.push(message.detach());
            }
        }
        read
    }
}

pub fn wait_for(handle: &ServiceHandle, settled: u64) {
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

pub fn keys(messages: &[OwnedMessage]) -> Vec<String> {
    messages
        .iter()
        .map(|message| String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned())
        .collect()
}

pub fn header(message: &OwnedMessage, name: &str) -> String {
    let headers = message.headers().unwrap();
    let found =
        headers.iter().find(|header| header.key == name).unwrap_or_else(|| panic!("no header {name}"));
    String::from_utf8_lossy(found.value.unwrap_or_default()).into_owned()
}
