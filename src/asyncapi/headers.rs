//! Schemas of headers, by the names that the broker's adapter reads and writes.

use serde_json::{Map, Value, json};

use super::schemas::{failure_codes, stages};
use crate::broker::headers::{
    ATTEMPT, CLOUD_EVENT_PREFIXES, CRASH_SUSPECT, DEATH, DELIVERY_COUNT, DROPPED, ERROR_CODE,
    ERROR_DETAIL, ERROR_LIST, ERROR_STAGE, EVENT_CONFIRMED, EVENT_REFUSED_SINCE, FAILED_AT,
    FAILED_ATTEMPTS, FIRST_RECEIVED_AT, ORIGIN_TRACEPARENT, REPLAY, REPLAY_OF, STRICT, TRACEPARENT,
    TRACESTATE, WORKER,
};
use crate::contract::request_form;

/// Of a request. It may have others of its publisher, which go along.
pub(super) fn of_a_request() -> Value {
    request().into_schema()
}

/// Of a request that is a binary CloudEvent. All its attributes have one of the prefixes.
pub(super) fn of_a_binary_event() -> Value {
    let envelope = request_form::cloud_event();
    let mut headers = request();
    let mut required = Vec::new();
    for prefix in CLOUD_EVENT_PREFIXES {
        let attributes = envelope["properties"].as_object().into_iter().flatten();
        for (name, schema) in attributes.filter(|(name, _)| !name.starts_with("data")) {
            headers.0.insert(format!("{prefix}{name}"), schema.clone());
        }
        let names = envelope["required"].as_array().into_iter().flatten();
        let names = names.filter_map(|name| Some(format!("{prefix}{}", name.as_str()?)));
        required.push(json!({ "required": names.collect::<Vec<String>>() }));
    }
    let mut schema = headers.into_schema();
    schema["anyOf"] = Value::Array(required);
    schema
}

/// Of a request that waits for its next attempt.
pub(super) fn of_a_retry() -> Value {
    let confirmed = json!({
        "type": "string",
        "description": "Internal. `reply ID` or `exchange ID`: this place has confirmed the event with this id, and the other place has \
                        refused it",
    });
    let refused_since = json!({
        "type": "string",
        "format": "date-time",
        "description": "Internal. Since when the event has been refused: it is given up after `RETRY_MAX_AGE_SECONDS`",
    });
    let suspect = json!({
        "type": "string",
        "description": "Internal. How often a `crash_suspect` was delivered whose event was refused: it is not processed again",
    });
    let headers = request().with(attempts()).with([
        (EVENT_CONFIRMED, confirmed),
        (EVENT_REFUSED_SINCE, refused_since),
        (CRASH_SUSPECT, suspect),
    ]);
    let mut schema = headers.into_schema();
    schema["required"] = json!([ATTEMPT, FIRST_RECEIVED_AT]);
    schema
}

/// Of a request that a worker has dead-lettered.
pub(super) fn of_a_dead_letter() -> Value {
    let headers = request().with(attempts()).with(failure());
    let mut schema = headers.into_schema();
    schema["required"] = json!([
        ATTEMPT,
        FIRST_RECEIVED_AT,
        ERROR_CODE,
        ERROR_DETAIL,
        ERROR_STAGE,
        FAILED_AT,
        WORKER
    ]);
    schema
}

/// Of a request that the broker itself has dead-lettered.
pub(super) fn of_a_dead_letter_of_the_broker() -> Value {
    let deaths = json!({
        "type": "array",
        "items": { "type": "object" },
        "description": "RabbitMQ's own: where it was, and why it was moved, the last time first; `reason` is `delivery_limit`, `expired`, \
                        `rejected` or `maxlen`",
    });
    let deliveries = json!({
        "type": "integer",
        "description": "RabbitMQ's own: how often the queue had delivered it",
    });
    let headers = request()
        .with(attempts())
        .with([(DEATH, deaths), (DELIVERY_COUNT, deliveries)]);
    let mut schema = headers.into_schema();
    schema["required"] = json!([DEATH]);
    schema
}

/// Of an event.
pub(super) fn of_an_event() -> Value {
    Headers::default().with(trace()).into_schema()
}

/// Headers by name.
#[derive(Default)]
struct Headers(Map<String, Value>);

impl Headers {
    fn with<const N: usize>(mut self, headers: [(&str, Value); N]) -> Self {
        let headers = headers.into_iter();
        self.0
            .extend(headers.map(|(name, schema)| (name.to_owned(), schema)));
        self
    }

    fn into_schema(self) -> Value {
        json!({ "type": "object", "properties": self.0 })
    }
}

/// Of any request: what its publisher may send, and what the program adds when it publishes one again.
fn request() -> Headers {
    let strict = json!({
        "type": ["boolean", "string"],
        "description": "`true` (boolean or text): the request is checked strictly, and a member that is no field is refused",
    });
    Headers::default()
        .with([(STRICT, strict)])
        .with(trace())
        .with(replays())
}

fn trace() -> [(&'static str, Value); 2] {
    [
        (
            TRACEPARENT,
            json!({ "type": "string", "description": "W3C trace context" }),
        ),
        (
            TRACESTATE,
            json!({
                "type": "string",
                "description": "W3C `tracestate`: data of tracing systems that belongs to `traceparent`",
            }),
        ),
    ]
}

/// What a worker counts, and writes when it publishes a request again.
fn attempts() -> [(&'static str, Value); 3] {
    [
        (
            ATTEMPT,
            json!({
                "type": "integer",
                "minimum": 1,
                "description": "Which attempt it is; of a dead letter, which was the last one",
            }),
        ),
        (
            FIRST_RECEIVED_AT,
            json!({
                "type": "string",
                "format": "date-time",
                "description": "When a worker first received the request",
            }),
        ),
        (
            FAILED_ATTEMPTS,
            json!({
                "type": "string",
                "contentMediaType": invoice::content::JSON,
                "description": "When and why the last attempts have failed: a list with `at` and `code` of each, the oldest first; absent where \
                                none was retried",
            }),
        ),
    ]
}

/// What a replay writes, and what stays where the request fails again.
fn replays() -> [(&'static str, Value); 4] {
    [
        (
            REPLAY,
            json!({
                "type": "integer",
                "minimum": 1,
                "description": "Of a request that was replayed: how often it had failed before",
            }),
        ),
        (
            REPLAY_OF,
            json!({
                "type": "integer",
                "minimum": 1,
                "description": "Of a request that was replayed: the number of its dead letter",
            }),
        ),
        (
            ORIGIN_TRACEPARENT,
            json!({
                "type": "string",
                "description": "The trace context of the attempt that has published the message again",
            }),
        ),
        (
            DROPPED,
            json!({
                "type": "string",
                "description": "Names of the publisher's headers that were dropped because all did not fit into a frame",
            }),
        ),
    ]
}

/// Why a worker has dead-lettered a request.
fn failure() -> [(&'static str, Value); 6] {
    [
        (
            ERROR_CODE,
            json!({
                "type": "string",
                "x-extensible-enum": failure_codes(),
                "description": "The stable code",
            }),
        ),
        (
            ERROR_DETAIL,
            json!({ "type": "string", "description": "The reason in words, cut to fit a frame" }),
        ),
        (
            ERROR_LIST,
            json!({
                "type": "string",
                "contentMediaType": invoice::content::JSON,
                "description": "What is wrong with fields of the request: a list of `RequestProblem`, as many as fit; absent where the reason \
                                is another",
            }),
        ),
        (
            ERROR_STAGE,
            json!({
                "type": "string",
                "x-extensible-enum": stages(),
                "description": "Where it failed",
            }),
        ),
        (
            FAILED_AT,
            json!({
                "type": "string",
                "format": "date-time",
                "description": "When it was dead-lettered",
            }),
        ),
        (
            WORKER,
            json!({ "type": "string", "description": "The worker that has dead-lettered it" }),
        ),
    ]
}
