//! How many calls a second a token may make.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, NotUntil, Quota, RateLimiter};

/// Subjects that are kept at once, a few hundred bytes each.
const MOST: usize = 10_000;

/// Shortest time between two searches for subjects that can be forgotten: others wait meanwhile.
const SEARCH_PAUSE: Duration = Duration::from_millis(100);

/// The wait of a subject that there is no room for.
const NO_ROOM: Duration = Duration::from_secs(1);

/// The rate of one token.
#[derive(Clone, Debug)]
pub(super) struct Rate(Arc<DefaultDirectRateLimiter>);

impl Rate {
    /// A burst of so many calls, and so many a second.
    pub(super) fn new(per_second: NonZeroU32) -> Self {
        Self::of(Quota::per_second(per_second))
    }

    fn of(quota: Quota) -> Self {
        Self(Arc::new(RateLimiter::direct(quota)))
    }

    /// Counts a call; the error is the time after which there may be another.
    pub(super) fn count(&self) -> Result<(), Duration> {
        self.0.check().map_err(|until| wait(&until))
    }
}

/// The rates of the subjects of an identity provider, or of addresses, all alike. There is any number of them, so those that have not
/// called for a while are forgotten: they count as new ones. While there is no room, only subjects that are not known are
/// refused.
pub(crate) struct Rates {
    quota: Quota,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    subjects: HashMap<Box<str>, Subject>,
    searched_at: Option<Instant>,
}

struct Subject {
    rate: Rate,
    /// When its last call was counted.
    called_at: Instant,
}

impl Rates {
    /// Each subject has a burst of so many calls, and so many a second.
    pub(super) fn new(per_second: NonZeroU32) -> Self {
        Self::of(Quota::per_second(per_second))
    }

    /// Each subject has a burst of so many calls, and so many a minute.
    pub(crate) fn per_minute(count: NonZeroU32) -> Self {
        Self::of(Quota::per_minute(count))
    }

    fn of(quota: Quota) -> Self {
        let kept = Mutex::default();
        Self { quota, kept }
    }

    /// Counts a call of a subject; the error is the time after which there may be another.
    pub(crate) fn count(&self, subject: &str) -> Result<(), Duration> {
        self.count_at(subject, Instant::now())
    }

    fn count_at(&self, subject: &str, now: Instant) -> Result<(), Duration> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.subjects.get_mut(subject) {
            known.rate.count()?;
            known.called_at = now;
            return Ok(());
        }
        if kept.subjects.len() >= MOST {
            kept.forget(self.quota.burst_size_replenished_in(), now);
        }
        if kept.subjects.len() >= MOST {
            return Err(NO_ROOM);
        }
        let rate = Rate::of(self.quota);
        rate.count()?;
        let called_at = now;
        kept.subjects
            .insert(subject.into(), Subject { rate, called_at });
        Ok(())
    }
}

impl Kept {
    /// Forgets the subjects that have not called for so long that they may do as much as new ones.
    fn forget(&mut self, after: Duration, now: Instant) {
        let pause = self.searched_at.map(|at| now.saturating_duration_since(at));
        if pause.is_some_and(|pause| pause < SEARCH_PAUSE) {
            return;
        }
        self.searched_at = Some(now);
        let is_recent =
            |subject: &Subject| now.saturating_duration_since(subject.called_at) < after;
        self.subjects.retain(|_, subject| is_recent(subject));
    }
}

fn wait(until: &NotUntil<<DefaultClock as governor::clock::Clock>::Instant>) -> Duration {
    until.wait_time_from(DefaultClock::default().now())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn not_zero(count: u32) -> NonZeroU32 {
        NonZeroU32::new(count).expect("not zero")
    }

    #[test]
    fn a_rate_is_a_burst_and_then_a_wait() {
        let rate = Rate::new(not_zero(2));
        assert!(rate.count().is_ok() && rate.count().is_ok());
        let wait = rate.count().expect_err("the third call");
        assert!(wait <= Duration::from_millis(500), "{wait:?}");
    }

    #[test]
    fn each_subject_has_a_rate_of_its_own() {
        let rates = Rates::new(not_zero(1));
        assert!(rates.count("a").is_ok() && rates.count("b").is_ok());
        assert!(rates.count("a").is_err() && rates.count("b").is_err());
    }

    #[test]
    fn any_number_of_subjects_needs_a_bounded_number_of_entries() {
        let start = Instant::now();
        // A call counts in real time, in which there is no further one of a minute's five.
        let rates = Rates::of(Quota::per_minute(not_zero(5)));
        let call = |id: usize, millis: u64| {
            let now = start + Duration::from_millis(millis);
            rates.count_at(&format!("oidc:{id}"), now).is_ok()
        };
        let new_ones =
            |ids: std::ops::Range<usize>, millis| ids.filter(|id| call(*id, millis)).count();
        assert_eq!(new_ones(0..MOST + 100, 0), MOST);
        // Those that are known may go on, until their rate is used.
        assert!((0..4).all(|_| call(7, 30_000)) && !call(7, 30_000));
        // The others have not called for a minute, and are forgotten.
        assert_eq!(new_ones(MOST..MOST + 100, 60_000), 100);
        let kept = || rates.kept.lock().expect("not poisoned").subjects.len();
        assert_eq!(kept(), 101);
        assert!(!call(7, 60_000));
        // No second search within a moment.
        assert_eq!(new_ones(MOST..MOST * 3, 60_000), MOST - 1);
        assert_eq!((new_ones(0..7, 120_050), kept()), (7, 7));
        assert_eq!(new_ones(0..MOST * 2, 120_099), MOST);
        assert_eq!(new_ones(MOST * 4..MOST * 5, 180_120), MOST);
    }
}
