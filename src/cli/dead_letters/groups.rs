//! `dead-letters groups`, and the groups that a dry run shows.

use std::io::{self, Write};

use clap::Args;

use super::filter::Filter;
use super::list::Format;
use super::table::{Table, seconds};
use crate::app::App;
use crate::dead_letters::{self, Group};
use crate::output::{self, json};
use crate::text::harmless;

/// Count dead letters by what is wrong with them.
///
/// Details that differ in numbers only are one group.
#[derive(Debug, Args)]
pub(super) struct Groups {
    /// Form of the output
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    filter: Filter,
}

impl Groups {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let database = app.database().await?;
        let selection = self.filter.selection();
        let groups = dead_letters::groups(database, &selection, u64::MAX).await?;
        let mut out = output::stream();
        match self.format {
            Format::Table => write_table(&mut out, &groups)?,
            Format::Json => json::write_pretty(&mut out, &groups)?,
        }
        Ok(())
    }
}

pub(super) fn write_table(out: &mut impl Write, groups: &[Group]) -> io::Result<()> {
    if groups.is_empty() {
        return writeln!(out, "no dead letters");
    }
    let columns = |group: &Group| {
        [
            group.count.to_string(),
            harmless(&group.code),
            harmless(&group.stage),
            seconds(group.first_failed_at),
            seconds(group.last_failed_at),
            group.detail.clone(),
        ]
    };
    let rows: Vec<[String; 6]> = groups.iter().map(columns).collect();
    let heading = ["COUNT", "CODE", "STAGE", "FIRST", "LAST", "DETAIL"];
    let mut table = Table::start(out, heading, &rows)?;
    rows.iter().try_for_each(|row| table.row(out, row))
}
