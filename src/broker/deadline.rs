//! A time limit for every call to the broker: lapin has none.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::error::BrokerError;

/// Waits for the answer to a call, for `longest` at most.
pub(super) async fn deadline<T>(
    action: &'static str,
    longest: Duration,
    call: impl Future<Output = lapin::Result<T>>,
) -> Result<T, BrokerError> {
    until(Instant::now() + longest, longest, action, call).await
}

/// The same with a point in time that several calls share; `longest` is the time that they had together.
pub(super) async fn until<T>(
    end: Instant,
    longest: Duration,
    action: &'static str,
    call: impl Future<Output = lapin::Result<T>>,
) -> Result<T, BrokerError> {
    match timeout_at(end, call).await {
        Ok(result) => result.map_err(|error| BrokerError::from(error).during(action)),
        Err(_elapsed) => Err(BrokerError::Timeout {
            action,
            seconds: longest.as_secs(),
        }),
    }
}
