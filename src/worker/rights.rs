//! Rights to publish that the broker's user lacks. No message can be settled before its event is published, so a right that is
//! missing holds the worker back, like a bucket that is. The messages in work wait, and try again; they are not returned, since
//! the broker counts that.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use invoice::FailureCode;

use super::hold::Hold;
use crate::broker::BrokerError;
use crate::readiness::{Component, Readiness};

const CODE: FailureCode = FailureCode::BrokerRightMissing;

/// The exchanges that the broker's user may not publish to, as far as messages have found out.
pub(super) struct Rights {
    refused: Mutex<BTreeSet<String>>,
    hold: Arc<Hold>,
    readiness: Readiness,
}

impl Rights {
    /// None is known to be missing.
    pub(super) fn new(hold: Arc<Hold>, readiness: Readiness) -> Self {
        Self {
            refused: Mutex::default(),
            hold,
            readiness,
        }
    }

    /// A message could not be published to this exchange; it tries again after the delay.
    pub(super) fn refused(&self, exchange: &str, error: &BrokerError, delay: Duration) {
        self.exchanges().insert(exchange.to_owned());
        let detail = error.to_string();
        self.readiness.seen(Component::Broker, Err(error));
        self.readiness.held_back(CODE, &detail);
        self.hold
            .met(CODE, Instant::now())
            .log(CODE, &detail, delay);
    }

    /// A message was published to this exchange.
    pub(super) fn confirmed(&self, exchange: &str) {
        let mut exchanges = self.exchanges();
        if !exchanges.remove(exchange) || !exchanges.is_empty() {
            return;
        }
        drop(exchanges);
        self.readiness
            .seen::<BrokerError>(Component::Broker, Ok(()));
        self.readiness.working();
        self.hold.log_over();
    }

    /// Whether a message waits for a right.
    pub(super) fn are_missing(&self) -> bool {
        !self.exchanges().is_empty()
    }

    fn exchanges(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readiness::Phase;

    #[test]
    fn a_worker_is_held_back_until_each_exchange_has_taken_a_message() {
        let (readiness, delay) = (Readiness::new(), Duration::ZERO);
        let rights = Rights::new(Arc::default(), readiness.clone());
        let phase = || readiness.look().phase;
        readiness.working();
        rights.confirmed("a");
        assert_eq!(phase(), Phase::Working);
        let error = BrokerError::RightMissing("refused".to_owned());
        rights.refused("a", &error, delay);
        rights.refused("b", &error, delay);
        rights.confirmed("c");
        rights.confirmed("a");
        assert_eq!(phase(), Phase::HeldBack(CODE));
        assert!(rights.are_missing());
        let detail = readiness.look().held_back_by.expect("why");
        assert!(detail.contains("refused"), "{detail}");
        rights.confirmed("b");
        assert_eq!(phase(), Phase::Working);
        assert!(!rights.are_missing());
        assert_eq!(readiness.look().held_back_by, None);
    }
}
