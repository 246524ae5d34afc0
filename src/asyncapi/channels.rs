//! The channels: routing keys of the exchange, and queues.

use serde_json::{Map, Value, json};

use super::messages::OF_REQUESTS;
use crate::broker::topology::{FAILED, GENERATED, RETRY};
use crate::broker::{Lane, Topology};
use crate::duration::compact;

/// The version of AsyncAPI's AMQP bindings.
pub(super) const BINDING_VERSION: &str = "0.3.0";

/// All of them, by name.
pub(super) fn all(topology: &Topology) -> Value {
    json!({
        "requests": requests(
            topology,
            Lane::Ordinary,
            "Requests",
            "They go before bulk requests, but for the share of renderer time that bulk requests have (`BULK_SHARE_PERCENT`).",
        ),
        "bulkRequests": requests(
            topology,
            Lane::Bulk,
            "Requests whose documents can wait",
            "They are rendered while ordinary requests leave renderers idle. While ordinary requests keep all renderers busy, bulk \
             requests have a share: `BULK_SHARE_PERCENT` (10) of the renderer time that ordinary ones have.",
        ),
        "generated": events(topology, GENERATED, "Issued documents", "generated"),
        "failed": events(topology, FAILED, "Requests that are dead-lettered", "failed"),
        "replies": {
            "address": null,
            "title": "Events for the publisher of a request",
            "description": "The queue that the request names in `reply_to`. Its publisher declares it before. The event is published to the \
                            exchange as well, unless the setting `REPLIES_TO_EXCHANGE` is false; both copies have the same bytes.",
            "messages": referred(&["generated", "failed"]),
            "bindings": { "amqp": { "is": "queue", "queue": {}, "bindingVersion": BINDING_VERSION } },
        },
        "retries": retries(topology, Lane::Ordinary, "Requests that wait for their next attempt"),
        "bulkRetries": retries(topology, Lane::Bulk, "Bulk requests that wait for their next attempt"),
        "deadLetters": {
            "address": topology.dead,
            "title": "Dead letters",
            "description": format!(
                "Requests that failed. Workers publish them to the fanout exchange `{}`. They also take them out and archive them in the \
                 database, unless the setting `ARCHIVE_DEAD_LETTERS` is false.",
                topology.dead_exchange
            ),
            "messages": referred(&["deadLetter", "deadLetterOfBroker"]),
            "bindings": { "amqp": queue(Some(&topology.dead)) },
        },
    })
}

fn requests(topology: &Topology, lane: Lane, title: &str, about: &str) -> Value {
    json!({
        "address": lane.routing_key(),
        "title": title,
        "description": format!("The queue `{}` is bound with this key. {about}", topology.queue(lane)),
        "messages": referred(&OF_REQUESTS),
        "bindings": { "amqp": on_exchange(topology) },
        "x-queue": topology.queue(lane),
    })
}

fn events(topology: &Topology, routing_key: &str, title: &str, message: &str) -> Value {
    json!({
        "address": routing_key,
        "title": title,
        "description": "Bind a queue of your own with this key.",
        "messages": referred(&[message]),
        "bindings": { "amqp": on_exchange(topology) },
    })
}

fn retries(topology: &Topology, lane: Lane, title: &str) -> Value {
    let delays: Vec<String> = topology.delays().into_iter().map(compact).collect();
    json!({
        "address": format!("{}{RETRY}{{delay}}", topology.queue(lane)),
        "title": title,
        "description": format!(
            "The program's own queues, one for each delay. The broker moves a message back to `{}` when the delay is over.",
            topology.queue(lane)
        ),
        "parameters": {
            "delay": {
                "enum": delays,
                "description": "The setting `RETRY_DELAYS_SECONDS`",
            },
        },
        "messages": referred(&["retriedRequest"]),
        "bindings": { "amqp": queue(None) },
    })
}

/// References to messages, by name.
fn referred(names: &[&str]) -> Value {
    let references = names.iter().map(|name| {
        let reference = json!({ "$ref": format!("#/components/messages/{name}") });
        ((*name).to_owned(), reference)
    });
    Value::Object(references.collect::<Map<_, _>>())
}

fn on_exchange(topology: &Topology) -> Value {
    json!({
        "is": "routingKey",
        "exchange": {
            "name": topology.exchange,
            "type": "topic",
            "durable": true,
            "autoDelete": false,
        },
        "bindingVersion": BINDING_VERSION,
    })
}

/// A queue of the program; the address says which where it has no name here.
fn queue(name: Option<&str>) -> Value {
    let mut queue = json!({ "durable": true, "exclusive": false, "autoDelete": false });
    if let Some(name) = name {
        queue["name"] = json!(name);
    }
    json!({ "is": "queue", "queue": queue, "bindingVersion": BINDING_VERSION })
}
