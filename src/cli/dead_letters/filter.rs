//! Which dead letters a command is about.

use std::collections::BTreeSet;

use anyhow::Context as _;
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::error::WrongUsage;
use super::super::time_span;
use crate::broker::dead_letter::BROKER;
use crate::config::within;
use crate::database::archive::{Frozen, Selection};
use crate::database::{Database, DeadLetterStatus};
use crate::output;
use crate::processor::failure::Stage;

/// Filters; every one that is given has to match.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Filters (every one that is given has to match)")]
pub(super) struct Filter {
    /// With this code; several separated by commas
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    code: Vec<String>,
    /// That failed in this stage; several separated by commas
    #[arg(long, value_name = "STAGE", value_delimiter = ',', value_parser = stages())]
    stage: Vec<String>,
    /// Of this marketplace platform
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    /// Of this shop
    #[arg(long, value_name = "SHOP_ID")]
    shop: Option<String>,
    /// Of this order
    #[arg(long, value_name = "ORDER_ID")]
    order: Option<String>,
    /// That failed last at this time or later: RFC 3339, or how long ago, like 90s, 15m, 2h, 3d
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<OffsetDateTime>,
    /// That failed last at this time or earlier
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<OffsetDateTime>,
    /// In this state
    #[arg(long, value_name = "STATUS", value_enum, default_value_t = StatusFilter::Open)]
    status: StatusFilter,
}

/// A state, or any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StatusFilter {
    Open,
    Replayed,
    Discarded,
    All,
}

impl Filter {
    pub(super) fn selection(&self) -> Selection {
        Selection {
            ids: Vec::new(),
            codes: self.code.clone(),
            stages: self.stage.clone(),
            platform: self.platform.clone(),
            shop_id: self.shop.clone(),
            order_id: self.order.clone(),
            exchange: None,
            since: self.since,
            until: self.until,
            status: match self.status {
                StatusFilter::Open => Some(DeadLetterStatus::Open),
                StatusFilter::Replayed => Some(DeadLetterStatus::Replayed),
                StatusFilter::Discarded => Some(DeadLetterStatus::Discarded),
                StatusFilter::All => None,
            },
            max_id: None,
        }
    }
}

/// Which dead letters a command changes: the choice has to be made on purpose.
#[derive(Clone, Debug, Args)]
pub(super) struct Targets {
    /// Numbers of dead letters, as `list` shows them
    #[arg(value_name = "ID", value_parser = within(1..=i64::MAX))]
    ids: Vec<i64>,
    /// Everything in the state that --status names
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    #[command(flatten)]
    filter: Filter,
}

impl Targets {
    /// What there is of it now. What fails from now on is not in it.
    pub(super) async fn freeze(&self, database: &Database) -> anyhow::Result<Frozen> {
        let mut selection = self.filter.selection();
        let nothing_chosen = Selection {
            status: selection.status,
            ..Selection::default()
        };
        if self.ids.is_empty() && !self.all && selection == nothing_chosen {
            let problem = "name dead letters by number or by filter, or give --all";
            return Err(WrongUsage(problem.into()).into());
        }
        let unknown = database.unknown_dead_letters(&self.ids).await?;
        if let Some(id) = unknown.first() {
            anyhow::bail!("there is no dead letter {id}");
        }
        selection.ids.clone_from(&self.ids);
        let frozen = database.freeze(&selection).await;
        frozen.context("cannot select dead letters")
    }

    /// Says how many of the numbers that were given are not selected: they are not an error, so that a command can be
    /// run again.
    pub(super) fn tell_left_out(&self, frozen: &Frozen) {
        let given = self.ids.iter().collect::<BTreeSet<_>>().len() as u64;
        if given > frozen.count {
            output::note(format_args!(
                "left out: {} of {given}, which the filters do not match (--status is {} unless given)",
                given - frozen.count,
                DeadLetterStatus::Open.as_str()
            ));
        }
    }
}

/// The stages of a worker, and the broker.
fn stages() -> PossibleValuesParser {
    let ours = Stage::ALL.iter().map(|stage| stage.as_str());
    PossibleValuesParser::new(ours.chain([BROKER]))
}

/// Why something is changed.
pub(super) fn reason(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() {
        Err("must not be empty: it is for whoever asks later")
    } else {
        Ok(text.to_owned())
    }
}

/// A point in time, or how long ago it was.
fn moment(text: &str) -> Result<OffsetDateTime, String> {
    let wrong =
        || "must be a time like 2026-11-21T08:00:00Z or how long ago, like 90s, 15m, 2h, 3d";
    if let Ok(time) = OffsetDateTime::parse(text, &Rfc3339) {
        return Ok(time);
    }
    let text = text.trim().trim_end_matches("ago").trim_end();
    time_span::parse(text)
        .and_then(|before| time::Duration::try_from(before).ok())
        .and_then(|before| OffsetDateTime::now_utc().checked_sub(before))
        .ok_or_else(|| wrong().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_how_long_ago_it_was() {
        let time = moment("2026-11-21T08:00:00+01:00").expect("RFC 3339");
        assert_eq!(time, time::macros::datetime!(2026-11-21 07:00:00 UTC));
        for (text, seconds) in [("90s", 90), ("2h", 7_200), ("3d ago", 259_200), ("0m", 0)] {
            let age = OffsetDateTime::now_utc() - moment(text).expect("a duration");
            assert!((age.whole_seconds() - seconds).abs() < 5, "{text}: {age}");
        }
        for text in ["", "ago", "2", "2026-11-21", "4294967295d"] {
            assert!(moment(text).is_err(), "{text:?}");
        }
    }
}
