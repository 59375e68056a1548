//! The JSON Schema of a shape, for editors and other programs.
//!
//! What a schema cannot say (references, dates in order) only the reader checks.

use std::ops::Bound;

use serde_json::{Map, Value, json};

use super::{Bounds, Field, Kind, Presence, Table, Word};

/// The schema of a table and everything below it.
pub(super) fn of_table(table: &Table) -> Value {
    let properties: Map<String, Value> = table
        .fields
        .iter()
        .map(|field| (field.key.clone(), of_field(field)))
        .collect();
    let required: Vec<&str> = table
        .fields
        .iter()
        .filter(|field| field.presence == Presence::Required)
        .map(|field| field.key.as_str())
        .collect();
    let mut schema = json!({
        "type": "object",
        "description": table.doc,
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        put(&mut schema, "required", json!(required));
    }
    schema
}

fn of_field(field: &Field) -> Value {
    let mut schema = of_kind(&field.kind);
    put(&mut schema, "description", json!(field.doc));
    if let Presence::Default(default) = &field.presence {
        let value = serde_json::from_str(default).unwrap_or_else(|_| json!(default));
        put(&mut schema, "default", value);
    }
    schema
}

fn of_kind(kind: &Kind) -> Value {
    match kind {
        Kind::Text => json!({ "type": "string", "pattern": "\\S" }),
        Kind::Id | Kind::Reference(_) => json!({
            "type": "string",
            "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
            "maxLength": 100,
        }),
        Kind::Word(words) => of_words(words),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Integer(bounds) => bounded(json!({ "type": "integer" }), *bounds),
        Kind::Number(bounds) => bounded(json!({ "type": "number" }), *bounds),
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::DateOrInstant => json!({
            "type": "string",
            "anyOf": [{ "format": "date" }, { "format": "date-time" }],
        }),
        Kind::Url => json!({ "type": "string", "format": "uri", "pattern": "^https?://" }),
        Kind::Domain => json!({
            "type": "string",
            "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$",
        }),
        Kind::TimeZone => json!({ "type": "string", "examples": ["Asia/Shanghai", "UTC"] }),
        Kind::List { of, at_least } => of_list(&of_kind(of), *at_least),
        Kind::WordOrList { word, of } => json!({
            "anyOf": [of_words(std::slice::from_ref(word)), of_list(&of_kind(of), 1)],
        }),
        Kind::Table(table) => of_table(table),
        Kind::Tables { table, at_least } => json!({
            "type": "array",
            "items": of_table(table),
            "minItems": at_least,
        }),
        Kind::Map(of) => json!({ "type": "object", "additionalProperties": of_kind(of) }),
        Kind::Any => json!({}),
    }
}

fn of_list(items: &Value, at_least: usize) -> Value {
    json!({ "type": "array", "items": items, "minItems": at_least, "uniqueItems": true })
}

/// Words as an enumeration; their meanings in the form that Taplo shows.
fn of_words(words: &[Word]) -> Value {
    let names: Vec<&str> = words.iter().map(|word| word.name.as_str()).collect();
    let docs: Vec<&str> = words.iter().map(|word| word.doc.as_str()).collect();
    json!({
        "type": "string",
        "enum": names,
        "x-taplo": { "docs": { "enumValues": docs } },
    })
}

fn bounded(mut schema: Value, bounds: Bounds) -> Value {
    match bounds.from {
        Bound::Included(from) => put(&mut schema, "minimum", json!(from)),
        Bound::Excluded(from) => put(&mut schema, "exclusiveMinimum", json!(from)),
        Bound::Unbounded => {}
    }
    match bounds.to {
        Bound::Included(to) => put(&mut schema, "maximum", json!(to)),
        Bound::Excluded(to) => put(&mut schema, "exclusiveMaximum", json!(to)),
        Bound::Unbounded => {}
    }
    schema
}

fn put(schema: &mut Value, key: &str, value: Value) {
    if let Value::Object(map) = schema {
        map.insert(key.to_owned(), value);
    }
}
