//! One delivery on its way through the worker: it is processed, what the settlement says is published, and it is
//! acknowledged.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, debug, error, info_span, warn};

use document::Priority;
use document::faults::{self, Step};

use super::survivals::Survivals;
use crate::broker::{BrokerError, Delivery, Lane, Outgoing, Progress, Publisher, Reason, Topology};
use crate::contract::{CONTENT_TYPE, Event};
use crate::processor::{Announcement, Class, Failure, Message, Outcome, Processor, Settlement};

/// What the task of a delivery needs.
pub(super) struct Context {
    pub(super) processor: Processor,
    pub(super) publisher: Publisher,
    pub(super) topology: Topology,
    /// The name of this worker, for the headers of dead letters.
    pub(super) worker: String,
    /// Deliveries without an acknowledgement after which a message is not processed any more.
    pub(super) quarantine_after: u32,
    /// Deliveries that ended with the connection and not with the worker.
    pub(super) survivals: Survivals,
}

/// A delivery, and the message that the processor sees.
pub(super) struct InWork {
    pub(super) lane: Lane,
    pub(super) delivery: Delivery,
    pub(super) message: Message,
}

impl InWork {
    pub(super) fn new(lane: Lane, mut delivery: Delivery) -> Self {
        let envelope = delivery.envelope();
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
            envelope,
            attempt: delivery.attempt(),
            delivery_count: delivery.delivery_count(),
            first_received_at: delivery.first_received_at(),
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

    fn progress(&self) -> Progress {
        Progress {
            attempt: self.message.attempt,
            first_received_at: self.message.first_received_at,
        }
    }
}

/// What the end of a delivery says about the others.
pub(super) enum Handled {
    /// Settled: other messages can be processed.
    Settled,
    /// Retried, for a reason that holds for every message.
    HeldBack(Failure),
}

/// Processes a delivery and settles it.
///
/// # Errors
///
/// Where it could not be settled: the connection is lost, and the broker delivers it again.
pub(super) async fn handle(
    context: Arc<Context>,
    work: InWork,
    give_up: CancellationToken,
) -> Result<Handled, BrokerError> {
    let message = &work.message;
    let span = info_span!(
        "message",
        lane = work.lane.as_str(),
        message_id = message.message_id.as_deref().unwrap_or("-"),
        identity = tracing::field::Empty,
        attempt = message.attempt,
        delivery_count = message.delivery_count,
    );
    let handling = async {
        let held = context.survivals.hold(message);
        let finished = tokio::select! {
            finished = process_and_publish(&context, &work, &give_up) => finished,
            () = give_up.cancelled() => Err(BrokerError::Stopping),
        };
        match finished {
            Ok(handled) => {
                fault(Step::Published, message);
                work.delivery.ack().await?;
                held.settled();
                debug!(event = "acknowledged", "message acknowledged");
                Ok(handled)
            }
            Err(BrokerError::Stopping) => {
                work.delivery.hand_back().await?;
                held.settled();
                Ok(Handled::Settled)
            }
            Err(error) => Err(error),
        }
    };
    handling.instrument(span).await
}

/// Everything that must be done before the delivery may be acknowledged: first the work, then publishing what the
/// settlement says, with confirms.
async fn process_and_publish(
    context: &Context,
    work: &InWork,
    give_up: &CancellationToken,
) -> Result<Handled, BrokerError> {
    let message = &work.message;
    let Settlement { event, outcome } = if message.delivery_count < context.quarantine_after {
        context.processor.process(message).await
    } else if context.survivals.of(message) > 0 {
        // This process is still there. The next copy is counted from zero.
        let failure = Failure::connection_lost(message.delivery_count);
        context.processor.retry_later(message, failure)
    } else {
        let failure = Failure::crash_suspect(message.delivery_count);
        context.processor.dead_letter(message, failure)
    };
    let outcome = match event {
        None => outcome,
        Some(announcement) => announce(context, message, announcement, outcome, give_up).await?,
    };
    log(&outcome);
    let (replacement, handled) = match outcome {
        Outcome::Ack => return Ok(Handled::Settled),
        Outcome::Retry { after, failure } => {
            let queue = context.topology.retry_queue(work.lane, after);
            let retry = work
                .delivery
                .retry(queue, message.body.clone(), &work.progress());
            let handled = match failure.class {
                Class::Systemic => Handled::HeldBack(failure),
                Class::Permanent | Class::Transient => Handled::Settled,
            };
            (retry, handled)
        }
        Outcome::DeadLetter { failure } => {
            let reason = Reason {
                code: failure.code.as_str(),
                detail: &failure.detail,
                stage: failure.stage.as_str(),
                worker: &context.worker,
            };
            let exchange = context.topology.dead_exchange.clone();
            let body = message.body.clone();
            let letter =
                work.delivery
                    .dead_letter(exchange, work.lane, body, &work.progress(), &reason);
            (letter, Handled::Settled)
        }
    };
    fault(Step::Publishing, message);
    let publishing = context
        .publisher
        .publish_until_confirmed(&replacement, give_up);
    publishing.await?;
    Ok(handled)
}

/// Publishes the event; returns what becomes of the message then.
async fn announce(
    context: &Context,
    message: &Message,
    announcement: Announcement,
    outcome: Outcome,
    give_up: &CancellationToken,
) -> Result<Outcome, BrokerError> {
    let Announcement { event, if_refused } = announcement;
    let event = event_message(context, message, event);
    fault(Step::Publishing, message);
    let publishing = context.publisher.publish_until_confirmed(&event, give_up);
    match (publishing.await, if_refused) {
        (Ok(()), _) => Ok(outcome),
        // The queue that the event should go to is full or does not confirm, and nothing else is wrong.
        (Err(error), Some(retry)) if error.is_refusal() => Ok(retry),
        (Err(error), None) if error.is_refusal() => {
            error!(
                event = "event_given_up",
                "event not published: the queue that it should go to has been full or unavailable for too long"
            );
            Ok(outcome)
        }
        (Err(error), _) => Err(error),
    }
}

/// Where tests end the process.
fn fault(step: Step, message: &Message) {
    faults::at(step, message.message_id.as_deref().unwrap_or_default());
}

/// The event goes to the queue that the publisher asked for, else to the exchange.
fn event_message(context: &Context, message: &Message, event: Event) -> Outgoing {
    let (exchange, routing_key) = match &message.reply_to {
        Some(queue) => (String::new(), queue.clone()),
        None => (
            context.topology.exchange.clone(),
            event.routing_key.to_owned(),
        ),
    };
    Outgoing::event(
        exchange,
        routing_key,
        event.body,
        &event.id,
        CONTENT_TYPE,
        message.correlation_id.as_deref(),
    )
}

/// One log event for each failure, at the only place that all of them pass. What may quote personal data stays out.
fn log(outcome: &Outcome) {
    match outcome {
        Outcome::Ack => {}
        Outcome::Retry { after, failure } => warn!(
            event = "retry_scheduled",
            code = failure.code.as_str(),
            stage = failure.stage.as_str(),
            detail = failure.loggable_detail(),
            after_seconds = after.as_secs(),
            "request failed; it will be retried"
        ),
        Outcome::DeadLetter { failure } => warn!(
            event = "dead_lettered",
            code = failure.code.as_str(),
            stage = failure.stage.as_str(),
            detail = failure.loggable_detail(),
            "request failed; dead-lettered"
        ),
    }
}
