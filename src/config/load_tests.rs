use super::*;
use crate::config::Delivery;

fn from(file: &str, variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tonewire.toml");
    std::fs::write(&path, file).unwrap();
    let environment: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    load(Some(&path), &environment)
}

fn error(file: &str, variables: &[(&str, &str)]) -> String {
    from(file, variables).unwrap_err().to_string()
}

#[test]
fn without_file_and_environment_the_defaults_hold() {
    let none: BTreeMap<String, String> = BTreeMap::new();
    assert_eq!(load(None, &none).unwrap(), Settings::default());
}

#[test]
fn the_shipped_file_says_exactly_the_defaults_and_every_key() {
    let shipped = include_str!("../../config/tonewire.toml");
    assert_eq!(from(shipped, &[]).unwrap(), Settings::default());

    let table: toml::Table = shipped.parse().unwrap();
    let keys = Keys::new().unwrap();
    let missing: Vec<&str> = keys.settable().filter(|path| find(&table, path).is_none()).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn the_environment_wins_over_the_file_in_every_type() {
    let settings = from(
        "[kafka]\nbrokers = 'file:1'\ngroup_id = 'file'\n[pipeline]\nworkers = 2",
        &[
            ("TONEWIRE_KAFKA__BROKERS", "a:1,b:2"),
            ("TONEWIRE_KAFKA__DELIVERY", "at_least_once"),
            ("TONEWIRE_KAFKA__INPUT_TOPICS", "one, two"),
            ("TONEWIRE_INPUT__JSON__BODY", "['/text', '/a,b']"),
            ("TONEWIRE_PIPELINE__WORKERS", "4"),
        ],
    )
    .unwrap();

    assert_eq!(settings.kafka.brokers, "a:1,b:2");
    assert_eq!(settings.kafka.group_id, "file");
    assert_eq!(settings.kafka.delivery, Delivery::AtLeastOnce);
    assert_eq!(settings.kafka.input_topics, ["one", "two"]);
    assert_eq!(settings.input.json.body, ["/text", "/a,b"]);
    assert_eq!(settings.pipeline.workers, 4);
}

#[test]
fn properties_may_be_quoted_nested_or_given_in_the_environment() {
    let settings = from(
        "[kafka.consumer]\n'fetch.min.bytes' = '1'\nfetch.wait.max.ms = 50\ncheck.crcs = true",
        &[("TONEWIRE_KAFKA__CONSUMER", "{ fetch.min.bytes = 9, 'client.rack' = 'x' }")],
    )
    .unwrap();

    let consumer: Vec<(&str, &str)> =
        settings.kafka.consumer.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(
        consumer,
        [("check.crcs", "true"), ("client.rack", "x"), ("fetch.min.bytes", "9"), ("fetch.wait.max.ms", "50"),]
    );
}

#[test]
fn all_mistakes_are_told_at_once_with_key_value_and_remedy() {
    let text = error(
        "[kafka]\nbroker = 'x'\ndelivery = 'exactly_twice'\nsession_timeout_ms = -1\n[kafak]\n[log]\nformat = 7",
        &[("TONEWIRE_PIPELINE__WORKERS", "many"), ("TONEWIRE_KAFKA_BROKERS", "x")],
    );

    for part in [
        "7 problems",
        "kafka.broker: unknown key; did you mean `kafka.brokers`?",
        "kafka.delivery: \"exactly_twice\" cannot be used",
        "`exactly_once` or `at_least_once`",
        "kafka.session_timeout_ms: -1 cannot be used; write a whole number that is not negative",
        "did you mean `kafka`?",
        "log.format: 7 cannot be used; write a text, in quotes",
        "pipeline.workers (from TONEWIRE_PIPELINE__WORKERS): \"many\" cannot be used",
        "TONEWIRE_KAFKA_BROKERS: there is no such key; did you mean `TONEWIRE_KAFKA__BROKERS`?",
    ] {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
}

#[test]
fn a_secret_is_in_no_error_message() {
    let of_wrong_type = error("[kafka.security]\nsasl_password = 7654321", &[]);
    assert!(!of_wrong_type.contains("7654321"), "{of_wrong_type}");
    let broken = error("[kafka.security]\nsasl_password = 'canary\n", &[]);
    assert!(!broken.contains("canary"), "{broken}");
    assert!(broken.contains("line 2"), "{broken}");
    let list = error("", &[("TONEWIRE_KAFKA__COMMON", "{ ssl.key.pem = ['canary'] }")]);
    assert!(!list.contains("canary"), "{list}");
    let not_a_table = error("", &[("TONEWIRE_KAFKA__COMMON", "sasl.password=canary")]);
    assert!(!not_a_table.contains("canary"), "{not_a_table}");
}

#[test]
fn variables_that_kubernetes_or_the_tests_set_are_left_alone() {
    let settings = from(
        "",
        &[
            ("TONEWIRE_SERVICE_HOST", "10.0.0.1"),
            ("TONEWIRE_SERVICE_PORT_METRICS", "9464"),
            ("TONEWIRE_PORT", "tcp://10.0.0.1:9464"),
            ("TONEWIRE_PORT_9464_TCP", "tcp://10.0.0.1:9464"),
            ("TONEWIRE_PORT_9464_TCP_ADDR", "10.0.0.1"),
            ("KAFKA_TESTS_BROKERS", "localhost:1"),
            ("PATH", "/bin"),
        ],
    );
    assert_eq!(settings.unwrap(), Settings::default());
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let none: BTreeMap<String, String> = BTreeMap::new();
    let error = load(Some(Path::new("/no/such.toml")), &none).unwrap_err();
    assert!(error.to_string().contains("/no/such.toml"));
}

#[test]
fn a_table_where_a_value_belongs_is_refused_and_the_other_way_round() {
    let text = error("kafka = 1\n[http.listen]\nport = 1", &[]);
    assert!(text.contains("kafka: this is a table"), "{text}");
    assert!(text.contains("http.listen: "), "{text}");
}

proptest::proptest! {
    #[test]
    fn no_file_and_no_variable_makes_it_panic(file in ".{0,200}", name in "[A-Z_]{0,20}", value in ".{0,40}") {
        let name = format!("TONEWIRE_{name}");
        let _ = from(&file, &[(&name, &value), ("TONEWIRE_KAFKA__COMMON", &value)]);
    }
}
