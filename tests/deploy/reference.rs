//! docs/record.md: the record reference, made from the schemas in docs/schema.

use std::fmt::Write;

use serde_json::Value;

use super::tools::{Missing, read, repository};

const FILE: &str = "docs/record.md";
/// Set, the test writes the file instead of comparing it.
const UPDATE: &str = "UPDATE_RECORD_REFERENCE";
const HEAD: &str = "# Records, field by field

Made from `docs/schema` by `UPDATE_RECORD_REFERENCE=1 cargo test --test deploy -- reference`; a test compares the two.
A field is null rather than absent, and types never change between records. Readers should ignore fields that they do not
know: a newer version may add some.
";
const SCHEMAS: [(&str, &str); 3] =
    [("Enriched record", "enriched"), ("Actor row", "actor-row"), ("Dead letter", "dead-letter")];

pub fn is_made_from_the_schemas() -> Result<(), Missing> {
    let mut text = HEAD.to_owned();
    for (title, name) in SCHEMAS {
        let schema: Value = serde_json::from_str(&read(&format!("docs/schema/{name}.json"))).unwrap();
        section(&mut text, title, name, &schema);
    }
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(repository().join(FILE), &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(repository().join(FILE)).ok() == Some(text),
        "{FILE} is out of date: {UPDATE}=1"
    );
    Ok(())
}

fn section(text: &mut String, title: &str, name: &str, schema: &Value) {
    write!(text, "\n## {title}\n\n{}\nSchema: [`{name}.json`](schema/{name}.json)", paragraph(schema))
        .unwrap();
    if repository().join(format!("docs/schema/{name}.avsc")).exists() {
        write!(text, ", Avro: [`{name}.avsc`](schema/{name}.avsc)").unwrap();
    }
    text.push_str(".\n\n");
    fields(text, name, schema);
    for (part, definition) in schema["$defs"].as_object().into_iter().flatten() {
        write!(text, "\n### {name}: {part}\n\n{}", paragraph(definition)).unwrap();
        if definition["properties"].is_object() {
            fields(text, name, definition);
        } else {
            writeln!(text, "{}.", kind(name, definition)).unwrap();
        }
    }
}

fn paragraph(schema: &Value) -> String {
    let description = one_line(schema);
    if description.is_empty() { String::new() } else { description + "\n\n" }
}

fn fields(text: &mut String, name: &str, schema: &Value) {
    text.push_str("| field | type | meaning |\n|---|---|---|\n");
    for (field, value) in schema["properties"].as_object().unwrap() {
        let row = format!("| `{field}` | {} | {} |", kind(name, value), one_line(value).replace('|', "\\|"));
        writeln!(text, "{}", row.replace("|  |", "| |")).unwrap();
    }
}

fn one_line(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn kind(name: &str, schema: &Value) -> String {
    if let Some(part) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
        return format!("[{part}](#{name}-{})", part.to_lowercase());
    }
    if let Some(values) = schema["enum"].as_array() {
        return values
            .iter()
            .map(|value| format!("`{}`", value.as_str().unwrap()))
            .collect::<Vec<_>>()
            .join(", ");
    }
    if let Some(value) = schema["const"].as_str() {
        return format!("`{value}`");
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(kinds) = schema[key].as_array() {
            return kinds.iter().map(|one| kind(name, one)).collect::<Vec<_>>().join(" or ");
        }
    }
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(|one| one.as_str().unwrap()).collect::<Vec<_>>().join(" or "),
        Value::String(one) if one == "array" => format!("list of {}", kind(name, &schema["items"])),
        Value::String(one) => match schema["format"].as_str() {
            Some("double") => "number".to_owned(),
            _ if schema["contentEncoding"].is_string() => format!("{one}, base64"),
            _ => one.clone(),
        },
        _ => "any".to_owned(),
    }
}
