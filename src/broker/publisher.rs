//! Publishing, on a connection of its own: when the broker raises an alarm it stops reading from connections that
//! publish, and acknowledgements must not be delayed by that.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{Channel, Confirmation, Connection};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::connection::{Endpoint, close};
use super::deadline::{deadline, until};
use super::error::BrokerError;
use super::failure_log::FailureLog;
use super::fitting::fitted;
use super::lane::Lane;
use super::outgoing::{Outgoing, Routing};
use super::refusals::Refusals;
use super::returned;
use super::topology::{Topology, short};
use crate::retry::Delays;
use crate::telemetry::metrics::{Connection as Purpose, reconnecting};

/// Longest wait for a confirm. The broker writes to disk on several nodes before it confirms; longer than this is an
/// alarm or a dead peer.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(15);

/// Longest wait for an answer when it is unclear whether the broker or one of its queues is silent.
const PROBE_TIMEOUT: Duration = Duration::from_secs(3);

/// Events of one connection that may have no confirm. RabbitMQ stops reading from a channel on which a quorum queue owes 32
/// confirms; a new connection owes none.
const MAX_UNCONFIRMED: usize = 16;

/// How often a full queue may refuse an event until the caller gets the error.
const MAX_REFUSALS: u32 = 3;

/// Publishes with confirms, over a connection that is opened when it is needed, and again when it breaks.
pub struct Publisher {
    endpoint: Endpoint,
    topology: Topology,
    session: Mutex<Option<Session>>,
    /// lapin attaches a returned message to whichever confirm completes next; with one mandatory message in flight
    /// there is no doubt which one came back.
    mandatory_turn: Mutex<()>,
    refusals: Refusals,
    failures: FailureLog,
}

/// A connection with its channels. Cloned so that many messages can wait for their confirms at once.
#[derive(Clone)]
struct Session {
    connection: Arc<Connection>,
    /// For events to the exchange.
    events: Channel,
    /// For events to queues that publishers have named: one that does not confirm must not delay the others.
    replies: Channel,
    /// Events that had no confirm in time.
    unconfirmed: Arc<AtomicUsize>,
    mandatory: Channel,
    /// Largest headers of a message, in bytes: three quarters of a frame, so that the broker can add its own.
    headers_max: usize,
}

impl Publisher {
    /// Prepares a publisher; no connection is made yet.
    pub fn new(endpoint: Endpoint, topology: Topology) -> Self {
        Self {
            endpoint,
            topology,
            session: Mutex::new(None),
            mandatory_turn: Mutex::new(()),
            refusals: Refusals::default(),
            failures: FailureLog::default(),
        }
    }

    /// A request as the order service publishes it.
    pub fn request(&self, lane: Lane, message_id: &str, body: Vec<u8>) -> Outgoing {
        Outgoing::request(&self.topology.exchange, lane, message_id, body)
    }

    /// Publishes and waits for the confirm, for as long as it takes: the caller holds the message that this one
    /// replaces, and the prefetch keeps further ones in the queue meanwhile.
    ///
    /// # Errors
    ///
    /// A [refusal](BrokerError::is_refusal) for a message that is not mandatory, when a full queue has refused it several
    /// times, or a queue has not confirmed it in time: a queue that is not read or not available must not stop everything
    /// else. [`BrokerError::RightMissing`], which a person has to fix. [`BrokerError::Stopping`] when `give_up` is cancelled.
    /// Errors that retrying cannot change.
    pub async fn publish_until_confirmed(
        &self,
        message: &Outgoing,
        give_up: &CancellationToken,
    ) -> Result<(), BrokerError> {
        let mut delays = Delays::reconnect();
        let mut refusals = 0;
        loop {
            let attempt = async {
                let result = self.publish(message).await;
                match &result {
                    Ok(()) => self.failures.recovered(),
                    // It was logged for the first event of its destination.
                    Err(BrokerError::Unconfirmed) => {}
                    Err(error) => {
                        self.failures.failed(error, message);
                        tokio::time::sleep(delays.next_delay()).await;
                    }
                }
                result
            };
            tokio::select! {
                result = attempt => match result {
                    Ok(()) => return Ok(()),
                    Err(error) if error.is_fatal() => return Err(error),
                    Err(error @ BrokerError::RightMissing(_)) => return Err(error),
                    // It has waited for long enough.
                    Err(BrokerError::Unconfirmed) if !message.is_required() => {
                        return Err(BrokerError::Unconfirmed);
                    }
                    Err(error) if error.is_refusal() && !message.is_required() => {
                        refusals += 1;
                        if refusals == MAX_REFUSALS {
                            return Err(error);
                        }
                    }
                    Err(_) => {}
                },
                () = give_up.cancelled() => return Err(BrokerError::Stopping),
            }
        }
    }

    /// Publishes once and waits for the confirm.
    pub async fn publish(&self, message: &Outgoing) -> Result<(), BrokerError> {
        if message.is_required() {
            // The turn first: after waiting for it, the session that is in use then is taken.
            let _turn = self.mandatory_turn.lock().await;
            let session = self.session().await?;
            return self.publish_on(&session, &session.mandatory, message).await;
        }
        let turn = self
            .refusals
            .turn(message)
            .ok_or(BrokerError::Unconfirmed)?;
        let session = self.session().await?;
        let channel = if message.exchange.is_empty() {
            &session.replies
        } else {
            &session.events
        };
        let result = self.publish_on(&session, channel, message).await;
        match &result {
            Ok(()) => turn.confirmed(),
            Err(BrokerError::Unconfirmed) => {
                let Outgoing {
                    exchange,
                    routing_key,
                    ..
                } = message;
                warn!(
                    event = "event_unconfirmed",
                    exchange, routing_key, "a queue for events does not confirm; they are retried"
                );
                turn.unconfirmed();
            }
            Err(_) => {}
        }
        result
    }

    async fn publish_on(
        &self,
        session: &Session,
        channel: &Channel,
        message: &Outgoing,
    ) -> Result<(), BrokerError> {
        // During an alarm messages wait in the client, and each attempt would add one.
        if session.connection.status().blocked() {
            return Err(BrokerError::Blocked);
        }
        match publish_once(channel, message, session.headers_max).await {
            Ok(()) => Ok(()),
            // A new connection would be blocked as well; this one works again when the alarm is over.
            Err(_) if session.connection.status().blocked() => Err(BrokerError::Blocked),
            // The connection is in order.
            Err(error @ BrokerError::NotConfirmed(_)) => Err(error),
            Err(BrokerError::Timeout { .. })
                if !message.is_required() && session.answers().await =>
            {
                if session.unconfirmed.fetch_add(1, Ordering::Relaxed) + 1 >= MAX_UNCONFIRMED {
                    self.forget(session).await;
                }
                Err(BrokerError::Unconfirmed)
            }
            Err(error) => {
                self.forget(session).await;
                Err(error)
            }
        }
    }

    /// Publishes many mandatory messages and waits for all confirms, within 15 s together.
    ///
    /// Returns the positions of those that failed, with the reason. The error is for all of them.
    pub async fn publish_batch(
        &self,
        messages: &[Outgoing],
    ) -> Result<Vec<(usize, BrokerError)>, BrokerError> {
        let _turn = self.mandatory_turn.lock().await;
        let session = self.session().await?;
        if session.connection.status().blocked() {
            return Err(BrokerError::Blocked);
        }
        // For all of them together.
        let end = tokio::time::Instant::now() + CONFIRM_TIMEOUT;
        let mut confirms = Vec::with_capacity(messages.len());
        for message in messages {
            confirms.push(
                until(
                    end,
                    CONFIRM_TIMEOUT,
                    "publish",
                    send(&session.mandatory, message, session.headers_max),
                )
                .await,
            );
        }
        let mut failed = Vec::new();
        let mut returned_ids = Vec::new();
        for (index, confirm) in confirms.into_iter().enumerate() {
            let confirmation = match confirm {
                Ok(confirm) => until(end, CONFIRM_TIMEOUT, "wait for the confirm", confirm).await,
                Err(error) => Err(error),
            };
            match confirmation {
                Ok(Confirmation::Ack(None)) => {}
                // The message id identifies the returned message: it may come with the confirm, or the refusal, of another one.
                Ok(Confirmation::Ack(Some(returned))) => {
                    returned_ids.push(returned.delivery.properties.message_id().clone())
                }
                Ok(Confirmation::Nack(returned)) => {
                    returned_ids
                        .extend(returned.map(|it| it.delivery.properties.message_id().clone()));
                    failed.push((index, BrokerError::NotConfirmed("the queue is full")))
                }
                Ok(Confirmation::NotRequested) => {
                    failed.push((index, BrokerError::NotConfirmed("confirms are off")))
                }
                Err(error) => failed.push((index, error)),
            }
        }
        for (index, message) in messages.iter().enumerate() {
            let is_returned = returned_ids.contains(message.properties.message_id());
            if is_returned && !failed.iter().any(|(other, _)| *other == index) {
                failed.push((index, BrokerError::Unroutable(message.routing_key.clone())));
            }
        }
        if !failed.is_empty() {
            self.forget(&session).await;
        }
        Ok(failed)
    }

    /// Closes the connection in order.
    pub async fn close(&self) {
        if let Some(session) = self.session.lock().await.take() {
            close(&session.connection, "publish").await;
        }
    }

    /// The session in use, or a new one. Declares the topology too: the first publisher may come before the first worker.
    async fn session(&self) -> Result<Session, BrokerError> {
        let mut current = self.session.lock().await;
        if let Some(session) = current.as_ref() {
            return Ok(session.clone());
        }
        let connection = self.endpoint.connect("publish").await?;
        let channel = async || {
            let opening = connection.create_channel();
            let channel = deadline("open a channel", CONFIRM_TIMEOUT, opening).await?;
            let select = channel.confirm_select(ConfirmSelectOptions::default());
            deadline("turn confirms on", CONFIRM_TIMEOUT, select).await?;
            Ok::<_, BrokerError>(channel)
        };
        let (events, replies, mandatory) = (channel().await?, channel().await?, channel().await?);
        self.topology.restore(&connection).await?;
        let frame_max = usize::try_from(connection.configuration().frame_max());
        let session = Session {
            headers_max: frame_max.unwrap_or(usize::MAX) / 4 * 3,
            connection: connection.into(),
            events,
            replies,
            unconfirmed: Arc::default(),
            mandatory,
        };
        *current = Some(session.clone());
        Ok(session)
    }

    /// Drops a session that failed, unless another caller has replaced it already.
    async fn forget(&self, failed: &Session) {
        let mut current = self.session.lock().await;
        if current
            .as_ref()
            .is_some_and(|session| Arc::ptr_eq(&session.connection, &failed.connection))
        {
            *current = None;
            reconnecting(Purpose::Publish);
        }
    }
}

impl Session {
    /// Whether the broker still answers on this connection.
    async fn answers(&self) -> bool {
        let opening = self.connection.create_channel();
        match deadline("open a channel", PROBE_TIMEOUT, opening).await {
            Ok(channel) => {
                let closing = channel.close(200, "done".into());
                let closed = deadline("close a channel", PROBE_TIMEOUT, closing).await;
                closed.is_ok()
            }
            Err(_) => false,
        }
    }
}

async fn publish_once(
    channel: &Channel,
    message: &Outgoing,
    headers_max: usize,
) -> Result<(), BrokerError> {
    let confirmation = deadline("publish and confirm", CONFIRM_TIMEOUT, async {
        send(channel, message, headers_max).await?.await
    })
    .await?;
    match confirmation {
        Confirmation::Ack(None) => Ok(()),
        Confirmation::Ack(Some(returned)) if message.is_required() => {
            Err(BrokerError::Unroutable(returned.reply_text.to_string()))
        }
        Confirmation::Ack(Some(returned)) => {
            returned::report(&returned.delivery, message);
            Ok(())
        }
        Confirmation::Nack(_) => Err(BrokerError::NotConfirmed("the queue is full")),
        Confirmation::NotRequested => Err(BrokerError::NotConfirmed("confirms are off")),
    }
}

async fn send(
    channel: &Channel,
    message: &Outgoing,
    headers_max: usize,
) -> lapin::Result<lapin::PublisherConfirm> {
    let options = BasicPublishOptions {
        mandatory: message.routing != Routing::Free,
        immediate: false,
    };
    let properties = fitted(&message.properties, headers_max);
    channel
        .basic_publish(
            short(&message.exchange),
            short(&message.routing_key),
            options,
            &message.body,
            properties,
        )
        .await
}
