//! `migrate`: the database's schema.

use std::io::Write as _;

use clap::{Args, Subcommand};

use crate::app::App;
use crate::output;

/// Bring the database's schema up to date, or show its state.
#[derive(Debug, Args)]
pub struct Migrate {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Apply all missing migrations
    Up,
    /// List the migrations and whether they were applied; fails while some are missing
    Status,
}

impl Migrate {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let database = app.database().await?;
        let mut out = output::stdout();
        match self.action {
            Action::Up => match database.migrate().await? {
                0 => writeln!(out, "the schema is up to date")?,
                count => writeln!(out, "the schema is up to date; migrations applied: {count}")?,
            },
            Action::Status => {
                let migrations = database.migrations().await?;
                for (name, applied) in &migrations {
                    writeln!(
                        out,
                        "{} {name}",
                        if *applied { "applied" } else { "missing" }
                    )?;
                }
                let missing = migrations.iter().filter(|(_, applied)| !applied).count();
                anyhow::ensure!(
                    missing == 0,
                    "migrations missing: {missing}; run `invoice-worker migrate up`"
                );
            }
        }
        Ok(())
    }
}
