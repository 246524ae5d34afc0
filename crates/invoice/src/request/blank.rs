//! Blank texts in the JSON Schema. A field that may be absent may be blank as well, whatever form its values have.

use serde_json::{Map, Value, json};

/// The name of the definition of a blank text.
const NAME: &str = "BlankText";

/// Lets each field of a request be blank that may be absent and whose values have a form. Without that, the schema would refuse
/// what [`check`](crate::check) accepts.
pub(super) fn allow(schema: &mut Value) {
    let forms = forms(schema);
    allow_in(schema, &forms);
    let definitions = schema.get_mut("$defs").and_then(Value::as_object_mut);
    if let Some(definitions) = definitions {
        for definition in definitions.values_mut() {
            allow_in(definition, &forms);
        }
        definitions.insert(NAME.to_owned(), blank_text());
    }
}

/// The values of fields with a form are ASCII. A pattern with all white space and all invisible characters would depend on the
/// dialect of regular expressions, so this one permits more than those; the check refuses the rest.
fn blank_text() -> Value {
    json!({
        "description":
            "Blank text: it is empty, or has only white space and invisible characters. It counts as absent.",
        "pattern": "^[^!-~]*$",
        "type": "string",
    })
}

/// References to the definitions of texts that have a form.
fn forms(schema: &Value) -> Vec<String> {
    let definitions = schema["$defs"].as_object().into_iter().flatten();
    let formed = definitions.filter(|(_, definition)| definition.as_object().is_some_and(has_form));
    formed.map(|(name, _)| reference(name)).collect()
}

fn reference(name: &str) -> String {
    format!("#/$defs/{name}")
}

fn has_form(schema: &Map<String, Value>) -> bool {
    schema.contains_key("pattern") || schema.contains_key("enum")
}

/// Does so with the fields of one object.
fn allow_in(object: &mut Value, forms: &[String]) {
    let fields = object.get_mut("properties").and_then(Value::as_object_mut);
    let fields = fields.into_iter().flat_map(Map::values_mut);
    for field in fields.filter_map(Value::as_object_mut) {
        let blank = json!({ "$ref": reference(NAME) });
        if let Some(Value::Array(alternatives)) = field.get_mut("anyOf") {
            let named = alternatives
                .first()
                .and_then(|first| first["$ref"].as_str());
            if named.is_some_and(|name| forms.iter().any(|form| form == name)) {
                alternatives.insert(1, blank);
            }
        } else if has_form(field) && field.get("type") == Some(&json!(["string", "null"])) {
            let mut form = std::mem::take(field);
            if let Some(description) = form.remove("description") {
                field.insert("description".to_owned(), description);
            }
            form.insert("type".to_owned(), "string".into());
            field.insert("anyOf".to_owned(), json!([form, blank, { "type": "null" }]));
        }
    }
}
