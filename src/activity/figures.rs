//! What was done within some time: messages by their outcome, the times of their stages, and why some were retried.

use std::collections::BTreeMap;
use std::time::Duration;

use time::OffsetDateTime;

use super::buckets::Histogram;
use super::retries::{Cause, Retries, Retry};
use crate::telemetry::metrics::{Outcome, Stage};

/// The name of the time from the publishing of a message to its final acknowledgement, beside those of the stages.
pub const PUBLISH_TO_ACK: &str = "publish_to_ack";

/// How many times are measured.
const TIMES: usize = Stage::ALL.len() + 1;

/// The end of a message.
#[derive(Clone, Debug)]
pub struct Done {
    /// How it ended.
    pub outcome: Outcome,
    /// How long each stage took, in the order of [`Stage::ALL`].
    pub stages: [Option<Duration>; Stage::ALL.len()],
    /// From its publishing to its final acknowledgement, where that is known.
    pub publish_to_ack: Option<Duration>,
    /// Why it is retried, if it is.
    pub retry: Option<Retry>,
}

/// What was done within some time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    outcomes: [u64; Outcome::ALL.len()],
    /// The stages, and then the time from publishing to acknowledgement.
    times: [Histogram; TIMES],
    retries: Retries,
}

fn names() -> impl Iterator<Item = &'static str> {
    Stage::NAMES.iter().copied().chain([PUBLISH_TO_ACK])
}

impl Figures {
    /// Counts a message that ended now.
    pub(super) fn record(&mut self, now: OffsetDateTime, done: &Done) {
        self.count(done.outcome, 1);
        let times = done.stages.iter().chain([&done.publish_to_ack]);
        for (histogram, took) in self.times.iter_mut().zip(times) {
            if let Some(took) = took {
                histogram.record(*took);
            }
        }
        if let Some(retry) = &done.retry {
            self.retries.record(retry, now);
        }
    }

    fn count(&mut self, outcome: Outcome, by: u64) {
        let count = &mut self.outcomes[outcome as usize];
        *count = count.saturating_add(by);
    }

    /// Adds others.
    pub(super) fn add(&mut self, other: &Self) {
        for outcome in Outcome::ALL {
            self.count(outcome, other.outcome(outcome));
        }
        for (histogram, other) in self.times.iter_mut().zip(&other.times) {
            histogram.add(other);
        }
        self.retries.add(&other.retries);
    }

    /// Messages of this outcome.
    pub fn outcome(&self, outcome: Outcome) -> u64 {
        self.outcomes[outcome as usize]
    }

    /// Messages that are not processed again.
    pub(super) fn finished(&self) -> u64 {
        let finished = Outcome::ALL.into_iter().filter(|it| it.is_final());
        finished.fold(0, |sum, it| sum.saturating_add(self.outcome(it)))
    }

    /// The times by their names.
    pub(super) fn times(&self) -> impl Iterator<Item = (&'static str, &Histogram)> {
        names().zip(&self.times)
    }

    /// Why messages were retried: each code, the most frequent first.
    pub(super) fn retries(&self) -> Vec<(&str, &Cause)> {
        self.retries.by_count()
    }

    /// The outcomes as JSON: an object with those that there are.
    pub(super) fn outcomes_json(&self) -> String {
        let counts = Outcome::ALL.map(|it| (it.as_str(), self.outcome(it)));
        let counts: BTreeMap<_, _> = counts.into_iter().filter(|(_, it)| *it > 0).collect();
        serde_json::to_string(&counts).unwrap_or_default()
    }

    /// The times as JSON: an object with a list for each that there is: bucket, count, bucket, count.
    pub(super) fn times_json(&self) -> String {
        let times = self.times().map(|(name, times)| (name, times.to_pairs()));
        let times: BTreeMap<_, _> = times.filter(|(_, it)| !it.is_empty()).collect();
        serde_json::to_string(&times).unwrap_or_default()
    }

    /// Why messages were retried, as JSON; none where none was.
    pub(super) fn retries_json(&self) -> Option<String> {
        self.retries.to_json()
    }

    /// Adds what is written as JSON. What a later version writes differently is left out.
    pub(super) fn add_json(&mut self, outcomes: &str, times: &str, retries: Option<&str>) {
        let counts: BTreeMap<&str, u64> = serde_json::from_str(outcomes).unwrap_or_default();
        for outcome in Outcome::ALL {
            if let Some(count) = counts.get(outcome.as_str()) {
                self.count(outcome, *count);
            }
        }
        let lists: BTreeMap<&str, Vec<u64>> = serde_json::from_str(times).unwrap_or_default();
        for (name, histogram) in names().zip(&mut self.times) {
            if let Some(list) = lists.get(name) {
                histogram.add_pairs(list);
            }
        }
        self.retries.add_json(retries);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A message that ended so, with this time for each stage.
    pub(crate) fn done(outcome: Outcome, millis: u64) -> Done {
        let took = Some(Duration::from_millis(millis));
        Done {
            outcome,
            stages: [took; Stage::ALL.len()],
            publish_to_ack: took.filter(|_| outcome.is_final()),
            retry: (outcome == Outcome::Retried).then(|| Retry {
                code: "storage_failed",
                detail: "timed out".to_owned(),
            }),
        }
    }

    fn some() -> Figures {
        let mut figures = Figures::default();
        let now = OffsetDateTime::UNIX_EPOCH;
        figures.record(now, &done(Outcome::Generated, 5));
        figures.record(now, &done(Outcome::Retried, 50));
        figures.record(now, &done(Outcome::DeadLettered, 7));
        figures
    }

    #[test]
    fn every_outcome_has_a_place_of_its_own() {
        for (index, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, index);
        }
    }

    #[test]
    fn messages_are_counted_by_outcome_and_with_their_times() {
        let figures = some();
        assert_eq!(
            Outcome::ALL.map(|it| figures.outcome(it)),
            [1, 0, 1, 1, 0],
            "{figures:?}"
        );
        assert_eq!(figures.finished(), 2, "a retried message is not finished");
        let counts: Vec<_> = figures.times().map(|(name, it)| (name, it.len())).collect();
        assert_eq!(counts[0], ("parse", 3));
        assert_eq!(counts[TIMES - 1], ("publish_to_ack", 2));
    }

    #[test]
    fn what_is_written_is_read_and_added() {
        let one = some();
        let mut read = Figures::default();
        let retries = one.retries_json();
        read.add_json(&one.outcomes_json(), &one.times_json(), retries.as_deref());
        assert_eq!(read, one);
        read.add_json(&one.outcomes_json(), &one.times_json(), retries.as_deref());
        let mut twice = one.clone();
        twice.add(&one);
        assert_eq!(read, twice);
        assert!(one.times_json().len() < 400, "{}", one.times_json());
    }

    #[test]
    fn what_a_later_version_writes_is_left_out() {
        let mut figures = Figures::default();
        figures.add_json(
            r#"{"generated":2,"postponed":3}"#,
            r#"{"sign":[1,2],"parse":[0,2]}"#,
            None,
        );
        assert_eq!(figures.outcome(Outcome::Generated), 2);
        assert_eq!(figures.times_json(), r#"{"parse":[0,2]}"#);
        let before = figures.clone();
        figures.add_json("[]", "a text", Some("a text"));
        assert_eq!(figures, before);
    }
}
