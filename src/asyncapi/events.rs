//! The schema of an event as a document of its own, for receivers that check events without AsyncAPI.

use clap::ValueEnum;
use serde_json::{Map, Value, json};

use super::schemas;
use crate::contract::event::schemas as events;
use crate::contract::request_form::SCHEMAS;

/// That of a request has the same one.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Where such a document has what it consists of.
const PARTS: &str = "#/$defs/";

/// An event that the program publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PublishedEvent {
    /// invoice.generated: the document is issued
    Generated,
    /// invoice.failed: the request is dead-lettered
    Failed,
}

impl PublishedEvent {
    const fn schema_name(self) -> &'static str {
        match self {
            Self::Generated => events::OF_GENERATED,
            Self::Failed => events::OF_FAILED,
        }
    }
}

/// The JSON Schema of an event: that of the `AsyncAPI` document, with everything that it refers to.
pub fn event_schema(event: PublishedEvent) -> Value {
    let all = schemas::all();
    let mut open = Vec::new();
    let mut schema = all[event.schema_name()].clone();
    move_references(&mut schema, &mut open);
    let mut parts = Map::new();
    while let Some(name) = open.pop() {
        if !parts.contains_key(&name) {
            let mut part = all[&name].clone();
            move_references(&mut part, &mut open);
            parts.insert(name, part);
        }
    }
    schema["$schema"] = json!(DIALECT);
    schema["title"] = schema["properties"]["type"]["const"].clone();
    schema["$defs"] = Value::Object(parts);
    schema
}

/// Makes references into the `AsyncAPI` document references into this one, and notes the names that they have.
fn move_references(schema: &mut Value, names: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            for (member, value) in members {
                let name = value.as_str().and_then(|it| it.strip_prefix(SCHEMAS));
                match name.map(str::to_owned) {
                    Some(name) if member == "$ref" => {
                        *value = json!(format!("{PARTS}{name}"));
                        names.push(name);
                    }
                    Some(_) | None => move_references(value, names),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                move_references(item, names);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The names of what is referred to.
    fn referred(schema: &Value) -> BTreeSet<String> {
        let text = schema.to_string();
        assert!(!text.contains(SCHEMAS), "{text}");
        let ends = text.split("\"#/$defs/").skip(1);
        ends.filter_map(|rest| rest.split('"').next())
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn a_schema_has_what_it_refers_to_and_nothing_else() {
        let kinds = ["invoice.generated.v1", "invoice.failed.v1"];
        assert_eq!(PublishedEvent::value_variants().len(), kinds.len());
        for (event, kind) in PublishedEvent::value_variants().iter().zip(kinds) {
            let schema = event_schema(*event);
            assert_eq!(schema["title"], kind);
            let parts = schema["$defs"].as_object().expect("parts");
            let parts: BTreeSet<String> = parts.keys().cloned().collect();
            assert!(parts.len() > 3, "{parts:?}");
            assert_eq!(referred(&schema), parts);
            for part in parts {
                assert!(schema["$defs"][&part].is_object(), "{part}");
            }
        }
    }
}
