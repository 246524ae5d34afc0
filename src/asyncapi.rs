//! The description of the messages: AsyncAPI 3.0. Channels are exchanges and queues of RabbitMQ.

mod channels;
mod events;
mod headers;
mod messages;
mod operations;
mod schemas;

use invoice::content;
use serde_json::{Value, json};

pub use events::{PublishedEvent, event_schema};

use crate::broker::Topology;

/// What the document says about all messages.
const ABOUT: &str = "\
Turns requests into PDF invoices. This document describes the messages from the side of the program: it receives requests, and sends \
events. It also publishes requests: those that came over HTTP or from a file, and those that are retried, replayed or dead-lettered.

Publish requests as persistent messages (`delivery_mode` 2), as `mandatory`, and with publisher confirms. Publish the same request \
again where you are not sure that it arrived: one document is made. Events are published at least once: drop those whose `id` you \
have seen.

`x-amqp-properties` of a message is a schema of its AMQP properties, which the `headers` of AsyncAPI exclude. Where a location says \
`$message.header#/correlation_id` or `$message.header#/reply_to`, it means these properties.

Within version 1, messages may get further members and headers, and lists of values further values (`x-extensible-enum`): ignore what \
you do not know.";

/// The document for exchanges and queues of these names.
pub fn document(topology: &Topology) -> Value {
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "invoice-worker",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": env!("CARGO_PKG_LICENSE") },
        },
        "defaultContentType": content::JSON,
        "channels": channels::all(topology),
        "operations": operations::all(),
        "components": {
            "messages": messages::all(),
            "schemas": schemas::all(),
        },
    })
}
