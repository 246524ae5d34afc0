//! Waiting for something to become true: polls with a deadline, never a bare sleep.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// Long enough for two busy cores. Tests that pass do not wait for it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

/// Time between two looks at the state.
const INTERVAL: Duration = Duration::from_millis(30);

/// Looks until the answer is `Ok`, for at most [`DEADLINE`]. `Err` is what was seen instead; the last one is in the panic
/// message when the deadline has passed.
pub(crate) async fn eventually<T, S: Debug>(
    what: &str,
    look: impl AsyncFnMut() -> Result<T, S>,
) -> T {
    eventually_within(DEADLINE, what, look).await
}

/// [`eventually`] with another deadline.
pub(crate) async fn eventually_within<T, S: Debug>(
    deadline: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Result<T, S>,
) -> T {
    let started = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) if started.elapsed() > deadline => {
                panic!("waited {deadline:?} for {what}; seen last: {seen:#?}")
            }
            Err(_) => tokio::time::sleep(INTERVAL).await,
        }
    }
}
