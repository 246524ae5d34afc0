//! Blank texts of fields with a form: the schema permits them where the check counts them as absent.

use super::lossless::{OR, filled};
use super::*;

/// Nothing, white space, and characters that are ignored, also beyond 16 bits.
const BLANK: [&str; 4] = ["", " \t\n", "\u{a0}\u{200b}\u{ad}\u{feff}", "\u{e0020}"];

#[test]
fn a_text_of_any_form_may_be_blank_where_it_may_be_absent() {
    let schema = InvoiceRequest::json_schema();
    let (request, _) = filled(&schema, &OR);
    assert_eq!(schema["$defs"]["BlankText"]["pattern"], "^[^!-~]*$");
    let permits = |text: &str| !text.chars().any(|c| ('!'..='~').contains(&c));

    let mut optional = Vec::new();
    find_optional_forms(&schema, &schema, "", &mut optional);
    let mut compared = 0;
    for pointer in &optional {
        let Some(absent) = with_value(&request, pointer, Value::Null) else {
            continue;
        };
        for blank in BLANK {
            assert!(permits(blank), "{blank:?}");
            let given = with_value(&request, pointer, blank.into()).expect("the same parent");
            assert_eq!(outcome(&given), outcome(&absent), "{pointer} {blank:?}");
        }
        compared += 1;
    }
    // Those of a few objects that a request may not have are left out.
    assert!(compared > 60, "{compared} of {}", optional.len());
    for pointer in ["/documentType", "/taxPointDate", "/documentTypeCode"] {
        assert!(optional.iter().any(|found| found == pointer), "{pointer}");
    }
}

/// The places of texts with a form that may be absent. Each has a blank text as an alternative.
fn find_optional_forms(root: &Value, schema: &Value, pointer: &str, found: &mut Vec<String>) {
    let alternatives = schema["anyOf"].as_array();
    let value = alternatives.map_or(schema, |alternatives| &alternatives[0]);
    let reference = value["$ref"].as_str();
    let value = reference.map_or(value, |name| root.pointer(&name[1..]).expect(name));
    let has_form = value.get("pattern").is_some() || value.get("enum").is_some();
    let may_be_absent = match alternatives {
        Some(alternatives) => alternatives.contains(&json!({ "type": "null" })),
        None => schema["type"] == json!(["string", "null"]),
    };
    if has_form && may_be_absent {
        let blank = json!({ "$ref": "#/$defs/BlankText" });
        let permits_blank = alternatives.is_some_and(|all| all.contains(&blank));
        assert!(permits_blank, "{pointer}: {schema}");
        found.push(pointer.to_owned());
    }
    for (name, field) in value["properties"].as_object().into_iter().flatten() {
        find_optional_forms(root, field, &format!("{pointer}/{name}"), found);
    }
    if let Some(items) = value.get("items") {
        find_optional_forms(root, items, &format!("{pointer}/0"), found);
    }
}

/// The request with another value of a field; none where it lacks the object of the field.
fn with_value(request: &Value, pointer: &str, value: Value) -> Option<Value> {
    let mut request = request.clone();
    let (parent, name) = pointer.rsplit_once('/')?;
    let members = request.pointer_mut(parent)?.as_object_mut()?;
    members.insert(name.to_owned(), value);
    Some(request)
}

/// The invoice, or what is wrong.
fn outcome(request: &Value) -> String {
    match parse_value(request) {
        Ok(invoice) => format!("{invoice:?}"),
        Err(invalid) => format!("{invalid:?}"),
    }
}
