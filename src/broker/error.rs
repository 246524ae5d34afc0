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
    /// User or password are refused.
    #[error("broker refused the login: {0}")]
    AccessDenied(String),
    /// The login is accepted, and the virtual host is not there, or the user may not use it.
    #[error(
        "the virtual host of AMQP_URL cannot be used: {0}; it is the part of the URL behind the port, %2f for the default one"
    )]
    VirtualHost(String),
    /// The user is logged in, and lacks a right.
    #[error(
        "the broker's user lacks a right ({0}): docs/permissions.md lists the rights to configure, write and read"
    )]
    RightMissing(String),
    /// A queue or exchange exists with other arguments than this program needs. It must be deleted, or the settings
    /// restored.
    #[error("the broker has a queue or exchange with other arguments: {0}{hint}", hint = restore(.0))]
    TopologyDiffers(String),
    /// Exchanges or queues do not exist.
    #[error(
        "missing: {0}; `invoice-worker setup` and each worker make them, where AMQP_EXCHANGE, AMQP_QUEUE and RETRY_DELAYS_SECONDS are right"
    )]
    TopologyMissing(String),
    /// Exchanges or queues do not exist, and the user may not declare them.
    #[error(
        "missing: {missing}; the broker's user may not declare them ({refusal}): declare them as docs/permissions.md describes, or \
         give the user the right to configure them"
    )]
    TopologyForbidden {
        /// Which ones.
        missing: String,
        /// The words of the broker.
        refusal: String,
    },
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
    /// The same of a call that was to do this: RabbitMQ's words do not say which right is missing.
    pub(super) fn during(self, action: impl std::fmt::Display) -> Self {
        if let Self::RightMissing(refusal) = self {
            Self::RightMissing(format!("{refusal}, to {action}"))
        } else {
            self
        }
    }

    /// Whether retrying is useless until a person does something.
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::Url(_) | Self::TopologyDiffers(_) => true,
            Self::Unreachable(_)
            | Self::AccessDenied(_)
            | Self::VirtualHost(_)
            | Self::RightMissing(_)
            | Self::TopologyMissing(_)
            | Self::TopologyForbidden { .. }
            | Self::Unroutable(_)
            | Self::NotConfirmed(_)
            | Self::Unconfirmed
            | Self::Refused(_)
            | Self::Blocked
            | Self::Timeout { .. }
            | Self::Stopping => false,
        }
    }

    /// Whether the broker is away.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable(_)
            | Self::AccessDenied(_)
            | Self::VirtualHost(_)
            | Self::Timeout { .. } => true,
            Self::Url(_)
            | Self::RightMissing(_)
            | Self::TopologyDiffers(_)
            | Self::TopologyMissing(_)
            | Self::TopologyForbidden { .. }
            | Self::Unroutable(_)
            | Self::NotConfirmed(_)
            | Self::Unconfirmed
            | Self::Refused(_)
            | Self::Blocked
            | Self::Stopping => false,
        }
    }

    /// The kind of error, for spans.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Url(_) => "url_invalid",
            Self::Unreachable(_) => "broker_unreachable",
            Self::AccessDenied(_) | Self::VirtualHost(_) => "broker_access_denied",
            Self::RightMissing(_) => "broker_right_missing",
            Self::TopologyDiffers(_) => "topology_differs",
            Self::TopologyMissing(_) => "topology_missing",
            Self::TopologyForbidden { .. } => "topology_forbidden",
            Self::Unroutable(_) => "unroutable",
            Self::NotConfirmed(_) => "not_confirmed",
            Self::Unconfirmed => "unconfirmed",
            Self::Refused(_) => "refused",
            Self::Blocked => "broker_blocked",
            Self::Timeout { .. } => "timeout",
            Self::Stopping => "stopping",
        }
    }

    /// Whether it is about the message or the queue that it goes to, and the broker accepts others.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::NotConfirmed(_) | Self::Unconfirmed | Self::Refused(_) => true,
            Self::Url(_)
            | Self::Unreachable(_)
            | Self::AccessDenied(_)
            | Self::VirtualHost(_)
            | Self::RightMissing(_)
            | Self::TopologyDiffers(_)
            | Self::TopologyMissing(_)
            | Self::TopologyForbidden { .. }
            | Self::Unroutable(_)
            | Self::Blocked
            | Self::Timeout { .. }
            | Self::Stopping => false,
        }
    }
}

/// What to do about an argument that differs: the setting that it comes from, where the broker names the argument.
fn restore(refusal: &str) -> String {
    let setting = [
        ("x-delivery-limit", "DELIVERY_LIMIT"),
        ("x-message-ttl", "RETRY_DELAYS_SECONDS"),
    ];
    let setting = setting
        .iter()
        .find(|(argument, _)| refusal.contains(argument));
    match setting {
        Some((_, setting)) => format!(
            "; set {setting} to the value that the queue was declared with, or drain the queue and delete it, and \
             `invoice-worker setup` declares it again"
        ),
        None => "; another program has declared it: drain it and delete it, and `invoice-worker setup` declares it again, or set \
                 AMQP_EXCHANGE and AMQP_QUEUE to other names"
            .to_owned(),
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
                403 if !message.contains("Login was refused") => Self::RightMissing(message),
                403 => Self::AccessDenied(message),
                530 => Self::VirtualHost(message),
                _ => Self::Unreachable(text),
            };
        }
        Self::Unreachable(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_that_differs_is_named_with_its_setting() {
        for (refusal, expected) in [
            (
                "inequivalent arg 'x-delivery-limit' for queue",
                "set DELIVERY_LIMIT",
            ),
            (
                "inequivalent arg 'x-message-ttl' for queue",
                "set RETRY_DELAYS_SECONDS",
            ),
            (
                "inequivalent arg 'type' for exchange",
                "AMQP_EXCHANGE and AMQP_QUEUE",
            ),
        ] {
            let text = BrokerError::TopologyDiffers(refusal.to_owned()).to_string();
            assert!(text.contains(refusal) && text.contains(expected), "{text}");
        }
    }
}
