//! `dead-letters export`

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::Args;

use super::super::error::WrongUsage;
use super::filter::Filter;
use crate::app::App;
use crate::dead_letters::{self, ExportError};
use crate::output;

/// Write dead letters out, one JSON object a line.
///
/// A request that is UTF-8 is the text `payload`, byte for byte; any other is base64 in `payloadBase64`.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// File to write; standard output without it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    filter: Filter,
}

impl Export {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let database = app.database().await?;
        let mut out: Box<dyn Write> = match &self.output {
            Some(path) => {
                let unusable =
                    |error| WrongUsage(format!("cannot write {}: {error}", path.display()));
                Box::new(File::create(path).map_err(unusable)?)
            }
            None => Box::new(output::stream()),
        };
        let selection = self.filter.selection();
        let exported =
            dead_letters::export(database, &selection, &mut BufWriter::new(&mut out)).await;
        let count = match exported {
            Ok(count) => count,
            // A reader that is gone is recognised by the error itself.
            Err(ExportError::Write(error)) => return Err(error.into()),
            Err(error @ ExportError::Database(_)) => return Err(error.into()),
        };
        if let Some(path) = &self.output {
            writeln!(output::stdout(), "{}: {count} dead letters", path.display())?;
        }
        Ok(())
    }
}
