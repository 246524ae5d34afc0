//! `dead-letters groups`, and the groups that a dry run shows.

use std::collections::BTreeSet;
use std::io::{self, Write};

use clap::Args;

use super::super::listing::{Form, Format};
use super::super::table::{Table, seconds};
use super::filter::Filter;
use crate::app::App;
use crate::contract::{CodeExplanation, DeadLetterGroup};
use crate::dead_letters;
use crate::output::{self, json};
use crate::text::harmless;

/// Count dead letters by what is wrong with them.
///
/// Details that differ in numbers only are one group.
#[derive(Debug, Args)]
pub(super) struct Groups {
    #[command(flatten)]
    form: Form,
    /// Say what each code means, and what to do
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    filter: Filter,
}

impl Groups {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let database = app.database().await?;
        let selection = self.filter.checked(database).await?;
        let groups = dead_letters::groups(database, &selection, u64::MAX).await?;
        let mut out = output::stream();
        match self.form.format() {
            Format::Table if groups.is_empty() => {
                writeln!(
                    out,
                    "{}",
                    dead_letters::why_nothing(database, &selection).await?
                )?;
            }
            Format::Table => {
                write_table(&mut out, &groups)?;
                if self.explain {
                    explain(&mut out, &groups)?;
                }
            }
            Format::Json => json::write_pretty(&mut out, &groups)?,
        }
        Ok(())
    }
}

pub(super) fn write_table(out: &mut impl Write, groups: &[DeadLetterGroup]) -> io::Result<()> {
    if groups.is_empty() {
        return writeln!(out, "no dead letters");
    }
    let columns = |group: &DeadLetterGroup| {
        [
            group.count.to_string(),
            group.status.to_owned(),
            harmless(&group.code),
            harmless(&group.stage),
            seconds(group.first_failed_at),
            seconds(group.last_failed_at),
            group.detail.clone(),
        ]
    };
    let rows: Vec<[String; 7]> = groups.iter().map(columns).collect();
    let heading = [
        "COUNT", "STATUS", "CODE", "STAGE", "FIRST", "LAST", "DETAIL",
    ];
    let mut table = Table::start(out, heading, &rows)?;
    rows.iter().try_for_each(|row| table.row(out, row))
}

/// Each code once, in the order of the groups.
fn explain(out: &mut impl Write, groups: &[DeadLetterGroup]) -> io::Result<()> {
    let mut explained = BTreeSet::new();
    for group in groups {
        if !explained.insert(&group.code) {
            continue;
        }
        writeln!(out, "\n{}", harmless(&group.code))?;
        match group.explanation {
            Some(CodeExplanation { meaning, action }) => {
                writeln!(out, "  {meaning}\n  to do: {action}")?;
            }
            None => writeln!(
                out,
                "  another program, or another version of this one, has made it"
            )?,
        }
    }
    Ok(())
}
