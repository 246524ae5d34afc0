//! `dead-letters edit`

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use invoice::InvalidRequest;

use super::super::input;
use super::super::operator::operator;
use super::filter::reason;
use crate::app::App;
use crate::dead_letters::{self, EditError, Edited};
use crate::output;

/// Replace the request of an open dead letter; what it was is kept.
///
/// The new request is checked first, in the envelope in which it came, if any: a CloudEvent stays one. It is published by
/// `replay`, not by this command.
#[derive(Debug, Args)]
pub(super) struct Edit {
    /// Number of the dead letter
    #[arg(value_name = "ID")]
    id: i64,
    /// File with the new request, taken byte for byte; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: Option<String>,
    /// Even if the new request is not valid
    #[arg(long)]
    force: bool,
}

impl Edit {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let database = app.database().await?;
        let payload = input::read(&self.file)?;
        let edit = dead_letters::Edit {
            id: self.id,
            payload: &payload,
            reason: self.reason.as_deref(),
            operator: &operator(),
            force: self.force,
            max_bytes: app.request_max_bytes()?,
        };
        let edited = dead_letters::edit(database, edit).await;
        if let Err(EditError::Invalid(invalid)) | Ok(Edited::Done(Some(invalid))) = &edited {
            print_problems(invalid);
        }
        let mut out = output::stdout();
        match edited? {
            Edited::Done(_) => writeln!(
                out,
                "dead letter {} is edited; publish it with `dead-letters replay {0}`",
                self.id
            )?,
            Edited::Unchanged => {
                writeln!(out, "dead letter {} has this content already", self.id)?;
            }
        }
        Ok(())
    }
}

fn print_problems(invalid: &InvalidRequest) {
    for problem in invalid.problems() {
        output::note(format_args!("{} {problem}", problem.code));
    }
}
