//! Actor rows in the envelope of Kafka Connect's `JsonConverter` (`schemas.enable=true`): sinks that create or fill
//! tables, such as the JDBC sink, take nothing else from JSON.

use std::sync::LazyLock;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use super::ActorRow;
use super::avro::avro;
use super::schema::Document;

/// Connect's own name for a time in milliseconds since 1970.
const TIMESTAMP: &str = "org.apache.kafka.connect.data.Timestamp";
const TIMES: [&str; 2] = ["published_at", "processed_at"];

/// A row with the schema that every record of this form carries.
#[derive(Debug, Serialize)]
pub struct ConnectRow {
    schema: &'static RawValue,
    payload: Value,
}

/// `None` only if the schema could not be written, which a test rules out.
static SCHEMA: LazyLock<Option<Box<RawValue>>> = LazyLock::new(|| to_raw_value(&schema()).ok());

/// The row in its envelope.
///
/// # Errors
///
/// None that a row can cause: serialising fails only on map keys that are no text.
pub fn connect_row(row: &ActorRow) -> Result<ConnectRow, serde_json::Error> {
    let mut payload = serde_json::to_value(row)?;
    payload["published_at"] = json!(row.published_at.map(Timestamp::as_millisecond));
    payload["processed_at"] = json!(row.processed_at.as_millisecond());
    let schema = SCHEMA.as_deref().unwrap_or(RawValue::NULL);
    Ok(ConnectRow { schema, payload })
}

/// From the Avro schema, whose types are the same but for their names.
fn schema() -> Value {
    let avro = avro(Document::ActorRow).unwrap_or_default();
    let fields: Vec<Value> = avro["fields"].as_array().into_iter().flatten().map(field).collect();
    json!({ "type": "struct", "name": "tonewire.ActorRow", "optional": false, "fields": fields })
}

fn field(avro: &Value) -> Value {
    let (form, optional) = match avro["type"].as_array() {
        Some(union) => (union.last().unwrap_or(&Value::Null), true),
        None => (&avro["type"], false),
    };
    let name = avro["name"].as_str().unwrap_or_default();
    if TIMES.contains(&name) {
        return json!({ "field": name, "type": "int64", "name": TIMESTAMP, "version": 1, "optional": optional });
    }
    if form["type"] == "array" {
        let items = json!({ "type": kind(&form["items"]), "optional": false });
        return json!({ "field": name, "type": "array", "items": items, "optional": optional });
    }
    json!({ "field": name, "type": kind(form), "optional": optional })
}

fn kind(avro: &Value) -> &'static str {
    match avro.as_str() {
        Some("int") => "int32",
        Some("long") => "int64",
        Some("double") => "double",
        Some("boolean") => "boolean",
        _ => "string",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_has_every_column_with_its_type() {
        let schema: Value = serde_json::from_str(SCHEMA.as_deref().unwrap().get()).unwrap();
        let field = |name: &str| {
            let fields = schema["fields"].as_array().unwrap();
            fields.iter().find(|field| field["field"] == name).cloned().unwrap()
        };
        assert_eq!(schema["fields"].as_array().unwrap().len(), 29);
        assert_eq!(field("title"), json!({ "field": "title", "type": "string", "optional": true }));
        assert_eq!(field("mentions"), json!({ "field": "mentions", "type": "int64", "optional": false }));
        assert_eq!(field("published_at")["name"], TIMESTAMP);
        assert_eq!(field("groups")["items"]["type"], "string");
    }
}
