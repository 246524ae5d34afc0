//! The door through which work on large e-invoices leaves the runtime.

use tokio::task::spawn_blocking;

/// What takes longer than a message of usual size may keep its runtime thread: a request or a document from so many bytes on.
pub(super) const IS_LARGE: usize = 128 << 10;

/// Works in a thread for blocking work.
pub(super) async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}
