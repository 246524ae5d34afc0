//! `dead-letters import`

use std::fs::{self, File};
use std::io::{BufReader, Cursor};
use std::path::PathBuf;

use clap::Args;

use super::super::error::WrongUsage;
use super::super::input;
use super::super::operator::operator;
use super::edits::report;
use super::filter::reason;
use crate::app::App;
use crate::database::By;
use crate::dead_letters::{self, EditTerms, ImportError};
use crate::output;

/// Take back what `export` wrote, with requests that were changed meanwhile; what they were is kept.
///
/// The request of a line is its `payload`, a text as it was exported, or JSON: `jq -c '.payload |= (fromjson | del(.totals))'` makes
/// the one of the other. Nothing else of a line is taken back. It becomes the request of the dead letter with
/// the number of the line, with the same checks as those of `edit`. Dead letters that would not be valid, that are not open, or
/// that were changed since the export are skipped and listed; the exit code is 1 then. Nothing is changed where a line is not
/// one of an export.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The file; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Why, for the record; only a dry run needs none
    #[arg(long, value_name = "TEXT", value_parser = reason, required_unless_present = "dry_run")]
    reason: Option<String>,
    /// Show what would be changed, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Even if a new request is about another invoice
    #[arg(long)]
    change_identity: bool,
}

impl Import {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let terms = EditTerms {
            by: By {
                actor: &operator(),
                reason: self.reason.as_deref(),
            },
            change_identity: self.change_identity,
            dry_run: self.dry_run,
            limits: app.request_limits()?,
        };
        let database = app.database().await?;
        // A pipe cannot be read twice.
        let is_regular = fs::metadata(&self.file).is_ok_and(|file| file.is_file());
        let imported = if input::is_standard(&self.file) || !is_regular {
            let mut lines = Cursor::new(input::read(&self.file)?);
            dead_letters::import(database, &mut lines, terms).await
        } else {
            let name = self.file.display();
            let file = File::open(&self.file)
                .map_err(|error| WrongUsage(format!("cannot read {name}: {error}")))?;
            dead_letters::import(database, &mut BufReader::new(file), terms).await
        };
        match imported {
            Err(error @ (ImportError::Line { .. } | ImportError::Read(_) | ImportError::Empty)) => {
                Err(WrongUsage(format!("{}: {error}", self.file.display())).into())
            }
            other => {
                let imported = other?;
                for line in &imported.ignored {
                    output::note(format_args!(
                        "line {line}: something beside `payload` differs from the export, and is ignored"
                    ));
                }
                report(&imported.report)
            }
        }
    }
}
