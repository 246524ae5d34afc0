//! `dead-letters discard`

use std::io::Write as _;

use clap::Args;

use super::super::operator::operator;
use super::filter::{TargetArgs, reason};
use super::groups::write_table;
use crate::app::App;
use crate::dead_letters;
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
    targets: TargetArgs,
}

impl Discard {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let database = app.database().await?;
        let frozen = self.targets.freeze(database).await?;
        if self.dry_run {
            let mut out = output::stream();
            writeln!(out, "would discard {}", frozen.count)?;
            let groups = dead_letters::groups(database, &frozen.selection, frozen.count).await?;
            return Ok(write_table(&mut out, &groups)?);
        }
        let discarded = dead_letters::discard(database, &frozen, &self.reason, &operator()).await?;
        Ok(writeln!(output::stdout(), "discarded {discarded}")?)
    }
}
