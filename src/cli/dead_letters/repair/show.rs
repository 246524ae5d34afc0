//! `dead-letters repair show`

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::super::super::listing::{Form, Listing};
use super::super::super::table::DETAIL_CHARS;
use super::list::{HEADING, columns};
use crate::app::App;
use crate::config::within;
use crate::contract::{RepairLetter, RepairResource};
use crate::database::{DatabaseError, RepairVerdict, ReplayOutcome};
use crate::repairs::{self, ControlError, Letter};
use crate::text::one_line;

/// Show a repair, or its letters: what the trial says of each, and what became of it.
///
/// A letter `would_issue`, or its new request is in `conflict` with another document, was `already_generated`, is still `invalid`,
/// cannot be rendered (`render_failed`), fails for another reason (`would_fail`), the patch does not fit (`patch_failed`), or nothing
/// changes (`unchanged`).
#[derive(Debug, Args)]
pub(super) struct Show {
    /// Number of the repair
    #[arg(value_name = "ID", value_parser = within(1..=i64::MAX))]
    id: i64,
    /// List its letters
    #[arg(long)]
    letters: bool,
    /// Only letters with this verdict
    #[arg(long, value_name = "VERDICT", value_parser = verdicts(), requires = "letters")]
    verdict: Option<String>,
    /// How many letters; 0 lists all
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = within(0..=u64::MAX))]
    #[arg(requires = "letters")]
    limit: u64,
    #[command(flatten)]
    form: Form,
}

impl Show {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let database = app.database().await?;
        let repair = repairs::find(database, self.id).await?;
        if !self.letters {
            let mut listing = Listing::new(self.form.format(), HEADING);
            listing.page(vec![repair], columns, RepairResource::from)?;
            return Ok(listing.finish("")?);
        }
        let verdict = self.verdict.as_deref().and_then(RepairVerdict::named);
        let read = async |cursor, limit| {
            let page = repairs::letters(database, self.id, verdict, cursor, limit).await;
            page.map_err(|error| match error {
                ControlError::Database(error) => error,
                // It was there a moment ago.
                error @ (ControlError::Unknown(_)
                | ControlError::State { .. }
                | ControlError::Changed { .. }
                | ControlError::OwnApproval(_)
                | ControlError::Outdated(_)
                | ControlError::Nothing(_)
                | ControlError::Replay(_)) => DatabaseError::Client(error.to_string()),
            })
        };
        let heading = ["ID", "VERDICT", "APPLIED", "OUTCOME", "CODE", "DETAIL"];
        Listing::new(self.form.format(), heading)
            .pages(self.limit, read, letter, RepairLetter::from, async || {
                Ok("no letters".to_owned())
            })
            .await
    }
}

fn letter(letter: &Letter) -> [String; 6] {
    let shown = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let row = &letter.row;
    let code = letter.failed_code.as_deref().or(row.code.as_deref());
    let detail = row.skip_reason.as_deref().or(row.detail.as_deref());
    [
        row.dead_letter_id.to_string(),
        row.verdict.as_str().to_owned(),
        shown(row.applied.map(|applied| applied.as_str())),
        shown(letter.outcome.map(ReplayOutcome::name)),
        shown(code),
        one_line(detail.unwrap_or("-"), DETAIL_CHARS),
    ]
}

fn verdicts() -> PossibleValuesParser {
    PossibleValuesParser::new(RepairVerdict::ALL.iter().map(|verdict| verdict.as_str()))
}
