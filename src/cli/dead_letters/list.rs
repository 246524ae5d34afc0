//! `dead-letters list`

use std::io::{self, BufWriter, Write as _};

use clap::{Args, ValueEnum};

use super::filter::Filter;
use super::table::{DETAIL_CHARS, Table, seconds};
use crate::app::App;
use crate::config::within;
use crate::contract::DeadLetterSummary;
use crate::database::dead_letters::{Page, Summary};
use crate::output::{self, json};
use crate::text::{harmless, one_line};

/// List dead letters, the newest first.
#[derive(Debug, Args)]
pub(super) struct List {
    /// How many; 0 lists all
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = within(0..=u64::MAX))]
    limit: u64,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    filter: Filter,
}

/// Form of the output.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Table,
    /// For programs: an array.
    Json,
}

/// Rows that are read at once.
const PAGE: u64 = 500;

impl List {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let database = app.database().await?;
        let selection = self.filter.selection();
        let mut left = if self.limit == 0 {
            u64::MAX
        } else {
            self.limit
        };
        let mut below = i64::MAX;
        let mut output = Output::new(self);
        while left > 0 {
            let page = database
                .dead_letter_summaries(&selection, Page::Below(below), left.min(PAGE))
                .await?;
            let Some(last) = page.last() else {
                return Ok(output.finish()?);
            };
            below = last.id;
            left -= page.len() as u64;
            output.page(page)?;
        }
        output.finish()?;
        let more = database
            .dead_letter_summaries(&selection, Page::Below(below), 1)
            .await?;
        if !more.is_empty() {
            output::note(format_args!(
                "there are more than these {}; --limit 0 lists all",
                self.limit
            ));
        }
        Ok(())
    }
}

struct Output<'a> {
    list: &'a List,
    out: BufWriter<output::Output>,
    table: Option<Table<8>>,
    rows: u64,
}

impl<'a> Output<'a> {
    fn new(list: &'a List) -> Self {
        Self {
            list,
            out: BufWriter::new(output::stream()),
            table: None,
            rows: 0,
        }
    }

    fn page(&mut self, page: Vec<Summary>) -> io::Result<()> {
        let count = page.len() as u64;
        match self.list.format {
            Format::Table => {
                let rows: Vec<[String; 8]> = page.iter().map(Self::columns).collect();
                let heading = [
                    "ID", "STATUS", "CODE", "STAGE", "FAILED", "LAST", "INVOICE", "DETAIL",
                ];
                let mut table = match self.table.take() {
                    Some(table) => table,
                    None => Table::start(&mut self.out, heading, &rows)?,
                };
                for row in &rows {
                    table.row(&mut self.out, row)?;
                }
                self.table = Some(table);
            }
            Format::Json => {
                for (index, row) in page.into_iter().enumerate() {
                    let first = self.rows == 0 && index == 0;
                    let before = if first { "[\n" } else { ",\n" };
                    write!(self.out, "{before}")?;
                    json::write(&mut self.out, &DeadLetterSummary::from(row))?;
                }
            }
        }
        self.rows += count;
        Ok(())
    }

    fn columns(row: &Summary) -> [String; 8] {
        [
            row.id.to_string(),
            row.status.as_str().to_owned(),
            harmless(&row.code),
            harmless(&row.stage),
            format!("{}x", row.failures),
            seconds(row.last_failed_at),
            one_line(&row.invoice().to_string(), DETAIL_CHARS),
            one_line(&row.detail, DETAIL_CHARS),
        ]
    }

    fn finish(&mut self) -> io::Result<()> {
        match (self.list.format, self.rows) {
            (Format::Table, 0) => writeln!(self.out, "no dead letters")?,
            (Format::Table, _) => {}
            (Format::Json, 0) => writeln!(self.out, "[]")?,
            (Format::Json, _) => writeln!(self.out, "\n]")?,
        }
        self.out.flush()
    }
}
