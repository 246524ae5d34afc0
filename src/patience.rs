//! Asking a server whether it is there: with one time limit, and one error beyond it.

use std::time::Duration;

use tokio::time::timeout;

/// Longest wait for a server.
const PATIENCE: Duration = Duration::from_secs(5);

/// A server has not answered in time.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no answer within {} s", PATIENCE.as_secs())]
pub struct NoAnswer;

/// Waits for an answer for five seconds at most.
///
/// # Errors
///
/// There was none.
pub async fn answered<T>(asking: impl Future<Output = T>) -> Result<T, NoAnswer> {
    timeout(PATIENCE, asking).await.map_err(|_elapsed| NoAnswer)
}
