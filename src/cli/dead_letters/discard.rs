//! `dead-letters discard`

use std::io::Write as _;

use clap::Args;

use super::filter::{Targets, reason};
use super::groups;
use super::operator::operator;
use crate::database::Database;
use crate::output;

/// Mark dead letters as not to be processed. They stay in the archive; `replay --status discarded ID` brings one back.
#[derive(Debug, Args)]
pub(super) struct Discard {
    /// Why, for the record
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
    /// Show what would be discarded, and change nothing
    #[arg(long)]
    dry_run: bool,
    // Last: its heading holds for all that follows.
    #[command(flatten)]
    targets: Targets,
}

impl Discard {
    pub(super) async fn run(&self, database: &Database) -> anyhow::Result<()> {
        let frozen = self.targets.freeze(database).await?;
        self.targets.tell_left_out(&frozen);
        if self.dry_run {
            let mut out = output::stream();
            writeln!(out, "would discard {}", frozen.count)?;
            let groups = groups::count(database, &frozen.selection, frozen.count).await?;
            return Ok(groups::write_table(&mut out, &groups)?);
        }
        let discarded = database.discard(&frozen, &self.reason, &operator()).await?;
        Ok(writeln!(output::stdout(), "discarded {discarded}")?)
    }
}
