//! A delivery in work.

use document::Priority;
use invoice::content::envelope_max;

use crate::broker::{Delivery, Lane, Progress};
use crate::contract::FailedAttempt;
use crate::processor::Message;
use crate::telemetry::traces::Span;

/// A delivery, and the message that the processor sees.
pub(super) struct InWork {
    pub(super) lane: Lane,
    pub(super) delivery: Delivery,
    pub(super) message: Message,
}

impl InWork {
    pub(super) fn new(lane: Lane, mut delivery: Delivery, request_max_bytes: usize) -> Self {
        let envelope = delivery.envelope(envelope_max(request_max_bytes));
        let (attempt, first_received_at) = (delivery.attempt(), delivery.first_received_at());
        let failed_attempts = delivery.failed_attempts();
        // AMQP's own properties come first: they are what the broker's tools show.
        let message = Message {
            message_id: delivery
                .message_id()
                .or_else(|| envelope.message_id.clone()),
            correlation_id: delivery
                .correlation_id()
                .or_else(|| envelope.correlation_id.clone()),
            reply_to: delivery.reply_to(),
            traceparent: delivery
                .traceparent()
                .or_else(|| envelope.traceparent.clone()),
            span: Span::default(),
            is_strict: delivery.is_strict(),
            envelope,
            attempt,
            delivery_count: delivery.delivery_count(),
            first_received_at,
            failed_attempts: FailedAttempt::checked(
                failed_attempts.as_deref(),
                attempt,
                first_received_at,
            ),
            event_refused_since: delivery.event_refused_since(),
            body: delivery.take_body(),
            priority: match lane {
                Lane::Ordinary => Priority::Ordinary,
                Lane::Bulk => Priority::Bulk,
            },
        };
        Self {
            lane,
            delivery,
            message,
        }
    }

    pub(super) fn progress(&self) -> Progress {
        Progress {
            attempt: self.message.attempt,
            first_received_at: self.message.first_received_at,
        }
    }
}
