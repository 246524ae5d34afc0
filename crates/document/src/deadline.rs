//! A time limit for reading files. A system call that waits for a mount cannot be cancelled, so it waits in a thread that is
//! abandoned.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Longest time for reading the templates folder and the fonts, which takes a second on a slow disk.
pub(crate) const READING: Duration = Duration::from_secs(20);

/// Most threads that read at once. So many wait only where a mount does not answer, and further ones would wait as well.
const MAX_THREADS: usize = 16;

/// Threads that read, abandoned ones included.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// Counts a thread while it exists.
struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        THREADS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Runs a function in a thread of its own, and waits for it at most this long.
///
/// # Errors
///
/// The function takes longer, or too many earlier ones have not returned yet.
pub(crate) fn within<T: Send + 'static>(
    limit: Duration,
    read: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let timed_out = |problem: String| io::Error::new(io::ErrorKind::TimedOut, problem);
    let threads = THREADS.fetch_add(1, Ordering::Relaxed);
    let counted = Counted;
    if threads >= MAX_THREADS {
        return Err(timed_out(format!(
            "{threads} earlier attempts to read still wait"
        )));
    }
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::Builder::new().name("read".into()).spawn(move || {
        let _counted = counted;
        // Without a receiver the thread was abandoned.
        sender.send(read()).ok();
    })?;
    receiver.recv_timeout(limit).map_err(|error| match error {
        RecvTimeoutError::Timeout => timed_out(format!(
            "reading takes longer than {} s; a mount may not answer, or the machine is too busy",
            limit.as_secs()
        )),
        RecvTimeoutError::Disconnected => io::Error::other("the thread that reads has panicked"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_that_blocks_is_given_up_and_later_ones_work_again() {
        let (mount, blocked) = mpsc::channel::<()>();
        let blocked = std::sync::Arc::new(std::sync::Mutex::new(blocked));
        let limit = Duration::from_millis(20);
        for _ in 0..MAX_THREADS {
            let blocked = std::sync::Arc::clone(&blocked);
            let error = within(limit, move || {
                blocked.lock().map(|mount| mount.recv()).is_ok()
            })
            .expect_err("it blocks");
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        }
        // Threads are bounded, however often a reload is attempted.
        let error = within(limit, || 1).expect_err("too many threads");
        assert!(error.to_string().contains("still wait"), "{error}");
        drop(mount);
        let works_again = (0..1_000).any(|_| {
            thread::sleep(Duration::from_millis(5));
            within(Duration::from_secs(5), || 1).is_ok_and(|result| result == 1)
        });
        assert!(works_again);
    }
}
