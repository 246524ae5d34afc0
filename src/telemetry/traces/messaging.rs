//! Spans of messages, by OpenTelemetry's conventions for messaging and RabbitMQ.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanBuilder, SpanKind};

use super::context::TraceContext;
use super::span::Span;
use super::{Traces, are_on};
use crate::telemetry::names::{self, operation};

/// Where a message is published, or where it came from.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// Exchange; empty for the default one.
    pub exchange: &'a str,
    /// Routing key.
    pub routing_key: &'a str,
    /// The queue that it was delivered from; none where it is published.
    pub queue: Option<&'a str>,
    /// Whether a publisher has chosen the queue.
    pub is_reply: bool,
}

/// A message that was taken from a queue.
#[derive(Clone, Copy, Debug)]
pub struct Taken<'a> {
    /// Where it came from.
    pub destination: Destination<'a>,
    /// The publisher's id of it.
    pub message_id: Option<&'a str>,
    /// What connects it with its answer.
    pub correlation_id: Option<&'a str>,
    /// Its size, in bytes.
    pub body_bytes: usize,
    /// When it was delivered.
    pub received_at: SystemTime,
    /// The context that it came with.
    pub context: Option<&'a TraceContext>,
    /// The attempt that it was published again by.
    pub origin: Option<&'a TraceContext>,
}

/// A message that is published.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// Where it goes.
    pub destination: Destination<'a>,
    /// Its id.
    pub message_id: Option<&'a str>,
    /// Its size, in bytes.
    pub body_bytes: usize,
}

impl Taken<'_> {
    /// The span of its processing. The wait since it was delivered is a span beside it, and ends here; without a context of
    /// the publisher, that one begins the trace.
    pub fn process(&self) -> Span {
        if !are_on() {
            return Span::default();
        }
        let waited = Span::start(self.context, None, |traces| {
            self.builder(traces, operation::RECEIVE, SpanKind::Client)
                .with_start_time(self.received_at)
        });
        if !waited.is_recording() {
            // The decision of a sampler is about the trace: it holds for the next span as well.
            return waited;
        }
        waited.end(None);
        let beginning = waited.context();
        let parent = self.context.or(beginning.as_ref());
        Span::start(parent, self.origin, |traces| {
            self.builder(traces, operation::PROCESS, SpanKind::Consumer)
        })
    }

    fn builder(&self, traces: &Traces, operation: &'static str, kind: SpanKind) -> SpanBuilder {
        let mut attributes = self.destination.attributes(traces, operation, operation);
        attributes.extend(message(self.message_id, self.body_bytes));
        if let Some(id) = self.correlation_id {
            attributes.push(KeyValue::new(names::CONVERSATION_ID, id.to_owned()));
        }
        self.destination.builder(operation, kind, attributes)
    }
}

impl Destination<'_> {
    /// The span of settling, within that of the processing: `how` is the name of AMQP's method.
    pub fn settle(&self, processing: &Span, how: &'static str) -> Span {
        processing.within(|traces| {
            let attributes = self.attributes(traces, operation::SETTLE, how);
            self.builder(operation::SETTLE, SpanKind::Client, attributes)
        })
    }

    fn builder(
        &self,
        operation: &'static str,
        kind: SpanKind,
        attributes: Vec<KeyValue>,
    ) -> SpanBuilder {
        let name = if self.is_reply {
            Cow::Borrowed(names::REPLY)
        } else {
            self.name()
        };
        SpanBuilder::from_name(format!("{operation} {name}"))
            .with_kind(kind)
            .with_attributes(attributes)
    }

    fn attributes(
        &self,
        traces: &Traces,
        operation: &'static str,
        operation_name: &'static str,
    ) -> Vec<KeyValue> {
        let mut attributes = Vec::with_capacity(16);
        attributes.extend([
            KeyValue::new(names::MESSAGING_SYSTEM, names::RABBITMQ),
            KeyValue::new(names::OPERATION_NAME, operation_name),
            KeyValue::new(names::OPERATION_TYPE, operation),
            KeyValue::new(names::DESTINATION_NAME, self.name().into_owned()),
        ]);
        if !self.routing_key.is_empty() {
            let key = self.routing_key.to_owned();
            attributes.push(KeyValue::new(names::ROUTING_KEY, key));
        }
        if let Some((address, port)) = &traces.servers.broker {
            attributes.push(KeyValue::new(names::SERVER_ADDRESS, address.clone()));
            attributes.push(KeyValue::new(names::SERVER_PORT, *port));
        }
        attributes
    }

    /// `{exchange}:{routing key}:{queue}`, without what is empty or the same.
    fn name(&self) -> Cow<'_, str> {
        let queue = self.queue.filter(|queue| *queue != self.routing_key);
        let parts = [self.exchange, self.routing_key, queue.unwrap_or_default()];
        let mut parts = parts.into_iter().filter(|part| !part.is_empty());
        let first = parts.next().unwrap_or_default();
        parts.fold(Cow::Borrowed(first), |name, part| {
            Cow::Owned(format!("{name}:{part}"))
        })
    }
}

impl Sent<'_> {
    /// The span of publishing it, within another one.
    pub fn within(&self, processing: &Span) -> Span {
        processing.within(|traces| self.builder(traces))
    }

    /// The span of publishing it, which begins a trace, with a link to where it comes from.
    pub fn begin(&self, origin: Option<&TraceContext>) -> Span {
        Span::start(None, origin, |traces| self.builder(traces))
    }

    fn builder(&self, traces: &Traces) -> SpanBuilder {
        let operation = operation::SEND;
        let mut attributes = self.destination.attributes(traces, operation, operation);
        attributes.extend(message(self.message_id, self.body_bytes));
        self.destination
            .builder(operation, SpanKind::Producer, attributes)
    }
}

fn message(id: Option<&str>, body_bytes: usize) -> impl Iterator<Item = KeyValue> {
    let id = id.map(|id| KeyValue::new(names::MESSAGE_ID, id.to_owned()));
    let size = i64::try_from(body_bytes).unwrap_or(i64::MAX);
    id.into_iter()
        .chain([KeyValue::new(names::BODY_SIZE, size)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_named_by_what_is_there() {
        for (exchange, routing_key, queue, name) in [
            ("invoices", "a.b", None, "invoices:a.b"),
            ("invoices", "a.b", Some("q"), "invoices:a.b:q"),
            ("", "q", Some("q"), "q"),
            ("", "q.retry.5s", None, "q.retry.5s"),
        ] {
            let destination = Destination {
                exchange,
                routing_key,
                queue,
                is_reply: false,
            };
            assert_eq!(destination.name(), name);
        }
    }
}
