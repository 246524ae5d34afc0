//! `dead-letters export`

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use tokio::signal::ctrl_c;

use super::super::error::WrongUsage;
use super::filter::Filter;
use crate::app::App;
use crate::database::Database;
use crate::dead_letters::{self, ExportError};
use crate::output;
use crate::output::file::OutputFile;

/// Write dead letters out, one JSON object a line.
///
/// The content of a request is the text `payload`. The bytes of one that is compressed or not UTF-8 are base64 in `payloadBase64`.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// File to write, readable by its owner only; standard output without it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    filter: Filter,
}

impl Export {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let database = app.database().await?;
        let Some(path) = &self.output else {
            self.export(database, &mut output::stream()).await?;
            return Ok(());
        };
        let cannot_write = || format!("cannot write {}", path.display());
        let unusable = |error| WrongUsage(format!("{}: {error}", cannot_write()));
        let mut file = OutputFile::create_private(path).map_err(unusable)?;
        let count = tokio::select! {
            count = self.export(database, &mut file) => count?,
            // What was written holds personal data; it is removed with the file.
            _ = ctrl_c() => anyhow::bail!("interrupted: {} is not written", path.display()),
        };
        file.finish().with_context(cannot_write)?;
        writeln!(output::stdout(), "{}: {count} dead letters", path.display())?;
        Ok(())
    }

    /// Returns how many dead letters were written.
    async fn export(&self, database: &Database, out: &mut impl Write) -> anyhow::Result<u64> {
        let selection = self.filter.checked(database).await?;
        match dead_letters::export(database, &selection, &mut BufWriter::new(out)).await {
            Ok(count) => Ok(count),
            // A reader that is gone is recognised by the error itself.
            Err(ExportError::Write(error)) => Err(error.into()),
            Err(error @ ExportError::Database(_)) => Err(error.into()),
        }
    }
}
