//! What becomes of a message: decided here, in one pure function, and done in `broker`.

use std::time::Duration;

use super::event::Event;
use super::failure::Failure;
use crate::retry::RetryPolicy;

/// What becomes of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Settlement {
    /// The document is stored and recorded: publish the event, then acknowledge.
    Ack {
        /// `invoice.generated`.
        event: Event,
    },
    /// It may succeed later: publish to a delay queue, then acknowledge.
    Retry {
        /// How long to wait.
        after: Duration,
        /// What went wrong this time.
        failure: Failure,
    },
    /// It will not succeed unless a person does something: publish the dead letter and `invoice.failed`, then
    /// acknowledge.
    DeadLetter {
        /// What is wrong.
        failure: Failure,
    },
}

/// Decides. Permanent failures are dead-lettered at once; transient ones are bounded by the message's age and not by
/// a count of attempts, so that an outage empties nothing into the dead letters.
pub fn settle(
    result: Result<Event, Failure>,
    attempt: u32,
    age: Duration,
    policy: &RetryPolicy,
) -> Settlement {
    match result {
        Ok(event) => Settlement::Ack { event },
        Err(failure) if !failure.transient => Settlement::DeadLetter { failure },
        Err(failure) if age >= policy.max_age => Settlement::DeadLetter { failure },
        Err(failure) => Settlement::Retry {
            after: policy.delay(attempt),
            failure,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processor::Stage;

    fn failure(transient: bool) -> Failure {
        Failure {
            code: "some_code",
            detail: String::new(),
            stage: Stage::Store,
            transient,
        }
    }

    #[test]
    fn every_outcome_has_its_settlement() {
        let policy = RetryPolicy {
            in_place: Duration::ZERO,
            delays: vec![Duration::from_secs(5), Duration::from_secs(30)],
            max_age: Duration::from_secs(3_600),
        };
        let settle = |failure, attempt, age| {
            settle(Err(failure), attempt, Duration::from_secs(age), &policy)
        };
        for attempt in [1, 2, 1_000_000, u32::MAX] {
            for age in [0, 3_599, 3_600, u64::MAX] {
                assert_eq!(
                    settle(failure(false), attempt, age),
                    Settlement::DeadLetter {
                        failure: failure(false)
                    }
                );
            }
        }
        let retry = |seconds| Settlement::Retry {
            after: Duration::from_secs(seconds),
            failure: failure(true),
        };
        assert_eq!(settle(failure(true), 1, 0), retry(5));
        assert_eq!(settle(failure(true), 2, 3_599), retry(30));
        assert_eq!(settle(failure(true), u32::MAX, 3_599), retry(30));
        assert_eq!(
            settle(failure(true), 1, 3_600),
            Settlement::DeadLetter {
                failure: failure(true)
            }
        );
    }
}
