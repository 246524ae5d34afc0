//! `dead-letters edit`

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::super::input;
use super::filter::reason;
use super::operator::operator;
use crate::broker::dead_letter;
use crate::config::Settings;
use crate::database::archive::{Edited, NewContent};
use crate::database::{Database, DeadLetterStatus};
use crate::output;
use invoice;
use invoice::Envelope;

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
    pub(super) async fn run(&self, settings: &Settings, database: &Database) -> anyhow::Result<()> {
        let payload = input::read(&self.file)?;
        let Some(row) = database.dead_letter(self.id).await? else {
            anyhow::bail!("there is no dead letter {}", self.id);
        };
        if row.status != DeadLetterStatus::Open {
            let status = row.status.as_str();
            anyhow::bail!(
                "dead letter {} is {status}; only open ones can be edited",
                self.id
            );
        }
        let max_bytes = settings.documents.request_max_bytes.try_into();
        let envelope = dead_letter::envelope(&row, &payload)?;
        self.check(&envelope, &payload, max_bytes.context("REQUEST_MAX_BYTES")?)?;
        if row.payload == payload {
            writeln!(
                output::stdout(),
                "dead letter {} has this content already",
                self.id
            )?;
            return Ok(());
        }
        let new = NewContent {
            payload: &payload,
            reason: self.reason.as_deref(),
            by: &operator(),
        };
        match database.edit(&row, new).await? {
            Edited::Done => {
                writeln!(
                    output::stdout(),
                    "dead letter {} is edited; publish it with `dead-letters replay {0}`",
                    self.id
                )?;
                Ok(())
            }
            Edited::Overtaken => anyhow::bail!(
                "dead letter {} was changed by someone else at the same time; nothing was edited",
                self.id
            ),
            Edited::SameAs(other) => anyhow::bail!(
                "dead letter {other} is the same message with this content; replay that one and discard {}",
                self.id
            ),
        }
    }

    fn check(&self, envelope: &Envelope, payload: &[u8], max_bytes: usize) -> anyhow::Result<()> {
        let checked = envelope
            .request(payload)
            .and_then(|request| invoice::parse(request, max_bytes)?.invoice);
        if let Err(invalid) = checked {
            for problem in invalid.problems() {
                output::note(format_args!("{} {problem}", problem.code.as_str()));
            }
            anyhow::ensure!(
                self.force,
                "the new request is not valid and would come back; --force stores it all the same"
            );
        }
        Ok(())
    }
}
