//! The way of one delivery through the worker: it is processed, what takes its place is published, and it is settled.

use std::sync::Arc;

use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicNackOptions};
use lapin::types::ShortString;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, debug, info_span};

use super::error::BrokerError;
use super::headers::{self, PERSISTENT};
use super::publisher::{Outgoing, Publisher};
use super::topology::Topology;
use crate::processor::event::CONTENT_TYPE;
use crate::processor::{Class, Event, Failure, Message, Processor, Settlement};
use document::faults::{self, Step};

/// What the task of a delivery needs.
pub(super) struct Context {
    pub(super) processor: Processor,
    pub(super) publisher: Publisher,
    pub(super) topology: Topology,
    pub(super) worker: String,
    pub(super) quarantine_after: u32,
}

/// One message on its way through the worker.
pub(super) struct Held {
    pub(super) delivery: Delivery,
    pub(super) message: Message,
}

/// What a message's task tells about the others.
pub(super) enum Outcome {
    /// Settled: the way is free.
    Settled,
    /// Put off, for a reason that holds for every message.
    HeldBack(Failure),
}

/// Processes a message and settles it.
pub(super) async fn handle(
    context: Arc<Context>,
    held: Held,
    give_up: CancellationToken,
) -> Result<Outcome, BrokerError> {
    let Held { delivery, message } = held;
    let span = info_span!(
        "message",
        message_id = message.message_id.as_deref().unwrap_or("-"),
        identity = tracing::field::Empty,
        attempt = message.attempt,
        delivery_count = message.delivery_count,
    );
    let work = async {
        let finished = tokio::select! {
            finished = process_and_publish(&context, &delivery, &message, &give_up) => finished,
            () = give_up.cancelled() => Err(BrokerError::Stopping),
        };
        match finished {
            Ok(outcome) => {
                faults::at(
                    Step::Published,
                    message.message_id.as_deref().unwrap_or_default(),
                );
                acknowledge(&delivery).await?;
                debug!(event = "acknowledged", "acknowledged");
                Ok(outcome)
            }
            Err(BrokerError::Stopping) => {
                hand_back(&delivery).await?;
                Ok(Outcome::Settled)
            }
            Err(error) => Err(error),
        }
    };
    work.instrument(span).await
}

/// Everything that must be true before the delivery may be acknowledged: first the work, then the confirm of whatever
/// is published in its place.
async fn process_and_publish(
    context: &Context,
    delivery: &Delivery,
    message: &Message,
    give_up: &CancellationToken,
) -> Result<Outcome, BrokerError> {
    let settlement = if message.delivery_count >= context.quarantine_after {
        Settlement::DeadLetter {
            failure: Failure::crash_suspect(message.delivery_count),
        }
    } else {
        context.processor.process(message).await
    };
    let publish = |outgoing: Outgoing| async move {
        context
            .publisher
            .publish_until_confirmed(&outgoing, give_up)
            .await
    };
    let event = match &settlement {
        Settlement::Ack { event } => Some(event_message(context, message, event)),
        Settlement::DeadLetter { failure } => {
            let event = Event::failed(message, failure, OffsetDateTime::now_utc());
            Some(event_message(context, message, &event))
        }
        Settlement::Retry { .. } => None,
    };
    let settlement = match event {
        None => settlement,
        Some(event) => match publish(event).await {
            Ok(()) => settlement,
            // Only the queue that the event should go to is full.
            Err(BrokerError::NotConfirmed(_)) => context.processor.untold(message, settlement),
            Err(error) => return Err(error),
        },
    };
    settlement.report();
    let original = &delivery.properties;
    match settlement {
        Settlement::Ack { .. } => {}
        Settlement::Retry { after, failure } => {
            publish(Outgoing {
                exchange: String::new(),
                routing_key: context.topology.retry_queue(after),
                body: message.body.clone(),
                properties: headers::for_retry(original, message),
                mandatory: true,
            })
            .await?;
            if failure.class == Class::Systemic {
                return Ok(Outcome::HeldBack(failure));
            }
        }
        Settlement::DeadLetter { failure } => {
            publish(Outgoing {
                exchange: context.topology.dead_exchange.clone(),
                routing_key: delivery.routing_key.to_string(),
                body: message.body.clone(),
                properties: headers::for_dead_letter(original, message, &failure, &context.worker),
                mandatory: true,
            })
            .await?;
        }
    }
    Ok(Outcome::Settled)
}

/// To whoever asked for the answer, else to everyone who listens.
fn event_message(context: &Context, message: &Message, event: &Event) -> Outgoing {
    let (exchange, routing_key) = match &message.reply_to {
        Some(queue) => (String::new(), queue.clone()),
        None => (
            context.topology.exchange.clone(),
            event.routing_key.to_owned(),
        ),
    };
    let mut outgoing = Outgoing::json(
        &exchange,
        &routing_key,
        event.content.to_string().into_bytes(),
        &event.id,
    );
    outgoing.mandatory = false;
    outgoing.properties = outgoing
        .properties
        .with_content_type(CONTENT_TYPE.into())
        .with_delivery_mode(PERSISTENT);
    let correlation_id = message.correlation_id.as_deref().map(ShortString::try_new);
    // One out of an envelope may be longer than AMQP's own can be.
    if let Some(Ok(correlation_id)) = correlation_id {
        outgoing.properties = outgoing.properties.with_correlation_id(correlation_id);
    }
    outgoing
}

async fn acknowledge(delivery: &Delivery) -> Result<(), BrokerError> {
    match delivery.acker.ack(BasicAckOptions::default()).await {
        Ok(true) => Ok(()),
        // Not sent: the channel is gone. The message will come again and be found stored.
        Ok(false) => Err(BrokerError::Unreachable(
            "the channel was gone before the acknowledgement".into(),
        )),
        Err(error) => Err(error.into()),
    }
}

/// Back to the queue without counting it as a failure, where the broker makes that difference.
pub(super) async fn hand_back(delivery: &Delivery) -> Result<(), BrokerError> {
    delivery
        .acker
        .nack(BasicNackOptions {
            requeue: true,
            multiple: false,
        })
        .await?;
    Ok(())
}
