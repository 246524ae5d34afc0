//! How fast a replay publishes, and an erasure erases.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// Requests whose confirms are awaited together, and dead letters that one transaction erases; a kill in between has as many requests
/// published twice.
const BATCH: u64 = 32;

/// When the rate allows the next batch. Time in which nothing was done, in an outage for example, is not made up for:
/// afterwards the rate is no higher than before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    rate: Option<u32>,
    pub(crate) due: Instant,
}

impl Pace {
    pub(crate) fn new(rate: Option<u32>, now: Instant) -> Self {
        Self { rate, due: now }
    }

    /// Nothing is due before this time.
    pub(crate) fn wait_until(&mut self, time: Instant) {
        self.due = self.due.max(time);
    }

    /// Takes account of a batch that began at this time.
    pub(crate) fn spend(&mut self, done: usize, began: Instant) {
        let done = Duration::from_secs(done as u64);
        let share = self.rate.and_then(|rate| done.checked_div(rate));
        self.due = self.due.max(began) + share.unwrap_or_default();
    }
}

/// Waits until the next batch is due; `false` when the work is to stop.
pub(crate) async fn wait_for_turn(due: Instant, stop: &CancellationToken) -> bool {
    tokio::select! {
        biased;
        () = stop.cancelled() => false,
        () = sleep_until(due) => true,
    }
}

/// A quarter of a second's worth, so that a rate is a steady stream.
pub(crate) fn batch_size(rate: Option<u32>) -> u64 {
    let rate = rate.map_or(u64::MAX, u64::from);
    (rate / 4).clamp(1, BATCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_does_not_make_up_for_an_outage() {
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let mut pace = Pace::new(Some(40), start);
        // As fast as permitted: a batch of 10 every quarter of a second.
        for (began, due) in [(0, 250), (250, 500), (500, 750)] {
            pace.spend(10, after(began));
            assert_eq!(pace.due, after(due));
        }
        // A minute later: the next batch is due a quarter of a second after this one, as always.
        for (began, due) in [(60_000, 60_250), (60_250, 60_500)] {
            pace.spend(10, after(began));
            assert_eq!(pace.due, after(due));
        }
        // One that begins early, which happens in no run, does not shorten the next wait.
        pace.spend(20, after(60_300));
        assert_eq!(pace.due, after(61_000));
        // What was not published costs nothing.
        pace.spend(0, after(60_900));
        assert_eq!(pace.due, after(61_000));
    }

    #[test]
    fn without_a_rate_a_batch_is_due_at_once() {
        let start = Instant::now();
        let mut pace = Pace::new(None, start);
        let later = start + Duration::from_secs(5);
        pace.spend(32, later);
        assert_eq!(pace.due, later);
    }

    #[test]
    fn a_batch_is_a_quarter_of_a_second() {
        for (rate, expected) in [(None, 32), (Some(1), 1), (Some(40), 10), (Some(1_000), 32)] {
            assert_eq!(batch_size(rate), expected);
        }
    }
}
