//! What holds a worker back, until a settled message shows that it is fixed.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use invoice::FailureCode;
use tracing::{debug, error, info};

/// Time between two reminders that nothing can be processed.
const REMIND_AFTER: Duration = Duration::from_secs(60);

/// What holds the worker back. It stays while nothing shows that it is fixed, also where the worker waits for a message again.
#[derive(Default)]
pub(super) struct Hold(Mutex<Option<Held>>);

/// Whether the log has to say that a cause still holds the worker back: it is new, or was logged a minute ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IsDue(bool);

impl IsDue {
    /// Logs that no request can be processed: as an error where that is due.
    pub(super) fn log(self, code: FailureCode, detail: &str, delay: Duration) {
        let (code, delay_seconds) = (code.as_str(), delay.as_secs());
        if self.0 {
            error!(
                event = "held_back",
                code,
                detail,
                delay_seconds,
                "no request can be processed until this is fixed; requests wait in their queues, and one tries from time to time"
            );
        } else {
            debug!(
                event = "held_back_again",
                code, detail, delay_seconds, "still holding back"
            );
        }
    }
}

struct Held {
    code: FailureCode,
    since: Instant,
    logged: Instant,
}

impl Hold {
    /// A message has met the cause with this code.
    pub(super) fn met(&self, code: FailureCode, now: Instant) -> IsDue {
        let mut held = self.held();
        if let Some(held) = held.as_mut().filter(|held| held.code == code) {
            let is_due = now.duration_since(held.logged) >= REMIND_AFTER;
            if is_due {
                held.logged = now;
            }
            return IsDue(is_due);
        }
        *held = Some(Held {
            code,
            since: now,
            logged: now,
        });
        IsDue(true)
    }

    /// A message shows that the cause is fixed, if there was one.
    pub(super) fn log_over(&self) {
        if let Some((code, held)) = self.over(Instant::now()) {
            info!(
                event = "held_back_over",
                code = code.as_str(),
                held_seconds = held.as_secs(),
                "the cause is fixed; requests are processed again"
            );
        }
    }

    /// Returns what has held the worker back until now, and for how long.
    fn over(&self, now: Instant) -> Option<(FailureCode, Duration)> {
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
        assert!(hold.met(CODE, start).0);
        // Nothing but time has passed in between.
        assert!(!hold.met(CODE, at(20)).0);
        assert!(!hold.met(CODE, at(59)).0);
        assert!(hold.met(CODE, at(60)).0, "a reminder");
        assert!(!hold.met(CODE, at(61)).0);
        assert_eq!(hold.over(at(70)), Some((CODE, Duration::from_secs(70))));
        assert_eq!(hold.over(at(71)), None);
        assert!(hold.met(CODE, at(72)).0);
        assert!(hold.met(FailureCode::StorageAccessDenied, at(73)).0);
        let (code, held) = hold.over(at(75)).expect("the other cause");
        assert_eq!(
            (code, held.as_secs()),
            (FailureCode::StorageAccessDenied, 2)
        );
    }
}
