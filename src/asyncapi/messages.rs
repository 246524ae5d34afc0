//! The messages: requests in each form, events, and what becomes of requests that fail.

use invoice::content;
use serde_json::{Value, json};

use super::headers;
use crate::broker::headers::CLOUD_EVENT;
use crate::contract::event::schemas as events;
use crate::contract::request_form::{EXAMPLES, RequestForm, SCHEMAS};

/// Requests in all forms, as publishers send them.
pub(super) const OF_REQUESTS: [&str; 4] = [
    "request",
    "requestInCloudEvent",
    "requestInBinaryCloudEvent",
    "requestInMassTransit",
];

/// What a publisher may say of the coding of a body.
const CODING: &str = "The body is UTF-8. With the property `content_encoding`, it is compressed: `gzip` or `deflate`.";

/// All of them, by name.
pub(super) fn all() -> Value {
    json!({
        "request": request(
            RequestForm::Plain,
            "A request as it is",
            headers::of_a_request(),
            examples(RequestForm::Plain, EXAMPLES.len()),
        ),
        "requestInCloudEvent": request(
            RequestForm::CloudEvent,
            "A request in a structured CloudEvent 1.0",
            headers::of_a_request(),
            examples(RequestForm::CloudEvent, 1),
        ),
        "requestInBinaryCloudEvent": request(
            RequestForm::Plain,
            "A request in a binary CloudEvent 1.0: its attributes are headers",
            headers::of_a_binary_event(),
            examples_with_attributes(),
        ),
        "requestInMassTransit": mass_transit(),
        "retriedRequest": again(
            "A request that waits for its next attempt",
            headers::of_a_retry(),
        ),
        "generated": event(
            "The document is issued: it is stored and recorded",
            events::OF_GENERATED,
        ),
        "failed": event("The request is dead-lettered", events::OF_FAILED),
        "deadLetter": again(
            "A request that a worker has dead-lettered, with the reason",
            headers::of_a_dead_letter(),
        ),
        "deadLetterOfBroker": again(
            "A request that the broker itself has dead-lettered: no worker could settle it",
            headers::of_a_dead_letter_of_the_broker(),
        ),
    })
}

fn request(form: RequestForm, title: &str, headers: Value, examples: Vec<Value>) -> Value {
    json!({
        "title": title,
        "description": CODING,
        "contentType": form.media_type(),
        "headers": headers,
        "payload": { "$ref": form.reference() },
        "correlationId": correlation("$message.header#/correlation_id"),
        "examples": examples,
        "x-amqp-properties": properties_of_a_request(form),
    })
}

/// The first examples in this form. An envelope around one shows enough.
fn examples(form: RequestForm, count: usize) -> Vec<Value> {
    let examples = EXAMPLES.iter().take(count);
    let examples = examples.map(|(name, summary, json)| {
        let request = serde_json::from_str(json).unwrap_or_default();
        json!({ "name": name, "summary": summary, "payload": form.example(request) })
    });
    examples.collect()
}

/// An example whose headers are the attributes that a structured one has.
fn examples_with_attributes() -> Vec<Value> {
    let event = RequestForm::CloudEvent.example(Value::Null);
    let attributes = event.as_object().into_iter().flatten();
    let attributes = attributes.filter(|(name, _)| *name != "data");
    let attributes =
        attributes.map(|(name, value)| (format!("{CLOUD_EVENT}{name}"), value.clone()));
    let attributes = Value::Object(attributes.collect());
    let mut examples = examples(RequestForm::Plain, 1);
    for example in &mut examples {
        example["headers"] = attributes.clone();
    }
    examples
}

/// It may have a correlation id of its own.
fn mass_transit() -> Value {
    let form = RequestForm::MassTransit;
    let title = "A request in a message of MassTransit";
    let mut message = request(form, title, headers::of_a_request(), examples(form, 1));
    message["correlationId"] = json!({
        "description": "The envelope's; the AMQP property `correlation_id` takes precedence",
        "location": "$message.payload#/correlationId",
    });
    message
}

/// A request that was published again: its body stays as it arrived.
fn again(title: &str, headers: Value) -> Value {
    json!({
        "title": title,
        "headers": headers,
        "payload": { "description": "The body as it arrived, in any form of a request, or whatever it was" },
        "x-amqp-properties": {
            "type": "object",
            "description": "Those of the request, but for `expiration` and `user_id`",
        },
    })
}

fn event(title: &str, schema: &str) -> Value {
    json!({
        "title": title,
        "contentType": content::CLOUD_EVENT,
        "headers": headers::of_an_event(),
        "payload": { "$ref": format!("{SCHEMAS}{schema}") },
        "correlationId": correlation("$message.header#/correlation_id"),
        "x-amqp-properties": {
            "type": "object",
            "properties": {
                "content_type": { "type": "string", "const": content::CLOUD_EVENT },
                "delivery_mode": { "type": "integer", "const": 2 },
                "message_id": { "type": "string", "description": "The `id` of the event" },
                "correlation_id": { "type": "string", "description": "That of the request; absent where it has none" },
            },
            "required": ["content_type", "delivery_mode", "message_id"],
        },
    })
}

fn correlation(location: &str) -> Value {
    json!({
        "description": "The event has the correlation id of its request",
        "location": location,
    })
}

fn properties_of_a_request(form: RequestForm) -> Value {
    let mut content_type = json!({
        "type": "string",
        "description": "May have a parameter `charset`, which is UTF-8",
        "examples": [form.media_type()],
    });
    if form == RequestForm::Plain {
        content_type["description"] =
            json!("May be absent, and may have a parameter `charset`, which is UTF-8");
    }
    let mut schema = json!({
        "type": "object",
        "properties": {
            "content_type": content_type,
            "content_encoding": { "type": "string", "examples": ["gzip", "deflate"] },
            "delivery_mode": { "type": "integer", "const": 2, "description": "Persistent" },
            "message_id": { "type": "string", "description": "The publisher's id of the message. The logs, the record and the event have it" },
            "correlation_id": { "type": "string", "description": "The event has it" },
            "reply_to": { "type": "string", "description": "A queue for the event" },
            "timestamp": { "type": "integer", "description": "When it was published, in seconds since 1970" },
        },
    });
    if form != RequestForm::Plain {
        schema["required"] = json!(["content_type"]);
    }
    schema
}
