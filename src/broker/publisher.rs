//! Publishing, on a connection of its own: when the broker raises an alarm it stops reading from connections that
//! publish, and acknowledgements must not be caught in that.

use std::mem::{Discriminant, discriminant};
use std::sync::{Mutex as StdMutex, PoisonError};
use std::time::{Duration, Instant};

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation, Connection};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::connection::{Endpoint, close, deadline};
use super::error::BrokerError;
use super::headers::PERSISTENT;
use super::topology::{Topology, short};
use crate::retry::Delays;

/// Longest wait for a confirm. The broker writes to disk on several nodes before it confirms; longer than this is an
/// alarm or a dead peer.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(15);

/// How often a queue may refuse an event, because it is full, until its publisher is told.
const MAX_REFUSALS: u32 = 3;

/// Time between two lines in the log about the same trouble.
const TELL_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// A message on its way out.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Exchange; empty for the default one, where the routing key names a queue.
    pub exchange: String,
    /// Routing key.
    pub routing_key: String,
    /// The body.
    pub body: Vec<u8>,
    /// Properties and headers.
    pub properties: BasicProperties,
    /// Whether it must reach a queue. An event nobody listens to is fine, a request or dead letter without a queue
    /// would be lost.
    pub mandatory: bool,
}

impl Outgoing {
    /// A persistent JSON message.
    pub fn json(exchange: &str, routing_key: &str, body: Vec<u8>, message_id: &str) -> Self {
        let properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_delivery_mode(PERSISTENT)
            .with_message_id(short(message_id));
        Self {
            exchange: exchange.into(),
            routing_key: routing_key.into(),
            body,
            properties,
            mandatory: true,
        }
    }
}

/// Publishes with confirms, over a connection that is made when needed and again when broken.
pub struct Publisher {
    endpoint: Endpoint,
    topology: Topology,
    session: Mutex<Option<Session>>,
    /// lapin attaches a returned message to whichever confirm completes next; with one mandatory message in flight
    /// there is no doubt which one came back.
    mandatory_turn: Mutex<()>,
    trouble: Trouble,
}

/// What keeps messages from being published. Every message that is held meets it, again and again; it is told once, and
/// again from time to time.
#[derive(Default)]
struct Trouble {
    told: StdMutex<Option<(Discriminant<BrokerError>, Instant)>>,
}

/// A connection with its channels. Cloned so that many messages can wait for their confirms at once.
#[derive(Clone)]
struct Session {
    connection: std::sync::Arc<Connection>,
    events: Channel,
    mandatory: Channel,
}

impl Publisher {
    /// Prepares a publisher; no connection is made yet.
    pub fn new(endpoint: Endpoint, topology: Topology) -> Self {
        Self {
            endpoint,
            topology,
            session: Mutex::new(None),
            mandatory_turn: Mutex::new(()),
            trouble: Trouble::default(),
        }
    }

    /// Publishes and waits for the confirm, for as long as it takes: the caller holds the message that this one
    /// replaces, and the prefetch keeps further ones in the queue meanwhile.
    ///
    /// Only an event that a full queue refuses again and again comes back as [`BrokerError::NotConfirmed`]: that is the affair
    /// of those who should read the queue, and must not stop everything else.
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
                    Ok(()) => self.trouble.is_over(),
                    Err(error) => {
                        self.trouble.tell(error, message);
                        tokio::time::sleep(delays.next_delay()).await;
                    }
                }
                result
            };
            tokio::select! {
                result = attempt => match result {
                    Ok(()) => return Ok(()),
                    Err(error) if error.is_fatal() => return Err(error),
                    Err(error @ BrokerError::NotConfirmed(_)) if !message.mandatory => {
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
        // The turn first: whoever has waited for it takes the session that is in use then.
        let turn = match message.mandatory {
            true => Some(self.mandatory_turn.lock().await),
            false => None,
        };
        let session = self.session().await?;
        let channel = if turn.is_some() {
            &session.mandatory
        } else {
            &session.events
        };
        // What is published during an alarm waits in the client, and each attempt would add one more.
        if session.connection.status().blocked() {
            return Err(BrokerError::Blocked);
        }
        match publish_on(channel, message).await {
            Ok(()) => Ok(()),
            // A new connection would be blocked just the same; this one goes on when the alarm is over.
            Err(_) if session.connection.status().blocked() => Err(BrokerError::Blocked),
            // The connection is as good as before.
            Err(error @ BrokerError::NotConfirmed(_)) => Err(error),
            Err(error) => {
                self.forget(&session).await;
                Err(error)
            }
        }
    }

    /// Publishes many requests at once and waits for all confirms; answers the positions of those that failed.
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
            confirms.push(until(end, "publish", send(&session.mandatory, message)).await);
        }
        let mut failed = Vec::new();
        let mut returned_ids = Vec::new();
        for (index, confirm) in confirms.into_iter().enumerate() {
            let confirmation = match confirm {
                Ok(confirm) => until(end, "wait for the confirm", confirm).await,
                Err(error) => Err(error),
            };
            match confirmation {
                Ok(Confirmation::Ack(None)) => {}
                // Whose it is says its id, not the confirm that it came with.
                Ok(Confirmation::Ack(Some(returned))) => {
                    returned_ids.push(returned.delivery.properties.message_id().clone())
                }
                Ok(Confirmation::Nack(_)) => {
                    failed.push((index, BrokerError::NotConfirmed("the queue is full")))
                }
                Ok(Confirmation::NotRequested) => {
                    failed.push((index, BrokerError::NotConfirmed("confirms are off")))
                }
                Err(error) => failed.push((index, error)),
            }
        }
        for (index, message) in messages.iter().enumerate() {
            if returned_ids.contains(message.properties.message_id()) {
                failed.push((index, BrokerError::Unroutable(message.routing_key.clone())));
            }
        }
        if !failed.is_empty() {
            self.forget(&session).await;
        }
        Ok(failed)
    }

    /// Closes the connection in good order.
    pub async fn close(&self) {
        if let Some(session) = self.session.lock().await.take() {
            close(&session.connection, "publish").await;
        }
    }

    /// The session in use, or a new one. Declares the topology too: whoever publishes first finds its queues.
    async fn session(&self) -> Result<Session, BrokerError> {
        let mut current = self.session.lock().await;
        if let Some(session) = current.as_ref() {
            return Ok(session.clone());
        }
        let connection = self.endpoint.connect("publish").await?;
        let channel = |mandatory: &'static str| {
            let connection = &connection;
            async move {
                let channel =
                    deadline(mandatory, CONFIRM_TIMEOUT, connection.create_channel()).await?;
                let select = channel.confirm_select(ConfirmSelectOptions::default());
                deadline("turn confirms on", CONFIRM_TIMEOUT, select).await?;
                Ok::<_, BrokerError>(channel)
            }
        };
        let events = channel("open a channel").await?;
        let mandatory = channel("open a channel").await?;
        self.topology.declare(&events).await?;
        let session = Session {
            connection: connection.into(),
            events,
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
            .is_some_and(|session| std::sync::Arc::ptr_eq(&session.connection, &failed.connection))
        {
            *current = None;
        }
    }
}

impl Trouble {
    fn tell(&self, error: &BrokerError, message: &Outgoing) {
        let Outgoing {
            exchange,
            routing_key,
            ..
        } = message;
        let kind = discriminant(error);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_some_and(|(other, at)| other == kind && at.elapsed() < TELL_AGAIN_AFTER) {
            debug!(event = "publish_failed_again", %error, exchange, routing_key, "not published; trying again");
        } else {
            warn!(event = "publish_failed", %error, exchange, routing_key, "not published; trying again, with everything that is held");
            *told = Some((kind, Instant::now()));
        }
    }

    fn is_over(&self) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.take().is_some() {
            info!(event = "publish_recovered", "published again");
        }
    }
}

async fn publish_on(channel: &Channel, message: &Outgoing) -> Result<(), BrokerError> {
    let confirmation = deadline("publish and confirm", CONFIRM_TIMEOUT, async {
        send(channel, message).await?.await
    })
    .await?;
    match confirmation {
        Confirmation::Ack(None) => Ok(()),
        Confirmation::Ack(Some(_)) if !message.mandatory => Ok(()),
        Confirmation::Ack(Some(returned)) => {
            Err(BrokerError::Unroutable(returned.reply_text.to_string()))
        }
        Confirmation::Nack(_) => Err(BrokerError::NotConfirmed("the queue is full")),
        Confirmation::NotRequested => Err(BrokerError::NotConfirmed("confirms are off")),
    }
}

/// Waits for the broker, until the end that a whole batch has.
async fn until<T>(
    end: tokio::time::Instant,
    action: &'static str,
    call: impl Future<Output = lapin::Result<T>>,
) -> Result<T, BrokerError> {
    match tokio::time::timeout_at(end, call).await {
        Ok(result) => Ok(result?),
        Err(_elapsed) => Err(BrokerError::Timeout {
            action,
            seconds: CONFIRM_TIMEOUT.as_secs(),
        }),
    }
}

async fn send(channel: &Channel, message: &Outgoing) -> lapin::Result<lapin::PublisherConfirm> {
    let options = BasicPublishOptions {
        mandatory: message.mandatory,
        immediate: false,
    };
    let properties = message.properties.clone();
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
