//! The operations: what the program does with the messages of each channel.

use serde_json::{Value, json};

use super::channels::BINDING_VERSION;

/// All of them, by name.
pub(super) fn all() -> Value {
    json!({
        "receiveRequest": receive_request("requests"),
        "receiveBulkRequest": receive_request("bulkRequests"),
        "sendRequest": send("requests", "Publish a request that came over HTTP or from a file, or that is replayed"),
        "sendBulkRequest": send("bulkRequests", "Publish a bulk request that came over HTTP or from a file, or that is replayed"),
        "sendGenerated": send("generated", "Publish the event of an issued document, before its request is acknowledged"),
        "sendFailed": send("failed", "Publish the event of a request that is dead-lettered, before the dead letter"),
        "sendRetry": send("retries", "Publish a request again that failed for reasons that pass"),
        "sendBulkRetry": send("bulkRetries", "Publish a bulk request again that failed for reasons that pass"),
        "sendDeadLetter": send("deadLetters", "Publish a request as a dead letter, with the reason"),
        "receiveDeadLetter": receive("deadLetters", "Archive dead letters in the database"),
    })
}

fn receive_request(channel: &str) -> Value {
    let mut operation = receive(
        channel,
        "Process a request: one document, one record and one event, or a dead letter",
    );
    operation["reply"] = json!({
        "address": {
            "location": "$message.header#/reply_to",
            "description": "AMQP's property `reply_to`; without it, the event is published to the exchange only",
        },
        "channel": { "$ref": "#/channels/replies" },
    });
    operation
}

fn receive(channel: &str, summary: &str) -> Value {
    json!({
        "action": "receive",
        "channel": { "$ref": format!("#/channels/{channel}") },
        "summary": summary,
        "bindings": { "amqp": { "ack": true, "bindingVersion": BINDING_VERSION } },
    })
}

/// All messages are persistent, and are published with a confirm.
fn send(channel: &str, summary: &str) -> Value {
    json!({
        "action": "send",
        "channel": { "$ref": format!("#/channels/{channel}") },
        "summary": summary,
        "bindings": { "amqp": { "deliveryMode": 2, "bindingVersion": BINDING_VERSION } },
    })
}
