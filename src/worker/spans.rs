//! The spans of a message on its way through the worker.

use crate::broker::{Delivery, Lane, Topology};
use crate::processor::{Message, Outcome};
use crate::telemetry::names;
use crate::telemetry::traces::{self, Destination, Span, Taken, TraceContext};

/// Begins the span of the processing. What is published for the message carries its context from here on.
pub(super) fn begin(topology: &Topology, lane: Lane, delivery: &Delivery, message: &mut Message) {
    if !traces::are_on() {
        return;
    }
    let queue = topology.queue(lane);
    let envelope = &message.envelope;
    let context = delivery.trace_context().or_else(|| {
        TraceContext::parse(
            envelope.traceparent.as_deref()?,
            envelope.tracestate.as_deref(),
        )
    });
    let origin = delivery.origin();
    let taken = Taken {
        destination: destination(delivery, &queue),
        message_id: message.message_id.as_deref(),
        correlation_id: message.correlation_id.as_deref(),
        body_bytes: message.body.len(),
        received_at: delivery.received_at(),
        context: context.as_ref(),
        origin: origin.as_ref(),
    };
    let span = taken.process();
    span.set(names::LANE, lane.as_str());
    span.set(names::ATTEMPT, i64::from(message.attempt));
    span.set(names::DELIVERY_COUNT, i64::from(message.delivery_count));
    message.traceparent = span.context().map(|context| context.to_string());
    message.span = span;
}

/// Begins the span of settling: `how` is the name of AMQP's method.
pub(super) fn settle(
    topology: &Topology,
    lane: Lane,
    delivery: &Delivery,
    processing: &Span,
    how: &'static str,
) -> Span {
    if !processing.is_recording() {
        return Span::default();
    }
    let queue = topology.queue(lane);
    destination(delivery, &queue).settle(processing, how)
}

/// What became of the message.
pub(super) fn describe(span: &Span, outcome: &Outcome) {
    let (outcome, failure) = match outcome {
        Outcome::Ack => ("generated", None),
        Outcome::Retry { after, failure } => {
            span.set(names::RETRY_DELAY, after.as_secs_f64());
            ("retry", Some(failure))
        }
        Outcome::DeadLetter { failure } => ("dead_letter", Some(failure)),
    };
    span.set(names::OUTCOME, outcome);
    if let Some(failure) = failure {
        span.set(names::FAILURE_STAGE, failure.stage.as_str());
        span.fail(failure.code.as_str());
    }
}

fn destination<'a>(delivery: &'a Delivery, queue: &'a str) -> Destination<'a> {
    Destination {
        exchange: delivery.exchange(),
        routing_key: delivery.routing_key(),
        queue: Some(queue),
        is_reply: false,
    }
}
