//! The JSON Schema of scenario files, made from the tables that the reader goes by.

use serde_json::{Map, Value, json};

use super::language::{KeyDef, SCENARIO, STEPS, Shape, StepDef, TableDef};
use crate::certs::{Kind, alert};
use crate::proto::Ats;

const DURATION: &str = r"^ *[0-9]+(\.[0-9]+)? *(ms|s|m|h|d) *$";
const SIZE: &str = r"^ *[0-9]+(\.[0-9]+)? *(B|KiB|MiB|GiB|kB|MB|GB) *$";
const RANGE: &str = r"^ *[0-9]+( *- *[0-9]*)?( *, *[0-9]+( *- *[0-9]*)?)* *$";

/// The JSON Schema (draft 2020-12) of scenario files: for editors (taplo and others), and for whoever writes scenarios with a program.
pub fn schema() -> Value {
    let mut defs = Map::new();
    let mut root = table(&SCENARIO, &mut defs);
    let steps: Vec<Value> = STEPS.iter().flat_map(|step| step_schemas(step, &mut defs)).collect();
    defs.insert("step".into(), json!({ "oneOf": steps }));
    let head = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "mailfault scenario" });
    if let (Value::Object(root), Value::Object(mut head)) = (&mut root, head) {
        head.append(root);
        head.insert("$defs".into(), Value::Object(defs));
        return Value::Object(head);
    }
    root
}

fn table(def: &TableDef, defs: &mut Map<String, Value>) -> Value {
    json!({
        "type": "object",
        "description": def.about,
        "properties": properties(def.keys, defs),
        "required": def.needed,
        "additionalProperties": false,
    })
}

fn properties(keys: &[KeyDef], defs: &mut Map<String, Value>) -> Map<String, Value> {
    let property = |key: &KeyDef| {
        let mut schema = shape(&key.shape, defs);
        if let Value::Object(schema) = &mut schema {
            schema.insert("description".into(), key.about.into());
        }
        (key.name.to_owned(), schema)
    };
    keys.iter().map(property).collect()
}

/// The forms of a step: the word alone, the table, or both.
fn step_schemas(step: &StepDef, defs: &mut Map<String, Value>) -> Vec<Value> {
    let mut out = Vec::new();
    if step.alone {
        out.push(json!({ "const": step.name, "description": step.about }));
    }
    if let Some(value) = &step.value {
        let mut all = properties(step.more, defs);
        let mut own = shape(value, defs);
        if let Value::Object(own) = &mut own {
            own.insert("description".into(), step.about.into());
        }
        all.insert(step.name.to_owned(), own);
        out.push(json!({ "type": "object", "properties": all, "required": [step.name], "additionalProperties": false }));
    }
    out
}

fn one_or_list(item: &Value) -> Value {
    json!({ "anyOf": [item, { "type": "array", "items": item }] })
}

fn pattern(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": pattern })
}

fn min_max(item: &Value) -> Value {
    json!({ "type": "object", "properties": { "min": item, "max": item }, "additionalProperties": false, "minProperties": 1 })
}

fn shape(shape: &Shape, defs: &mut Map<String, Value>) -> Value {
    let number = json!({ "type": "integer", "minimum": 0 });
    match shape {
        Shape::Text => json!({ "type": "string" }),
        Shape::Texts => one_or_list(&json!({ "type": "string" })),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Count(min, max) if *max == i64::MAX => json!({ "type": "integer", "minimum": min }),
        Shape::Count(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Shape::Chance => json!({ "type": "number", "exclusiveMinimum": 0, "maximum": 1 }),
        Shape::Duration => pattern(DURATION),
        Shape::Durations => one_or_list(&pattern(DURATION)),
        Shape::Percent => pattern(r"^[0-9]+(\.[0-9]+)? *%$"),
        Shape::Size => pattern(SIZE),
        Shape::Octets => json!({ "anyOf": [number, pattern(SIZE)] }),
        Shape::Ordinals => {
            json!({ "anyOf": [{ "type": "integer", "minimum": 1 }, pattern(r"^ *every +[1-9][0-9]* *$"), pattern(RANGE)] })
        }
        Shape::Certificate => json!({ "enum": Kind::ALL.map(Kind::name) }),
        Shape::Alert => json!({ "enum": alert::names().collect::<Vec<_>>() }),
        Shape::Messages => json!({ "anyOf": [{ "type": "integer", "minimum": 1 }, pattern(RANGE)] }),
        Shape::Window => json!({ "type": "string", "examples": ["10s-40s", "40s-"] }),
        Shape::Expected => json!({ "anyOf": [number, pattern(RANGE), min_max(&number)] }),
        Shape::ExpectedDuration => {
            json!({ "anyOf": [{ "type": "string", "examples": ["9m-11m"] }, min_max(&pattern(DURATION))] })
        }
        Shape::OneOf(words) => json!({ "enum": words }),
        Shape::SomeOf(words) => one_or_list(&json!({ "enum": words })),
        // Any case is read, so the names are a suggestion of the editor.
        Shape::Moments => {
            one_or_list(&json!({ "anyOf": [{ "enum": Ats::all_names().collect::<Vec<_>>() }, { "type": "string" }] }))
        }
        Shape::Steps => one_or_list(&json!({ "$ref": "#/$defs/step" })),
        Shape::Cut => json!({ "anyOf": [{ "type": "integer" }, pattern(r"^[0-9]+(\.[0-9]+)? *%$"), pattern(SIZE)] }),
        Shape::Reply => json!({ "anyOf": [
            { "type": "string" },
            { "type": "object", "properties": { "smtp": { "type": "string" }, "imap": { "type": "string" } }, "additionalProperties": false }
        ] }),
        Shape::Delay => json!({ "anyOf": [pattern(DURATION), min_max(&pattern(DURATION))] }),
        Shape::UidValidity => json!({ "anyOf": [{ "const": "new" }, { "type": "integer", "minimum": 1 }] }),
        Shape::Ports => {
            json!({ "type": "object", "additionalProperties": { "type": "integer", "minimum": 1, "maximum": 65_535 } })
        }
        Shape::Table(def) => reference(def, defs),
        Shape::WordOrTable(words, def) => one_or_list(&json!({ "anyOf": [{ "enum": words }, reference(def, defs)] })),
        Shape::Tables(def) => json!({ "type": "array", "items": reference(def, defs) }),
    }
}

/// A table of its own, under a name that the tables' own makes unique.
fn reference(def: &TableDef, defs: &mut Map<String, Value>) -> Value {
    let name: String = def.name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').collect();
    if !defs.contains_key(&name) {
        defs.insert(name.clone(), Value::Null);
        let schema = table(def, defs);
        defs.insert(name.clone(), schema);
    }
    json!({ "$ref": format!("#/$defs/{name}") })
}
