//! Examples of requests, and links from an answer to the calls that it leads to.

use serde_json::{Value, json};

use crate::contract::request_form::{EXAMPLES, RequestForm};

/// The parts of an identity, as parameters of a path.
const PARTS: [&str; 5] = invoice::identity::PARTS;

/// Operations that take an identity, and what they are called in an answer.
const BY_IDENTITY: [(&str, &str); 4] = [
    ("showInvoice", "The record"),
    ("openDocument", "The document"),
    ("showRequest", "The request"),
    (
        "showXml",
        "The XML of the e-invoice, where the document has one",
    ),
];

/// Operations whose answers have an identity: operation, status, and where it is in the body.
const WITH_IDENTITY: [(&str, &str, &str); 3] = [
    ("requestInvoice", "200", "/marketplace"),
    ("requestInvoice", "201", "/marketplace"),
    ("getPdf", "200", "/invoice/marketplace"),
];

/// Operations that take a number, by the operation whose answer has it: operation, status, and where it is in the body.
const WITH_NUMBER: [(&str, &str, &str, Links); 3] = [
    ("createReplay", "201", "/id", &OF_REPLAYS),
    ("createRepair", "201", "/id", &OF_REPAIRS),
    ("createErasure", "201", "/id", &OF_ERASURES),
];

/// The operations, each with what it is for.
type Links = &'static [(&'static str, &'static str)];

const OF_REPLAYS: [(&str, &str); 3] = [
    ("showReplay", "How far it is"),
    ("cancelReplay", "Stop it"),
    ("resumeReplay", "Go on with it"),
];
const OF_ERASURES: [(&str, &str); 2] = [
    ("showErasure", "How far it is"),
    ("cancelErasure", "Stop it"),
];
const OF_REPAIRS: [(&str, &str); 6] = [
    ("showRepair", "How far it is"),
    ("listRepairLetters", "What its trial says of each letter"),
    ("applyRepair", "Make its changes"),
    ("approveRepair", "Approve them"),
    ("cancelRepair", "Stop it"),
    ("resumeRepair", "Go on with it"),
];

/// Adds both.
pub(super) fn add(document: &mut Value) {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    let operations = paths.flat_map(|(_, methods)| methods.as_object_mut().into_iter().flatten());
    for (_, operation) in operations {
        let contents = operation.pointer_mut("/requestBody/content");
        let contents = contents.and_then(Value::as_object_mut);
        for (media_type, content) in contents.into_iter().flatten() {
            let form = RequestForm::ALL.into_iter().find(|form| {
                *media_type == form.media_type() && content["schema"]["$ref"] == form.reference()
            });
            if let Some(form) = form {
                content["examples"] = examples(form);
            }
        }
        for (name, status, pointer) in WITH_IDENTITY {
            if operation["operationId"] == name {
                let parameters = PARTS.map(|part| (part, format!("{pointer}/{part}")));
                operation["responses"][status]["links"] = links(&BY_IDENTITY, &parameters);
            }
        }
        for (name, status, pointer, operations) in WITH_NUMBER {
            if operation["operationId"] == name {
                let parameters = [("id", pointer.to_owned())];
                operation["responses"][status]["links"] = links(operations, &parameters);
            }
        }
    }
}

/// All examples in this form.
fn examples(form: RequestForm) -> Value {
    let examples = EXAMPLES.iter().map(|(name, summary, json)| {
        let request = serde_json::from_str(json).unwrap_or_default();
        let example = json!({ "summary": summary, "value": form.example(request) });
        ((*name).to_owned(), example)
    });
    Value::Object(examples.collect())
}

/// Links to operations, with parameters that are in the body of the answer.
fn links(operations: &[(&str, &str)], parameters: &[(&str, String)]) -> Value {
    let parameters = parameters.iter().map(|(name, pointer)| {
        let expression = format!("$response.body#{pointer}");
        ((*name).to_owned(), Value::String(expression))
    });
    let parameters = Value::Object(parameters.collect());
    let links = operations.iter().map(|(operation, description)| {
        let link = json!({
            "operationId": operation,
            "parameters": parameters,
            "description": description,
        });
        ((*operation).to_owned(), link)
    });
    Value::Object(links.collect())
}

#[cfg(test)]
mod tests {
    use crate::http::routes::document;

    #[test]
    fn links_lead_from_answers_to_operations_that_exist() {
        let document = document();
        let paths = document["paths"].as_object().expect("paths");
        let operations = || {
            let methods = paths.values().filter_map(|it| it.as_object());
            methods.flat_map(|it| it.values())
        };
        let numbered = super::WITH_NUMBER.map(|(name, status, pointer, _)| (name, status, pointer));
        for (name, status, _) in super::WITH_IDENTITY.into_iter().chain(numbered) {
            let operation = operations().find(|it| it["operationId"] == name);
            let answer = &operation.expect("an operation")["responses"][status];
            assert!(answer["content"].is_object(), "{name} {status}");
        }
        let by_number = super::OF_REPLAYS.into_iter().chain(super::OF_REPAIRS);
        for (name, _) in super::BY_IDENTITY.into_iter().chain(by_number) {
            assert!(operations().any(|it| it["operationId"] == name), "{name}");
        }
    }
}
