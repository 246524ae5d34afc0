//! Messages to be published.

use lapin::BasicProperties;
use lapin::types::ShortString;

use super::headers::PERSISTENT;
use super::topology::short;

/// A message to be published.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Exchange; empty for the default one, where the routing key names a queue.
    pub exchange: String,
    /// Routing key.
    pub routing_key: String,
    /// The body.
    pub body: Vec<u8>,
    /// Properties and headers.
    pub properties: BasicProperties,
    /// Whether it must reach a queue. An event without a listener is in order; a request or dead letter without a queue
    /// would be lost.
    pub mandatory: bool,
}

impl Outgoing {
    /// A persistent JSON message.
    pub fn json(exchange: &str, routing_key: &str, body: Vec<u8>, message_id: &str) -> Self {
        let properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_delivery_mode(PERSISTENT)
            .with_message_id(short(message_id));
        Self {
            exchange: exchange.into(),
            routing_key: routing_key.into(),
            body,
            properties,
            mandatory: true,
        }
    }

    /// An event: it need not reach a queue.
    pub fn event(
        exchange: String,
        routing_key: String,
        body: Vec<u8>,
        message_id: &str,
        content_type: &str,
        correlation_id: Option<&str>,
    ) -> Self {
        let mut properties = BasicProperties::default()
            .with_content_type(short(content_type))
            .with_delivery_mode(PERSISTENT)
            .with_message_id(short(message_id));
        // One out of an envelope may be longer than AMQP's own can be.
        if let Some(Ok(id)) = correlation_id.map(ShortString::try_new) {
            properties = properties.with_correlation_id(id);
        }
        Self {
            exchange,
            routing_key,
            body,
            properties,
            mandatory: false,
        }
    }

    /// The message id.
    pub fn message_id(&self) -> Option<&str> {
        self.properties
            .message_id()
            .as_ref()
            .map(ShortString::as_str)
    }
}
