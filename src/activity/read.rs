//! Reads what all workers have done.

use clap::ValueEnum;
use serde::Deserialize;
use time::OffsetDateTime;

use super::buckets::Histogram;
use super::figures::Figures;
use super::old::{MINUTE_MS, TEN};
use super::retries::Cause;
use crate::contract::{Activity, ActivityOutcomes, ActivityRetry, ActivityStage, ActivityStep};
use crate::database::activities::Recorded;
use crate::database::{Database, DatabaseError};
use crate::telemetry::metrics::Outcome;

/// A minute is read from so many milliseconds after its end on: until then workers may not have written it.
const WRITTEN_AFTER_MS: i64 = 5_000;

/// How far back it is looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Span {
    /// The last hour, by the minute.
    #[default]
    Hour,
    /// The last day, by ten minutes.
    Day,
}

impl Span {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Hour, Self::Day];

    /// The name in calls and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// Minutes of a step, and how many steps there are.
    const fn steps(self) -> (i64, i64) {
        match self {
            Self::Hour => (1, 60),
            Self::Day => (TEN, 24 * 60 / TEN),
        }
    }
}

/// What all workers have done until now.
///
/// # Errors
///
/// The database cannot be read.
pub async fn read(database: &Database, span: Span) -> Result<Activity, DatabaseError> {
    let window = Window::of(span, database.now_ms().await?);
    let recorded = database.activity(window.from, window.until).await?;
    Ok(window.add_up(recorded))
}

/// The minutes that are read.
struct Window {
    span: Span,
    /// The first one, in whole minutes since 1970.
    from: i64,
    /// The one after the last.
    until: i64,
}

impl Window {
    /// The last minutes that are over at this moment, in milliseconds since 1970.
    fn of(span: Span, now_ms: i64) -> Self {
        let until = (now_ms - WRITTEN_AFTER_MS).div_euclid(MINUTE_MS);
        let (step, count) = span.steps();
        // Steps of ten minutes begin where the rows of ten minutes do, so the last one may not be over.
        let last = (until - 1).div_euclid(step) * step;
        Self {
            span,
            from: last - (count - 1) * step,
            until,
        }
    }

    fn add_up(&self, recorded: Vec<Recorded>) -> Activity {
        let (step, count) = self.span.steps();
        let begins: Vec<i64> = (0..count).map(|index| self.from + index * step).collect();
        let mut sums = vec![Figures::default(); begins.len()];
        for row in recorded {
            let index = (row.minute - self.from).div_euclid(step);
            let sum = usize::try_from(index).ok();
            if let Some(sum) = sum.and_then(|index| sums.get_mut(index)) {
                sum.add_json(&row.outcomes, &row.stages, row.retries.as_deref());
            }
        }
        let mut total = Figures::default();
        for sum in &sums {
            total.add(sum);
        }
        let steps = begins.iter().zip(&sums).map(|(begin, sum)| {
            let end = (begin + step).min(self.until);
            described(*begin, end, sum)
        });
        Activity {
            span: self.span.as_str(),
            step_minutes: step.unsigned_abs(),
            until: moment(self.until),
            total: described(self.from, self.until, &total),
            retries: total.retries().into_iter().map(retry).collect(),
            steps: steps.collect(),
        }
    }
}

fn described(from: i64, until: i64, figures: &Figures) -> ActivityStep {
    let minutes = (until - from).unsigned_abs();
    let stages = figures.times();
    ActivityStep {
        at: moment(from),
        minutes,
        per_minute: hundredths(figures.finished() as f64 / minutes.max(1) as f64),
        outcomes: ActivityOutcomes {
            generated: figures.outcome(Outcome::Generated),
            already_generated: figures.outcome(Outcome::AlreadyGenerated),
            retried: figures.outcome(Outcome::Retried),
            dead_lettered: figures.outcome(Outcome::DeadLettered),
            returned: figures.outcome(Outcome::Returned),
        },
        stages: stages
            .filter_map(|(name, times)| stage(name, times))
            .collect(),
    }
}

fn retry((code, cause): (&str, &Cause)) -> ActivityRetry {
    ActivityRetry {
        code: code.to_owned(),
        count: cause.count,
        last_at: seconds(cause.last),
        detail: cause.detail.clone(),
    }
}

/// None where no message has reached it.
fn stage(name: &'static str, times: &Histogram) -> Option<ActivityStage> {
    let milliseconds = |percent| {
        let took = times.percentile(percent)?;
        Some(hundredths(took.as_secs_f64() * 1_000.0))
    };
    Some(ActivityStage {
        stage: name,
        count: times.len(),
        p50_ms: milliseconds(50)?,
        p95_ms: milliseconds(95)?,
    })
}

/// Without digits that mean nothing.
fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

fn moment(minute: i64) -> OffsetDateTime {
    seconds(minute.saturating_mul(60))
}

fn seconds(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::super::figures::tests::done;
    use super::*;

    fn recorded(minute: i64, outcome: Outcome, millis: u64) -> Recorded {
        let mut figures = Figures::default();
        figures.record(moment(minute), &done(outcome, millis));
        Recorded {
            minute,
            outcomes: figures.outcomes_json(),
            stages: figures.times_json(),
            retries: figures.retries_json(),
        }
    }

    #[test]
    fn the_last_minutes_that_are_over_are_read() {
        let minute = 1_000 * MINUTE_MS;
        for (span, now, from, until) in [
            (Span::Hour, minute + 5_000, 940, 1_000),
            (Span::Hour, minute + 4_999, 939, 999),
            (Span::Day, minute + 5_000, -440, 1_000),
            (Span::Day, minute + 65_000, -430, 1_001),
        ] {
            let window = Window::of(span, now);
            assert_eq!((window.from, window.until), (from, until), "{span:?} {now}");
        }
    }

    #[test]
    fn rows_of_all_workers_are_added_up_by_step() {
        let window = Window::of(Span::Day, 1_003 * MINUTE_MS + 5_000);
        let rows = vec![
            recorded(1_000, Outcome::Generated, 10),
            recorded(1_002, Outcome::Generated, 30),
            recorded(1_002, Outcome::DeadLettered, 30),
            recorded(1_002, Outcome::Retried, 30),
            recorded(990, Outcome::AlreadyGenerated, 10),
        ];
        let activity = window.add_up(rows);
        assert_eq!(activity.steps.len(), 144);
        assert_eq!(activity.step_minutes, 10);
        let [.., before, last] = &activity.steps[..] else {
            panic!("{activity:?}");
        };
        assert_eq!(last.at, moment(1_000));
        assert_eq!(last.minutes, 3, "the others are not over");
        assert_eq!(last.per_minute, 1.0, "a retried message is not finished");
        let outcomes = last.outcomes;
        assert_eq!(
            (outcomes.generated, outcomes.dead_lettered, outcomes.retried),
            (2, 1, 1)
        );
        assert_eq!((before.minutes, before.per_minute), (10, 0.1));
        assert_eq!(before.outcomes.already_generated, 1);
        assert_eq!(activity.total.outcomes.generated, 2);
        assert_eq!(activity.total.minutes, 1_433);
        let [retry] = &activity.retries[..] else {
            panic!("{activity:?}");
        };
        assert_eq!(
            (&*retry.code, retry.count, retry.last_at, &*retry.detail),
            ("storage_failed", 1, moment(1_002), "timed out")
        );
        let parse = &last.stages[0];
        assert_eq!((parse.stage, parse.count), ("parse", 4));
        assert!((parse.p50_ms - 30.0).abs() < 3.0, "{parse:?}");
    }

    #[test]
    fn where_nothing_was_done_there_are_steps_without_stages() {
        let activity = Window::of(Span::Hour, 1_000 * MINUTE_MS).add_up(Vec::new());
        assert_eq!(activity.steps.len(), 60);
        for step in activity.steps.iter().chain([&activity.total]) {
            assert_eq!(step.per_minute, 0.0);
            assert!(step.stages.is_empty(), "{step:?}");
        }
    }
}
