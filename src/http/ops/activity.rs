//! What the workers have done, as the overview shows it: a rate, two charts with their tables, and the times of all stages.

use askama::filters::Safe;

use super::chart::{Chart, Rows, Series, Shape, Unit};
use crate::activity::{PUBLISH_TO_ACK, Span};
use crate::contract::{Activity, ActivityOutcomes, ActivityRetry, ActivityStage, ActivityStep};
use crate::moment;

/// An outcome: its name, its class, and how many messages ended so.
type OutcomeSeries = (&'static str, &'static str, fn(&ActivityOutcomes) -> u64);

/// The outcomes in the order in which they are stacked, those that are as they should be at the bottom.
const OUTCOMES: [OutcomeSeries; 5] = [
    ("generated", "c1", |it| it.generated),
    ("generated before", "c2", |it| it.already_generated),
    ("retried", "c3", |it| it.retried),
    ("dead-lettered", "c4", |it| it.dead_lettered),
    ("returned", "c5", |it| it.returned),
];

/// What was done, ready for the template.
pub(super) struct Work {
    /// `hour` or `day`.
    pub(super) span: &'static str,
    /// The other one.
    pub(super) other: &'static str,
    /// Messages a minute that were processed for good.
    pub(super) per_minute: f64,
    /// The charts.
    pub(super) charts: Vec<Drawn>,
    /// Each stage that was reached: name, count, p50, p95.
    pub(super) stages: Vec<[String; 4]>,
    /// Why messages were retried.
    pub(super) retries: Vec<ActivityRetry>,
}

/// A chart, ready for the template.
pub(super) struct Drawn {
    pub(super) title: &'static str,
    pub(super) svg: Safe<String>,
    /// Class and name of each series.
    pub(super) legend: Vec<(&'static str, &'static str)>,
    pub(super) table: Rows,
}

impl Work {
    pub(super) fn of(activity: &Activity) -> Self {
        let other = Span::ALL.map(Span::as_str).into_iter();
        let mut other = other.filter(|it| *it != activity.span);
        let stages = activity.total.stages.iter().map(|stage| {
            let time = |ms| Unit::Milliseconds.text(ms);
            [
                stage.stage.replace('_', " "),
                stage.count.to_string(),
                time(stage.p50_ms),
                time(stage.p95_ms),
            ]
        });
        Self {
            span: activity.span,
            other: other.next().unwrap_or_default(),
            per_minute: activity.total.per_minute,
            charts: vec![drawn(&outcomes(activity)), drawn(&times(activity))],
            stages: stages.collect(),
            retries: activity.retries.clone(),
        }
    }
}

fn drawn(chart: &Chart<'static>) -> Drawn {
    Drawn {
        title: chart.title,
        // What it contains of texts is escaped.
        svg: Safe(chart.svg()),
        legend: chart.series.iter().map(|it| (it.class, it.name)).collect(),
        table: chart.rows(),
    }
}

/// How messages ended, in each step.
fn outcomes(activity: &Activity) -> Chart<'static> {
    let total = &activity.total.outcomes;
    let counts = OUTCOMES.map(|(name, _, count)| format!("{} {name}", count(total)));
    Chart {
        id: "outcomes",
        title: "Messages by outcome",
        description: format!("{}: {}.", time_of(activity), counts.join(", ")),
        shape: Shape::Bars,
        unit: Unit::Count,
        steps: activity.steps.iter().map(|step| step.at).collect(),
        series: OUTCOMES
            .into_iter()
            .map(|(name, class, count)| Series {
                name,
                class,
                // Below 2^53, which no step exceeds, a float has all whole numbers.
                values: each(activity, |step| Some(count(&step.outcomes) as f64)),
            })
            .collect(),
    }
}

/// Reads a percentile, in milliseconds.
type Percentile = fn(&ActivityStage) -> f64;

/// How long it took from publishing to acknowledgement, in each step: half of the messages, and all but the slowest twentieth.
fn times(activity: &Activity) -> Chart<'static> {
    let of = |step: &ActivityStep, percentile: Percentile| {
        let mut stages = step.stages.iter();
        let stage = stages.find(|it| it.stage == PUBLISH_TO_ACK);
        stage.map(percentile)
    };
    let (p50, p95): (Percentile, Percentile) = (|it| it.p50_ms, |it| it.p95_ms);
    let total = &activity.total;
    let described = match (of(total, p50), of(total, p95)) {
        (Some(p50), Some(p95)) => {
            let text = |ms| Unit::Milliseconds.text(ms);
            format!(
                "half took at most {}, 95 % at most {}",
                text(p50),
                text(p95)
            )
        }
        (_, _) => "no message with a timestamp".to_owned(),
    };
    let series = |name, class, percentile| Series {
        name,
        class,
        values: each(activity, |step| of(step, percentile)),
    };
    Chart {
        id: "times",
        title: "From publishing to acknowledgement",
        description: format!("{}: {described}.", time_of(activity)),
        shape: Shape::Lines,
        unit: Unit::Milliseconds,
        steps: activity.steps.iter().map(|step| step.at).collect(),
        series: vec![series("p50", "c2", p50), series("p95", "c3", p95)],
    }
}

fn each(activity: &Activity, value: impl Fn(&ActivityStep) -> Option<f64>) -> Vec<Option<f64>> {
    activity.steps.iter().map(value).collect()
}

/// `2026-11-29T12:00:00Z to 2026-11-29T13:00:00Z`
fn time_of(activity: &Activity) -> String {
    let (from, until) = (activity.total.at, activity.until);
    format!("{} to {}", moment::seconds(from), moment::seconds(until))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn activity(stages: &[ActivityStage]) -> Activity {
        let step = |minute, generated, stages: &[ActivityStage]| ActivityStep {
            at: datetime!(2026-11-29 12:00 UTC)
                .replace_minute(minute)
                .expect("a minute"),
            minutes: 1,
            per_minute: 1.5,
            outcomes: ActivityOutcomes {
                generated,
                already_generated: 0,
                retried: 1,
                dead_lettered: 2,
                returned: 0,
            },
            stages: stages.to_vec(),
        };
        Activity {
            span: "hour",
            step_minutes: 1,
            until: datetime!(2026-11-29 12:02 UTC),
            total: step(0, 3, stages),
            steps: vec![step(0, 3, stages), step(1, 0, &[])],
            retries: Vec::new(),
        }
    }

    fn stage(stage: &'static str) -> ActivityStage {
        ActivityStage {
            stage,
            count: 3,
            p50_ms: 12.5,
            p95_ms: 4_000.0,
        }
    }

    #[test]
    fn outcomes_are_stacked_and_described() {
        let chart = outcomes(&activity(&[]));
        assert_eq!(
            chart.description,
            "2026-11-29T12:00:00Z to 2026-11-29T12:02:00Z: 3 generated, 0 generated before, 1 retried, 2 dead-lettered, \
             0 returned."
        );
        let rows = chart.rows().rows;
        assert_eq!(
            rows,
            [
                ["12:00", "3", "0", "1", "2", "0"],
                ["12:01", "0", "0", "1", "2", "0"]
            ]
        );
    }

    #[test]
    fn times_are_lines_with_a_gap_where_nothing_was_measured() {
        let chart = times(&activity(&[stage(PUBLISH_TO_ACK)]));
        assert_eq!(chart.series[1].values, [Some(4_000.0), None]);
        assert!(
            chart
                .description
                .ends_with("half took at most 12.5 ms, 95 % at most 4 s.")
        );
        assert_eq!(chart.rows().rows, [["12:00", "12.5 ms", "4 s"]]);
        let never = times(&activity(&[stage("parse")]));
        assert!(never.description.ends_with("no message with a timestamp."));
    }

    #[test]
    fn the_template_gets_both_charts_and_all_stages() {
        let work = Work::of(&activity(&[stage("look_up"), stage(PUBLISH_TO_ACK)]));
        assert_eq!((work.span, work.other), ("hour", "day"));
        assert_eq!(work.stages[0], ["look up", "3", "12.5 ms", "4 s"]);
        let titles: Vec<&str> = work.charts.iter().map(|it| it.title).collect();
        assert_eq!(
            titles,
            ["Messages by outcome", "From publishing to acknowledgement"]
        );
        assert_eq!(work.charts[0].legend[3], ("c4", "dead-lettered"));
        assert!(work.charts[0].svg.0.contains("class=\"bar c1\""));
        assert!(work.charts[1].svg.0.contains("class=\"line c3\""));
    }
}
