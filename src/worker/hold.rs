//! What holds a worker back, until a settled message shows that it is fixed.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use invoice::FailureCode;

/// Time between two reminders that nothing can be processed.
const REMIND_AFTER: Duration = Duration::from_secs(60);

/// What holds the worker back. It stays while nothing shows that it is fixed, also where the worker waits for a message again.
#[derive(Default)]
pub(super) struct Hold(Mutex<Option<Held>>);

struct Held {
    code: FailureCode,
    since: Instant,
    logged: Instant,
}

impl Hold {
    /// A message has met the cause with this code. Returns whether the log has to say so: it is new, or was logged a minute
    /// ago.
    pub(super) fn met(&self, code: FailureCode, now: Instant) -> bool {
        let mut held = self.held();
        if let Some(held) = held.as_mut().filter(|held| held.code == code) {
            let is_due = now.duration_since(held.logged) >= REMIND_AFTER;
            if is_due {
                held.logged = now;
            }
            return is_due;
        }
        *held = Some(Held {
            code,
            since: now,
            logged: now,
        });
        true
    }

    /// A message is settled. Returns what has held the worker back until now, and for how long.
    pub(super) fn over(&self, now: Instant) -> Option<(FailureCode, Duration)> {
        let held = self.held().take()?;
        Some((held.code, now.duration_since(held.since)))
    }

    fn held(&self) -> MutexGuard<'_, Option<Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: FailureCode = FailureCode::StorageBucketMissing;

    #[test]
    fn a_cause_is_new_once_until_a_settled_message_shows_that_it_is_fixed() {
        let (hold, start) = (Hold::default(), Instant::now());
        let at = |second| start + Duration::from_secs(second);
        assert_eq!(hold.over(start), None, "nothing holds it back");
        assert!(hold.met(CODE, start));
        // Nothing but time has passed in between.
        assert!(!hold.met(CODE, at(20)));
        assert!(!hold.met(CODE, at(59)));
        assert!(hold.met(CODE, at(60)), "a reminder");
        assert!(!hold.met(CODE, at(61)));
        assert_eq!(hold.over(at(70)), Some((CODE, Duration::from_secs(70))));
        assert_eq!(hold.over(at(71)), None);
        assert!(hold.met(CODE, at(72)));
        assert!(hold.met(FailureCode::StorageAccessDenied, at(73)));
        let (code, held) = hold.over(at(75)).expect("the other cause");
        assert_eq!(
            (code, held.as_secs()),
            (FailureCode::StorageAccessDenied, 2)
        );
    }
}
