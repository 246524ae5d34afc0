//! The door through which work leaves the asynchronous runtime: reading folders, and computing for long.

use tokio::task::spawn_blocking;

/// What takes longer than a message of usual size may keep its thread of the runtime: a request or a document from so many bytes on.
pub const IS_LARGE: usize = 128 << 10;

/// Works in a thread for blocking work. The work goes on to its end where its caller goes away.
pub async fn off_the_runtime<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    /// With work on the one thread of this runtime, nothing would ever be sent.
    #[tokio::test]
    async fn other_tasks_go_on_during_the_work() {
        let (sender, receiver) = channel();
        let work = off_the_runtime(move || receiver.recv());
        let (received, sent) = tokio::join!(work, async { sender.send(7) });
        assert_eq!((received, sent), (Ok(7), Ok(())));
    }
}
