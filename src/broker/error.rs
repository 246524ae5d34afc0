//! Errors of the broker.

use lapin::ErrorKind;

/// Why a call to the broker failed.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The URL is not one that the client understands.
    #[error("AMQP_URL is not a valid AMQP URL: {0}")]
    Url(String),
    /// No connection, or it broke.
    #[error("broker unreachable: {0}")]
    Unreachable(String),
    /// User, password or virtual host are refused.
    #[error("broker refused the login: {0}")]
    AccessDenied(String),
    /// A queue or exchange exists with other arguments than this program needs. It must be deleted, or the settings
    /// restored.
    #[error("the broker has a queue or exchange with other arguments: {0}")]
    TopologyDiffers(String),
    /// Exchanges or queues do not exist.
    #[error(
        "missing: {0}; a worker creates them at its start, where AMQP_EXCHANGE, AMQP_QUEUE and RETRY_DELAYS_SECONDS are right"
    )]
    TopologyMissing(String),
    /// A message could not be routed to any queue.
    #[error("message could not be routed to a queue: {0}")]
    Unroutable(String),
    /// The broker did not accept a message: the queue is full, or confirms are off.
    #[error("broker did not accept the message: {0}")]
    NotConfirmed(&'static str),
    /// The broker answers, but has not confirmed a message: a queue that it goes to has no majority, or its node is down.
    #[error("no confirm from the queue that the message goes to")]
    Unconfirmed,
    /// The broker does not accept this message, whenever it is published: it is larger than the broker allows.
    #[error("broker refuses the message: {0}")]
    Refused(String),
    /// The broker accepts no messages for now: it is short of memory or disk.
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
    /// Whether retrying is useless until a person does something.
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::Url(_) | Self::TopologyDiffers(_) => true,
            Self::Unreachable(_)
            | Self::AccessDenied(_)
            | Self::TopologyMissing(_)
            | Self::Unroutable(_)
            | Self::NotConfirmed(_)
            | Self::Unconfirmed
            | Self::Refused(_)
            | Self::Blocked
            | Self::Timeout { .. }
            | Self::Stopping => false,
        }
    }

    /// Whether it is about the message or the queue that it goes to, and the broker accepts others.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::NotConfirmed(_) | Self::Unconfirmed | Self::Refused(_) => true,
            Self::Url(_)
            | Self::Unreachable(_)
            | Self::AccessDenied(_)
            | Self::TopologyDiffers(_)
            | Self::TopologyMissing(_)
            | Self::Unroutable(_)
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
            // AMQP 0-9-1 reply codes: 406 precondition failed, 403 access refused, 501 frame error, 530 not allowed (virtual
            // host).
            let message = protocol.get_message().to_string();
            return match protocol.get_id() {
                // The code is also sent for an acknowledgement that came too late; a new connection works again.
                406 if message.contains("inequivalent arg") => Self::TopologyDiffers(message),
                406 if message.contains("message size") => Self::Refused(message),
                501 => Self::Refused(message),
                403 | 530 => Self::AccessDenied(message),
                _ => Self::Unreachable(text),
            };
        }
        Self::Unreachable(text)
    }
}
