//! `dead-letters repair try`

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::super::super::error::WrongUsage;
use super::super::super::input;
use super::super::super::moment::span;
use super::super::super::operator::operator;
use super::super::filter::{TargetArgs, reason};
use super::wait::{wait, write};
use crate::app::App;
use crate::database::By;
use crate::output;
use crate::repairs::{self, Orders, PointedPatch};

/// Try a patch on a group of dead letters.
///
/// The patch is a JSON Patch (RFC 6902), which is an array, or a merge patch (RFC 7396), which is an object. In a JSON Patch,
/// `path` and `from` may begin with {pointer}: its operations are then applied at the place of each of the letter's own problems.
/// What is selected is fixed now.
#[derive(Debug, Args)]
pub(super) struct Try {
    /// What changes in each request; - is standard input
    #[arg(long, value_name = "FILE")]
    patch: PathBuf,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
    /// {pointer} stands for the problems with this code only
    #[arg(long, value_name = "CODE")]
    problem_code: Option<String>,
    /// {pointer} stands for the problems that break this rule only
    #[arg(long, value_name = "RULE")]
    problem_rule: Option<String>,
    /// Even if the new requests are about other invoices
    #[arg(long)]
    change_identity: bool,
    /// Wait until all are tried; exit code 1 if one would not be issued
    #[arg(long)]
    wait: bool,
    /// Longest wait, like 90s, 15m, 2h
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = span, requires = "wait")]
    wait_timeout: Duration,
    // Last: its heading holds for all that follows.
    #[command(flatten)]
    targets: TargetArgs,
}

impl Try {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let file = self.patch.display();
        let wrong = |problem: String| WrongUsage(format!("{file}: {problem}"));
        let json = input::read(&self.patch)?;
        let patch = String::from_utf8(json).map_err(|_| wrong("it is not UTF-8".to_owned()))?;
        PointedPatch::parse(&patch).map_err(|error| wrong(error.to_string()))?;
        let database = app.database().await?;
        let frozen = self.targets.freeze(database).await?;
        anyhow::ensure!(frozen.count > 0, "no dead letter is selected");
        let orders = Orders {
            frozen: &frozen,
            patch: &patch,
            change_identity: self.change_identity,
            problem_code: self.problem_code.as_deref(),
            problem_rule: self.problem_rule.as_deref(),
            by: By {
                actor: &operator(),
                reason: Some(&self.reason),
            },
        };
        let row = repairs::create(database, orders).await?;
        let id = row.id;
        if self.wait {
            let tried = wait(database, id, self.wait_timeout).await?;
            return write(&tried);
        }
        let mut out = output::stdout();
        writeln!(out, "repair {id} tries {} dead letters", row.total)?;
        output::note(format_args!(
            "a process that serves the API tries them; `dead-letters repair show {id}` says what was found out"
        ));
        Ok(())
    }
}
