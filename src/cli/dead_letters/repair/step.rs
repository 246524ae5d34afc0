//! `dead-letters repair approve`, `cancel` and `resume`

use std::io::Write as _;

use clap::Args;
use time::OffsetDateTime;

use super::super::super::moment::exact;
use super::super::super::operator::operator;
use super::super::filter::reason;
use crate::app::App;
use crate::config::within;
use crate::contract::RepairResource;
use crate::database::{By, Database};
use crate::output;
use crate::repairs;

/// Which repair, and why.
#[derive(Debug, Args)]
struct Step {
    /// Number of the repair
    #[arg(value_name = "ID", value_parser = within(1..=i64::MAX))]
    id: i64,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
}

impl Step {
    fn by<'a>(&'a self, actor: &'a str) -> By<'a> {
        By {
            actor,
            reason: Some(&self.reason),
        }
    }
}

/// Approve the changes of a repair that somebody else has made.
///
/// The name of who approves is user@host, and that of a caller of the API is the name of the token: one person can have both, so
/// who has both kinds of access has to be trusted with that.
#[derive(Debug, Args)]
pub(super) struct Approve {
    #[command(flatten)]
    step: Step,
    /// UPDATED of the repair that you have seen, as `show` prints it: one that has changed since then is not approved
    #[arg(long, value_name = "TIME", value_parser = exact)]
    seen: OffsetDateTime,
}

/// Stop a repair. What was edited stays edited, and its replay is cancelled as well.
#[derive(Debug, Args)]
pub(super) struct Cancel {
    #[command(flatten)]
    step: Step,
}

/// Have a repair go on that was cancelled or has failed. One that was tried, and is not applied, is tried again.
#[derive(Debug, Args)]
pub(super) struct Resume {
    #[command(flatten)]
    step: Step,
}

impl Approve {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let (actor, step) = (operator(), &self.step);
        let database = app.database().await?;
        let approved = repairs::approve(database, step.id, self.seen, step.by(&actor));
        print(database, approved.await?.id).await
    }
}

impl Cancel {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let (actor, step) = (operator(), &self.step);
        let database = app.database().await?;
        let cancelled = repairs::cancel(database, step.id, step.by(&actor));
        print(database, cancelled.await?.id).await
    }
}

impl Resume {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let (actor, step) = (operator(), &self.step);
        let database = app.database().await?;
        let resumed = repairs::resume(database, step.id, step.by(&actor));
        print(database, resumed.await?.id).await
    }
}

/// Says how a repair is.
async fn print(database: &Database, id: i64) -> anyhow::Result<()> {
    let repair = RepairResource::from(repairs::find(database, id).await?);
    let status = repair.status;
    let mut out = output::stdout();
    match (repair.cancel_requested_at, repair.owner, repair.replay) {
        (Some(_), Some(owner), _) => writeln!(
            out,
            "repair {id} is being cancelled: {owner} stops after its letter"
        )?,
        (Some(_), None, Some(replay)) => writeln!(
            out,
            "repair {id} is being cancelled: replay {replay} stops after its batch"
        )?,
        (_, _, _) => writeln!(out, "repair {id} is {status}")?,
    }
    Ok(())
}
