//! `dead-letters list`

use clap::Args;

use super::super::listing::{Form, Listing, PATIENCE};
use super::super::table::{DETAIL_CHARS, seconds};
use super::filter::Filter;
use crate::app::App;
use crate::config::within;
use crate::contract::DeadLetterSummary;
use crate::database::ReplayOutcome;
use crate::dead_letters::{self, ListedLetter};
use crate::text::{harmless, one_line};

/// List dead letters, the newest first.
///
/// `(edited)` marks those whose request was edited: their code and detail are those of the request before.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Only these numbers, in any state unless one is given
    #[arg(value_name = "ID", value_parser = within(1..=i64::MAX))]
    ids: Vec<i64>,
    /// How many; 0 lists all
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = within(0..=u64::MAX))]
    limit: u64,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    filter: Filter,
}

const HEADING: [&str; 9] = [
    "ID", "STATUS", "OUTCOME", "CODE", "STAGE", "FAILED", "LAST", "INVOICE", "DETAIL",
];

impl List {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let database = app.database().await?;
        let selection = self.filter.of_numbers(database, &self.ids).await?;
        let read = async |cursor, limit| {
            let page = dead_letters::list(database, &selection, cursor, limit, Some(PATIENCE));
            page.await
        };
        let contract =
            |letter: ListedLetter| DeadLetterSummary::new(letter.summary, letter.outcome);
        let empty = async || dead_letters::why_nothing(database, &selection).await;
        Listing::new(self.form.format(), HEADING)
            .pages(self.limit, read, columns, contract, empty)
            .await
    }
}

fn columns(letter: &ListedLetter) -> [String; 9] {
    let row = &letter.summary;
    [
        row.id.to_string(),
        match row.edits {
            0 => row.status.as_str().to_owned(),
            _ => format!("{} (edited)", row.status.as_str()),
        },
        letter.outcome.map_or("-", ReplayOutcome::name).to_owned(),
        harmless(&row.code),
        harmless(&row.stage),
        format!("{}x", row.failures),
        seconds(row.last_failed_at),
        one_line(&row.invoice().to_string(), DETAIL_CHARS),
        one_line(&row.detail, DETAIL_CHARS),
    ]
}
