//! Lists of any length: a table for people, or an array of JSON for programs.

use std::io::{self, BufWriter, Write as _};
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::table::Table;
use crate::database::{DatabaseError, Listed};
use crate::output::{self, json};

/// Rows that are read at once.
const PAGE: u64 = 500;

/// How long one page is looked for. The next one goes on where it ends: no statement takes as long as the database permits.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// The form of the output, as it is asked for.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Form {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// As `--json` was called before
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        hide = true,
        conflicts_with = "json"
    )]
    format: Option<Format>,
}

impl Form {
    pub(super) fn format(self) -> Format {
        if self.json {
            return Format::Json;
        }
        self.format.unwrap_or(Format::Table)
    }
}

/// Form of the output.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Table,
    /// For programs: an array.
    Json,
}

/// A list that is written page by page.
pub(super) struct Listing<const N: usize> {
    format: Format,
    heading: [&'static str; N],
    out: BufWriter<output::Output>,
    table: Option<Table<N>>,
    rows: u64,
}

impl<const N: usize> Listing<N> {
    pub(super) fn new(format: Format, heading: [&'static str; N]) -> Self {
        Self {
            format,
            heading,
            out: BufWriter::new(output::stream()),
            table: None,
            rows: 0,
        }
    }

    /// Writes the first `limit` rows, all where it is 0, and notes whether there are more; `read` gives the page from a cursor.
    pub(super) async fn pages<T, K, C: Serialize>(
        mut self,
        limit: u64,
        read: impl AsyncFn(Option<K>, u64) -> Result<Listed<T, K>, DatabaseError>,
        columns: impl Fn(&T) -> [String; N],
        contract: impl Fn(T) -> C,
        empty: impl AsyncFn() -> Result<String, DatabaseError>,
    ) -> anyhow::Result<()> {
        let mut left = if limit == 0 { u64::MAX } else { limit };
        let (mut cursor, mut has_more) = (None, false);
        while left > 0 {
            let page = read(cursor, left.min(PAGE)).await?;
            left -= page.items.len() as u64;
            self.page(page.items, &columns, &contract)?;
            cursor = page.next;
            has_more = cursor.is_some();
            if !has_more {
                break;
            }
        }
        let empty = match (self.format, self.rows) {
            (Format::Table, 0) => empty().await?,
            (Format::Table | Format::Json, _) => String::new(),
        };
        self.finish(&empty)?;
        if has_more {
            output::note(format_args!(
                "there are more than these {limit}; --limit 0 lists all"
            ));
        }
        Ok(())
    }

    /// Writes a page; `columns` gives a row of the table, `contract` what programs read.
    pub(super) fn page<T, C: Serialize>(
        &mut self,
        page: Vec<T>,
        columns: impl Fn(&T) -> [String; N],
        contract: impl Fn(T) -> C,
    ) -> io::Result<()> {
        if page.is_empty() {
            return Ok(());
        }
        match self.format {
            Format::Table => {
                let rows: Vec<[String; N]> = page.iter().map(columns).collect();
                self.rows += rows.len() as u64;
                let mut table = match self.table.take() {
                    Some(table) => table,
                    None => Table::start(&mut self.out, self.heading, &rows)?,
                };
                for row in &rows {
                    table.row(&mut self.out, row)?;
                }
                self.table = Some(table);
            }
            Format::Json => {
                for row in page {
                    let before = if self.rows == 0 { "[\n" } else { ",\n" };
                    write!(self.out, "{before}")?;
                    json::write(&mut self.out, &contract(row))?;
                    self.rows += 1;
                }
            }
        }
        Ok(())
    }

    /// Ends the list; a table without rows says so in these words.
    pub(super) fn finish(&mut self, empty: &str) -> io::Result<()> {
        match (self.format, self.rows) {
            (Format::Table, 0) => writeln!(self.out, "{empty}")?,
            (Format::Table, _) => {}
            (Format::Json, 0) => writeln!(self.out, "[]")?,
            (Format::Json, _) => writeln!(self.out, "\n]")?,
        }
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Asked {
        #[command(flatten)]
        form: Form,
    }

    #[test]
    fn json_is_asked_for_as_elsewhere_and_as_before() {
        let format = |flags: &[&str]| {
            let words = [&["a"], flags].concat();
            Asked::try_parse_from(words).map(|asked| asked.form.format())
        };
        assert!(matches!(format(&[]), Ok(Format::Table)));
        assert!(matches!(format(&["--json"]), Ok(Format::Json)));
        assert!(matches!(format(&["--format", "json"]), Ok(Format::Json)));
        assert!(matches!(format(&["--format", "table"]), Ok(Format::Table)));
        assert!(format(&["--json", "--format", "json"]).is_err());
    }
}
