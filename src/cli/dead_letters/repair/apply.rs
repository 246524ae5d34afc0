//! `dead-letters repair apply`

use std::io::Write as _;
use std::time::Duration;

use clap::Args;
use time::OffsetDateTime;

use super::super::super::moment::{exact, span};
use super::super::super::operator::operator;
use super::super::filter::reason;
use super::super::replays::outcome;
use super::wait::wait;
use crate::app::App;
use crate::broker::Lane;
use crate::config::within;
use crate::contract::ReplayOutcomes;
use crate::database::{By, RepairStatus};
use crate::moment::text;
use crate::output;
use crate::repairs;
use crate::text::harmless;

/// Make the changes of a repair that was tried, and replay the letters.
///
/// Letters that would be issued get the very requests that were tried; those that somebody has changed since, and all others, stay
/// as they are. A process that serves the API does it. If the templates have changed since the trial, the letters that are left stay
/// as they are, and the repair has to be tried again.
#[derive(Debug, Args)]
pub(super) struct Apply {
    /// Number of the repair
    #[arg(value_name = "ID", value_parser = within(1..=i64::MAX))]
    id: i64,
    /// UPDATED of the repair that you have seen, as `show` prints it: one that has changed since then is not applied
    #[arg(long, value_name = "TIME", value_parser = exact)]
    seen: OffsetDateTime,
    /// Requests a second at most, of the replay [default: as fast as the broker confirms]
    #[arg(long, value_name = "COUNT", value_parser = within(1..=u32::MAX))]
    rate: Option<u32>,
    /// Requests at most, of the replay: those with the lowest numbers; the others are edited, and stay open
    #[arg(long, value_name = "COUNT", value_parser = within(1..=u64::MAX))]
    limit: Option<u64>,
    /// Lane of the requests: in the bulk lane they keep no ordinary requests waiting
    #[arg(long, value_enum, default_value_t = Lane::Bulk)]
    lane: Lane,
    /// Why, for the record: of the edits and of the replay
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
    /// Wait until the outcome of every request is known; exit code 1 if one has failed again
    #[arg(long)]
    wait: bool,
    /// Longest wait, like 90s, 15m, 2h
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = span, requires = "wait")]
    wait_timeout: Duration,
}

impl Apply {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let (database, id) = (app.database().await?, self.id);
        let terms = repairs::Apply {
            lane: self.lane,
            rate: self.rate,
            limit: self.limit,
            needs_approval: app.settings().repairs.repair_needs_approval,
            seen_at: self.seen,
            // The process that makes the changes knows those that are in use.
            templates: None,
            by: By {
                actor: &operator(),
                reason: Some(&self.reason),
            },
        };
        let row = repairs::apply(database, id, terms).await?;
        let mut out = output::stdout();
        writeln!(out, "repair {id} is {}", row.status.as_str())?;
        if row.status == RepairStatus::WaitingForApproval {
            let seen = text(row.updated_at);
            output::note(format_args!(
                "another person approves it with `dead-letters repair approve {id} --seen {seen}`"
            ));
            return Ok(());
        }
        if !self.wait {
            return Ok(());
        }
        let followed = wait(database, id, self.wait_timeout).await?;
        let row = &followed.row;
        writeln!(out, "repair {id} is {}", row.status.as_str())?;
        writeln!(out, "edited {}, skipped {}", row.edited, row.skipped)?;
        if let Some(error) = &row.error {
            anyhow::bail!("repair {id}: {}", harmless(error));
        }
        let Some(replay) = &followed.replay else {
            return Ok(());
        };
        let outcomes = ReplayOutcomes::of(&replay.row, replay.pending, replay.unknown);
        writeln!(out, "{}", outcome(&outcomes))?;
        anyhow::ensure!(
            outcomes.failed_again == 0,
            "requests that failed again: {}; `dead-letters repair show {id} --letters` shows which",
            outcomes.failed_again
        );
        Ok(())
    }
}
