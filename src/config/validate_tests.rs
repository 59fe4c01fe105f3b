use std::collections::BTreeMap;

use super::*;
use crate::config::{BadRecordPolicy, SecuritySettings};

fn problems(change: impl FnOnce(&mut Settings)) -> String {
    let mut settings = Settings::default();
    change(&mut settings);
    match Config::from_settings(settings) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn assert_refused(change: impl FnOnce(&mut Settings), parts: &[&str]) {
    let text = problems(change);
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing in {text:?}");
    }
}

#[test]
fn the_defaults_are_valid() {
    assert_eq!(problems(|_| {}), "");
}

#[test]
fn timeouts_that_do_not_nest_are_named_with_both_values() {
    assert_refused(
        |s| s.kafka.transaction.timeout_ms = 60_000,
        &["kafka.transaction.timeout_ms: 60000 is not less than kafka.session_timeout_ms = 45000"],
    );
    assert_refused(
        |s| s.kafka.max_poll_interval_ms = 45_000,
        &["kafka.session_timeout_ms: 45000 is not less than kafka.max_poll_interval_ms = 45000"],
    );
    assert_refused(
        |s| s.kafka.drain_timeout_ms = 50_000,
        &["kafka.session_timeout_ms = 45000", "kafka.shutdown_timeout_ms = 25000", "2 problems"],
    );
    assert_refused(
        |s| s.kafka.transaction.max_age_ms = 30_000,
        &["kafka.transaction.max_age_ms: 30000 is not less than kafka.transaction.timeout_ms = 30000"],
    );
}

#[test]
fn transaction_timeouts_do_not_matter_without_transactions() {
    let text = problems(|s| {
        s.kafka.delivery = Delivery::AtLeastOnce;
        s.kafka.transaction.timeout_ms = 60_000;
    });
    assert_eq!(text, "");
}

#[test]
fn topics_are_valid_names_and_apart_from_one_another() {
    for name in ["", ".", "..", "a b", "ä", "^articles.*", &"x".repeat(250)] {
        assert_refused(|s| s.kafka.output_topic = name.into(), &["kafka.output_topic", "249"]);
    }
    assert_refused(|s| s.kafka.input_topics.clear(), &["kafka.input_topics: empty"]);
    assert_refused(|s| s.kafka.output_topic = "articles.raw".into(), &["read its own output"]);
    assert_refused(|s| s.kafka.dead_letter_topic = "articles.raw".into(), &["read its own output"]);
    assert_refused(|s| s.kafka.dead_letter_topic = "articles.enriched".into(), &["also kafka.output_topic"]);
    assert_refused(|s| s.kafka.actor_row_topic = "a b".into(), &["kafka.actor_row_topic", "249"]);
    assert_refused(|s| s.kafka.actor_row_topic = "articles.raw".into(), &["read its own output"]);
    assert_refused(
        |s| s.kafka.actor_row_topic = "articles.dead-letters".into(),
        &["also kafka.dead_letter_topic"],
    );
}

#[test]
fn dead_letters_need_a_topic_and_other_policies_do_not() {
    assert_refused(
        |s| s.kafka.dead_letter_topic.clear(),
        &["input.on_bad_record: \"dead_letter\" needs a topic"],
    );
    let mut settings = Settings::default();
    settings.kafka.dead_letter_topic.clear();
    settings.input.on_bad_record = BadRecordPolicy::Skip;
    assert_eq!(Config::from_settings(settings).unwrap().kafka.dead_letter_topic, None);
}

#[test]
fn numbers_out_of_range_are_refused_with_the_range() {
    assert_refused(|s| s.kafka.transaction.max_records = 0, &["max_records: 0 is out of range; use 1 to"]);
    assert_refused(|s| s.pipeline.max_in_flight_records = 0, &["max_in_flight_records"]);
    assert_refused(|s| s.pipeline.workers = usize::MAX, &["pipeline.workers"]);
    assert_refused(|s| s.kafka.session_timeout_ms = u64::MAX, &["kafka.session_timeout_ms"]);
    assert_refused(|s| s.input.max_record_bytes = 1 << 29, &["pipeline.max_in_flight_bytes = 67108864"]);
}

#[test]
fn addresses_pointers_languages_and_filters_are_parsed() {
    assert_refused(|s| s.http.listen = "9464".into(), &["http.listen: \"9464\""]);
    assert_refused(|s| s.kafka.brokers = "a:1,,b:2".into(), &["kafka.brokers: \"\""]);
    assert_refused(|s| s.kafka.brokers = "a:port".into(), &["kafka.brokers: \"a:port\""]);
    assert_refused(|s| s.input.json.body = vec!["text".into()], &["input.json.body", "\"/text\""]);
    assert_refused(|s| s.analysis.languages = vec!["English".into()], &["analysis.languages"]);
    assert_refused(|s| s.log.filter = "info,=[".into(), &["log.filter"]);
    for good in ["a", "a:1", "a:1, b:2", "[::1]:9092", "[::1]"] {
        assert_eq!(problems(|s| s.kafka.brokers = good.into()), "");
    }
}

#[test]
fn properties_that_the_service_owns_are_refused_with_reason_and_key() {
    assert_refused(
        |s| {
            s.kafka.consumer.insert("enable.auto.commit".into(), "true".into());
            s.kafka.producer.insert("transactional.id".into(), "x".into());
            s.kafka.common.insert("sasl.password".into(), "canary".into());
        },
        &[
            "kafka.consumer.enable.auto.commit: the service sets this property itself: offsets are",
            "kafka.transactional_id_prefix",
            "kafka.security.sasl_password_file",
        ],
    );
}

#[test]
fn a_secret_among_the_properties_is_never_shown() {
    let mut settings = Settings::default();
    settings.kafka.common.insert("ssl.key.pem".into(), "canary".into());
    settings.kafka.security.sasl_password = "canary".into();
    settings.kafka.security.sasl_username = "user".into();
    settings.kafka.security.sasl_mechanism = "PLAIN".into();
    settings.kafka.security.protocol = "sasl_ssl".into();
    let config = Config::from_settings(settings).unwrap();
    assert!(!format!("{config:?}").contains("canary"));
    assert_eq!(config.kafka.security.iter().filter(|(_, v)| v.expose() == "canary").count(), 2);
    assert_refused(
        |s| drop(s.kafka.producer.insert("ssl.key.pem".into(), "canary".into())),
        &["[kafka.common]"],
    );
}

fn security(change: impl FnOnce(&mut SecuritySettings)) -> String {
    problems(|s| change(&mut s.kafka.security))
}

#[test]
fn security_keys_that_do_not_belong_together_are_refused() {
    let text = security(|s| s.protocol = "sasl_ssl".into());
    for key in ["sasl_mechanism", "sasl_username", "sasl_password"] {
        assert!(text.contains(&format!("kafka.security.{key}: not set")), "{text}");
    }
    assert!(security(|s| s.sasl_username = "x".into()).contains("does not log in"));
    assert!(security(|s| s.protocol = "tls".into()).contains("sasl_plaintext, sasl_ssl"));
    assert!(security(|s| s.ca_file = "/no/ca.pem".into()).contains("cannot open"));
    assert!(security(|s| s.ca_file = "/no/ca.pem".into()).contains("without TLS"));
    assert!(security(|s| s.key_password = "x".into()).contains("no key_file"));
}

#[test]
fn the_transactional_id_names_prefix_group_and_instance() {
    let mut settings = Settings::default();
    settings.kafka.instance_name = "pod-0".into();
    let config = Config::from_settings(settings).unwrap();
    assert_eq!(config.kafka.transactional_id, "tonewire-tonewire-pod-0");
}

#[test]
fn unreadable_values_and_broken_rules_are_told_together_but_not_twice() {
    let environment: BTreeMap<String, String> = [
        ("TONEWIRE_KAFKA__SESSION_TIMEOUT_MS", "long"),
        ("TONEWIRE_KAFKA__MAX_POLL_INTERVAL_MS", "5000"),
        ("TONEWIRE_KAFKA__GROUP_ID", ""),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let text = Config::load(None, &environment).unwrap_err().to_string();
    assert!(text.contains("\"long\" cannot be used"), "{text}");
    assert!(text.contains("kafka.group_id: empty"), "{text}");
    // The default session timeout stands in for "long": nothing follows from it.
    assert!(text.contains("2 problems"), "{text}");
}
