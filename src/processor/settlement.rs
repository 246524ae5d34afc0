//! What becomes of a message: decided here, in one pure function, and done in `broker`.

use std::time::Duration;

use tracing::warn;

use super::event::Event;
use super::failure::{Class, Failure};
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

impl Settlement {
    /// One line in the log for each failure, at the only place where all of them pass. What may quote personal data
    /// stays out.
    pub fn report(&self) {
        match self {
            Self::Ack { .. } => {}
            Self::Retry { after, failure } => warn!(
                event = "retry_scheduled",
                code = failure.code.as_str(),
                stage = failure.stage.as_str(),
                detail = failure.loggable_detail(),
                after_seconds = after.as_secs(),
                "generation failed; it will be tried again"
            ),
            Self::DeadLetter { failure } => warn!(
                event = "dead_lettered",
                code = failure.code.as_str(),
                stage = failure.stage.as_str(),
                detail = failure.loggable_detail(),
                "generation failed; dead-lettered"
            ),
        }
    }
}

/// Decides.
///
/// Permanent failures are dead-lettered at once. Transient ones are bounded by the message's age and not by a count of
/// attempts, so that an outage empties nothing into the dead letters; nor does a clock that jumps. Systemic ones are no message's fault and are
/// never dead-lettered, however long they last.
pub fn settle(
    result: Result<Event, Failure>,
    attempt: u32,
    age: Duration,
    policy: &RetryPolicy,
) -> Settlement {
    let failure = match result {
        Ok(event) => return Settlement::Ack { event },
        Err(failure) => failure,
    };
    let too_old = policy.plausible_age(attempt, age) >= policy.max_age;
    match failure.class {
        Class::Permanent => Settlement::DeadLetter { failure },
        Class::Transient if too_old => Settlement::DeadLetter { failure },
        Class::Transient | Class::Systemic => Settlement::Retry {
            after: policy.delay(attempt),
            failure,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use invoice::FailureCode;

    use crate::processor::Stage;

    fn failure(class: Class) -> Failure {
        Failure {
            code: FailureCode::StorageFailed,
            detail: String::new(),
            stage: Stage::Store,
            class,
        }
    }

    fn policy() -> RetryPolicy {
        RetryPolicy {
            in_place: Duration::ZERO,
            delays: vec![Duration::from_secs(5), Duration::from_secs(30)],
            max_age: Duration::from_secs(3_600),
        }
    }

    fn dead(class: Class) -> Settlement {
        Settlement::DeadLetter {
            failure: failure(class),
        }
    }

    fn retry(class: Class, seconds: u64) -> Settlement {
        Settlement::Retry {
            after: Duration::from_secs(seconds),
            failure: failure(class),
        }
    }

    #[test]
    fn every_outcome_has_its_settlement() {
        let policy = policy();
        for (attempt, delay) in [(100, 30), (1_000_000, 30), (u32::MAX, 30)] {
            for (age, too_old) in [(0, false), (3_599, false), (3_600, true), (u64::MAX, true)] {
                for class in [Class::Permanent, Class::Transient, Class::Systemic] {
                    let expected = match (class, too_old) {
                        (Class::Permanent, _) | (Class::Transient, true) => dead(class),
                        (Class::Transient, false) | (Class::Systemic, _) => retry(class, delay),
                    };
                    let age = Duration::from_secs(age);
                    assert_eq!(settle(Err(failure(class)), attempt, age, &policy), expected);
                }
            }
        }
    }

    #[test]
    fn a_clock_that_jumps_makes_no_message_too_old() {
        let (policy, class) = (policy(), Class::Transient);
        let ages = Duration::from_secs(3 * 86_400);
        // The delays of 14 attempts are 365 seconds.
        for (attempt, expected) in [
            (1, retry(class, 5)),
            (2, retry(class, 30)),
            (13, retry(class, 30)),
            (14, dead(class)),
        ] {
            assert_eq!(
                settle(Err(failure(class)), attempt, ages, &policy),
                expected
            );
        }
    }
}
