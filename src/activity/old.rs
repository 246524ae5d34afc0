//! Rows that are older than an hour are added up: to one for all workers and ten minutes. So a day is some hundred rows,
//! however many workers there are.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::figures::Figures;
use crate::database::activity::Model;
use crate::database::{Database, DatabaseError};

/// Milliseconds of a minute.
pub(super) const MINUTE_MS: i64 = 60_000;

/// Minutes of a row that was added up.
pub(super) const TEN: i64 = 10;

/// Single minutes that are kept: those of the last hour, and of ten minutes more in which the hour is read.
const SINGLE: i64 = 70;

/// Minutes until a row is deleted: a day and an hour.
const KEPT: i64 = 25 * 60;

/// Deletes what is too old, and adds up what is older than an hour.
pub(super) async fn tidy(database: &Database) -> Result<(), DatabaseError> {
    let now = database.now_ms().await?.div_euclid(MINUTE_MS);
    // A row of the future is of a worker whose clock is wrong, and would stay there for long.
    database.forget_activity(now - KEPT, now + KEPT).await?;
    let before = tens(now - SINGLE);
    database.add_up_activity(before, add_up).await.map(drop)
}

/// The first of the ten minutes that a minute is in.
pub(super) fn tens(minute: i64) -> i64 {
    minute.div_euclid(TEN) * TEN
}

/// A row for all ten minutes in which there are some.
fn add_up(rows: Vec<Model>) -> Vec<Model> {
    let mut sums: BTreeMap<i64, Figures> = BTreeMap::new();
    for row in rows {
        let figures = sums.entry(tens(row.minute)).or_default();
        figures.add_json(&row.outcomes, &row.stages, row.retries.as_deref());
    }
    let rows = sums.into_iter().map(|(minute, figures)| Model {
        id: Uuid::now_v7().to_string(),
        minute,
        minutes: TEN,
        worker: String::new(),
        outcomes: figures.outcomes_json(),
        stages: figures.times_json(),
        retries: figures.retries_json(),
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::super::figures::tests::done;
    use super::*;
    use crate::telemetry::metrics::Outcome;

    fn row(minute: i64, outcome: Outcome, millis: u64) -> Model {
        let mut figures = Figures::default();
        figures.record(OffsetDateTime::UNIX_EPOCH, &done(outcome, millis));
        Model {
            id: Uuid::now_v7().to_string(),
            minute,
            minutes: 1,
            worker: "w".to_owned(),
            outcomes: figures.outcomes_json(),
            stages: figures.times_json(),
            retries: figures.retries_json(),
        }
    }

    #[test]
    fn minutes_of_all_workers_become_one_row_for_ten() {
        let rows = vec![
            row(20, Outcome::Generated, 5),
            row(29, Outcome::Generated, 9),
            row(29, Outcome::Returned, 7),
            row(30, Outcome::Retried, 5),
        ];
        let mut expected = Figures::default();
        for row in &rows[..3] {
            expected.add_json(&row.outcomes, &row.stages, row.retries.as_deref());
        }
        let added = add_up(rows);
        let places: Vec<_> = added.iter().map(|it| (it.minute, it.minutes)).collect();
        assert_eq!(places, [(20, 10), (30, 10)]);
        assert_eq!(added[0].outcomes, r#"{"generated":2,"returned":1}"#);
        assert_eq!(added[0].stages, expected.times_json());
        assert_eq!(added[0].retries, None);
        assert_eq!(added[1].outcomes, r#"{"retried":1}"#);
        let retries = r#"{"storage_failed":{"count":1,"last":0,"detail":"timed out"}}"#;
        assert_eq!(added[1].retries.as_deref(), Some(retries));
        assert!(add_up(Vec::new()).is_empty());
    }

    #[test]
    fn what_is_added_up_ends_before_the_last_hour() {
        for now in 600_000..600_020 {
            let before = tens(now - SINGLE);
            assert!(now - before >= 60 && now - before <= 80, "{now} {before}");
        }
    }
}
