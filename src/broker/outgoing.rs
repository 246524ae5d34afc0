//! Messages to be published.

use lapin::BasicProperties;
use lapin::types::{AMQPValue, ShortString};
use time::OffsetDateTime;

use super::headers::{PERSISTENT, TRACEPARENT};
use super::lane::Lane;
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
    /// Whether it must reach a queue.
    pub routing: Routing,
}

/// What it means that no queue takes a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Routing {
    /// A request, a retry or a dead letter would be lost: an error.
    Required,
    /// The publisher of a request has named a queue that does not exist: it is logged and counted.
    Reported,
    /// An event of the exchange without a listener is in order.
    Free,
}

/// Names of queues that exist while their client is connected (direct reply-to). The broker returns a mandatory message for
/// such a queue although it delivers it.
const DIRECT_REPLY_TO: &str = "amq.rabbitmq.reply-to.";

impl Outgoing {
    /// A request as the order service publishes it: persistent, and as JSON unless it says otherwise.
    pub fn request(exchange: &str, lane: Lane, message_id: &str, body: Vec<u8>) -> Self {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_delivery_mode(PERSISTENT)
            .with_message_id(short(message_id))
            .with_timestamp(u64::try_from(now).unwrap_or(0));
        Self {
            exchange: exchange.into(),
            routing_key: lane.routing_key().into(),
            body,
            properties,
            routing: Routing::Required,
        }
    }

    /// An event: for the exchange, or for the queue that the publisher of the request has named.
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
        let routing = if exchange.is_empty() && !routing_key.starts_with(DIRECT_REPLY_TO) {
            Routing::Reported
        } else {
            Routing::Free
        };
        Self {
            exchange,
            routing_key,
            body,
            properties,
            routing,
        }
    }

    /// Whether it would be lost where it reaches no queue.
    pub(super) fn is_required(&self) -> bool {
        self.routing == Routing::Required
    }

    /// The same with another media type of the body.
    pub fn with_content_type(mut self, content_type: &str) -> Self {
        self.properties = self.properties.with_content_type(short(content_type));
        self
    }

    /// The same in the trace of this context (W3C).
    pub fn with_traceparent(self, traceparent: Option<&str>) -> Self {
        self.with_header_if_any(TRACEPARENT, traceparent)
    }

    /// The same with this header.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        let mut headers = self.properties.headers().clone().unwrap_or_default();
        headers.insert(name.into(), AMQPValue::LongString(value.into()));
        self.properties = self.properties.with_headers(headers);
        self
    }

    /// The same with this header, if there is a value for it.
    pub fn with_header_if_any(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with_header(name, value),
            None => self,
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
