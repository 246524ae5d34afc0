//! Destinations of events whose queue does not confirm: a quorum queue without a majority, or on a node that is down.
//!
//! Every message in work would wait for such a queue, one time limit after the other. So only one event at a time waits for
//! it, and the others are refused at once, until it confirms again.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::outgoing::Outgoing;

/// Most destinations that are remembered: any publisher can name a queue. Beyond this number all are forgotten, which costs
/// each of them another wait.
const MOST: usize = 1_000;

/// Exchange and routing key.
type Destination = (String, String);

#[derive(Debug, Default)]
struct Known {
    silent: HashSet<Destination>,
    /// Those of them that an event waits for now.
    tried: HashSet<Destination>,
}

/// The destinations that have not confirmed the last event.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<Known>);

/// The permission to publish to a destination. Dropping it lets another event try.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    refusals: &'a Refusals,
    destination: Destination,
    /// Whether the destination is known not to confirm.
    alone: bool,
}

impl Refusals {
    /// Permission to publish an event; none while another one finds out whether its destination confirms again.
    pub(super) fn turn(&self, event: &Outgoing) -> Option<Turn<'_>> {
        let destination = (event.exchange.clone(), event.routing_key.clone());
        let mut known = self.known();
        let alone = known.silent.contains(&destination);
        if alone && !known.tried.insert(destination.clone()) {
            return None;
        }
        Some(Turn {
            refusals: self,
            destination,
            alone,
        })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// The destination has confirmed.
    pub(super) fn confirmed(self) {
        if self.alone {
            self.refusals.known().silent.remove(&self.destination);
        }
    }

    /// The destination has not confirmed in time.
    pub(super) fn unconfirmed(self) {
        let mut known = self.refusals.known();
        if known.silent.len() >= MOST {
            known.silent.clear();
        }
        known.silent.insert(self.destination.clone());
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.alone {
            self.refusals.known().tried.remove(&self.destination);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(key: &str) -> Outgoing {
        Outgoing::event(
            String::new(),
            key.into(),
            Vec::new(),
            "e1",
            "text/plain",
            None,
        )
    }

    #[test]
    fn one_event_at_a_time_waits_for_a_destination_that_does_not_confirm() {
        let refusals = Refusals::default();
        let (first, second) = (refusals.turn(&event("a")), refusals.turn(&event("a")));
        first.expect("a turn").unconfirmed();
        second.expect("both began before that").unconfirmed();
        let trying = refusals.turn(&event("a")).expect("one tries");
        assert!(refusals.turn(&event("a")).is_none());
        assert!(refusals.turn(&event("b")).is_some());
        drop(trying);
        refusals
            .turn(&event("a"))
            .expect("the next one")
            .confirmed();
        let turns = [refusals.turn(&event("a")), refusals.turn(&event("a"))];
        assert!(turns.iter().all(Option::is_some));
    }
}
