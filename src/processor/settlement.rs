//! What becomes of a message: decided here, in one pure function, and carried out in `worker`.

use std::time::Duration;

use super::failure::{Class, Failure};
use crate::contract::Event;
use crate::retry::RetryPolicy;

/// What becomes of a message, with everything that has to be published.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// The event that is published first; none for a retry.
    pub event: Option<Announcement>,
    /// What becomes of the message then.
    pub outcome: Outcome,
}

/// An event that precedes the outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Announcement {
    /// `invoice.generated` or `invoice.failed`.
    pub event: Event,
    /// What becomes of the message where the queue for the event is full or unavailable: it is retried, and the event published then.
    /// None for a message that is too old for that: the event is given up.
    pub if_refused: Option<Outcome>,
}

/// What becomes of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The document is stored and recorded: the message is acknowledged.
    Ack,
    /// It may succeed later: the message is published to a retry queue, then acknowledged.
    Retry {
        /// How long it waits there.
        after: Duration,
        /// What failed this time.
        failure: Failure,
    },
    /// It will not succeed unless a person does something: the dead letter is published, then the message acknowledged.
    DeadLetter {
        /// What is wrong.
        failure: Failure,
    },
}

/// Decides what becomes of a message that failed.
///
/// Permanent failures are dead-lettered at once. Transient ones are bounded by the message's age and not by a count of
/// attempts, so that neither an outage nor a clock that jumps empties the queue into the dead letters. Systemic ones
/// concern every message and are never dead-lettered, however long they last.
pub fn settle(failure: Failure, attempt: u32, age: Duration, policy: &RetryPolicy) -> Outcome {
    let too_old = policy.plausible_age(attempt, age) >= policy.max_age;
    match failure.class {
        Class::Permanent => Outcome::DeadLetter { failure },
        Class::Transient if too_old => Outcome::DeadLetter { failure },
        Class::Transient | Class::Systemic => Outcome::Retry {
            after: policy.delay(attempt),
            failure,
        },
    }
}

#[cfg(test)]
mod tests {
    use invoice::FailureCode;

    use super::*;
    use crate::processor::Stage;

    fn failure(class: Class) -> Failure {
        Failure {
            code: FailureCode::StorageFailed,
            detail: String::new(),
            stage: Stage::Store,
            class,
            problems: Vec::new(),
            warnings: Vec::new(),
            left_key: None,
            outage: None,
            issued: None,
        }
    }

    fn policy() -> RetryPolicy {
        RetryPolicy {
            in_place: Duration::ZERO,
            delays: vec![Duration::from_secs(5), Duration::from_secs(30)],
            max_age: Duration::from_secs(3_600),
        }
    }

    fn dead(class: Class) -> Outcome {
        Outcome::DeadLetter {
            failure: failure(class),
        }
    }

    fn retry(class: Class, seconds: u64) -> Outcome {
        Outcome::Retry {
            after: Duration::from_secs(seconds),
            failure: failure(class),
        }
    }

    #[test]
    fn every_failure_has_its_outcome() {
        let policy = policy();
        for (attempt, delay) in [(100, 30), (1_000_000, 30), (u32::MAX, 30)] {
            for (age, too_old) in [(0, false), (3_599, false), (3_600, true), (u64::MAX, true)] {
                for class in [Class::Permanent, Class::Transient, Class::Systemic] {
                    let expected = match (class, too_old) {
                        (Class::Permanent, _) | (Class::Transient, true) => dead(class),
                        (Class::Transient, false) | (Class::Systemic, _) => retry(class, delay),
                    };
                    let age = Duration::from_secs(age);
                    assert_eq!(settle(failure(class), attempt, age, &policy), expected);
                }
            }
        }
    }

    #[test]
    fn a_clock_that_jumps_makes_no_message_too_old() {
        let (policy, class) = (policy(), Class::Transient);
        let age = Duration::from_secs(3 * 86_400);
        // The delays of 14 attempts are 365 seconds.
        for (attempt, expected) in [
            (1, retry(class, 5)),
            (2, retry(class, 30)),
            (13, retry(class, 30)),
            (14, dead(class)),
        ] {
            assert_eq!(settle(failure(class), attempt, age, &policy), expected);
        }
    }
}
