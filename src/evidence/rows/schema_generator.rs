//! Generates the JSON Schemas of all row types, and compares them with the files next to the types.
//!
//! A schema describes exactly what this version writes: a property that it does not name is refused. Readers are more
//! tolerant than that, see [`super`].

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::{RowSchema, validate};
use crate::evidence::{Digest, Exact, ReasonCode, Utc};

/// What makes the schema of a row as it is written.
pub(super) fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().for_serialize().into_generator()
}

/// The schema of a row type as its file has it.
fn of(schema: RowSchema) -> Value {
    let mut root = schema.generate().to_value();
    for branch in root["oneOf"].as_array_mut().into_iter().flatten() {
        close(branch);
    }
    closed(&mut root);
    root["$id"] = json!(schema.name());
    root
}

/// Closes every value below: the properties of an object, and the items of a list.
fn closed(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    for (keyword, value) in object {
        match keyword.as_str() {
            "properties" => {
                for property in value.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
                    without_null(property);
                    close(property);
                    closed(property);
                }
            }
            "items" => {
                close(value);
                closed(value);
            }
            "$defs" => {
                value.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut).for_each(closed);
            }
            "oneOf" | "anyOf" | "allOf" => value.as_array_mut().into_iter().flatten().for_each(closed),
            _ => {}
        }
    }
}

/// Takes the null out of what a property may be: a field without a value is left out.
fn without_null(property: &mut Value) {
    if let Some(types) = property.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|kind| kind != "null");
        if let [kind] = types.as_slice() {
            property["type"] = kind.clone();
        }
    }
    if let Some(choices) = property.get_mut("anyOf").and_then(Value::as_array_mut) {
        choices.retain(|choice| choice["type"] != "null");
        if let [Value::Object(choice)] = choices.as_slice() {
            let choice = choice.clone();
            property.as_object_mut().unwrap().remove("anyOf");
            property.as_object_mut().unwrap().extend(choice);
        }
    }
}

/// Refuses properties that none of the parts of a schema names, where it can be an object.
fn close(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    if ["$ref", "properties", "oneOf", "anyOf", "allOf"].iter().any(|keyword| object.contains_key(*keyword)) {
        object.insert("unevaluatedProperties".to_owned(), json!(false));
    }
}

/// The name of the file of a schema, as that of its module: `RowSchema::Sockets` has `sockets.schema.json`.
fn file_name(schema: RowSchema) -> String {
    format!("{schema:?}.schema.json").to_lowercase()
}

impl JsonSchema for Exact {
    fn schema_name() -> Cow<'static, str> {
        "Exact".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Text of the target: a string, or where it is not UTF-8 its bytes, and as text with U+FFFD for what is none.",
            "oneOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "properties": {
                        "base64": { "type": "string" },
                        "text": { "type": "string" },
                    },
                    "required": ["base64", "text"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

/// Implements `JsonSchema` for a type that JSON has as text of a form of its own.
macro_rules! text {
    ($($name:ident: $schema:tt),+ $(,)?) => {
        $(impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        })+
    };
}

text! {
    Utc: { "type": "string", "description": "A time in UTC, RFC 3339.", "pattern": "^-?[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$" },
    Digest: { "type": "string", "description": "SHA-256 in hexadecimal digits.", "pattern": "^[0-9a-f]{64}$" },
    ReasonCode: { "type": "string", "description": "The code of a reason, as in records.", "pattern": "^[a-z0-9_]+$" },
}

/// A schema that differs from its file is written to `target/rows`, from where it can be copied.
#[test]
fn the_schema_of_every_row_type_is_the_file_next_to_it() {
    let seen = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/rows");
    let mut differ = Vec::new();
    for schema in RowSchema::ALL {
        let name = file_name(*schema);
        let generated = format!("{:#}\n", of(*schema));
        let file = std::fs::read_to_string(validate::directory().join(&name)).unwrap_or_default();
        if file != generated {
            std::fs::create_dir_all(&seen).unwrap();
            std::fs::write(seen.join(&name), generated).unwrap();
            differ.push(name);
        }
    }
    assert!(
        differ.is_empty(),
        "{differ:?}: review and copy: cp target/rows/*.schema.json src/evidence/rows/"
    );
}

#[test]
fn every_schema_file_belongs_to_a_row_type_and_refuses_a_property_that_it_does_not_name() {
    let files = std::fs::read_dir(validate::directory()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut files: Vec<String> = files.map(|name| name.into_string().unwrap()).collect();
    files.retain(|name| name.ends_with(".schema.json"));
    assert_eq!(files.len(), RowSchema::ALL.len(), "{files:?}");
    let item = |row: &str| {
        let text = format!("{{\"row\":\"schema\",\"schema\":\"urn:veldkit:live:sockets:1\"}}\n{row}\n");
        std::panic::catch_unwind(|| validate::rows(text.as_bytes()))
    };
    let owner = |more: &str| {
        format!(
            "{{\"row\":\"packet\",\"frames\":3,\"interface\":0,\"running\":true,\"user_id\":0,\"processes\":[{{\"pid\":1,\"name\":\"x\"{more}}}]}}"
        )
    };
    assert_eq!(item(&owner("")).unwrap(), Some(1));
    assert!(item(&owner(",\"later\":1")).is_err(), "in a nested object");
    let summary = |more: &str| format!("{{\"row\":\"summary\",\"sockets\":1,\"without_process\":0{more}}}");
    assert_eq!(item(&summary("")).unwrap(), Some(1));
    assert!(item(&summary(",\"later\":1")).is_err(), "in the row itself");
    assert!(item("{\"row\":\"later\"}").is_err(), "a kind that the type does not write");
}

#[test]
fn observables_are_taken_from_rows_whose_fields_are_all_named() {
    for entry in std::fs::read_dir(validate::directory()).unwrap() {
        let path = entry.unwrap().path();
        // This file has the words below as well.
        if path.ends_with("schema_generator.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for (_, body) in text.match_indices("fn observables<'row>").map(|(at, _)| text.split_at(at)) {
            let body = body.split("\n    }\n").next().unwrap();
            assert!(!body.contains(".. }") && !body.contains("..\n"), "{}: {body}", path.display());
        }
    }
}
