//! `setup`: makes what is missing.

use std::io::Write as _;

use clap::Args;

use crate::app::App;
use crate::output;
use crate::setup::{Outcome, Part};

/// Make what is missing: bucket, schema, exchanges and queues.
///
/// What is there stays as it is, so it can be run again at any time. What this user has no right to make is named, with who has
/// to make it; docs/permissions.md lists the rights.
#[derive(Debug, Args)]
pub struct Setup {
    /// Show what would be made, and make nothing
    #[arg(long)]
    dry_run: bool,
}

impl Setup {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let parts = app.setup().await?.run(self.dry_run).await;
        let mut out = output::stdout();
        for part in &parts {
            writeln!(out, "{}", line(part))?;
        }
        let failed = |part: &&Part| matches!(part.outcome, Outcome::Failed(_));
        let failed = parts.iter().filter(failed).count();
        anyhow::ensure!(
            failed == 0,
            "parts that could not be set up: {failed}; `invoice-worker setup` goes on when that is fixed"
        );
        let is_missing = |part: &Part| matches!(part.outcome, Outcome::WouldMake(_));
        let next = if parts.iter().any(is_missing) {
            "next: `invoice-worker setup` makes what is missing"
        } else {
            "next: `invoice-worker worker`, then `invoice-worker status`"
        };
        writeln!(out, "{next}")?;
        Ok(())
    }
}

fn line(Part { name, outcome }: &Part) -> String {
    match outcome {
        Outcome::Present => format!("{name}: was there"),
        Outcome::Made(what) => format!("{name}: made {what}"),
        Outcome::WouldMake(what) => format!("{name}: would make {what}"),
        Outcome::Failed(why) => format!("{name}: {why}"),
    }
}
