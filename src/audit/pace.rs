//! How fast an audit goes, and where it stops.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// Counts what an audit takes.
pub(super) struct Pace {
    started: Instant,
    rate: Option<u32>,
    limit: u64,
    taken: AtomicU64,
    stopped: AtomicBool,
}

impl Pace {
    pub(super) fn new(rate: Option<u32>, limit: Option<u64>) -> Self {
        Self {
            started: Instant::now(),
            rate,
            limit: limit.unwrap_or(u64::MAX),
            taken: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        }
    }

    /// Waits until the next one may be taken; `false` where none may.
    pub(super) async fn next(&self, shutdown: &CancellationToken) -> bool {
        let taken = self.taken.fetch_add(1, Ordering::Relaxed);
        let due = match self.rate {
            Some(rate) => {
                let seconds = taken / u64::from(rate);
                let rest = f64::from(u32::try_from(taken % u64::from(rate)).unwrap_or(0));
                let rest = Duration::from_secs_f64(rest / f64::from(rate));
                self.started + Duration::from_secs(seconds) + rest
            }
            None => self.started,
        };
        let goes_on = taken < self.limit
            && tokio::select! {
                biased;
                () = shutdown.cancelled() => false,
                () = sleep_until(due) => true,
            };
        if !goes_on {
            self.stopped.store(true, Ordering::Relaxed);
        }
        goes_on
    }

    /// Whether one was asked for that may not be taken.
    pub(super) fn has_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}
