//! Schemas of bodies: those of requests come from the wire types, those of events from their own types.

use invoice::model::DocumentType;
use invoice::{FailureCode, WarningCode};
use serde_json::{Value, json};

use crate::contract::event::schemas as events;
use crate::contract::request_form;
use crate::processor::Stage;

/// All of them, by name.
pub(super) fn all() -> Value {
    let mut schemas = request_form::schemas();
    schemas.extend(events::all());
    let mut schemas = Value::Object(schemas);
    request_form::refer_to_parts(&mut schemas);
    for (schema, member, values) in lists() {
        schemas[schema]["properties"][member]["x-extensible-enum"] = json!(values);
    }
    schemas
}

/// Members of events with the values that this version writes. They are no `enum`: a receiver that checks an event against
/// its schema would refuse those of a later version.
fn lists() -> [(&'static str, &'static str, Vec<&'static str>); 6] {
    let warnings = WarningCode::ALL.map(WarningCode::as_str).to_vec();
    [
        ("RequestProblem", "code", failure_codes()),
        ("RequestWarning", "code", warnings),
        ("InvoiceGeneratedData", "documentType", document_types()),
        ("InvoiceFailedData", "documentType", document_types()),
        ("InvoiceFailedData", "code", failure_codes()),
        ("InvoiceFailedData", "stage", stages()),
    ]
}

/// The stable codes of failures.
pub(super) fn failure_codes() -> Vec<&'static str> {
    FailureCode::ALL.iter().map(|code| code.as_str()).collect()
}

/// Where a request can fail.
pub(super) fn stages() -> Vec<&'static str> {
    Stage::ALL.map(Stage::as_str).to_vec()
}

fn document_types() -> Vec<&'static str> {
    DocumentType::ALL.map(DocumentType::as_str).to_vec()
}

#[cfg(test)]
mod tests {
    use invoice::identity::PARTS;

    use super::*;

    /// Assigning to a member of a schema that is not there would make one up.
    #[test]
    fn the_schemas_that_are_changed_are_there_before() {
        let mut before = request_form::schemas();
        assert!(before.contains_key("IdentityPart"));
        before.extend(events::all());
        let changed = lists().map(|(schema, member, _)| (schema, member));
        let parts = PARTS.map(|part| ("InvoiceIdentity", part));
        for (schema, member) in changed.into_iter().chain(parts) {
            let found = before
                .get(schema)
                .and_then(|it| it["properties"].get(member));
            assert!(found.is_some(), "{schema} has no {member}");
        }
    }

    #[test]
    fn members_with_listed_values_are_texts() {
        let schemas = all();
        for (schema, member, _) in lists() {
            let kind = &schemas[schema]["properties"][member]["type"];
            let is_text = *kind == "string" || *kind == json!(["string", "null"]);
            assert!(is_text, "{schema}.{member} is {kind}");
        }
    }

    #[test]
    fn no_type_of_an_event_has_the_name_of_a_type_of_a_request() {
        let requests = request_form::schemas();
        for name in events::all().keys() {
            assert!(!requests.contains_key(name), "{name} is both");
        }
    }
}
