//! Connecting, with a deadline on everything: lapin has none on the handshake.

use std::time::Duration;

use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties};
use tokio::time::timeout;

use super::error::BrokerError;
use crate::config::{BrokerSettings, MaskedUrl};

/// Longest time for TCP, TLS and the AMQP handshake together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A peer that is silent for twice this long is dead. RabbitMQ's own default of a minute would leave a partition
/// unnoticed for two.
const HEARTBEAT_SECONDS: u16 = 15;

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
        Ok(Self { uri })
    }

    /// Opens a connection; `purpose` is shown in the management pages beside the process id.
    ///
    /// lapin's own recovery stays off: it gives up after some attempts, hides the outage from publishers and leaves
    /// consumers that look alive. Whoever uses a connection makes a new one when it breaks.
    pub async fn connect(&self, purpose: &str) -> Result<Connection, BrokerError> {
        let name = format!("invoice-worker {} {purpose}", std::process::id());
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let connecting = Connection::connect_uri(self.uri.clone(), properties);
        deadline("connect", CONNECT_TIMEOUT, connecting).await
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
