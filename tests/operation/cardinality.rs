//! Series of /metrics: their number depends on the configuration and not on what articles say.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::is_long;
use crate::support::broker::KafkaBroker;
use crate::support::metrics::Metrics;
use crate::support::producer::{Message, Producer};
use crate::support::reader::Isolation;
use crate::support::service::Service;
use crate::support::wait::within;
use crate::support::workspace::Workspace;

const SOURCES: usize = 200;
const LANGUAGES: [&str; 50] = [
    "af", "ar", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "eo", "es", "et", "eu",
    "fa", "fi", "fr", "ga", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "kk", "ko", "la",
    "lt", "lv", "mk", "mn", "ms", "nb", "nl", "nn", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sv",
];
/// The case allows a hundred.
const MOST_NEW_SERIES: usize = 100;
/// The article and the model are in the way of seconds; the machine may be busy.
const LIMIT: Duration = Duration::from_mins(20);

pub fn o18_thousands_of_names_languages_and_sources_add_few_series(broker: &'static KafkaBroker) {
    let articles = if is_long() { 10_000 } else { 1_000 };
    let workspace = Workspace::new(broker, 2);
    let service = workspace.configuration("one").start();
    let before = service.metrics_when("partitions are owned", |metrics| {
        metrics.sum("tonewire_kafka_assigned_partitions", &[]) == 2.0
    });
    let producer = Producer::new(broker);
    for number in 0..articles {
        producer.send(&workspace.input, &Message::new(id(number), article(number)));
    }
    // Errors have series too.
    producer.send(&workspace.input, &Message::new("broken", "{\"id\": "));
    producer.flush();
    let settled = articles as f64 + 1.0;
    let after = settled_metrics(&service, settled);
    service.stop();

    let names = actors_in_output(&workspace);
    assert!(names.len() * 10 >= articles * 9, "only {} different actors in {articles} articles", names.len());
    let growth = series(&after).len().saturating_sub(series(&before).len());
    assert!(growth <= MOST_NEW_SERIES, "{growth} series more");
    labels_are_bounded(&after, &names);
    names_follow_the_rules(&after.text);
    promtool_agrees(&after.text);
}

fn id(number: usize) -> String {
    format!("cardinality-{number}")
}

/// Every article names an actor of its own; every second one declares a language of fifty others than English.
fn article(number: usize) -> Vec<u8> {
    let language = if number.is_multiple_of(2) { "en" } else { LANGUAGES[number / 2 % LANGUAGES.len()] };
    let [first, second] = [surname(2 * number), surname(2 * number + 1)];
    let value = json!({
        "id": id(number),
        "title": format!("{first} meets {second}"),
        "body": format!("Senator Ada {first} praised Karl {second} on Monday. Karl {second} thanked her."),
        "language": language,
        "source": format!("source-{}.example", number % SOURCES),
        "url": format!("https://source-{}.example/{number}", number % SOURCES),
    });
    serde_json::to_vec(&value).expect("JSON can be written")
}

/// A made-up family name for each number.
fn surname(number: usize) -> String {
    const STARTS: [&str; 20] = [
        "Bal", "Cor", "Dun", "Fer", "Gal", "Hol", "Jar", "Kel", "Lan", "Mor", "Nor", "Ost", "Pel", "Ran",
        "Sol", "Tor", "Ul", "Ver", "Wen", "Zar",
    ];
    const MIDDLES: [&str; 20] = [
        "a", "e", "i", "o", "u", "an", "en", "in", "on", "un", "ar", "er", "ir", "or", "ur", "al", "el",
        "il", "ol", "ul",
    ];
    const ENDS: [&str; 50] = [
        "bach", "bank", "berg", "blad", "borg", "brook", "bury", "by", "dahl", "dale", "den", "dorf", "feld",
        "field", "ford", "gard", "ham", "haus", "hoff", "holm", "horst", "ken", "kirk", "land", "ley", "lin",
        "lund", "man", "mark", "mond", "mont", "mor", "ner", "nes", "quist", "rand", "rup", "sen", "shaw",
        "sson", "stad", "stein", "ster", "strom", "thal", "thorp", "ton", "vik", "ward", "worth",
    ];
    let [start, middle, end] = [number / 1_000 % 20, number / 50 % 20, number % 50];
    format!("{}{}{}", STARTS[start], MIDDLES[middle], ENDS[end])
}

fn settled_metrics(service: &Service, settled: f64) -> Metrics {
    within(LIMIT, "all articles are settled", || {
        let metrics = service.metrics();
        let sum = |name| metrics.sum(name, &[]);
        let done = sum("tonewire_records_enriched_total") + sum("tonewire_records_dead_lettered_total");
        (done == settled && sum("tonewire_records_in_flight") == 0.0).then_some(metrics)
    })
}

fn actors_in_output(workspace: &Workspace) -> BTreeSet<String> {
    let records = workspace.output(Isolation::ReadCommitted);
    let mut names = BTreeSet::new();
    for record in records {
        let json = record.json();
        let actors = json["actors"].as_array().expect("a list of actors");
        names.extend(actors.iter().map(|actor| actor["name"].as_str().expect("a name").to_owned()));
    }
    names
}

/// Names with labels, without the values.
fn series(metrics: &Metrics) -> BTreeSet<&str> {
    let lines = metrics.text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.filter_map(|line| line.rsplit_once(' ').map(|(series, _)| series)).collect()
}

fn labels_are_bounded(metrics: &Metrics, actors: &BTreeSet<String>) {
    for series in series(metrics) {
        let labels = series.split_once('{').map_or("", |(_, labels)| labels);
        for word in ["http", "source-", "cardinality-", "invalid JSON", "EOF"] {
            assert!(!labels.contains(word), "{word} in {series}");
        }
        for value in labels.split('"').skip(1).step_by(2) {
            assert!(!actors.contains(value), "an actor is a label: {series}");
            assert!(value.len() < 100, "a long label: {series}");
        }
    }
}

/// Counters end in exactly one `_total`, times in `_seconds`, sizes in `_bytes`; HELP and TYPE are there.
fn names_follow_the_rules(text: &str) {
    let described = |kind: &str| -> BTreeSet<&str> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(kind));
        lines.filter_map(|line| line.split(' ').next()).collect()
    };
    let helps = described("# HELP ");
    let types: Vec<(&str, &str)> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
    assert!(types.len() > 20, "only {} metrics", types.len());
    for (name, kind) in types {
        assert!(helps.contains(name), "no HELP for {name}");
        assert_eq!(kind == "counter", name.ends_with("_total"), "{kind} {name}");
        assert!(!name.contains("_total_"), "{name}");
        let stem = name.trim_end_matches("_total");
        for (word, unit) in
            [("duration", "_seconds"), ("latency", "_seconds"), ("_age", "_seconds"), ("memory", "_bytes")]
        {
            assert!(!stem.contains(word) || stem.ends_with(unit), "{name} is not in {unit}");
        }
        assert!(!stem.ends_with("_ms") && !stem.ends_with("_milliseconds"), "{name}");
    }
}

fn promtool_agrees(text: &str) {
    let promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = promtool else {
        return println!("promtool is not installed: its check is left out");
    };
    promtool.stdin.take().expect("stdin is piped").write_all(text.as_bytes()).expect("promtool reads");
    let output = promtool.wait_with_output().expect("promtool ends");
    let findings = [output.stdout, output.stderr].concat();
    assert!(output.status.success() && findings.is_empty(), "{}", String::from_utf8_lossy(&findings));
}
