//! Output that tables and dashboards can read: one JSON object a line, with the same types in every record.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::article;
use crate::support::broker::KafkaBroker;
use crate::support::producer::{Message, Producer};
use crate::support::reader::{Isolation, Record};
use crate::support::workspace::Workspace;

const RECORDS: usize = 100;

pub fn o23_every_record_is_one_json_line_with_stable_types(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, 2);
    let messages: Vec<Message> =
        (0..RECORDS).map(|number| Message::new(article::id(number), article(number))).collect();
    Producer::new(broker).send_all(&workspace.input, &messages);
    let service = workspace.configuration("one").start();
    workspace.output_reader(Isolation::ReadCommitted).read_articles(RECORDS);
    service.stop();
    let records = workspace.output(Isolation::ReadCommitted);
    assert_eq!(records.len(), RECORDS);

    let mut types: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
    let mut keys: BTreeMap<String, BTreeSet<Vec<String>>> = BTreeMap::new();
    for record in &records {
        let line = std::str::from_utf8(record.value.as_deref().expect("a value")).expect("UTF-8");
        assert!(!line.contains(['\n', '\r']), "more than one line: {line}");
        let value = record.json();
        assert!(value.is_object());
        assert_eq!(value["schema"], "tonewire.enriched/1", "name and version of the form");
        times_are_rfc_3339(&value);
        collect("", &value, &mut types, &mut keys);
    }
    assert!(types.len() > 40, "only {} fields: the articles were too plain", types.len());
    for (path, found) in &types {
        let without_null: Vec<_> = found.iter().filter(|kind| **kind != "null").collect();
        assert!(without_null.len() <= 1, "{path} is sometimes {found:?}");
    }
    for (path, sets) in &keys {
        assert_eq!(sets.len(), 1, "the fields of {path:?} are not always the same: {sets:?}");
    }
    // Fields that may be null were seen both ways, or their stability would not have been tested.
    for path in [".article.title", ".article.published_at", ".article.url", ".actors[].wikidata"] {
        assert!(types[path].len() == 2, "{path} was always {:?}", types[path]);
    }
    duckdb_loads(&records);
}

/// Articles of every sort: with and without title, time, byline; empty; in another language; without names.
fn article(number: usize) -> Vec<u8> {
    let mut article = json!({ "id": article::id(number) });
    let body = match number % 5 {
        0 => "",
        1 => "Nothing happened.",
        2 => "“It is a success,” said Angela Merkel in Paris. Ada Fernquist accused NATO of lying.",
        3 => "U.S. officials thanked Ada Fernquist. The Chilean president criticised Beijing.",
        _ => "Angela Merkel lobte die NATO.",
    };
    article["body"] = body.into();
    if number.is_multiple_of(2) {
        article["title"] = format!("Report number {number}").into();
        article["url"] = format!("https://news.example/{number}").into();
        article["revision"] = number.into();
    }
    if number.is_multiple_of(3) {
        article["published_at"] = (1_706_000_000 + number).into();
        article["byline"] = json!(["A. Bell", "C. Dorn"]);
    }
    if number % 5 == 4 {
        article["language"] = "de".into();
    }
    serde_json::to_vec(&article).expect("JSON can be written")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn collect(
    path: &str,
    value: &Value,
    types: &mut BTreeMap<String, BTreeSet<&'static str>>,
    keys: &mut BTreeMap<String, BTreeSet<Vec<String>>>,
) {
    types.entry(path.to_owned()).or_default().insert(kind(value));
    match value {
        Value::Array(items) => {
            for item in items {
                collect(&format!("{path}[]"), item, types, keys);
            }
        }
        Value::Object(fields) => {
            keys.entry(path.to_owned()).or_default().insert(fields.keys().cloned().collect());
            for (name, field) in fields {
                collect(&format!("{path}.{name}"), field, types, keys);
            }
        }
        _ => {}
    }
}

fn times_are_rfc_3339(record: &Value) {
    for pointer in ["/processing/processed_at", "/article/published_at"] {
        if let Some(time) = record.pointer(pointer).and_then(Value::as_str) {
            assert!(time.parse::<jiff::Timestamp>().is_ok(), "{pointer} is {time}");
        }
    }
    assert!(record["processing"]["processed_at"].is_string());
}

/// The query of docs/operation.md: a row for each article and actor.
fn duckdb_loads(records: &[Record]) {
    let found = Command::new("python3").args(["-c", "import duckdb"]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        return println!("DuckDB's Python package is not installed: its check is left out");
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("enriched.jsonl");
    let mut lines = Vec::new();
    for record in records {
        lines.extend_from_slice(record.value.as_deref().expect("a value"));
        lines.push(b'\n');
    }
    std::fs::write(&file, lines).expect("the file can be written");
    let query = documented_query().replace("enriched.jsonl", &file.to_string_lossy());
    let script = "import duckdb, sys; print(len(duckdb.sql(sys.argv[1]).fetchall()))";
    let output = Command::new("python3").args(["-c", script, &query]).output().expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows: usize = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number of rows");
    let actors: usize =
        records.iter().map(|record| record.json()["actors"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(rows, actors, "a row for each article and actor");
}

/// The first SQL block of the documentation: what it shows is what is tested.
fn documented_query() -> String {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operation.md"))
        .expect("docs/operation.md");
    let (_, block) = text.split_once("```sql\n").expect("a query");
    block.split_once("```").expect("the end of the query").0.to_owned()
}
