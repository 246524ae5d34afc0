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
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, error, info, info_span, warn};

use super::connection::{Endpoint, deadline};
use super::error::BrokerError;
use super::headers::{self, PERSISTENT};
use super::publisher::{Outgoing, Publisher};
use super::topology::{Topology, short};
use crate::faults::{self, Step};
use crate::processor::event::CONTENT_TYPE;
use crate::processor::{Class, Event, Failure, Message, Processor, Settlement};
use crate::retry::Delays;
use crate::telemetry::milliseconds;

/// Longest time for opening channels, subscribing and the like.
const SETUP_TIMEOUT: Duration = Duration::from_secs(15);

/// Deliveries without a settlement after which a message is suspected of killing workers: it is then processed while
/// nothing else is held. A lost connection counts too, so twice may be bad luck.
const SUSPECT_AFTER: u32 = 3;

/// How long others wait for the first message of a session. Ordinary ones take a tenth of it; what kills workers does
/// so at once, and what hangs is given up by its renderer much later.
const PATIENCE: Duration = Duration::from_secs(2);

/// How a worker consumes.
#[derive(Clone, Debug)]
pub struct Consumption {
    /// Unacknowledged messages at once.
    pub prefetch: u16,
    /// Deliveries without a settlement after which a message is not processed any more. Below the queue's own limit,
    /// so that the dead letter can say why.
    pub quarantine_after: u32,
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
    quarantine_after: u32,
}

/// How a session with the broker ended.
enum Ended {
    /// As asked: everything in work is settled or handed back.
    Shutdown,
    /// Every request would fail like this one, until someone mends the installation.
    HeldBack(Failure),
    /// A suspect came while other messages were held.
    Suspect,
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
            quarantine_after: consumption.quarantine_after,
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
        let mut reconnect = Delays::reconnect();
        let mut hold_back = Delays::hold_back();
        loop {
            let delay = match self.session(shutdown, &mut reconnect, &mut hold_back).await {
                Ended::Shutdown => break,
                Ended::Suspect => continue,
                Ended::HeldBack(failure) => {
                    let delay = hold_back.next_delay();
                    error!(
                        code = failure.code,
                        detail = failure.loggable_detail(),
                        delay_seconds = delay.as_secs(),
                        "no request can be served until this is mended; holding back"
                    );
                    delay
                }
                Ended::Lost(error) if error.is_fatal() => return Err(error),
                Ended::Lost(error) => {
                    let delay = reconnect.next_delay();
                    warn!(%error, delay_ms = milliseconds(delay), "not consuming; connecting again");
                    delay
                }
            };
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = shutdown.cancelled() => break,
            }
        }
        self.context.publisher.close().await;
        Ok(())
    }

    /// One connection, from subscribing to its end. If it is lost, everything of it is dropped: what was in work is
    /// delivered again, and every step of the work can be repeated.
    async fn session(
        &self,
        shutdown: &CancellationToken,
        reconnect: &mut Delays,
        hold_back: &mut Delays,
    ) -> Ended {
        let (connection, channel) = tokio::select! {
            connected = self.connect() => match connected {
                Ok(connected) => connected,
                Err(error) => return Ended::Lost(error),
            },
            () = shutdown.cancelled() => return Ended::Shutdown,
        };
        // One message at first: if the workers before died of it, only this message is counted as held by the next
        // one to die.
        let consumer = match self.subscribe(&channel, 1).await {
            Ok(consumer) => consumer,
            Err(error) => return Ended::Lost(error),
        };
        info!(
            queue = self.topology.requests,
            prefetch = self.consumption.prefetch,
            "consuming"
        );
        let mut session = Session {
            worker: self,
            channel,
            consumer,
            careful: true,
            holds_returned: false,
            probing: hold_back.are_growing(),
            patient_until: None,
            give_up: CancellationToken::new(),
            tasks: JoinSet::new(),
            suspect: None,
        };
        let ended = session.consume(shutdown, reconnect, hold_back).await;
        if let Ended::Lost(_) = ended {
            return ended;
        }
        // Whoever drops the last handle closes the channel, and the connection then complains of a channel that is
        // already closing.
        let _channel = session.channel.clone();
        if let Err(error) = session.finish(shutdown, self.consumption.grace).await {
            warn!(%error, "what was in work goes back to the queue with the connection");
        }
        let closing = connection.close(200, "done".into());
        if let Err(error) = deadline("close", Duration::from_secs(5), closing).await {
            info!(%error, "connection not closed in good order");
        }
        ended
    }

    async fn connect(&self) -> Result<(Connection, Channel), BrokerError> {
        let connection = self.endpoint.connect("consume").await?;
        let channel =
            deadline("open a channel", SETUP_TIMEOUT, connection.create_channel()).await?;
        self.topology.declare(&channel).await?;
        Ok((connection, channel))
    }

    async fn subscribe(&self, channel: &Channel, prefetch: u16) -> Result<Consumer, BrokerError> {
        // In RabbitMQ this holds for consumers that come after it.
        let qos = channel.basic_qos(prefetch, BasicQosOptions::default());
        deadline("set the prefetch", SETUP_TIMEOUT, qos).await?;
        let consuming = channel.basic_consume(
            short(&self.topology.requests),
            // The broker chooses a tag that is unique.
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        );
        deadline("consume", SETUP_TIMEOUT, consuming).await
    }
}

/// One message on its way through the worker.
struct Held {
    delivery: Delivery,
    message: Message,
}

/// What a message's task tells about the others.
enum Outcome {
    /// Settled: the way is free.
    Settled,
    /// Put off, for a reason that holds for every message.
    HeldBack(Failure),
}

struct Session<'a> {
    worker: &'a Worker,
    channel: Channel,
    consumer: Consumer,
    /// Whether only one message is held at a time: until one that was never delivered before has gone all the way, or
    /// takes so long that others should not wait for it.
    careful: bool,
    /// Whether that one message was delivered before.
    holds_returned: bool,
    /// Whether that one message finds out whether what held everything back is mended. Then it may take its time.
    probing: bool,
    /// When others do not wait for it any longer; never where it is a suspect.
    patient_until: Option<Instant>,
    /// Ends work that did not finish in the grace period.
    give_up: CancellationToken,
    /// Dropping it ends all of them.
    tasks: JoinSet<Result<Outcome, BrokerError>>,
    /// A message that must be processed when nothing else is held.
    suspect: Option<Held>,
}

impl Session<'_> {
    async fn consume(
        &mut self,
        shutdown: &CancellationToken,
        reconnect: &mut Delays,
        hold_back: &mut Delays,
    ) -> Ended {
        loop {
            let ended = tokio::select! {
                () = shutdown.cancelled() => Some(Ended::Shutdown),
                Some(finished) = self.tasks.join_next() => match settled(finished) {
                    Ok(Outcome::HeldBack(failure)) => Some(Ended::HeldBack(failure)),
                    Ok(Outcome::Settled) => {
                        self.patient_until = None;
                        // What was settled proves that the way is free.
                        reconnect.reset();
                        hold_back.reset();
                        self.take_more().await
                    }
                    Err(error) => Some(Ended::Lost(error)),
                },
                () = out_of_patience(self.patient_until) => self.widen().await,
                delivery = self.consumer.next() => match delivery {
                    Some(Ok(delivery)) => self.accept(delivery),
                    Some(Err(error)) => Some(Ended::Lost(error.into())),
                    None => Some(Ended::Lost(BrokerError::Unreachable("the broker cancelled the consumer".into()))),
                },
            };
            if let Some(ended) = ended {
                return ended;
            }
        }
    }

    /// Starts work on a delivery; a suspect has to wait until it is alone.
    fn accept(&mut self, mut delivery: Delivery) -> Option<Ended> {
        let message = headers::read(&mut delivery);
        let suspect = message.delivery_count >= SUSPECT_AFTER;
        let held = Held { delivery, message };
        if suspect && !self.careful {
            self.suspect = Some(held);
            return Some(Ended::Suspect);
        }
        self.holds_returned = held.message.delivery_count > 0;
        let is_ordinary = self.careful && !suspect && !self.probing;
        self.patient_until = is_ordinary.then(|| Instant::now() + PATIENCE);
        self.tasks.spawn(handle(
            Arc::clone(&self.worker.context),
            held,
            self.give_up.clone(),
        ));
        None
    }

    /// After the first message that went all the way: subscribes again, with the whole prefetch. One that was delivered
    /// before does not count: what was held together with it comes next, and may hold a suspect. Whoever meets that
    /// with the whole prefetch in hand has to hand the rest back, and up to RabbitMQ 4.2 that counts as a delivery.
    async fn take_more(&mut self) -> Option<Ended> {
        if !self.careful || self.holds_returned {
            return None;
        }
        self.widen().await
    }

    async fn widen(&mut self) -> Option<Ended> {
        match self.try_widen().await {
            Ok(ended) => ended,
            Err(error) => Some(Ended::Lost(error)),
        }
    }

    async fn try_widen(&mut self) -> Result<Option<Ended>, BrokerError> {
        let wide = self
            .worker
            .subscribe(&self.channel, self.worker.consumption.prefetch)
            .await?;
        let narrow = std::mem::replace(&mut self.consumer, wide);
        self.careful = false;
        self.patient_until = None;
        // What came before the cancellation must not be lost: one message at most.
        let mut ended = None;
        for delivery in cancel(&self.channel, narrow).await? {
            if ended.is_none() {
                ended = self.accept(delivery);
            } else {
                hand_back(&delivery).await?;
            }
        }
        Ok(ended)
    }

    /// Takes no more, hands back what has not begun, and lets the rest finish; a suspect then has the worker for
    /// itself. After a signal there is `grace` for all this.
    async fn finish(
        mut self,
        shutdown: &CancellationToken,
        grace: Duration,
    ) -> Result<(), BrokerError> {
        info!(in_work = self.tasks.len(), "no new messages");
        for delivery in cancel(&self.channel, self.consumer).await? {
            hand_back(&delivery).await?;
        }
        let context = &self.worker.context;
        let tasks = &mut self.tasks;
        let finishing = async {
            while let Some(finished) = tasks.join_next().await {
                settled(finished)?;
            }
            if let Some(suspect) = self.suspect {
                warn!(
                    delivery_count = suspect.message.delivery_count,
                    "suspected of killing workers; processed alone"
                );
                handle(Arc::clone(context), suspect, self.give_up.clone()).await?;
            }
            Ok(())
        };
        let out_of_time = async {
            shutdown.cancelled().await;
            tokio::time::sleep(grace).await;
        };
        tokio::select! {
            finished = finishing => return finished,
            () = out_of_time => {}
        }
        warn!(
            in_work = self.tasks.len(),
            "the grace period is over; what is not finished goes back to the queue"
        );
        self.give_up.cancel();
        while let Some(finished) = self.tasks.join_next().await {
            settled(finished)?;
        }
        Ok(())
    }
}

/// Waits until this moment, or for ever.
async fn out_of_patience(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Ends a subscription; answers what was delivered and not yet taken.
async fn cancel(channel: &Channel, mut consumer: Consumer) -> Result<Vec<Delivery>, BrokerError> {
    let cancelling = channel.basic_cancel(consumer.tag(), BasicCancelOptions::default());
    deadline("cancel the consumer", SETUP_TIMEOUT, cancelling).await?;
    let mut left = Vec::new();
    while let Ok(Some(Ok(delivery))) = timeout(SETUP_TIMEOUT, consumer.next()).await {
        left.push(delivery);
    }
    Ok(left)
}

/// What became of a task. A message whose task panicked is still unsettled: ending the session has it delivered again
/// and counted by the broker.
fn settled(
    finished: Result<Result<Outcome, BrokerError>, JoinError>,
) -> Result<Outcome, BrokerError> {
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

/// Processes a message and settles it.
async fn handle(
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
    settlement.report();
    let original = &delivery.properties;
    let publish = |outgoing: Outgoing| async move {
        context
            .publisher
            .publish_until_confirmed(&outgoing, give_up)
            .await
    };
    match settlement {
        Settlement::Ack { event } => publish(event_message(context, message, &event)).await?,
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
            let event = Event::failed(message, &failure, OffsetDateTime::now_utc());
            publish(event_message(context, message, &event)).await?;
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
