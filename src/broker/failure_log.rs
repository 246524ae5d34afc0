//! Logs why messages are not published.

use std::mem::{Discriminant, discriminant};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::{debug, info, warn};

use super::error::BrokerError;
use super::outgoing::Outgoing;
use crate::outages::{self, Server};

/// Time between two warnings about the same failure.
const WARN_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// Logs why messages are not published. Every message in work meets the same failure again and again: it is a warning
/// once, and again from time to time. An outage of the broker is reported by [`outages`].
#[derive(Default)]
pub(super) struct FailureLog {
    last_warning: Mutex<Option<(Discriminant<BrokerError>, Instant)>>,
}

impl FailureLog {
    /// A message was not published.
    pub(super) fn failed(&self, error: &BrokerError, message: &Outgoing) {
        let Outgoing {
            exchange,
            routing_key,
            ..
        } = message;
        let is_outage = error.is_outage();
        if is_outage {
            outages::failed(Server::Broker, error);
        }
        let kind = discriminant(error);
        let mut last = self.last_warning();
        if is_outage
            || last.is_some_and(|(other, at)| other == kind && at.elapsed() < WARN_AGAIN_AFTER)
        {
            debug!(event = "publish_failed_again", %error, exchange, routing_key, "message not published; retrying");
        } else {
            warn!(event = "publish_failed", %error, exchange, routing_key, "message not published; retrying until it is");
            *last = Some((kind, Instant::now()));
        }
    }

    /// A message was published.
    pub(super) fn recovered(&self) {
        outages::works(Server::Broker);
        if self.last_warning().take().is_some() {
            info!(event = "publish_recovered", "messages are published again");
        }
    }

    fn last_warning(&self) -> MutexGuard<'_, Option<(Discriminant<BrokerError>, Instant)>> {
        let guard = self.last_warning.lock();
        guard.unwrap_or_else(PoisonError::into_inner)
    }
}
