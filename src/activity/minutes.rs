//! What a worker has done and not written yet, by the minute.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;
use uuid::Uuid;

use super::figures::{Done, Figures};
use crate::database::activity::Model;

/// Minutes that are kept while the database is away: a day. A row is some hundred bytes.
const KEPT: usize = 1_440;

/// Counts what a worker does, and keeps each minute until it is written.
#[derive(Default)]
pub struct Minutes(Mutex<State>);

#[derive(Default)]
struct State {
    /// The minute that is being counted, once there is a message in it.
    open: Option<(i64, Figures)>,
    /// Minutes that are over, the oldest first.
    over: VecDeque<Over>,
}

/// A minute that is over.
struct Over {
    /// Made once, so that the row counts once, however often it is written. Where rows were deleted for their age while the database
    /// did not answer for long, a minute may count twice: only figures are concerned.
    id: String,
    minute: i64,
    outcomes: String,
    stages: String,
    retries: Option<String>,
}

impl Minutes {
    /// Counts the end of a message.
    pub fn record(&self, now: OffsetDateTime, done: &Done) {
        let mut state = self.state();
        let minute = minute_of(now);
        state.end_before(minute);
        let (_, figures) = state
            .open
            .get_or_insert_with(|| (minute, Figures::default()));
        figures.record(now, done);
    }

    /// The oldest minute that is over and not written, as a row of this worker.
    pub(super) fn oldest(&self, now: OffsetDateTime, worker: &str) -> Option<Model> {
        let mut state = self.state();
        state.end_before(minute_of(now));
        state.over.front().map(|over| Model {
            id: over.id.clone(),
            minute: over.minute,
            minutes: 1,
            worker: worker.to_owned(),
            outcomes: over.outcomes.clone(),
            stages: over.stages.clone(),
            retries: over.retries.clone(),
        })
    }

    /// The row is written.
    pub(super) fn written(&self, row: &Model) {
        self.state().over.retain(|over| over.id != row.id);
    }

    /// The worker ends: the minute that is being counted is over.
    pub(super) fn end(&self) {
        self.state().end();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Ends the minute that is being counted, if it is another one. A clock that was set back may begin one again; both are
    /// added up.
    fn end_before(&mut self, minute: i64) {
        if self.open.as_ref().is_some_and(|(open, _)| *open != minute) {
            self.end();
        }
    }

    fn end(&mut self) {
        let Some((minute, figures)) = self.open.take() else {
            return;
        };
        if self.over.len() >= KEPT {
            self.over.pop_front();
        }
        self.over.push_back(Over {
            id: Uuid::now_v7().to_string(),
            minute,
            outcomes: figures.outcomes_json(),
            stages: figures.times_json(),
            retries: figures.retries_json(),
        });
    }
}

/// Whole minutes since 1970.
fn minute_of(moment: OffsetDateTime) -> i64 {
    moment.unix_timestamp().div_euclid(60)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::figures::tests::done;
    use super::*;
    use crate::telemetry::metrics::Outcome;

    fn at(seconds: u64) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn generated(minutes: &Minutes, seconds: u64) {
        minutes.record(at(seconds), &done(Outcome::Generated, 5));
    }

    /// Takes all rows, as a database that is there does.
    fn written(minutes: &Minutes, now: OffsetDateTime) -> Vec<(i64, String)> {
        let mut rows = Vec::new();
        while let Some(row) = minutes.oldest(now, "w") {
            minutes.written(&row);
            rows.push((row.minute, row.outcomes));
        }
        rows
    }

    #[test]
    fn a_minute_is_a_row_once_it_is_over() {
        let minutes = Minutes::default();
        generated(&minutes, 61);
        generated(&minutes, 119);
        assert_eq!(minutes.oldest(at(119), "w"), None);
        generated(&minutes, 120);
        let row = minutes.oldest(at(121), "w").expect("the first minute");
        assert_eq!((row.minute, row.minutes, &*row.worker), (1, 1, "w"));
        assert_eq!(row.outcomes, r#"{"generated":2}"#);
        assert_eq!(written(&minutes, at(181)).len(), 2, "the second one, too");
        let later = written(&minutes, at(999));
        assert!(later.is_empty(), "nothing was done since: {later:?}");
    }

    #[test]
    fn figures_are_kept_until_the_database_is_back() {
        let minutes = Minutes::default();
        generated(&minutes, 0);
        let failed = minutes.oldest(at(60), "w").expect("a row");
        generated(&minutes, 60);
        generated(&minutes, 180);
        let again = minutes.oldest(at(240), "w").expect("the same row");
        assert_eq!(failed, again, "the same key, so that it counts once");
        let rows = written(&minutes, at(240)).into_iter();
        let rows: Vec<i64> = rows.map(|(minute, _)| minute).collect();
        assert_eq!(rows, [0, 1, 3]);
    }

    #[test]
    fn a_day_is_kept_and_no_more() {
        let minutes = Minutes::default();
        let count = u64::try_from(KEPT).expect("small") + 10;
        for minute in 0..count {
            generated(&minutes, minute * 60);
        }
        let rows = written(&minutes, at(count * 60));
        assert_eq!(rows.len(), KEPT);
        assert_eq!(rows[0].0, 10, "the oldest ones are dropped");
    }

    #[test]
    fn nothing_is_lost_when_a_clock_is_set_back_or_the_worker_ends() {
        let minutes = Minutes::default();
        generated(&minutes, 120);
        generated(&minutes, 60);
        generated(&minutes, 130);
        minutes.end();
        let rows = written(&minutes, at(130)).into_iter();
        let rows: Vec<i64> = rows.map(|(minute, _)| minute).collect();
        assert_eq!(rows, [2, 1, 2]);
        minutes.end();
        assert!(written(&minutes, at(130)).is_empty());
    }
}
