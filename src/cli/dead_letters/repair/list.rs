//! `dead-letters repair list`

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::super::super::listing::{Form, Listing};
use super::super::super::table::{DETAIL_CHARS, seconds};
use super::super::replays::outcome;
use crate::app::App;
use crate::config::within;
use crate::contract::{RepairResource, ReplayOutcomes};
use crate::database::RepairStatus;
use crate::moment::text;
use crate::repairs::{self, Followed, summary};
use crate::text::one_line;

/// List repairs, the newest first.
///
/// A repair is `trying` until each letter was tried, then `tried` until a person applies it; `waiting_for_approval` where another
/// person has to approve that; `applying` while the letters are edited, `replaying` until all outcomes are known, and then `done`.
/// One that is `cancelled` or `failed` can be resumed.
#[derive(Debug, Args)]
pub(super) struct List {
    /// How many; 0 lists all
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = within(0..=u64::MAX))]
    limit: u64,
    #[command(flatten)]
    form: Form,
    /// In this state
    #[arg(long, value_name = "STATUS", value_parser = statuses())]
    status: Option<String>,
}

pub(super) const HEADING: [&str; 9] = [
    "ID",
    "STATUS",
    "TRIAL",
    "OUTCOME",
    "CREATED",
    "UPDATED",
    "BY",
    "SELECTION",
    "REASON",
];

impl List {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let database = app.database().await?;
        let status = self.status.as_deref().and_then(RepairStatus::named);
        let read = async |cursor, limit| repairs::list(database, status, cursor, limit).await;
        Listing::new(self.form.format(), HEADING)
            .pages(
                self.limit,
                read,
                columns,
                RepairResource::from,
                async || Ok("no repairs".to_owned()),
            )
            .await
    }
}

pub(super) fn columns(repair: &Followed) -> [String; 9] {
    let Followed { row, replay } = repair;
    let total = u64::try_from(row.total).unwrap_or(0);
    let outcome = replay.as_ref().map(|it| {
        let outcomes = ReplayOutcomes::of(&it.row, it.pending, it.unknown);
        outcome(&outcomes)
    });
    // What a later version selects by cannot be shown; the repair itself can.
    let selection = row.selection().map(|selection| selection.target());
    [
        row.id.to_string(),
        row.status.as_str().to_owned(),
        summary(&row.verdicts(), total),
        outcome.unwrap_or_else(|| "-".to_owned()),
        seconds(row.created_at),
        // Who applies or approves it gives this one.
        text(row.updated_at),
        one_line(&row.actor, DETAIL_CHARS),
        one_line(selection.as_deref().unwrap_or("-"), DETAIL_CHARS),
        one_line(row.reason.as_deref().unwrap_or("-"), DETAIL_CHARS),
    ]
}

fn statuses() -> PossibleValuesParser {
    PossibleValuesParser::new(RepairStatus::ALL.iter().map(|status| status.as_str()))
}
