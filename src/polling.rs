//! Looking again and again until something has happened that other processes do.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// Time between two looks: short at first, since most of what is waited for takes less than a second.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The looks of one who waits.
pub(crate) struct Looks<'a> {
    end: Instant,
    stop: &'a CancellationToken,
    began: Instant,
    pause: Duration,
}

impl<'a> Looks<'a> {
    /// For `longest` at most, or until `stop`.
    pub(crate) fn new(longest: Duration, stop: &'a CancellationToken) -> Self {
        let now = Instant::now();
        Self {
            end: now + longest,
            stop,
            began: now,
            pause: FIRST_PAUSE,
        }
    }

    /// A look begins; returns whether it is the last one.
    pub(crate) fn begin(&mut self) -> bool {
        self.began = Instant::now();
        self.began >= self.end || self.stop.is_cancelled()
    }

    /// Waits until the next look. Looks that take long keep the database no busier than half of the time.
    pub(crate) async fn pause(&mut self) {
        let left = self.end.saturating_duration_since(Instant::now());
        let pausing = self.pause.max(self.began.elapsed()).min(left);
        tokio::select! {
            () = sleep(pausing) => {}
            () = self.stop.cancelled() => {}
        }
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }
}
