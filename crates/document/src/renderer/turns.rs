//! Turns at the renderers: waiting for one, and giving it back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::schedule::{Counts, Place, Schedule, Slot};
use crate::priority::Priority;

/// Gives out turns in the order of a [`Schedule`].
#[derive(Debug)]
pub(super) struct Turns(Mutex<Schedule<Waiter>>);

#[derive(Debug)]
struct Waiter {
    since: Instant,
    sender: oneshot::Sender<Turn>,
}

/// A turn; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Turn {
    /// None where its document was given up before it had it.
    turns: Option<Arc<Turns>>,
    slot: Slot,
    began: Instant,
}

impl Turns {
    pub(super) fn new(renderers: usize, bulk_share_percent: u8) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Schedule::new(
            renderers,
            bulk_share_percent,
        ))))
    }

    /// Waits for a turn. Cancel safe. It is never `None`; without a turn, the document would be rendered all the same.
    pub(super) async fn take(self: &Arc<Self>, place: Place, priority: Priority) -> Option<Turn> {
        let (sender, receiver) = oneshot::channel();
        let since = Instant::now();
        {
            let mut schedule = self.schedule();
            schedule.wait(place, priority, Waiter { since, sender });
            self.give_out(&mut schedule);
        }
        receiver.await.ok()
    }

    /// Whether a document that came now would be rendered at once, also a bulk one.
    pub(super) fn are_idle(&self) -> bool {
        self.schedule().is_idle()
    }

    /// How long a bulk document has waited, of those that still wait.
    pub(super) fn longest_bulk_wait(&self) -> Option<Duration> {
        let schedule = self.schedule();
        let waiting = schedule.waiting_bulk();
        let waiting = waiting.filter(|waiter| !waiter.sender.is_closed());
        waiting.map(|waiter| waiter.since.elapsed()).max()
    }

    /// How many documents have a turn, and how many wait for one.
    pub(super) fn counts(&self) -> Counts {
        self.schedule().counts(|waiter| !waiter.sender.is_closed())
    }

    fn give_out(self: &Arc<Self>, schedule: &mut Schedule<Waiter>) {
        schedule.forget(|waiter| waiter.sender.is_closed());
        while let Some((slot, waiter)) = schedule.next() {
            let turn = Turn {
                turns: Some(Arc::clone(self)),
                slot,
                began: Instant::now(),
            };
            if let Err(mut unreceived) = waiter.sender.send(turn) {
                // Dropping it as a turn would lock the schedule, which is locked here.
                unreceived.turns = None;
                schedule.end(slot, Duration::ZERO);
            }
        }
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule<Waiter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Moves a document that takes long to the side lane. If that is full, the document stays where it is.
    pub(super) fn move_to_side(&mut self) -> bool {
        let Some(turns) = &self.turns else {
            return false;
        };
        let mut schedule = turns.schedule();
        let Some(slot) = schedule.move_to_side(self.slot) else {
            return false;
        };
        self.slot = slot;
        turns.give_out(&mut schedule);
        true
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.turns.take() {
            let mut schedule = turns.schedule();
            schedule.end(self.slot, self.began.elapsed());
            turns.give_out(&mut schedule);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn a_turn_that_is_not_received_is_given_to_the_next_document() {
        let turns = Turns::new(1, 0);
        let take = |priority| Box::pin(turns.take(Place::Main, priority));
        let first = take(Priority::Ordinary).now_or_never().flatten();
        let mut given_up = take(Priority::Ordinary);
        let mut forgotten = take(Priority::Ordinary);
        let mut bulk = take(Priority::Bulk);
        for waiting in [&mut given_up, &mut forgotten, &mut bulk] {
            assert!(waiting.now_or_never().is_none());
        }
        assert!(turns.longest_bulk_wait().is_some() && !turns.are_idle());
        let counts = |running, ordinary_waiting, bulk_waiting| Counts {
            running,
            ordinary_waiting,
            bulk_waiting,
        };
        assert_eq!(turns.counts(), counts(1, 2, 1));
        drop(given_up);
        assert_eq!(turns.counts(), counts(1, 1, 1));
        drop(first.expect("a turn"));
        // It has its turn and does not look.
        drop(forgotten);
        let bulk = bulk.now_or_never().flatten().expect("a turn");
        assert_eq!(turns.longest_bulk_wait(), None);
        drop(bulk);
        assert!(turns.are_idle());
    }

    #[test]
    fn a_slow_document_makes_room_in_the_main_lane() {
        let turns = Turns::new(1, 0);
        let take = || turns.take(Place::Main, Priority::Ordinary);
        let mut slow = take().now_or_never().flatten().expect("a turn");
        let mut other = Box::pin(take());
        assert!((&mut other).now_or_never().is_none());
        assert!(slow.move_to_side());
        let mut other = other.now_or_never().flatten().expect("a turn");
        assert!(!other.move_to_side(), "the side lane is full");
    }
}
