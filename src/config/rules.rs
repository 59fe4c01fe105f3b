//! Rules within and between values, each with the values in its message.

use super::error::Problem;
use super::group;
use super::{BadRecordPolicy, Delivery, JsonMapping, KafkaSettings, Settings};

/// Checks everything that is no matter of security or pass-through.
pub(super) fn check(settings: &Settings, problems: &mut Vec<Problem>) {
    ranges(settings, problems);
    timeouts(&settings.kafka, problems);
    let pause = ("pipeline.pause_after_ms", settings.pipeline.pause_after_ms);
    let poll = ("kafka.max_poll_interval_ms", settings.kafka.max_poll_interval_ms);
    less(pause, poll, "back-pressure makes the member leave its group", problems);
    names(&settings.kafka, problems);
    group::check(&settings.kafka, problems);
    topics(&settings.kafka, problems);
    dead_letters(settings, problems);
    sizes(settings, problems);
    pointers(&settings.input.json, problems);
    languages(&settings.analysis.languages, problems);
    log_filter(&settings.log.filter, problems);
}

/// Limits of librdkafka and of the brokers' default configuration, and of good sense.
fn ranges(settings: &Settings, problems: &mut Vec<Problem>) {
    let kafka = &settings.kafka;
    let transaction = &kafka.transaction;
    let pipeline = &settings.pipeline;
    let http = &settings.http;
    let limits = &settings.input.dead_letter_limits;
    let size = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
    for (key, value, lowest, highest) in [
        // The mock cluster never completes a join below 3 s, brokers refuse below 6 s by default.
        ("kafka.session_timeout_ms", kafka.session_timeout_ms, 3_000, 1_800_000),
        ("kafka.max_poll_interval_ms", kafka.max_poll_interval_ms, 3_000, 86_400_000),
        ("kafka.drain_timeout_ms", kafka.drain_timeout_ms, 0, 600_000),
        ("kafka.shutdown_timeout_ms", kafka.shutdown_timeout_ms, 100, 3_600_000),
        ("kafka.transaction.max_records", size(transaction.max_records), 1, 1_000_000),
        ("kafka.transaction.max_bytes", size(transaction.max_bytes), 1, 1 << 30),
        ("kafka.transaction.max_age_ms", transaction.max_age_ms, 1, 900_000),
        // 15 minutes is transaction.max.timeout.ms of a broker by default.
        ("kafka.transaction.timeout_ms", transaction.timeout_ms, 1_000, 900_000),
        ("input.max_record_bytes", size(settings.input.max_record_bytes), 1, 1 << 30),
        ("input.dead_letter_limits.percent", limits.percent, 0, 100),
        ("input.dead_letter_limits.window_ms", limits.window_ms, 1_000, 86_400_000),
        ("input.dead_letter_limits.min_records", limits.min_records, 1, 1_000_000_000),
        ("input.dead_letter_limits.consecutive", limits.consecutive, 0, 1_000_000_000),
        ("analysis.max_words", size(settings.analysis.max_words), 1, 1 << 32),
        ("analysis.duplicate_window_articles", size(settings.analysis.duplicate_window_articles), 1, 100_000),
        ("analysis.duplicate_window_hours", settings.analysis.duplicate_window_hours, 1, 8_760),
        ("pipeline.workers", size(pipeline.workers), 0, 1_024),
        ("pipeline.max_in_flight_records", size(pipeline.max_in_flight_records), 1, 10_000_000),
        ("pipeline.max_in_flight_bytes", size(pipeline.max_in_flight_bytes), 1, 1 << 40),
        ("pipeline.pause_after_ms", pipeline.pause_after_ms, 0, 3_600_000),
        ("pipeline.record_time_limit_ms", pipeline.record_time_limit_ms, 1, 3_600_000),
        ("http.recent_minutes", http.recent_minutes, 0, 1_440),
        ("http.recent_actors", size(http.recent_actors), 1, 100_000),
        ("http.recent_text_bytes", size(http.recent_text_bytes), 1 << 20, 1 << 34),
        // librdkafka's own limit of message.max.bytes.
        ("output.max_record_bytes", size(settings.output.max_record_bytes), 1_000, 1_000_000_000),
    ] {
        if value < lowest || value > highest {
            problems.push(Problem::of(
                key,
                format!("{value} is out of range"),
                format!("use {lowest} to {highest}"),
            ));
        }
    }
}

fn timeouts(kafka: &KafkaSettings, problems: &mut Vec<Problem>) {
    let transaction = &kafka.transaction;
    let session = ("kafka.session_timeout_ms", kafka.session_timeout_ms);
    let poll = ("kafka.max_poll_interval_ms", kafka.max_poll_interval_ms);
    let drain = ("kafka.drain_timeout_ms", kafka.drain_timeout_ms);
    let shutdown = ("kafka.shutdown_timeout_ms", kafka.shutdown_timeout_ms);
    let timeout = ("kafka.transaction.timeout_ms", transaction.timeout_ms);
    let age = ("kafka.transaction.max_age_ms", transaction.max_age_ms);

    less(session, poll, "a member is thrown out while it still works", problems);
    less(drain, session, "the group gives the partitions away before they are drained", problems);
    less(drain, shutdown, "the process ends before the partitions are drained", problems);
    if kafka.delivery == Delivery::ExactlyOnce {
        less(timeout, session, "the transaction of a frozen instance outlives its partitions", problems);
        less(age, timeout, "the broker aborts every transaction before it is closed", problems);
    }
}

fn less(low: (&str, u64), high: (&str, u64), otherwise: &str, problems: &mut Vec<Problem>) {
    let ((low_key, low_value), (high_key, high_value)) = (low, high);
    if low_value >= high_value {
        problems.push(Problem::between(
            &[low_key, high_key],
            format!("{low_value} is not less than {high_key} = {high_value}, so that {otherwise}"),
            format!("lower {low_key} or raise {high_key}"),
        ));
    }
}

fn names(kafka: &KafkaSettings, problems: &mut Vec<Problem>) {
    if kafka.group_id.trim().is_empty() {
        problems.push(Problem::of("kafka.group_id", "empty", "name the consumer group"));
    }
    if kafka.transactional_id_prefix.is_empty() {
        problems.push(Problem::of("kafka.transactional_id_prefix", "empty", "use a name such as tonewire"));
    }
    let addresses: Vec<&str> = kafka.brokers.split(',').map(str::trim).collect();
    for address in addresses {
        if !is_broker(address) {
            problems.push(Problem::of(
                "kafka.brokers",
                format!("{address:?} is not an address"),
                "write host:port, several separated by commas",
            ));
        }
    }
}

fn is_broker(address: &str) -> bool {
    let host_is_good = |host: &str| !host.is_empty() && !host.contains(char::is_whitespace);
    match address.rsplit_once(':') {
        // An IPv6 address without a port has colons too, but stands in brackets.
        Some((host, port)) if !port.ends_with(']') => host_is_good(host) && port.parse::<u16>().is_ok(),
        _ => host_is_good(address),
    }
}

fn topics(kafka: &KafkaSettings, problems: &mut Vec<Problem>) {
    if kafka.input_topics.is_empty() {
        problems.push(Problem::of("kafka.input_topics", "empty", "name at least one topic"));
    }
    let inputs = kafka.input_topics.iter().map(|topic| ("kafka.input_topics", topic));
    let outputs = [
        ("kafka.output_topic", &kafka.output_topic),
        ("kafka.dead_letter_topic", &kafka.dead_letter_topic),
        ("kafka.actor_row_topic", &kafka.actor_row_topic),
    ];
    for (key, topic) in inputs.chain(outputs) {
        let may_be_unset = matches!(key, "kafka.dead_letter_topic" | "kafka.actor_row_topic");
        let unset = may_be_unset && topic.is_empty();
        if !unset && !is_topic(topic) {
            problems.push(Problem::of(
                key,
                format!("{topic:?} is not a topic name"),
                "use 1 to 249 of the characters a-z A-Z 0-9 . _ -",
            ));
        }
    }
    for (key, topic) in outputs {
        if kafka.input_topics.contains(topic) {
            problems.push(Problem::between(
                &[key, "kafka.input_topics"],
                format!(
                    "{topic:?} is also in kafka.input_topics, so that the service would read its own output"
                ),
                "use another topic",
            ));
        }
    }
    for (position, (key, topic)) in outputs.iter().enumerate() {
        for (other, name) in &outputs[..position] {
            if topic == name && !topic.is_empty() {
                problems.push(Problem::between(
                    &[key, other],
                    format!("{topic:?} is also {other}"),
                    "readers of a topic expect one form of record: use another topic",
                ));
            }
        }
    }
}

fn is_topic(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=249).contains(&name.len()) && name.chars().all(allowed) && name != "." && name != ".."
}

fn dead_letters(settings: &Settings, problems: &mut Vec<Problem>) {
    let policy = settings.input.on_bad_record;
    if policy == BadRecordPolicy::DeadLetter && settings.kafka.dead_letter_topic.is_empty() {
        problems.push(Problem::between(
            &["input.on_bad_record", "kafka.dead_letter_topic"],
            "\"dead_letter\" needs a topic, but kafka.dead_letter_topic = \"\"",
            "name one, or set input.on_bad_record to skip or stop",
        ));
    }
}

fn sizes(settings: &Settings, problems: &mut Vec<Problem>) {
    let (record, all) = (settings.input.max_record_bytes, settings.pipeline.max_in_flight_bytes);
    if record > all {
        problems.push(Problem::between(
            &["input.max_record_bytes", "pipeline.max_in_flight_bytes"],
            format!("{record} is more than pipeline.max_in_flight_bytes = {all}, so that the largest record never fits"),
            "lower the first or raise the second",
        ));
    }
}

fn pointers(json: &JsonMapping, problems: &mut Vec<Problem>) {
    for (field, pointers) in [
        ("id", &json.id),
        ("title", &json.title),
        ("body", &json.body),
        ("published_at", &json.published_at),
        ("language", &json.language),
        ("source", &json.source),
        ("url", &json.url),
        ("byline", &json.byline),
        ("revision", &json.revision),
    ] {
        for pointer in pointers.iter().filter(|pointer| !pointer.starts_with('/')) {
            problems.push(Problem::of(
                &format!("input.json.{field}"),
                format!("{pointer:?} is not a JSON pointer"),
                format!("start with a slash: \"/{pointer}\""),
            ));
        }
    }
    if json.title.is_empty() && json.body.is_empty() {
        problems.push(Problem::between(
            &["input.json.body", "input.json.title"],
            "neither has a pointer, so that there is no text to read",
            "say where the text stands, such as body = [\"/text\"]",
        ));
    }
}

fn languages(languages: &[String], problems: &mut Vec<Problem>) {
    let is_code = |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_lowercase());
    if languages.is_empty() {
        problems.push(Problem::of("analysis.languages", "empty", "name at least one, such as \"en\""));
    }
    for code in languages.iter().filter(|code| !is_code(code)) {
        problems.push(Problem::of(
            "analysis.languages",
            format!("{code:?} is not a language code"),
            "use two small letters (ISO 639-1), such as \"en\"",
        ));
    }
}

fn log_filter(filter: &str, problems: &mut Vec<Problem>) {
    if let Err(error) = tracing_subscriber::EnvFilter::try_new(filter) {
        problems.push(Problem::of(
            "log.filter",
            format!("{filter:?} cannot be used: {error}"),
            "write it like info or info,librdkafka=debug",
        ));
    }
}
