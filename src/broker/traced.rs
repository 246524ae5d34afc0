//! Trace context in headers, and the spans of messages that are published.

use lapin::types::{AMQPValue, FieldTable, LongString};

use super::delivery::Delivery;
use super::headers::{ORIGIN_TRACEPARENT, TRACEPARENT, TRACESTATE, string};
use super::outgoing::Outgoing;
use crate::telemetry::traces::{Destination, Sent, Span, TraceContext};

impl Delivery {
    /// The context that the message came with.
    pub fn trace_context(&self) -> Option<TraceContext> {
        let state = self.header_text(TRACESTATE);
        TraceContext::parse(&self.traceparent()?, state.as_deref())
    }

    /// The attempt that the message was published again by.
    pub fn origin(&self) -> Option<TraceContext> {
        TraceContext::parse(&self.header_text(ORIGIN_TRACEPARENT)?, None)
    }
}

impl Outgoing {
    /// Begins the span of publishing it, within the one of the message that it answers or replaces. It carries the
    /// context of that span.
    pub fn traced(&mut self, processing: &Span) -> Span {
        let span = self.sent().within(processing);
        let origin = processing.context().filter(|_| self.is_required());
        self.carry(&span, origin.as_ref());
        span
    }

    /// Begins the span of publishing it, which begins a trace. One that was published before has a link to the attempt that
    /// it comes from.
    pub fn traced_anew(&mut self) -> Span {
        let origin = self
            .context_in(ORIGIN_TRACEPARENT)
            .or_else(|| self.context_in(TRACEPARENT));
        let span = self.sent().begin(origin.as_ref());
        self.carry(&span, origin.as_ref());
        span
    }

    fn sent(&self) -> Sent<'_> {
        Sent {
            destination: Destination {
                exchange: &self.exchange,
                routing_key: &self.routing_key,
                queue: None,
                // Retries go through the default exchange too, and must reach their queue.
                is_reply: self.exchange.is_empty() && !self.is_required(),
            },
            message_id: self.message_id(),
            body_bytes: self.body.len(),
        }
    }

    fn context_in(&self, header: &str) -> Option<TraceContext> {
        let headers = self.properties.headers().as_ref()?;
        let text = headers.inner().get(header).and_then(string)?;
        TraceContext::parse(&text, None)
    }

    fn carry(&mut self, span: &Span, origin: Option<&TraceContext>) {
        let Some(context) = span.context() else {
            return;
        };
        let mut headers = FieldTable::default();
        let given = self.properties.headers().iter().flat_map(FieldTable::inner);
        for (name, value) in given {
            if ![TRACEPARENT, TRACESTATE].contains(&name.as_str()) {
                headers.insert(name.clone(), value.clone());
            }
        }
        let origin = origin.map(ToString::to_string);
        for (name, value) in [
            (TRACEPARENT, Some(context.to_string())),
            (TRACESTATE, context.tracestate()),
            (ORIGIN_TRACEPARENT, origin),
        ] {
            if let Some(value) = value {
                headers.insert(name.into(), AMQPValue::LongString(LongString::from(value)));
            }
        }
        self.properties = std::mem::take(&mut self.properties).with_headers(headers);
    }
}
