//! The schemas in docs/schema are what the program prints, and records satisfy them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const FILES: [(&str, &[&str]); 6] = [
    ("enriched.json", &["enriched"]),
    ("enriched.avsc", &["enriched", "--avro"]),
    ("actor-row.json", &["actor-row"]),
    ("actor-row.avsc", &["actor-row", "--avro"]),
    ("dead-letter.json", &["dead-letter"]),
    ("config.json", &["config"]),
];
/// Set, the test writes the files instead of comparing them.
const UPDATE: &str = "UPDATE_SCHEMAS";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema")
}

fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tonewire")).arg("schema").args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_schemas_in_docs_are_those_that_the_program_prints() {
    let mut stale = Vec::new();
    for (file, arguments) in FILES {
        let (path, text) = (folder().join(file), printed(arguments));
        if std::env::var_os(UPDATE).is_some() {
            std::fs::write(&path, &text).unwrap();
        } else if std::fs::read_to_string(&path).ok().as_deref() != Some(&text) {
            stale.push(file);
        }
    }
    assert!(
        stale.is_empty(),
        "docs/schema is out of date: {stale:?}. If the change is meant: UPDATE_SCHEMAS=1 cargo test --test schemas"
    );
}

/// The samples that the demo sends, read by the program. Some are broken on purpose and give no record.
fn records_of_the_samples(output: &str) -> Vec<Value> {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let files = std::fs::read_dir(samples).unwrap().map(|entry| entry.unwrap().path());
    let articles = files.filter(|path| path.file_name().is_some_and(|name| name != "README.md"));
    let printed = Command::new(env!("CARGO_BIN_EXE_tonewire"))
        .args(["enrich", "--output", output])
        .args(articles)
        .output()
        .unwrap();
    let text = String::from_utf8(printed.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn assert_valid(file: &str, records: &[Value]) {
    let schema: Value = serde_json::from_slice(&std::fs::read(folder().join(file)).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for record in records {
        let problems: Vec<_> = validator.iter_errors(record).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{file}: {problems:#?} in {record}");
    }
}

#[test]
fn every_record_and_every_row_of_the_samples_satisfies_its_schema() {
    let records = records_of_the_samples("jsonl");
    let rows = records_of_the_samples("rows");
    let actors: usize = records.iter().map(|record| record["actors"].as_array().unwrap().len()).sum();
    assert!(records.len() > 10 && rows.len() == actors && actors > 20, "{} records", records.len());
    assert_valid("enriched.json", &records);
    assert_valid("actor-row.json", &rows);
}

/// What a reader of an earlier version relies on: its fields are there, with a type that it knows.
fn breaks(path: &str, earlier: &Value, now: &Value, found: &mut Vec<String>) {
    match (earlier, now) {
        (Value::Object(earlier), Value::Object(now)) => {
            for (name, earlier) in earlier.iter().filter(|(name, _)| *name != "description") {
                match now.get(name) {
                    Some(now) => breaks(&format!("{path}/{name}"), earlier, now, found),
                    None => found.push(format!("{path}/{name} is gone")),
                }
            }
        }
        // Lists of names and of types may grow where every older member stays: fields, definitions, words.
        (Value::Array(earlier), Value::Array(now)) => {
            let gone = earlier.iter().filter(|one| !now.contains(one));
            found.extend(gone.map(|one| format!("{path}: {one} is gone")));
        }
        _ if earlier == now => {}
        _ => found.push(format!("{path}: {now} instead of {earlier}")),
    }
}

#[test]
fn a_reader_of_the_last_release_can_read_what_is_written_now() {
    let mut found = Vec::new();
    for file in ["enriched.json", "actor-row.json"] {
        let read =
            |path: PathBuf| -> Value { serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap() };
        let released = read(folder().join("released").join(file));
        breaks(file, &released, &read(folder().join(file)), &mut found);
    }
    assert!(found.is_empty(), "not compatible with docs/schema/released: {found:#?}");
}

#[test]
fn a_field_that_goes_or_changes_its_type_is_a_break_and_a_new_one_is_not() {
    let broken = |now: Value| {
        let mut found = Vec::new();
        let earlier = serde_json::json!({ "properties": { "a": { "type": "string" } }, "required": ["a"] });
        breaks("x", &earlier, &now, &mut found);
        found.len()
    };
    let with = |properties: Value| serde_json::json!({ "properties": properties, "required": ["a", "b"] });
    assert_eq!(broken(with(serde_json::json!({ "a": { "type": "string" }, "b": {} }))), 0);
    assert_eq!(broken(with(serde_json::json!({ "a": { "type": "integer" } }))), 1);
    assert_eq!(broken(with(serde_json::json!({ "b": { "type": "string" } }))), 1);
}
