//! Timestamps that no article should have.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;

use crate::support::article;
use crate::support::broker::KafkaBroker;
use crate::support::metrics::Metrics;
use crate::support::producer::{Message, Producer};
use crate::support::reader::{Isolation, assert_each_once};
use crate::support::workspace::Workspace;

const HOUR_MS: i64 = 3_600_000;
const YEAR_MS: i64 = 365 * 24 * HOUR_MS;

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    i64::try_from(now.as_millis()).expect("a time of this age")
}

pub fn o19_odd_timestamps_are_clamped_and_counted_and_no_sum_ever_falls(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, 1);
    accept_any_timestamp(broker, &workspace.input);
    let now = now_ms();
    let future = [now + 2 * HOUR_MS, now * 1_000_000, i64::MAX];
    let falling = (0..5).map(|step| now - step * HOUR_MS);
    // For librdkafka 0 is "now", so that the client cannot send 1970 itself; 1 ms later it can.
    let others = [0, 1, now - 10 * YEAR_MS].into_iter().chain(falling);
    let timestamps: Vec<Option<i64>> = future.into_iter().chain(others).map(Some).chain([None]).collect();

    let service = workspace.configuration("one").start();
    let producer = Producer::new(broker);
    let send = |number: usize, value: Vec<u8>, timestamp_ms| {
        let message = Message { timestamp_ms, ..Message::new(article::id(number), value) };
        producer.send(&workspace.input, &message);
    };
    for (number, timestamp_ms) in timestamps.iter().enumerate() {
        send(number, article::json(number), *timestamp_ms);
    }
    // Dead letters carry timestamps too.
    send(1_000, b"{".to_vec(), Some(now * 1_000_000));
    producer.flush();

    let count = timestamps.len() as f64;
    let done = AtomicBool::new(false);
    let last = std::thread::scope(|scope| {
        let watch = scope.spawn(|| no_sum_falls(|| service.metrics(), &done));
        let last = service.metrics_when("all are settled", |metrics| {
            metrics.sum("tonewire_records_enriched_total", &[]) == count
                && metrics.sum("tonewire_records_dead_lettered_total", &[]) == 1.0
        });
        done.store(true, Ordering::Relaxed);
        assert!(watch.join().expect("no sum falls") > 0, "nothing was scraped");
        last
    });
    service.stop();

    // Each once: three articles and a dead letter lie in the future.
    assert_eq!(last.sum("tonewire_timestamp_skew_total", &[]), future.len() as f64 + 1.0);
    assert_eq!(last.sum("tonewire_end_to_end_latency_seconds_count", &[]), count + 1.0);
    assert!(last.sum("tonewire_end_to_end_latency_seconds_sum", &[]) >= 10.0 * YEAR_MS as f64 / 1e3);
    assert_eq!(last.sum("tonewire_retries_total", &[]), 0.0, "no batch was refused for a timestamp");

    let records = workspace.output(Isolation::ReadCommitted);
    assert_each_once(&records, &article::ids(timestamps.len()));
    let later = now_ms();
    for record in records {
        let number =
            timestamps.iter().enumerate().find(|(number, _)| record.article_id() == article::id(*number));
        let (_, sent) = number.expect("an article that was sent");
        let found = record.timestamp_ms.expect("a timestamp");
        match sent {
            Some(sent) if (1..=now).contains(sent) => assert_eq!(found, *sent, "the input's own timestamp"),
            _ => assert!((now..=later).contains(&found), "{sent:?} came out as {found}, now is {later}"),
        }
    }
    let letters = workspace.dead_letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].header("tonewire.dlq.timestamp"), (now * 1_000_000).to_string(), "as it was");
    assert!(letters[0].timestamp_ms.is_some_and(|timestamp| timestamp <= later));
}

/// Brokers refuse timestamps more than an hour ahead, unless the topic says otherwise. The output topic keeps its default.
fn accept_any_timestamp(broker: &KafkaBroker, topic: &str) {
    let admin: AdminClient<DefaultClientContext> =
        broker.client().create().expect("an admin client can be made");
    let config = AlterConfig::new(ResourceSpecifier::Topic(topic))
        .set("message.timestamp.after.max.ms", "9223372036854775807");
    let options = AdminOptions::new().request_timeout(Some(Duration::from_secs(30)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let results = runtime.block_on(admin.alter_configs([&config], &options)).expect("the broker answers");
    for result in results {
        result.expect("the topic's configuration can be changed");
    }
}

/// Scrapes until done; gives the number of scrapes that were compared.
fn no_sum_falls(scrape: impl Fn() -> Metrics, done: &AtomicBool) -> usize {
    let mut before = BTreeMap::new();
    let mut compared = 0;
    while !done.load(Ordering::Relaxed) {
        let after = sums(&scrape().text);
        for (series, value) in &before {
            let now = after.get(series).copied().unwrap_or(f64::NEG_INFINITY);
            assert!(now >= *value, "{series} fell from {value} to {now}");
        }
        compared += usize::from(!before.is_empty());
        before = after;
        std::thread::sleep(Duration::from_millis(20));
    }
    compared
}

fn sums(text: &str) -> BTreeMap<String, f64> {
    let samples = text.lines().filter(|line| line.starts_with("tonewire_"));
    let samples = samples.filter_map(|line| line.rsplit_once(' '));
    let monotone = |series: &str| {
        let name = series.split('{').next().unwrap_or(series);
        ["_sum", "_total", "_count"].iter().any(|ending| name.ends_with(ending))
    };
    samples
        .filter(|(series, _)| monotone(series))
        .map(|(series, value)| (series.to_owned(), value.parse().expect("a number")))
        .collect()
}
