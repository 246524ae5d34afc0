//! `dead-letters replays`

use std::io::Write as _;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::super::listing::{Form, Listing};
use super::super::operator::operator;
use super::super::table::{DETAIL_CHARS, seconds};
use super::filter::reason;
use crate::app::App;
use crate::config::within;
use crate::contract::{ReplayOutcomes, ReplayResource};
use crate::database::{By, Database, RunStatus};
use crate::output;
use crate::replays::{self, Followed};
use crate::text::one_line;

/// List replays, the newest first, or cancel one.
///
/// A replay is `running` while a process runs it, `queued` while it waits for one (`dead-letters replay --resume` or a process
/// that serves the API), and then `done`, `cancelled` or `failed`. One that is cancelled or failed can be resumed. OUTCOME says
/// what became of the requests that it has published: their documents are generated, they were dead-lettered again, or
/// neither is known yet (`pending`). Of those that an earlier version has published it is `unknown`.
#[derive(Debug, Args)]
pub(super) struct Replays {
    /// Number of a replay: show only this one
    #[arg(value_name = "ID", value_parser = within(1..=i64::MAX))]
    id: Option<i64>,
    /// How many; 0 lists all
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = within(0..=u64::MAX))]
    limit: u64,
    #[command(flatten)]
    form: Form,
    /// In this state
    #[arg(long, value_name = "STATUS", value_parser = statuses())]
    status: Option<String>,
    /// Cancel this one; the process that runs it stops after its batch
    #[arg(long, value_name = "ID", value_parser = within(1..=i64::MAX), requires = "reason")]
    #[arg(conflicts_with_all = ["id", "status"])]
    cancel: Option<i64>,
    /// Why it is cancelled, for the record
    #[arg(long, value_name = "TEXT", value_parser = reason, requires = "cancel")]
    reason: Option<String>,
}

const HEADING: [&str; 10] = [
    "ID",
    "STATUS",
    "PUBLISHED",
    "OUTCOME",
    "REFUSED",
    "CREATED",
    "BY",
    "SELECTION",
    "REASON",
    "ERROR",
];

const EMPTY: &str = "no replays";

impl Replays {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let database = app.database().await?;
        if let Some(id) = self.cancel {
            return self.cancel(database, id).await;
        }
        let mut listing = Listing::new(self.form.format(), HEADING);
        if let Some(id) = self.id {
            let replay = replays::follow(database, id).await?;
            listing.page(vec![replay], columns, ReplayResource::from)?;
            return Ok(listing.finish(EMPTY)?);
        }
        let is_it = |status: &&RunStatus| Some(status.as_str()) == self.status.as_deref();
        let status = RunStatus::ALL.iter().find(is_it).copied();
        let read = async |cursor, limit| replays::list(database, status, cursor, limit).await;
        listing
            .pages(
                self.limit,
                read,
                columns,
                ReplayResource::from,
                async || Ok(EMPTY.to_owned()),
            )
            .await
    }

    async fn cancel(&self, database: &Database, id: i64) -> anyhow::Result<()> {
        let by = By {
            actor: &operator(),
            reason: self.reason.as_deref(),
        };
        let row = replays::cancel(database, id, by).await?;
        let mut out = output::stdout();
        if row.status == RunStatus::Cancelled {
            writeln!(out, "replay {id} is cancelled")?;
        } else {
            let owner = row.owner.unwrap_or_default();
            writeln!(
                out,
                "replay {id} is being cancelled: {owner} stops after its batch"
            )?;
        }
        Ok(())
    }
}

fn columns(replay: &Followed) -> [String; 10] {
    let row = &replay.row;
    // What a later version selects by cannot be shown; the replay itself can.
    let selection = row.selection().map(|selection| selection.target());
    [
        row.id.to_string(),
        row.status.as_str().to_owned(),
        format!("{} of {}", row.published, row.total),
        outcome(&ReplayOutcomes::of(row, replay.pending, replay.unknown)),
        (row.refused + row.unreadable).to_string(),
        seconds(row.created_at),
        one_line(&row.actor, DETAIL_CHARS),
        one_line(selection.as_deref().unwrap_or("-"), DETAIL_CHARS),
        one_line(row.reason.as_deref().unwrap_or("-"), DETAIL_CHARS),
        one_line(row.error.as_deref().unwrap_or("-"), DETAIL_CHARS),
    ]
}

/// What became of the requests of a replay, in words.
pub(super) fn outcome(outcome: &ReplayOutcomes) -> String {
    let mut parts = Vec::new();
    let others = outcome.failed_again + outcome.pending + outcome.unknown;
    if outcome.generated > 0 || others == 0 {
        parts.push(format!("{} generated", outcome.generated));
    }
    if outcome.failed_again > 0 {
        parts.push(format!("{} failed again", outcome.failed_again));
    }
    if outcome.pending > 0 {
        parts.push(format!("{} pending", outcome.pending));
    }
    if outcome.unknown > 0 {
        parts.push(format!("{} unknown", outcome.unknown));
    }
    parts.join(", ")
}

fn statuses() -> PossibleValuesParser {
    PossibleValuesParser::new(RunStatus::ALL.iter().map(|status| status.as_str()))
}
