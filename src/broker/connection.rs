//! Connecting, with a deadline on everything: lapin has none on the handshake.

use std::time::Duration;

use lapin::options::{BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ConnectionProperties, Consumer};
use tokio::time::timeout;
use tracing::info;

use super::error::BrokerError;
use super::topology::{Topology, short};
use super::transport;
use crate::config::{BrokerSettings, MaskedUrl};

/// Longest time for TCP, TLS and the AMQP handshake together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest time for opening channels, subscribing and the like.
pub(super) const SETUP_TIMEOUT: Duration = Duration::from_secs(15);

/// Longest time for the good-bye.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A peer that is silent for twice this long is dead. RabbitMQ's own default of a minute would leave a partition
/// unnoticed for two.
const HEARTBEAT_SECONDS: u16 = 15;

/// RabbitMQ's own limit, said from the start. Both buffers of a connection have room for 32 frames, and lapin takes them
/// untouched from the system only where it knows the limit before the broker has told it: else all of their 8 MiB are
/// resident at once, for each connection.
const FRAME_MAX_BYTES: u32 = 128 << 10;

/// How to reach the broker.
#[derive(Clone, Debug)]
pub struct Endpoint {
    uri: AMQPUri,
}

impl Endpoint {
    /// From the settings.
    pub fn new(settings: &BrokerSettings) -> Result<Self, anyhow::Error> {
        Ok(Self::from_url(settings.url()?)?)
    }

    /// From a URL.
    pub fn from_url(url: &MaskedUrl) -> Result<Self, BrokerError> {
        let mut uri: AMQPUri = url.expose().parse().map_err(BrokerError::Url)?;
        uri.query.heartbeat.get_or_insert(HEARTBEAT_SECONDS);
        uri.query.frame_max.get_or_insert(FRAME_MAX_BYTES);
        Ok(Self { uri })
    }

    /// Opens a connection; `purpose` is shown in the management pages beside the process id.
    ///
    /// lapin's own recovery stays off: it gives up after some attempts, hides the outage from publishers and leaves
    /// consumers that look alive. Whoever uses a connection makes a new one when it breaks.
    pub async fn connect(&self, purpose: &str) -> Result<Connection, BrokerError> {
        let name = format!("invoice-worker {} {purpose}", std::process::id());
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let connecting = transport::connect(self.uri.clone(), properties);
        match deadline("connect", CONNECT_TIMEOUT, connecting).await {
            Err(BrokerError::AccessDenied(message)) if self.uri.vhost.is_empty() => {
                let hint = "AMQP_URL ends in /, which names a virtual host without a name; %2f is the default one";
                Err(BrokerError::AccessDenied(format!("{message}; {hint}")))
            }
            other => other,
        }
    }

    /// Connects, declares the topology and consumes one of its queues.
    pub(super) async fn subscribe(
        &self,
        purpose: &str,
        topology: &Topology,
        queue: &str,
        prefetch: u16,
    ) -> Result<Subscription, BrokerError> {
        let connection = self.connect(purpose).await?;
        let channel =
            deadline("open a channel", SETUP_TIMEOUT, connection.create_channel()).await?;
        topology.declare(&channel).await?;
        let consumer = consume(&channel, queue, prefetch).await?;
        Ok(Subscription {
            connection,
            channel,
            consumer,
        })
    }
}

/// A consumer with all that it lives on. Dropping the connection gives back what was not acknowledged; whoever drops
/// the last handle of the channel before, has the connection complain of a channel that is already closing.
pub(super) struct Subscription {
    pub(super) connection: Connection,
    pub(super) channel: Channel,
    pub(super) consumer: Consumer,
}

/// Consumes a queue with this prefetch. In RabbitMQ a prefetch holds for the consumers that come after it.
pub(super) async fn consume(
    channel: &Channel,
    queue: &str,
    prefetch: u16,
) -> Result<Consumer, BrokerError> {
    let qos = channel.basic_qos(prefetch, BasicQosOptions::default());
    deadline("set the prefetch", SETUP_TIMEOUT, qos).await?;
    let consuming = channel.basic_consume(
        short(queue),
        // The broker chooses a tag that is unique.
        "".into(),
        BasicConsumeOptions::default(),
        FieldTable::default(),
    );
    deadline("consume", SETUP_TIMEOUT, consuming).await
}

/// Says good-bye; where that fails the connection is as good as closed.
pub(super) async fn close(connection: &Connection, purpose: &str) {
    let closing = connection.close(200, "done".into());
    if let Err(error) = deadline("close", CLOSE_TIMEOUT, closing).await {
        info!(event = "connection_not_closed", %error, purpose, "connection not closed in good order");
    }
}

/// Waits for the broker, but not for ever.
pub(super) async fn deadline<T>(
    action: &'static str,
    longest: Duration,
    call: impl Future<Output = lapin::Result<T>>,
) -> Result<T, BrokerError> {
    match timeout(longest, call).await {
        Ok(result) => Ok(result?),
        Err(_elapsed) => Err(BrokerError::Timeout {
            action,
            seconds: longest.as_secs(),
        }),
    }
}
