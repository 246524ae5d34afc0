//! A message from the request queue, as the processor sees it.

use std::time::Duration;

use document::Priority;
use invoice::{ClaimedInvoice, Envelope, InvalidRequest};
use time::OffsetDateTime;

use crate::contract::Cause;
use crate::telemetry::traces::{self, Span};

/// A message from the request queue.
#[derive(Clone, Debug)]
pub struct Message {
    /// The body as it arrived.
    pub body: Vec<u8>,
    /// What the request is wrapped in.
    pub envelope: Envelope,
    /// The publisher's id of the message.
    pub message_id: Option<String>,
    /// What the publisher wants to find on the result.
    pub correlation_id: Option<String>,
    /// The queue that the publisher wants the result in.
    pub reply_to: Option<String>,
    /// W3C trace context: `00-{trace id}-{span id}-{flags}`. That of [`span`](Self::span), or the publisher's where traces are
    /// off.
    pub traceparent: Option<String>,
    /// The span of its processing.
    pub span: Span,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// How often the broker has delivered it before, without an acknowledgement.
    pub delivery_count: u32,
    /// When a worker first received it.
    pub first_received_at: OffsetDateTime,
    /// When and why its last attempts have failed, as JSON; none at the first one.
    pub failed_attempts: Option<String>,
    /// Since when its event has been refused, attempt after attempt; none where the last attempt did not fail of that.
    pub event_refused_since: Option<OffsetDateTime>,
    /// Whether its publisher asks for a strict check.
    pub is_strict: bool,
    /// Whether its document goes before others.
    pub priority: Priority,
}

impl Message {
    /// The request, out of its envelope.
    pub fn request(&self) -> Result<&[u8], InvalidRequest> {
        self.envelope.request(&self.body)
    }

    /// The invoice that it is about, as far as it says so; the request need not be valid.
    pub(super) fn claimed(&self) -> ClaimedInvoice {
        self.envelope.claimed(&self.body)
    }

    /// The trace that the message belongs to: 32 hexadecimal digits.
    pub fn trace_id(&self) -> Option<&str> {
        traces::trace_id(self.traceparent.as_deref()?)
    }

    /// The time since a worker first received it, by the wall clock.
    pub(super) fn age(&self) -> Duration {
        since(self.first_received_at)
    }

    /// For how long its event has been refused.
    pub(super) fn event_refused_for(&self) -> Duration {
        self.event_refused_since.map_or(Duration::ZERO, since)
    }

    /// What events say of it.
    pub(super) fn cause(&self) -> Cause<'_> {
        Cause {
            message_id: self.message_id.as_deref(),
            reply_to: self.reply_to.as_deref(),
            correlation_id: self.correlation_id.as_deref(),
            traceparent: self.traceparent.as_deref(),
        }
    }
}

fn since(moment: OffsetDateTime) -> Duration {
    let elapsed = OffsetDateTime::now_utc() - moment;
    elapsed.try_into().unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_id_is_taken_from_the_trace_context() {
        let mut message = Message {
            body: Vec::new(),
            envelope: Envelope::default(),
            message_id: None,
            correlation_id: None,
            reply_to: None,
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
            span: Span::default(),
            attempt: 1,
            delivery_count: 0,
            first_received_at: OffsetDateTime::UNIX_EPOCH,
            failed_attempts: None,
            event_refused_since: None,
            is_strict: false,
            priority: Priority::Ordinary,
        };
        assert_eq!(message.trace_id(), Some("0af7651916cd43dd8448eb211c80319c"));
        message.traceparent = Some("00-short-b7ad6b7169203331-01".into());
        assert_eq!(message.trace_id(), None);
    }
}
