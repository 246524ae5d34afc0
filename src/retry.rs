//! Every delay of the program: retries in place, reconnects, and the delays of the retry queues.
//!
//! The only module that names `backoff`, which is no longer maintained: replacing it touches this file and one line
//! of `Cargo.toml`.

use std::fmt::Display;
use std::time::{Duration, Instant};

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff as _;
use tracing::debug;

use crate::duration::milliseconds;
use crate::outages::{self, Server};

/// Shortest delay that a server can ask for.
const SHORTEST_RETRY_AFTER: Duration = Duration::from_secs(1);

/// What a retry has to know of an error.
pub trait Retryable: Display {
    /// The server that is called.
    const SERVER: Server;

    /// Whether the same call may succeed later.
    fn is_transient(&self) -> bool;

    /// Whether the cause concerns every call: a missing bucket, refused credentials.
    fn is_systemic(&self) -> bool {
        false
    }

    /// Whether the server is away, or does not do its work.
    fn is_outage(&self) -> bool;

    /// The delay that the server asked for.
    fn retry_after(&self) -> Option<Duration> {
        None
    }
}

/// How a message is retried.
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    /// How long a failing call is repeated while its message stays in work.
    pub in_place: Duration,
    /// The delays of the retry queues that a message passes after that; the last one repeats.
    pub delays: Vec<Duration>,
    /// The age at which a message is dead-lettered instead of being retried again.
    pub max_age: Duration,
}

impl RetryPolicy {
    /// The delay after this attempt, counted from 1.
    pub fn delay(&self, attempt: u32) -> Duration {
        let index = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
        let delay = self.delays.get(index).or(self.delays.last());
        delay.copied().unwrap_or(Duration::from_secs(5))
    }

    /// The age of a message, bounded by what is plausible. Clocks jump, and differ between machines; but the broker has
    /// measured the delays that the message has passed, and it waits in queues no more than a few times as long.
    pub fn plausible_age(&self, attempt: u32, age: Duration) -> Duration {
        /// With many messages, an attempt takes longer than its delay.
        const AT_MOST: u32 = 10;
        let before = attempt.saturating_sub(1);
        let listed = u32::try_from(self.delays.len()).unwrap_or(u32::MAX);
        let different: Duration = (1..=before.min(listed))
            .map(|attempt| self.delay(attempt))
            .sum();
        let last = self
            .delay(u32::MAX)
            .saturating_mul(before.saturating_sub(listed));
        age.min(different.saturating_add(last).saturating_mul(AT_MOST))
    }
}

/// Repeats a call while it fails transiently, for at most `longest`.
pub async fn in_place<T, E, F>(
    longest: Duration,
    action: &'static str,
    mut call: impl FnMut() -> F,
) -> Result<T, E>
where
    E: Retryable,
    F: Future<Output = Result<T, E>>,
{
    let started = Instant::now();
    // The time limit is kept here and not by the crate, whose `retry_after` goes past it.
    let policy = exponential(Duration::from_millis(100), Duration::from_secs(3));
    let attempt = || {
        let pending = call();
        async move {
            let answer = pending.await;
            note(&answer);
            answer.map_err(|error| {
                if error.is_transient() && started.elapsed() < longest {
                    backoff::Error::Transient {
                        retry_after: error.retry_after().map(|asked| bounded(asked, longest)),
                        err: error,
                    }
                } else {
                    backoff::Error::Permanent(error)
                }
            })
        }
    };
    let notify = |error: E, delay: Duration| {
        debug!(event = "call_retried", action, error = %error, delay_ms = milliseconds(delay), "call failed; retrying");
    };
    backoff::future::retry_notify(policy, attempt, notify).await
}

/// Notes what an answer says about its server. What concerns every call until a person does something is logged by others.
pub fn note<T, E: Retryable>(answer: &Result<T, E>) {
    match answer {
        Err(error) if error.is_outage() => outages::failed(E::SERVER, error),
        Err(error) if error.is_systemic() => {}
        Ok(_) | Err(_) => outages::works(E::SERVER),
    }
}

/// The delay that a server asks for, within bounds: zero seconds would be a storm of calls.
fn bounded(asked: Duration, longest: Duration) -> Duration {
    asked.clamp(SHORTEST_RETRY_AFTER, longest.max(SHORTEST_RETRY_AFTER))
}

/// Growing delays without an end, for connections that are opened again for as long as it takes.
pub struct Delays {
    policy: ExponentialBackoff,
    growing: bool,
}

impl Delays {
    /// From a fifth of a second to ten seconds.
    pub fn reconnect() -> Self {
        Self::new(Duration::from_millis(200), Duration::from_secs(10))
    }

    /// From a second to a minute, for causes that only a person can fix.
    pub fn hold_back() -> Self {
        Self::new(Duration::from_secs(1), Duration::from_secs(60))
    }

    fn new(first: Duration, longest: Duration) -> Self {
        Self {
            policy: exponential(first, longest),
            growing: false,
        }
    }

    /// The next delay.
    pub fn next_delay(&mut self) -> Duration {
        self.growing = true;
        let longest = self.policy.max_interval;
        self.policy.next_backoff().unwrap_or(longest)
    }

    /// Starts with the shortest delay again.
    pub fn reset(&mut self) {
        self.growing = false;
        self.policy.reset();
    }

    /// Whether there was a delay since the last reset.
    pub fn are_growing(&self) -> bool {
        self.growing
    }
}

fn exponential(first: Duration, longest: Duration) -> ExponentialBackoff {
    ExponentialBackoff {
        current_interval: first,
        initial_interval: first,
        max_interval: longest,
        max_elapsed_time: None,
        multiplier: 2.0,
        ..ExponentialBackoff::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, thiserror::Error)]
    #[error("failed")]
    struct Failed {
        transient: bool,
    }

    impl Retryable for Failed {
        const SERVER: Server = Server::Bucket;

        fn is_outage(&self) -> bool {
            self.transient
        }

        fn is_transient(&self) -> bool {
            self.transient
        }
    }

    #[tokio::test]
    async fn a_permanent_error_is_not_repeated() {
        let mut calls = 0;
        let result: Result<(), _> = in_place(Duration::from_secs(60), "test", || {
            calls += 1;
            async { Err(Failed { transient: false }) }
        })
        .await;
        assert_eq!((result, calls), (Err(Failed { transient: false }), 1));
    }

    #[tokio::test]
    async fn a_transient_error_is_repeated_until_it_is_over() {
        let mut calls = 0;
        let result = in_place(Duration::from_secs(60), "test", || {
            calls += 1;
            let call = calls;
            async move {
                if call < 3 {
                    Err(Failed { transient: true })
                } else {
                    Ok(call)
                }
            }
        })
        .await;
        assert_eq!(result, Ok(3));
    }

    #[tokio::test]
    async fn repeating_ends_with_its_time() {
        let result: Result<(), _> = in_place(Duration::ZERO, "test", || async {
            Err(Failed { transient: true })
        })
        .await;
        assert_eq!(result, Err(Failed { transient: true }));
    }

    #[test]
    fn a_delay_that_a_server_asks_for_has_bounds() {
        let waits = |asked, longest| {
            bounded(Duration::from_secs(asked), Duration::from_secs(longest)).as_secs()
        };
        assert_eq!((waits(0, 10), waits(7, 10), waits(3_600, 10)), (1, 7, 10));
        assert_eq!(waits(5, 0), 1, "nothing is repeated in place for longer");
    }

    #[test]
    fn the_last_delay_is_used_again() {
        let policy = RetryPolicy {
            in_place: Duration::ZERO,
            delays: vec![Duration::from_secs(5), Duration::from_secs(30)],
            max_age: Duration::from_secs(60),
        };
        let delays: Vec<u64> = [1, 2, 3, u32::MAX]
            .map(|attempt| policy.delay(attempt).as_secs())
            .into();
        assert_eq!(delays, [5, 30, 30, 30]);
    }
}
