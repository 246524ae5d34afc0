//! Settlements with the event that is published before them.

use invoice::Sha256Digest;
use time::OffsetDateTime;

use super::failure::Failure;
use super::message::Message;
use super::settlement::{Announcement, Outcome, Settlement, settle};
use crate::contract::{Event, FailedRequest};
use crate::retry::RetryPolicy;

/// The settlement of a message with this outcome.
pub(super) fn settled(message: &Message, outcome: Outcome, policy: &RetryPolicy) -> Settlement {
    match outcome {
        Outcome::DeadLetter { failure } => dead_lettered(message, failure, policy),
        outcome @ (Outcome::Ack | Outcome::Retry { .. }) => Settlement {
            event: None,
            outcome,
        },
    }
}

/// The settlement of a message that is dead-lettered for this failure.
pub(super) fn dead_lettered(
    message: &Message,
    failure: Failure,
    policy: &RetryPolicy,
) -> Settlement {
    let failed = FailedRequest {
        body_digest: &Sha256Digest::of(&message.body).to_string(),
        code: failure.code,
        detail: &failure.detail,
        problems: &failure.problems,
        warnings: &failure.warnings,
        claimed: message.claimed(),
        issued: failure.issued.as_deref(),
        stage: failure.stage.as_str(),
        attempt: message.attempt,
    };
    let event = Event::failed(failed, OffsetDateTime::now_utc(), message.cause());
    announced(message, event, Outcome::DeadLetter { failure }, policy)
}

/// The settlement of a message after this event. A refused event is retried as long as a message is, counted from its first refusal:
/// the message may be old because a server was away.
pub(super) fn announced(
    message: &Message,
    event: Event,
    outcome: Outcome,
    policy: &RetryPolicy,
) -> Settlement {
    let refused = Failure::event_refused();
    let if_refused = match settle(
        refused,
        message.attempt,
        message.event_refused_for(),
        policy,
    ) {
        retry @ Outcome::Retry { .. } => Some(retry),
        Outcome::DeadLetter { .. } | Outcome::Ack => None,
    };
    Settlement {
        event: Some(Announcement { event, if_refused }),
        outcome,
    }
}
