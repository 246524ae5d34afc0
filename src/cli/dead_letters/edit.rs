//! `dead-letters edit`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use invoice::InvalidRequest;

use super::super::error::WrongUsage;
use super::super::input;
use super::super::operator::operator;
use super::edits::report;
use super::filter::{Filter, TargetArgs, reason};
use crate::app::App;
use crate::database::By;
use crate::dead_letters::{self, EditError, EditTerms, Edited, Moved, Patch};
use crate::output;
use crate::text::harmless;

/// Replace the request of an open dead letter, or change many with a patch; what they were is kept.
///
/// Each new request is checked first, in the envelope in which it came, if any: a CloudEvent stays one. It is published by
/// `replay`, not by this command.
///
/// A patch is a JSON Patch (RFC 6902), which is an array, or a merge patch (RFC 7396), which is an object. It applies to the
/// request itself, also in an envelope. Dead letters whose request would not be valid then, or would be that of another
/// dead letter with the same message id and code, are skipped and listed; the exit code is 1 then. A dry run does not see where
/// two of the selected ones would become the same.
#[derive(Debug, Args)]
#[command(
    override_usage = "invoice-worker dead-letters edit ID FILE --reason TEXT\n       \
                      invoice-worker dead-letters edit --patch FILE --reason TEXT [ID]... [filters]"
)]
pub(super) struct Edit {
    /// Number of the dead letter, and the file with its new request, taken byte for byte (- is standard input). With --patch:
    /// numbers of dead letters
    #[arg(value_name = "ID FILE")]
    words: Vec<String>,
    /// Change the requests of all selected dead letters by this patch; - is standard input
    #[arg(long, value_name = "FILE")]
    patch: Option<PathBuf>,
    /// Why, for the record; only a dry run needs none
    #[arg(long, value_name = "TEXT", value_parser = reason, required_unless_present = "dry_run")]
    reason: Option<String>,
    /// Show what a patch would change, and change nothing
    #[arg(long, requires = "patch")]
    dry_run: bool,
    /// Even if the new request is not valid
    #[arg(long, conflicts_with = "patch")]
    force: bool,
    /// Even if the new request is about another invoice
    #[arg(long)]
    change_identity: bool,
    /// With --patch: all that are open
    #[arg(long, requires = "patch")]
    all: bool,
    #[command(flatten)]
    filter: Filter,
}

impl Edit {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let actor = operator();
        let by = By {
            actor: &actor,
            reason: self.reason.as_deref(),
        };
        match (&self.patch, self.words.as_slice()) {
            (Some(patch), words) => self.patch(app, patch, words, by).await,
            (None, [id, file]) => self.replace(app, number(id)?, Path::new(file), by).await,
            (None, _) => {
                let problem = "expected the number of a dead letter and a file with its new request, or --patch FILE";
                Err(WrongUsage(problem.to_owned()).into())
            }
        }
    }

    async fn patch(
        &self,
        app: &App,
        patch: &Path,
        ids: &[String],
        by: By<'_>,
    ) -> anyhow::Result<()> {
        let json = input::read(patch)?;
        let named = |error| WrongUsage(format!("{}: {error}", patch.display()));
        let patch = Patch::parse(&json).map_err(named)?;
        let targets = TargetArgs {
            ids: ids.iter().map(|id| number(id)).collect::<Result<_, _>>()?,
            all: self.all,
            filter: self.filter.clone(),
        };
        let database = app.database().await?;
        let frozen = targets.freeze(database).await?;
        let terms = EditTerms {
            by,
            change_identity: self.change_identity,
            dry_run: self.dry_run,
            limits: app.request_limits()?,
        };
        report(&dead_letters::edit_all(database, &frozen, &patch, terms).await?)
    }

    async fn replace(&self, app: &App, id: i64, file: &Path, by: By<'_>) -> anyhow::Result<()> {
        if self.filter.is_given() {
            let problem = "filters are for --patch; without it, one dead letter is edited";
            return Err(WrongUsage(problem.to_owned()).into());
        }
        let database = app.database().await?;
        let payload = input::read(file)?;
        let edit = dead_letters::Edit {
            id,
            payload: &payload,
            by,
            force: self.force,
            change_identity: self.change_identity,
            seen_at: None,
            limits: app.request_limits()?,
        };
        let edited = dead_letters::edit(database, edit).await;
        if let Err(EditError::Invalid(invalid))
        | Ok(Edited::Done {
            invalid: Some(invalid),
            ..
        }) = &edited
        {
            print_problems(invalid);
        }
        let mut out = output::stdout();
        match edited? {
            Edited::Done { moved, invoice, .. } => {
                let catalog = app.catalog().ok().zip(invoice);
                let warning = catalog.and_then(|(catalog, invoice)| catalog.warning(&invoice));
                if let Some(warning) = warning {
                    output::note(format_args!("warning {}", harmless(&warning.to_string())));
                }
                if let Some(moved) = moved {
                    let Moved { from, to } = *moved;
                    let (from, to) = (from.to_string(), to.to_string());
                    let (from, to) = (harmless(&from), harmless(&to));
                    writeln!(out, "the invoice is {to} now, it was {from}")?;
                }
                writeln!(
                    out,
                    "dead letter {id} is edited; publish it with `invoice-worker dead-letters replay {id} --reason TEXT`"
                )?;
            }
            Edited::Unchanged => writeln!(out, "dead letter {id} has this content already")?,
        }
        Ok(())
    }
}

fn number(text: &str) -> Result<i64, WrongUsage> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| WrongUsage(format!("{text:?} is no number of a dead letter")))
}

fn print_problems(invalid: &InvalidRequest) {
    for problem in invalid.problems() {
        output::note(format_args!("{} {problem}", problem.code));
    }
}
