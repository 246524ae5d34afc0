//! `activity`: what the workers have done.

use std::io::{self, Write as _};

use clap::Args;

use super::table::{DETAIL_CHARS, paragraph, seconds};
use crate::activity::{self, Span};
use crate::app::App;
use crate::contract::{self, ActivityRetry, ActivityStage, ActivityStep};
use crate::output::{self, json};
use crate::text::one_line;

/// Show what the workers have done in the last hour or day.
///
/// For each minute, or ten minutes of a day: messages a minute that were processed for good, how their processing ended, and how
/// long it took from publishing to acknowledgement. Minutes without messages are left out. Then why messages were retried, by the
/// code of the failure. Workers write this into the database once a minute.
#[derive(Debug, Args)]
pub struct Activity {
    /// The last hour, by the minute, or the last day, by ten minutes
    #[arg(long, value_enum, default_value_t)]
    span: Span,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Activity {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let activity = activity::read(app.database().await?, self.span).await?;
        let mut out = output::stream();
        if self.json {
            json::write_pretty(&mut out, &activity)?;
        } else {
            write!(out, "{}", text(&activity)?)?;
        }
        Ok(())
    }
}

/// Tables for a person.
fn text(activity: &contract::Activity) -> io::Result<String> {
    let mut out = Vec::new();
    let total = &activity.total;
    let outcomes = total.outcomes;
    writeln!(
        out,
        "{} to {}: {} a minute\ngenerated {}, generated before {}, retried {}, dead-lettered {}, returned {}",
        seconds(total.at),
        seconds(activity.until),
        total.per_minute,
        outcomes.generated,
        outcomes.already_generated,
        outcomes.retried,
        outcomes.dead_lettered,
        outcomes.returned,
    )?;
    let stages: Vec<_> = total.stages.iter().map(stage).collect();
    if stages.is_empty() {
        writeln!(out, "\nno worker has processed a message")?;
    } else {
        paragraph(&mut out, ["STAGE", "COUNT", "P50", "P95"], &stages)?;
        let busy = activity.steps.iter().filter(|it| !it.stages.is_empty());
        let steps: Vec<_> = busy.map(step).collect();
        let heading = [
            "AT",
            "A MINUTE",
            "GENERATED",
            "BEFORE",
            "RETRIED",
            "DEAD",
            "RETURNED",
            "P50",
            "P95",
        ];
        paragraph(&mut out, heading, &steps)?;
    }
    let retries: Vec<_> = activity.retries.iter().map(retry).collect();
    if !retries.is_empty() {
        paragraph(
            &mut out,
            ["RETRIED FOR", "COUNT", "LAST", "DETAIL"],
            &retries,
        )?;
    }
    String::from_utf8(out).map_err(io::Error::other)
}

fn stage(stage: &ActivityStage) -> [String; 4] {
    [
        stage.stage.to_owned(),
        stage.count.to_string(),
        time(stage.p50_ms),
        time(stage.p95_ms),
    ]
}

fn retry(retry: &ActivityRetry) -> [String; 4] {
    [
        one_line(&retry.code, DETAIL_CHARS),
        retry.count.to_string(),
        seconds(retry.last_at),
        one_line(&retry.detail, DETAIL_CHARS),
    ]
}

fn step(step: &ActivityStep) -> [String; 9] {
    let outcomes = step.outcomes;
    let mut stages = step.stages.iter();
    let whole = stages.rfind(|it| it.stage == activity::PUBLISH_TO_ACK);
    let percentile = |of: fn(&ActivityStage) -> f64| {
        whole.map_or_else(|| "-".to_owned(), |stage| time(of(stage)))
    };
    [
        seconds(step.at),
        step.per_minute.to_string(),
        outcomes.generated.to_string(),
        outcomes.already_generated.to_string(),
        outcomes.retried.to_string(),
        outcomes.dead_lettered.to_string(),
        outcomes.returned.to_string(),
        percentile(|stage| stage.p50_ms),
        percentile(|stage| stage.p95_ms),
    ]
}

/// `0.34 ms`, `120 ms`, `4.2 s`, `12 min`: two or three digits, since more mean nothing.
fn time(ms: f64) -> String {
    match ms {
        ms if ms < 10.0 => format!("{ms:.2} ms"),
        ms if ms < 1_000.0 => format!("{ms:.0} ms"),
        ms if ms < 120_000.0 => format!("{:.1} s", ms / 1_000.0),
        ms => format!("{:.0} min", ms / 60_000.0),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::contract::ActivityOutcomes;

    fn of(minutes: u64, generated: u64, stages: Vec<ActivityStage>) -> ActivityStep {
        ActivityStep {
            at: datetime!(2026-11-29 12:00 UTC),
            minutes,
            per_minute: generated as f64 / minutes as f64,
            outcomes: ActivityOutcomes {
                generated,
                already_generated: 0,
                retried: 1,
                dead_lettered: 0,
                returned: 0,
            },
            stages,
        }
    }

    fn shown(stages: Vec<ActivityStage>, retries: Vec<ActivityRetry>) -> String {
        let activity = contract::Activity {
            span: "hour",
            step_minutes: 1,
            until: datetime!(2026-11-29 12:02 UTC),
            total: of(2, 4, stages.clone()),
            steps: vec![of(1, 4, stages), of(1, 0, Vec::new())],
            retries,
        };
        text(&activity).expect("memory")
    }

    #[test]
    fn steps_with_messages_are_shown_with_their_times() {
        let stages = ["parse", activity::PUBLISH_TO_ACK].map(|stage| ActivityStage {
            stage,
            count: 4,
            p50_ms: 0.34,
            p95_ms: 4_200.0,
        });
        let retried = ActivityRetry {
            code: "storage_failed".to_owned(),
            count: 1,
            last_at: datetime!(2026-11-29 12:00:07 UTC),
            detail: "timed out".to_owned(),
        };
        assert_eq!(
            shown(stages.into(), vec![retried]),
            "\
2026-11-29T12:00:00Z to 2026-11-29T12:02:00Z: 2 a minute
generated 4, generated before 0, retried 1, dead-lettered 0, returned 0

STAGE           COUNT  P50      P95
parse           4      0.34 ms  4.2 s
publish_to_ack  4      0.34 ms  4.2 s

AT                    A MINUTE  GENERATED  BEFORE  RETRIED  DEAD  RETURNED  P50      P95
2026-11-29T12:00:00Z  4         4          0       1        0     0         0.34 ms  4.2 s

RETRIED FOR     COUNT  LAST                  DETAIL
storage_failed  1      2026-11-29T12:00:07Z  timed out
"
        );
    }

    #[test]
    fn that_nothing_was_done_is_said() {
        let shown = shown(Vec::new(), Vec::new());
        assert!(
            shown.ends_with("\nno worker has processed a message\n"),
            "{shown}"
        );
    }

    #[test]
    fn a_time_has_two_or_three_digits() {
        for (ms, expected) in [
            (0.1, "0.10 ms"),
            (34.4, "34 ms"),
            (4_240.0, "4.2 s"),
            (7_200_000.0, "120 min"),
        ] {
            assert_eq!(time(ms), expected);
        }
    }
}
