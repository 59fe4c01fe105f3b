//! Every librdkafka property that this service sets, and why.

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;

use crate::config::{Config, Delivery, KafkaConfig, MASK, StartFrom, is_secret, read_again};

/// How often librdkafka reports lag and broker states. Both clients are polled all the time: unread
/// reports would pile up at 2.9 MB a minute.
const STATISTICS_INTERVAL_MS: &str = "2000";

/// Room for keys and headers beside the largest value.
const RECORD_OVERHEAD_BYTES: usize = 64 * 1024;

/// librdkafka's default of `batch.size`, in bytes.
const LARGEST_BATCH: usize = 1_000_000;
/// Smaller batches cost more in requests than they spare in refusals.
const SMALLEST_BATCH: usize = 16 * 1024;

/// Properties of the consumer.
#[must_use]
pub fn consumer_config(kafka: &KafkaConfig) -> ClientConfig {
    let mut config = common_config(kafka);
    let session_ms = kafka.session_timeout.as_millis();
    config
        .set("group.id", &kafka.group_id)
        // Offsets are committed with the output and never by the client itself.
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", reset_policy(kafka.start_from))
        .set("isolation.level", "read_committed")
        .set("enable.partition.eof", "false")
        .set("session.timeout.ms", session_ms.to_string())
        .set("heartbeat.interval.ms", (session_ms / 3).clamp(1, 3_000).to_string())
        .set("max.poll.interval.ms", kafka.max_poll_interval.as_millis().to_string())
        // The default list "range,roundrobin" forbids a later rolling change to another strategy.
        .set("partition.assignment.strategy", "range")
        .set("group.protocol", "classic")
        // The defaults (100,000 records per partition, 64 MiB) exhaust a small container on a backlog.
        .set("queued.min.messages", "1000")
        .set("queued.max.messages.kbytes", "16384")
        // Compressed bytes: a response is held whole, and its batches are unpacked at once, so that articles which
        // compress to a tenth take ten times this beyond the bound above. A larger single batch still comes.
        .set("fetch.max.bytes", "1048576")
        // New topics and partitions are noticed this soon (the default is 5 minutes). It is also the sign of life of
        // brokers for a member that the group keeps waiting: see `telemetry::GIVEN_UP_AFTER`.
        .set("topic.metadata.refresh.interval.ms", "10000");
    set_all(&mut config, &kafka.consumer_properties);
    config
}

/// Properties of the producer.
#[must_use]
pub fn producer_config(settings: &Config) -> ClientConfig {
    let kafka = &settings.kafka;
    // Dead letters carry the original bytes, so the client must take what the consumer took.
    let largest_value = settings.input.max_record_bytes.max(settings.output.max_record_bytes);
    // A topic judges whole batches by its max.message.bytes, and output.max_record_bytes says what it takes.
    let largest_batch = settings.output.max_record_bytes.clamp(SMALLEST_BATCH, LARGEST_BATCH);
    let mut config = common_config(kafka);
    let transaction_timeout_ms = kafka.transaction.timeout.as_millis().to_string();
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("message.timeout.ms", &transaction_timeout_ms)
        .set("message.max.bytes", (largest_value + RECORD_OVERHEAD_BYTES).to_string())
        .set("batch.size", largest_batch.to_string())
        // The same key goes to the same partition as from a Java producer (librdkafka's default is CRC32).
        .set("partitioner", "murmur2_random")
        .set("compression.type", "lz4")
        .set("linger.ms", "5")
        // The default of 1 GiB would hide an outage in memory. A full queue is back-pressure.
        .set("queue.buffering.max.kbytes", "65536");
    if kafka.delivery == Delivery::ExactlyOnce {
        config
            .set("transactional.id", &kafka.transactional_id)
            .set("transaction.timeout.ms", &transaction_timeout_ms);
    }
    set_all(&mut config, &kafka.producer_properties);
    config
}

fn common_config(kafka: &KafkaConfig) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &kafka.brokers)
        // Two members with one client id can rebalance for ever under cooperative-sticky
        // (librdkafka #3337), so it carries the instance's name.
        .set("client.id", &kafka.transactional_id)
        .set("statistics.interval.ms", STATISTICS_INTERVAL_MS)
        .set("allow.auto.create.topics", "false");
    for (key, value) in &kafka.security {
        config.set(key, value.expose());
    }
    // A secret that is rotated is found by the next clients. While its file is being replaced, the one
    // before holds.
    for (key, path) in &kafka.secret_files {
        if let Some(secret) = read_again(path) {
            config.set(key, secret.expose());
        }
    }
    set_all(&mut config, &kafka.common_properties);
    config
}

/// The error without the value of the property that it is about, which rust-rdkafka would print: the name
/// may be a misspelt one of a secret.
#[must_use]
pub fn without_values(error: KafkaError) -> KafkaError {
    match error {
        KafkaError::ClientConfig(result, _, key, _) if is_secret(&key) => KafkaError::ClientConfig(
            result,
            "the value is refused, or there is no such property:".into(),
            key,
            MASK.into(),
        ),
        KafkaError::ClientConfig(result, description, key, _) => {
            KafkaError::ClientConfig(result, description, key, String::new())
        }
        other => other,
    }
}

fn reset_policy(start_from: StartFrom) -> &'static str {
    match start_from {
        StartFrom::Earliest => "earliest",
        StartFrom::Latest => "latest",
        StartFrom::Fail => "error",
    }
}

fn set_all(config: &mut ClientConfig, properties: &[(String, String)]) {
    for (key, value) in properties {
        config.set(key, value);
    }
}
