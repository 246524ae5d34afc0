//! Connections to the broker, with a time limit on everything.

use std::time::Duration;

use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties};
use tracing::info;

use super::deadline::deadline;
use super::error::BrokerError;
use super::frame_repair;
use crate::config::{BrokerSettings, MaskedUrl};

/// Longest time for TCP, TLS and the AMQP handshake together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest time for closing a connection in order. The broker does not answer while a queue owes it a confirm.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// A peer that is silent for twice this long is dead. RabbitMQ's own default of a minute would leave a partition
/// unnoticed for two.
const HEARTBEAT_SECONDS: u16 = 15;

/// RabbitMQ's own limit, proposed from the start. Both buffers of a connection have room for 32 frames. lapin takes them
/// untouched from the system only where it knows the limit before the broker announces it; otherwise all 8 MiB of them
/// are resident at once, for each connection.
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

    /// Opens a connection; `purpose` is shown on the management pages beside the process id.
    ///
    /// lapin's own recovery stays off: it gives up after some attempts, hides the outage from publishers and leaves
    /// consumers that look alive. The user of a connection opens a new one when it breaks.
    pub async fn connect(&self, purpose: &str) -> Result<Connection, BrokerError> {
        let name = format!("invoice-worker {} {purpose}", std::process::id());
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let connecting = frame_repair::connect(self.uri.clone(), properties);
        match deadline("connect", CONNECT_TIMEOUT, connecting).await {
            Err(BrokerError::VirtualHost(message)) if self.uri.vhost.is_empty() => {
                let hint = "AMQP_URL ends in /, which names a virtual host without a name";
                Err(BrokerError::VirtualHost(format!("{message}; {hint}")))
            }
            Err(BrokerError::Unreachable(cause)) => {
                let place = self.place();
                Err(BrokerError::Unreachable(format!("{place}: {cause}")))
            }
            other => other,
        }
    }

    /// Where the broker is looked for.
    pub fn place(&self) -> String {
        let authority = &self.uri.authority;
        format!("{}:{}", authority.host, authority.port)
    }
}

/// Closes a connection in order. Where that fails, it is as good as closed.
pub async fn close(connection: &Connection, purpose: &str) {
    let closing = connection.close(200, "done".into());
    if let Err(error) = deadline("close", CLOSE_TIMEOUT, closing).await {
        info!(event = "connection_not_closed", %error, purpose, "connection was not closed in order");
    }
}
