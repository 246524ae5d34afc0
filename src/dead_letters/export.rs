//! Writing dead letters out whole.

use std::io::Write;

use crate::broker::replayed::ARCHIVED_MAX;
use crate::contract::DeadLetter;
use crate::database::dead_letters::Selection;
use crate::database::{Database, DatabaseError};
use crate::output::json;

/// Rows that are read at once: each holds a request, of 1 MiB at most unless `REQUEST_MAX_BYTES` says otherwise.
const PAGE: u64 = 64;

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database cannot be read.
    #[error("cannot read dead letters")]
    Database(#[from] DatabaseError),
    /// The output cannot be written.
    #[error(transparent)]
    Write(#[from] std::io::Error),
}

/// Writes the selected dead letters that are there now, one JSON object a line; returns how many.
pub async fn export(
    database: &Database,
    selection: &Selection,
    out: &mut impl Write,
) -> Result<u64, ExportError> {
    let selection = database.freeze(selection).await?.selection;
    let (mut after, mut count) = (0, 0);
    loop {
        let page = database.dead_letters(&selection, after, PAGE).await?;
        let Some(last) = page.last() else {
            out.flush()?;
            return Ok(count);
        };
        after = last.id;
        count += page.len() as u64;
        for row in page {
            json::write(out, &DeadLetter::new(row, ARCHIVED_MAX))?;
            out.write_all(b"\n")?;
        }
    }
}
