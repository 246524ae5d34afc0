//! Requests and errors for readers who may not see personal data.
//!
//! What is shown is listed; any other value is masked, so that a member that no version knows is masked too.

mod detail;
mod fields;

use serde_json::Value;

pub use self::detail::detail;
pub use self::fields::MASK;

use self::detail::{detail_at, pointer, without_quotes};
use self::fields::{is_shown, steps};
use crate::broker::headers::ERROR_LIST;
use crate::contract::{FieldChange, RequestProblem};
use crate::database::{dead_letter, dead_letters, sales_invoice};

/// The members of envelopes that have the request.
const ENVELOPES: [&str; 2] = ["data", "message"];

/// A request with its personal data masked, as JSON without indents, which may be much larger than it. One that is no JSON is
/// masked as a whole.
pub fn request(content: &[u8]) -> String {
    let Ok(mut request) = serde_json::from_slice::<Value>(content) else {
        return format!("{MASK} ({} bytes that are no JSON)", content.len());
    };
    mask(&mut request);
    request.to_string()
}

/// Masks a request, in its envelope or without one.
fn mask(request: &mut Value) {
    let enveloped = ENVELOPES
        .into_iter()
        .find(|name| request.get(name).is_some_and(Value::is_object));
    let inner = enveloped.and_then(|name| Some((name, request.get_mut(name)?.take())));
    mask_below(request, &mut Vec::new());
    if let Some((name, mut inner)) = inner {
        mask_below(&mut inner, &mut Vec::new());
        request[name] = inner;
    }
}

fn mask_below(value: &mut Value, path: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                path.push(name.clone());
                mask_below(member, path);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                path.push(index.to_string());
                mask_below(item, path);
                path.pop();
            }
        }
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            if !is_shown(path) {
                *value = MASK.into();
            }
        }
    }
}

/// Why a person changed something. People may name others in it.
pub fn reason(reason: Option<String>) -> Option<String> {
    reason.map(|_| MASK.to_owned())
}

/// What a change is recorded for. A text that dead letters were searched for is one of their requests, and earlier versions have not
/// quoted it, so that its end is not known. The rest is of the program's own words, and the values that it quotes are masked.
pub fn target(target: &str) -> String {
    if target.contains(TEXT) {
        MASK.to_owned()
    } else {
        without_quotes(target)
    }
}

/// What stands before a text in the target of a change.
const TEXT: &str = " text ";

/// The problems of a request, with what may be personal data masked.
pub fn problems(problems: Vec<RequestProblem>) -> Vec<RequestProblem> {
    let masked = problems.into_iter().map(|problem| RequestProblem {
        detail: detail_at(&problem.pointer, &problem.detail),
        pointer: pointer(&problem.pointer),
        ..problem
    });
    masked.collect()
}

/// The patch of a repair, with the values masked that are not for fields which are shown.
pub fn patch(json: &str) -> String {
    let Ok(mut patch) = serde_json::from_str::<Value>(json) else {
        return MASK.to_owned();
    };
    if let Some(operations) = patch.as_array_mut() {
        for operation in operations {
            mask_operation(operation);
        }
    } else {
        // A merge patch has the form of a request.
        mask_below(&mut patch, &mut Vec::new());
    }
    patch.to_string()
}

/// Masks an operation of a JSON Patch but for what it does, and where.
fn mask_operation(operation: &mut Value) {
    let mut path = operation["path"].as_str().map(steps).unwrap_or_default();
    for (name, member) in operation.as_object_mut().into_iter().flatten() {
        if !["op", "path", "from"].contains(&name.as_str()) {
            mask_below(member, &mut path);
        }
    }
}

/// Changes of a request, with the values masked that are not of fields which are shown.
pub fn changes(changes: Vec<FieldChange>) -> Vec<FieldChange> {
    let masked = changes.into_iter().map(|change| {
        let value = |json: String| value(&json, &change.pointer);
        FieldChange {
            before: change.before.map(value),
            after: change.after.map(value),
            pointer: change.pointer,
        }
    });
    masked.collect()
}

/// A value as JSON. One that was cut is none, and masked as a whole.
fn value(json: &str, pointer: &str) -> String {
    match serde_json::from_str::<Value>(json) {
        Ok(mut value) => {
            mask_below(&mut value, &mut steps(pointer));
            value.to_string()
        }
        Err(_) => MASK.to_owned(),
    }
}

/// A record.
pub fn record(mut row: sales_invoice::Model) -> sales_invoice::Model {
    row.request = request(row.request.as_bytes());
    row.error_detail = row.error_detail.as_deref().map(detail);
    row.error_list = masked_list(row.error_list.as_deref());
    row
}

/// A dead letter in a list.
pub fn summary(mut letter: dead_letters::Summary) -> dead_letters::Summary {
    letter.detail = detail(&letter.detail);
    letter
}

/// A dead letter. `content` is what its payload is unpacked.
pub fn letter(mut row: dead_letter::Model, content: &[u8]) -> dead_letter::Model {
    row.payload = request(content).into_bytes();
    row.detail = detail(&row.detail);
    row.discard_reason = reason(row.discard_reason);
    // They describe the payload that was.
    row.properties = "{}".to_owned();
    if let Ok(mut headers) = serde_json::from_str::<Value>(&row.headers) {
        // Headers of publishers may have anything.
        let list = masked_list(headers[ERROR_LIST].as_str());
        mask_below(&mut headers, &mut Vec::new());
        if let (Some(list), Some(headers)) = (list, headers.as_object_mut()) {
            headers.insert(ERROR_LIST.to_owned(), list.into());
        }
        row.headers = headers.to_string();
    }
    row
}

fn masked_list(json: Option<&str>) -> Option<String> {
    let masked = problems(RequestProblem::read(Some(json?)));
    serde_json::to_string(&masked).ok()
}

#[cfg(test)]
mod tests;
