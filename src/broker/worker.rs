//! Consuming: one task for each delivery, each settled when its work is done.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions,
};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, Consumer};
use time::OffsetDateTime;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, error, info, info_span, warn};

use super::connection::{Endpoint, deadline};
use super::error::BrokerError;
use super::headers::{self, PERSISTENT};
use super::publisher::{Outgoing, Publisher};
use super::topology::{Topology, short};
use crate::processor::event::CONTENT_TYPE;
use crate::processor::{Event, Message, Processor, Settlement};
use crate::retry::Delays;

/// Longest time for opening channels, subscribing and the like.
const SETUP_TIMEOUT: Duration = Duration::from_secs(15);

/// How a worker consumes.
#[derive(Clone, Debug)]
pub struct Consumption {
    /// Unacknowledged messages at once.
    pub prefetch: u16,
    /// Time for messages in work after a signal.
    pub grace: Duration,
    /// Who we are, for the headers of dead letters.
    pub worker: String,
}

/// Consumes requests until `shutdown`, over as many connections as it takes.
pub struct Worker {
    endpoint: Endpoint,
    topology: Topology,
    consumption: Consumption,
    context: Arc<Context>,
}

/// What the task of a delivery needs.
struct Context {
    processor: Processor,
    publisher: Publisher,
    topology: Topology,
    worker: String,
    /// Ends work that did not finish in the grace period.
    give_up: CancellationToken,
}

/// How a session with the broker ended.
enum Ended {
    /// As asked: everything in work is settled or handed back.
    Shutdown,
    /// The connection, channel or subscription is gone.
    Lost(BrokerError),
}

impl Worker {
    /// Wires a worker.
    pub fn new(
        endpoint: Endpoint,
        topology: Topology,
        consumption: Consumption,
        processor: Processor,
    ) -> Self {
        let publisher = Publisher::new(endpoint.clone(), topology.clone());
        let context = Context {
            processor,
            publisher,
            topology: topology.clone(),
            worker: consumption.worker.clone(),
            give_up: CancellationToken::new(),
        };
        Self {
            endpoint,
            topology,
            consumption,
            context: Arc::new(context),
        }
    }

    /// Consumes until `shutdown` is cancelled. Comes back with an error only where trying again is useless.
    pub async fn run(&self, shutdown: &CancellationToken) -> Result<(), BrokerError> {
        let mut delays = Delays::reconnect();
        loop {
            match self.session(shutdown, &mut delays).await {
                Ended::Shutdown => break,
                Ended::Lost(error) if error.is_fatal() => return Err(error),
                Ended::Lost(error) => {
                    let delay = delays.next_delay();
                    warn!(%error, delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX), "not consuming; connecting again");
                    tokio::select! {
                        () = tokio::time::sleep(delay) => {}
                        () = shutdown.cancelled() => break,
                    }
                }
            }
        }
        self.context.publisher.close().await;
        Ok(())
    }

    /// One connection, from subscribing to its end. Whatever ends it, everything of it is dropped: what was in work
    /// is delivered again, and every step of the work can be repeated.
    async fn session(&self, shutdown: &CancellationToken, delays: &mut Delays) -> Ended {
        let subscribing = self.subscribe();
        let (connection, channel, consumer) = tokio::select! {
            subscribed = subscribing => match subscribed {
                Ok(subscribed) => subscribed,
                Err(error) => return Ended::Lost(error),
            },
            () = shutdown.cancelled() => return Ended::Shutdown,
        };
        info!(
            queue = self.topology.requests,
            prefetch = self.consumption.prefetch,
            "consuming"
        );
        let mut session = Session {
            consumer,
            tasks: JoinSet::new(),
            context: Arc::clone(&self.context),
        };
        let ended = session.consume(shutdown, delays).await;
        match ended {
            Ended::Shutdown => {
                if let Err(error) = session.finish(&channel, self.consumption.grace).await {
                    warn!(%error, "what was in work goes back to the queue with the connection");
                }
                let closing = connection.close(200, "stopped".into());
                if let Err(error) = deadline("close", Duration::from_secs(5), closing).await {
                    info!(%error, "connection not closed in good order");
                }
                Ended::Shutdown
            }
            lost @ Ended::Lost(_) => lost,
        }
    }

    async fn subscribe(&self) -> Result<(Connection, Channel, Consumer), BrokerError> {
        let connection = self.endpoint.connect("consume").await?;
        let channel =
            deadline("open a channel", SETUP_TIMEOUT, connection.create_channel()).await?;
        self.topology.declare(&channel).await?;
        let qos = channel.basic_qos(self.consumption.prefetch, BasicQosOptions::default());
        deadline("set the prefetch", SETUP_TIMEOUT, qos).await?;
        let consuming = channel.basic_consume(
            short(&self.topology.requests),
            // The broker chooses a tag that is unique.
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        );
        let consumer = deadline("consume", SETUP_TIMEOUT, consuming).await?;
        Ok((connection, channel, consumer))
    }
}

struct Session {
    consumer: Consumer,
    /// Dropping it ends all of them.
    tasks: JoinSet<Result<(), BrokerError>>,
    context: Arc<Context>,
}

impl Session {
    async fn consume(&mut self, shutdown: &CancellationToken, delays: &mut Delays) -> Ended {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return Ended::Shutdown,
                Some(finished) = self.tasks.join_next() => match settled(finished) {
                    // What was settled proves that the connection works.
                    Ok(()) => delays.reset(),
                    Err(error) => return Ended::Lost(error),
                },
                delivery = self.consumer.next() => match delivery {
                    Some(Ok(delivery)) => {
                        self.tasks.spawn(handle(Arc::clone(&self.context), delivery));
                    }
                    Some(Err(error)) => return Ended::Lost(error.into()),
                    None => return Ended::Lost(BrokerError::Unreachable("the broker cancelled the consumer".into())),
                },
            }
        }
    }

    /// Takes no more, hands back what has not begun, and lets the rest finish within `grace`.
    async fn finish(&mut self, channel: &Channel, grace: Duration) -> Result<(), BrokerError> {
        info!(in_work = self.tasks.len(), "stopping: no new messages");
        let cancel = channel.basic_cancel(self.consumer.tag(), BasicCancelOptions::default());
        deadline("cancel the consumer", SETUP_TIMEOUT, cancel).await?;
        while let Ok(Some(Ok(delivery))) = timeout(SETUP_TIMEOUT, self.consumer.next()).await {
            hand_back(&delivery).await?;
        }
        let finishing = async {
            while let Some(finished) = self.tasks.join_next().await {
                settled(finished)?;
            }
            Ok(())
        };
        if let Ok(finished) = timeout(grace, finishing).await {
            return finished;
        }
        warn!(
            in_work = self.tasks.len(),
            "the grace period is over; what is not finished goes back to the queue"
        );
        self.context.give_up.cancel();
        while let Some(finished) = self.tasks.join_next().await {
            settled(finished)?;
        }
        Ok(())
    }
}

/// What became of a task. A message whose task panicked is still unsettled: ending the session has it delivered again
/// and counted by the broker.
fn settled(finished: Result<Result<(), BrokerError>, JoinError>) -> Result<(), BrokerError> {
    match finished {
        Ok(result) => result,
        Err(join_error) => {
            error!(%join_error, "a message's task panicked");
            Err(BrokerError::Unreachable(
                "session dropped after a panic".into(),
            ))
        }
    }
}

/// Processes a delivery and settles it.
async fn handle(context: Arc<Context>, mut delivery: Delivery) -> Result<(), BrokerError> {
    let message = headers::read(&mut delivery);
    let span = info_span!(
        "message",
        message_id = message.message_id.as_deref().unwrap_or("-"),
        identity = tracing::field::Empty,
        attempt = message.attempt,
        redelivered = delivery.redelivered,
    );
    let work = async {
        let finished = tokio::select! {
            finished = process_and_publish(&context, &delivery, &message) => finished,
            () = context.give_up.cancelled() => Err(BrokerError::Stopping),
        };
        match finished {
            Ok(()) => acknowledge(&delivery).await,
            Err(BrokerError::Stopping) => hand_back(&delivery).await,
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
) -> Result<(), BrokerError> {
    let original = &delivery.properties;
    let publish = |outgoing: Outgoing| async move {
        context
            .publisher
            .publish_until_confirmed(&outgoing, &context.give_up)
            .await
    };
    match context.processor.process(message).await {
        Settlement::Ack { event } => publish(event_message(context, message, &event)).await,
        Settlement::Retry { after, .. } => {
            publish(Outgoing {
                exchange: String::new(),
                routing_key: context.topology.retry_queue(after),
                body: message.body.clone(),
                properties: headers::for_retry(original, message),
                mandatory: true,
            })
            .await
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
            let event = Event::failed(message, &failure, OffsetDateTime::now_utc());
            publish(event_message(context, message, &event)).await
        }
    }
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
    if let Some(correlation_id) = &message.correlation_id {
        outgoing.properties = outgoing
            .properties
            .with_correlation_id(short(correlation_id));
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
async fn hand_back(delivery: &Delivery) -> Result<(), BrokerError> {
    delivery
        .acker
        .nack(BasicNackOptions {
            requeue: true,
            multiple: false,
        })
        .await?;
    Ok(())
}
