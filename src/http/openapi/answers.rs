//! What holds for all operations: the errors that each can be answered with, described once.

use axum::http::StatusCode;
use invoice::FailureCode;
use serde_json::{Map, Value, json};

use crate::http::problem::{Code, status_of};

/// Statuses of every operation: the token, the rate, a fault, and what is not available.
const ALWAYS: [StatusCode; 5] = [
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::SERVICE_UNAVAILABLE,
];

/// Statuses of operations with a body.
const WITH_A_BODY: [StatusCode; 5] = [
    StatusCode::BAD_REQUEST,
    StatusCode::REQUEST_TIMEOUT,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    StatusCode::UNPROCESSABLE_ENTITY,
];

/// Adds the errors to each operation, and the link to the next page to each list. What an operation says itself about a status
/// stays.
pub(super) fn add(document: &mut Value) {
    let mut used = Map::new();
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (path, methods) in paths {
        for (_, operation) in methods.as_object_mut().into_iter().flatten() {
            let statuses = statuses_of(path, operation);
            if is_list(operation) {
                operation["responses"]["200"]["headers"] = link();
            }
            let answers = &mut operation["responses"];
            for (status, answer) in answers.as_object_mut().into_iter().flatten() {
                complete(status, answer);
            }
            for status in statuses {
                if answers.get(status.as_str()).is_none() {
                    let name = name_of(status);
                    answers[status.as_str()] =
                        json!({ "$ref": format!("#/components/responses/{name}") });
                    used.insert(name, answer(status));
                }
            }
        }
    }
    document["components"]["responses"] = Value::Object(used);
}

/// Whether an operation answers page by page.
fn is_list(operation: &Value) -> bool {
    let parameters = operation["parameters"].as_array();
    let is_cursor = |parameter: &Value| parameter["name"] == "cursor";
    parameters.is_some_and(|all| all.iter().any(is_cursor))
}

fn link() -> Value {
    json!({
        "Link": {
            "description": "The next page (RFC 8288: `rel=\"next\"`); absent on the last one",
            "schema": { "type": "string" },
        },
    })
}

fn statuses_of(path: &str, operation: &Value) -> Vec<StatusCode> {
    let mut statuses = ALWAYS.to_vec();
    if operation.get("parameters").is_some() {
        statuses.push(StatusCode::BAD_REQUEST);
    }
    if operation.get("requestBody").is_some() {
        statuses.extend(WITH_A_BODY);
    }
    if path.contains('{') {
        statuses.push(StatusCode::NOT_FOUND);
    }
    statuses
}

/// An answer that an operation describes: each error is a problem, and some have a header.
fn complete(status: &str, answer: &mut Value) {
    let Ok(status) = status.parse::<StatusCode>() else {
        return;
    };
    let is_error = status.is_client_error() || status.is_server_error();
    if is_error && answer.get("content").is_none() {
        answer["content"] = problem();
    }
    if answer.get("headers").is_none()
        && let Some(headers) = headers_of(status)
    {
        answer["headers"] = headers;
    }
}

/// The component that describes an error.
fn answer(status: StatusCode) -> Value {
    let codes = Code::ALL
        .iter()
        .filter(|code| code.status() == status)
        .map(|code| code.as_str());
    let failures = FailureCode::ALL
        .iter()
        .filter(|code| status_of(**code) == status)
        .map(|code| code.as_str());
    let codes: Vec<String> = codes
        .chain(failures)
        .map(|code| format!("`{code}`"))
        .collect();
    let mut answer = json!({
        "description": format!("{}. `code` is one of {}", meaning(status), codes.join(", ")),
        "content": problem(),
    });
    if let Some(headers) = headers_of(status) {
        answer["headers"] = headers;
    }
    answer
}

fn meaning(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => {
            "A parameter is not valid, or the body is not what its media type says"
        }
        StatusCode::UNAUTHORIZED => "There is no valid token",
        StatusCode::FORBIDDEN => "The token does not permit this",
        StatusCode::NOT_FOUND => "There is nothing here",
        StatusCode::REQUEST_TIMEOUT => "The body did not arrive in time; the connection is closed",
        StatusCode::PAYLOAD_TOO_LARGE => "The body is too large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "The body has another media type",
        StatusCode::UNPROCESSABLE_ENTITY => {
            "The request is not valid, or cannot be carried out: all problems"
        }
        StatusCode::TOO_MANY_REQUESTS => "The token has used its rate",
        StatusCode::INTERNAL_SERVER_ERROR => "The program failed; its log has the details",
        StatusCode::SERVICE_UNAVAILABLE => {
            "Something that the call needs is not available: send it again"
        }
        _ => status.canonical_reason().unwrap_or_default(),
    }
}

/// The name of the component: `TooManyRequests`.
fn name_of(status: StatusCode) -> String {
    let reason = status.canonical_reason().unwrap_or_default();
    reason.split([' ', '-']).collect()
}

fn problem() -> Value {
    json!({
        "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } },
    })
}

fn headers_of(status: StatusCode) -> Option<Value> {
    match status {
        StatusCode::UNAUTHORIZED => Some(json!({
            "WWW-Authenticate": {
                "description": "RFC 6750",
                "required": true,
                "schema": { "type": "string", "pattern": "^Bearer" },
            },
        })),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Some(json!({
            "Retry-After": {
                "description": "After how many seconds to try again",
                "required": true,
                "schema": { "type": "integer", "minimum": 1 },
            },
        })),
        _ => None,
    }
}
