//! What the broker may answer.

use lapin::ErrorKind;

/// Why something with the broker failed.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The URL is none that this client understands.
    #[error("AMQP_URL is not a valid AMQP URL: {0}")]
    Url(String),
    /// No connection, or it broke.
    #[error("broker unreachable: {0}")]
    Unreachable(String),
    /// User, password or virtual host are refused.
    #[error("broker refused the login: {0}")]
    AccessDenied(String),
    /// A queue or exchange exists with other arguments than this program needs. It must be deleted, or the settings
    /// brought back to what they were.
    #[error("the broker has a queue or exchange with other arguments: {0}")]
    TopologyDiffers(String),
    /// Exchanges or queues are not there.
    #[error(
        "not there: {0}; a worker makes them at its start, if AMQP_EXCHANGE, AMQP_QUEUE and RETRY_DELAYS_SECONDS are right"
    )]
    TopologyMissing(String),
    /// A message could not be routed to any queue.
    #[error("message could not be routed to a queue: {0}")]
    Unroutable(String),
    /// The broker did not take a message: the queue is full, or confirms are off.
    #[error("broker did not take the message: {0}")]
    NotConfirmed(&'static str),
    /// The broker takes no messages for now: it is short of memory or disk.
    #[error("broker blocks publishers: it has a memory or disk alarm")]
    Blocked,
    /// No answer in time: a dead peer.
    #[error("broker did not answer within {seconds} s ({action})")]
    Timeout {
        /// What was waited for.
        action: &'static str,
        /// How long.
        seconds: u64,
    },
    /// The program is stopping.
    #[error("stopping")]
    Stopping,
}

impl BrokerError {
    /// Whether trying again is useless until a person does something.
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::Url(_) | Self::TopologyDiffers(_) => true,
            Self::Unreachable(_)
            | Self::AccessDenied(_)
            | Self::TopologyMissing(_)
            | Self::Unroutable(_)
            | Self::NotConfirmed(_)
            | Self::Blocked
            | Self::Timeout { .. }
            | Self::Stopping => false,
        }
    }
}

impl From<lapin::Error> for BrokerError {
    fn from(error: lapin::Error) -> Self {
        let text = error.to_string();
        if let ErrorKind::ProtocolError(protocol) = error.kind() {
            // AMQP 0-9-1 reply codes: 406 precondition failed, 403 access refused, 530 not allowed (virtual host).
            let message = protocol.get_message().to_string();
            return match protocol.get_id() {
                // Also sent for an acknowledgement that came too late, which another connection mends.
                406 if message.contains("inequivalent arg") => Self::TopologyDiffers(message),
                403 | 530 => Self::AccessDenied(message),
                _ => Self::Unreachable(text),
            };
        }
        Self::Unreachable(text)
    }
}
