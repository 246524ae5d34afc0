//! What a worker has in work, counted for its report.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use crate::broker::Lane;
use crate::database::worker::{OldestRetries, OldestRetry};

/// What a worker has in work.
#[derive(Default)]
pub(super) struct Activity {
    /// How many messages of each lane are in work, by when they were published.
    in_work: [Mutex<BTreeMap<OffsetDateTime, usize>>; Lane::ALL.len()],
    retries: Mutex<BTreeMap<String, Oldest>>,
}

/// A message in work, until it is dropped.
pub(super) struct Busy<'a> {
    activity: &'a Activity,
    lane: Lane,
    published_at: OffsetDateTime,
}

impl Activity {
    /// Work on a message begins, which was published then.
    pub(super) fn begin(&self, lane: Lane, published_at: OffsetDateTime) -> Busy<'_> {
        *self.messages(lane).entry(published_at).or_default() += 1;
        Busy {
            activity: self,
            lane,
            published_at,
        }
    }

    /// How many messages of a lane are in work.
    pub(super) fn in_work(&self, lane: Lane) -> usize {
        self.messages(lane).values().sum()
    }

    /// When the oldest message of a lane that is in work was published.
    pub(super) fn oldest_in_work(&self, lane: Lane) -> Option<OffsetDateTime> {
        self.messages(lane).keys().next().copied()
    }

    fn messages(&self, lane: Lane) -> MutexGuard<'_, BTreeMap<OffsetDateTime, usize>> {
        let messages = self.in_work[lane as usize].lock();
        messages.unwrap_or_else(PoisonError::into_inner)
    }

    /// A request that was first received then waits in a retry queue for so long.
    pub(super) fn waits(&self, queue: &str, delay: Duration, first_received_at: OffsetDateTime) {
        let mut retries = self.retries.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = retries.entry(queue.to_owned()).or_default();
        oldest.add(Instant::now() + delay, first_received_at);
    }

    /// The oldest request in each retry queue, of those that this worker has put there.
    pub(super) fn oldest_retries(&self) -> OldestRetries {
        let mut retries = self.retries.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let oldest = retries.iter_mut();
        oldest
            .filter_map(|(queue, oldest)| Some((queue.clone(), OldestRetry(oldest.at(now)?))))
            .collect()
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        let mut messages = self.activity.messages(self.lane);
        if let Some(count) = messages.get_mut(&self.published_at) {
            *count -= 1;
            if *count == 0 {
                messages.remove(&self.published_at);
            }
        }
    }
}

/// The minimum of what has not left yet. Each entry is older than those behind it, and by a whole second, so that they are
/// few.
#[derive(Default)]
struct Oldest(VecDeque<(Instant, OffsetDateTime)>);

impl Oldest {
    fn add(&mut self, until: Instant, first_received_at: OffsetDateTime) {
        let second = first_received_at.truncate_to_second();
        while self.0.back().is_some_and(|(_, other)| *other >= second) {
            self.0.pop_back();
        }
        self.0.push_back((until, second));
    }

    fn at(&mut self, now: Instant) -> Option<OffsetDateTime> {
        while self.0.front().is_some_and(|(until, _)| *until <= now) {
            self.0.pop_front();
        }
        self.0.front().map(|(_, oldest)| *oldest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_request_is_known_until_it_has_left() {
        let (mut oldest, start) = (Oldest::default(), Instant::now());
        let first = OffsetDateTime::UNIX_EPOCH;
        let after = |seconds| start + Duration::from_secs(seconds);
        oldest.add(after(5), first + Duration::from_secs(7));
        oldest.add(after(6), first);
        oldest.add(after(7), first + Duration::from_secs(9));
        oldest.add(after(8), first + Duration::from_millis(9_500));
        assert_eq!(
            oldest.0.len(),
            2,
            "what is younger and leaves earlier is never the oldest"
        );
        assert_eq!(oldest.at(after(5)), Some(first));
        assert_eq!(oldest.at(after(6)), Some(first + Duration::from_secs(9)));
        assert_eq!(oldest.at(after(8)), None);
    }

    #[test]
    fn work_counts_until_it_ends() {
        let activity = Activity::default();
        let first = OffsetDateTime::UNIX_EPOCH;
        let second = first + Duration::from_secs(1);
        let one = activity.begin(Lane::Bulk, second);
        let same = activity.begin(Lane::Bulk, second);
        let older = activity.begin(Lane::Bulk, first);
        assert_eq!(activity.in_work(Lane::Bulk), 3);
        assert_eq!(activity.in_work(Lane::Ordinary), 0);
        assert_eq!(activity.oldest_in_work(Lane::Bulk), Some(first));
        drop((one, older));
        assert_eq!(activity.in_work(Lane::Bulk), 1);
        assert_eq!(activity.oldest_in_work(Lane::Bulk), Some(second));
        drop(same);
        assert_eq!(activity.in_work(Lane::Bulk), 0);
        assert_eq!(activity.oldest_in_work(Lane::Bulk), None);
    }
}
