//! The written forms as Avro schemas, for registries and sinks that want one.
//!
//! Made from the JSON Schemas, which are made from the types, so that the three cannot differ. Words of a fixed list
//! are strings: an Avro enum cannot hold `quoted-only`, and readers of an older schema fail on a new symbol.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::schema::{Document, schema};

/// Namespace of every named type.
const NAMESPACE: &str = "tonewire";
const DEFINITIONS: &str = "#/$defs/";

/// The Avro schema of the value of a record; `None` for a configuration, and for a dead letter, whose value is the
/// original.
#[must_use]
pub fn avro(document: Document) -> Option<Value> {
    if matches!(document, Document::Config | Document::DeadLetter) {
        return None;
    }
    let root = schema(document).to_value();
    let mut writer = Writer { definitions: &root["$defs"], written: BTreeSet::new() };
    let name = root["title"].as_str().unwrap_or_default().to_owned();
    let mut record = writer.record(&name, &root);
    record["namespace"] = json!(NAMESPACE);
    Some(record)
}

struct Writer<'a> {
    definitions: &'a Value,
    /// Types that are written out already; Avro defines a name once and refers to it afterwards.
    written: BTreeSet<String>,
}

impl Writer<'_> {
    fn record(&mut self, name: &str, object: &Value) -> Value {
        self.written.insert(name.to_owned());
        let properties = object["properties"].as_object().cloned().unwrap_or_default();
        let fields: Vec<Value> = properties.iter().map(|(name, form)| self.field(name, form)).collect();
        described(json!({ "type": "record", "name": name, "fields": fields }), object)
    }

    fn field(&mut self, name: &str, form: &Value) -> Value {
        let mut field = json!({ "name": avro_name(name), "type": self.form(form) });
        if field["type"].as_array().is_some_and(|union| union.first() == Some(&json!("null"))) {
            field["default"] = Value::Null;
        }
        if avro_name(name) != name {
            // Avro names hold letters, digits and underscores only.
            field["doc"] = json!(format!("`{name}` in the record."));
        }
        described(field, form)
    }

    fn form(&mut self, form: &Value) -> Value {
        if let Some(alternatives) = form["anyOf"].as_array() {
            let some = alternatives.iter().find(|one| one["type"] != "null").unwrap_or(&Value::Null);
            return json!(["null", self.form(some)]);
        }
        if let Some(reference) = form["$ref"].as_str() {
            return self.definition(reference.trim_start_matches(DEFINITIONS));
        }
        match &form["type"] {
            Value::Array(types) => {
                let some = types.iter().find(|one| *one != "null").cloned().unwrap_or_default();
                let mut plain: Map<String, Value> = form.as_object().cloned().unwrap_or_default();
                plain.insert("type".to_owned(), some);
                json!(["null", self.form(&Value::Object(plain))])
            }
            Value::String(name) => self.plain(name, form),
            // A list of words, each with a description of its own.
            _ => json!("string"),
        }
    }

    fn plain(&mut self, name: &str, form: &Value) -> Value {
        match name {
            "integer" if form["format"] == "int32" => json!("int"),
            "integer" => json!("long"),
            "number" => json!("double"),
            "boolean" => json!("boolean"),
            "array" => json!({ "type": "array", "items": self.form(&form["items"]) }),
            _ => json!("string"),
        }
    }

    fn definition(&mut self, name: &str) -> Value {
        let definition = &self.definitions[name];
        if definition["type"] != "object" {
            return self.form(definition);
        }
        if self.written.contains(name) { json!(name) } else { self.record(name, definition) }
    }
}

fn described(mut avro: Value, form: &Value) -> Value {
    if let Some(text) = form["description"].as_str() {
        avro["doc"] = json!(text);
    }
    avro
}

/// The name with an underscore for each character that Avro does not allow.
fn avro_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn optional_columns_may_be_null_and_say_so_by_default() {
        let row = avro(Document::ActorRow).unwrap();
        let field = |name: &str| {
            row["fields"].as_array().unwrap().iter().find(|field| field["name"] == name).unwrap().clone()
        };
        assert_eq!(field("title")["type"], json!(["null", "string"]));
        assert_eq!(field("title")["default"], Value::Null);
        assert_eq!(field("input_partition")["type"], json!(["null", "int"]));
        assert_eq!(field("input_offset")["type"], json!(["null", "long"]));
        assert_eq!(field("score")["type"], json!("double"));
        assert_eq!(field("groups")["type"], json!({ "type": "array", "items": "string" }));
        assert_eq!(field("role")["type"], json!("string"));
    }

    #[test]
    fn a_type_is_defined_once_and_named_where_it_stands_again() {
        let text = avro(Document::Enriched).unwrap().to_string();
        assert_eq!(text.matches("\"name\":\"SentimentRecord\"").count(), 1);
        assert_eq!(text.matches("\"name\":\"Evidence\"").count(), 1);
    }
}
