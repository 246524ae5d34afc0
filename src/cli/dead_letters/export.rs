//! `dead-letters export`

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::super::error::WrongUsage;
use super::filter::Filter;
use super::json::exported;
use crate::database::Database;
use crate::output;

/// Write dead letters out whole, one JSON object a line.
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

/// Rows that are read at once: each holds a request, of a mebibyte at most unless REQUEST_MAX_BYTES says otherwise.
const PAGE: u64 = 64;

impl Export {
    pub(super) async fn run(&self, database: &Database) -> anyhow::Result<()> {
        let mut out: Box<dyn Write> = match &self.output {
            Some(path) => {
                let unusable =
                    |error| WrongUsage(format!("cannot write {}: {error}", path.display()));
                Box::new(File::create(path).map_err(unusable)?)
            }
            None => Box::new(output::stream()),
        };
        let count = self.write(database, &mut BufWriter::new(&mut out)).await?;
        if let Some(path) = &self.output {
            writeln!(output::stdout(), "{}: {count} dead letters", path.display())?;
        }
        Ok(())
    }

    async fn write(&self, database: &Database, out: &mut impl Write) -> anyhow::Result<u64> {
        let selection = database.freeze(&self.filter.selection()).await;
        let selection = selection.context("cannot select dead letters")?.selection;
        let (mut after, mut count) = (0, 0);
        loop {
            let page = database.dead_letters(&selection, after, PAGE).await?;
            let Some(last) = page.last() else {
                out.flush()?;
                return Ok(count);
            };
            after = last.id;
            count += page.len() as u64;
            for row in &page {
                serde_json::to_writer(&mut *out, &exported(row)).map_err(io::Error::from)?;
                out.write_all(b"\n")?;
            }
        }
    }
}
