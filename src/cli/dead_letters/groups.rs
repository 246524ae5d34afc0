//! `dead-letters groups`, and the groups that a dry run shows.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use clap::Args;
use serde::Serialize;
use time::OffsetDateTime;

use super::filter::Filter;
use super::list::Format;
use super::table::{DETAIL_CHARS, Table, harmless, one_line, seconds};
use crate::database::Database;
use crate::database::archive::{Page, Selection, Summary};
use crate::output;

/// Count dead letters by what is wrong with them.
///
/// Details that differ in nothing but numbers are one group.
#[derive(Debug, Args)]
pub(super) struct Groups {
    /// Form of the output
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    filter: Filter,
}

/// Rows that are read at once.
const PAGE: u64 = 1_000;

/// More groups than these help nobody, and would need memory without a bound.
const MAX_GROUPS: usize = 1_000;

/// Detail of whatever came after the last group.
const OTHERS: &str = "(other details)";

impl Groups {
    pub(super) async fn run(&self, database: &Database) -> anyhow::Result<()> {
        let groups = count(database, &self.filter.selection(), u64::MAX).await?;
        let mut out = output::stream();
        match self.format {
            Format::Table => write_table(&mut out, &groups)?,
            Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&groups)?)?,
        }
        Ok(())
    }
}

/// Dead letters with the same thing wrong with them.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    count: u64,
    code: String,
    stage: String,
    /// Numbers are replaced by `#`.
    detail: String,
    #[serde(with = "time::serde::rfc3339")]
    first_failed_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    last_failed_at: OffsetDateTime,
}

/// The groups of the first so many dead letters of a selection, the largest first.
pub(super) async fn count(
    database: &Database,
    selection: &Selection,
    limit: u64,
) -> anyhow::Result<Vec<Group>> {
    let mut groups: BTreeMap<(String, String, String), Group> = BTreeMap::new();
    let (mut after, mut left) = (0, limit);
    while left > 0 {
        let page = database
            .dead_letter_summaries(selection, Page::After(after), left.min(PAGE))
            .await?;
        let Some(last) = page.last() else {
            break;
        };
        after = last.id;
        left -= page.len() as u64;
        for row in page {
            add(&mut groups, row);
        }
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by_key(|group| Reverse(group.count));
    Ok(groups)
}

fn add(groups: &mut BTreeMap<(String, String, String), Group>, row: Summary) {
    let detail = one_line(&without_numbers(&row.detail), DETAIL_CHARS);
    let mut key = (row.code.clone(), row.stage.clone(), detail);
    if groups.len() >= MAX_GROUPS && !groups.contains_key(&key) {
        key.2 = OTHERS.to_owned();
    }
    let group = groups
        .entry(key)
        .or_insert_with_key(|(_, _, detail)| Group {
            count: 0,
            code: row.code,
            stage: row.stage,
            detail: detail.clone(),
            first_failed_at: row.first_failed_at,
            last_failed_at: row.last_failed_at,
        });
    group.count += 1;
    group.first_failed_at = group.first_failed_at.min(row.first_failed_at);
    group.last_failed_at = group.last_failed_at.max(row.last_failed_at);
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

/// Numbers that stand alone become `#`, with their sign. Those in names stay: `BR-CO-15`, `main.typ:12:5`, `x2`.
fn without_numbers(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = rest.next() {
        // A hyphen after a letter belongs to a name, after a number it parts two, and otherwise it is a sign.
        let hyphen_after = masked
            .strip_suffix('-')
            .map(|name| name.chars().next_back());
        let in_a_name = match hyphen_after {
            Some(last) => last.is_some_and(|last| last.is_alphanumeric() || last == '_'),
            None => before.is_alphanumeric() || matches!(before, '_' | ':'),
        };
        before = c;
        if !c.is_ascii_digit() || in_a_name {
            masked.push(c);
            continue;
        }
        if hyphen_after.is_some_and(|last| last != Some('#')) {
            masked.pop();
        }
        masked.push('#');
        // 1,234.50 is one number; a stop at the end of a sentence is none.
        let mut ahead = rest.clone();
        while let Some(next) = ahead.next() {
            let inner = matches!(next, '.' | ',') && ahead.peek().is_some_and(char::is_ascii_digit);
            if !next.is_ascii_digit() && !inner {
                break;
            }
            before = next;
            rest = ahead.clone();
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_that_differ_in_numbers_are_one_group() {
        for (detail, expected) in [
            (
                "/lines/3/netAmount: is 1,234.50, must be 12 (BR-CO-15)",
                "/lines/#/netAmount: is #, must be # (BR-CO-15)",
            ),
            (
                "main.typ:12:5 unknown variable: x2",
                "main.typ:12:5 unknown variable: x2",
            ),
            ("order 576461. Then 7.", "order #. Then #."),
            ("is -5.00, must be 5.00", "is #, must be #"),
            ("-7 (-7)", "# (#)"),
            ("order-2-3 of 2026-11-21", "order-2-3 of #-#-#"),
            ("", ""),
            ("Größe 5µ", "Größe #µ"),
        ] {
            assert_eq!(without_numbers(detail), expected);
        }
    }
}
