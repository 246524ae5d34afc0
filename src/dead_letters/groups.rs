//! Dead letters counted by what is wrong with them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use invoice::FailureCode;

use crate::contract::{CodeExplanation, DeadLetterGroup};
use crate::database::dead_letters::{Page, Selection, Summary};
use crate::database::{Database, DatabaseError};
use crate::text::one_line;

/// Rows that are read at once.
const PAGE: u64 = 1_000;

/// Most groups: more help no reader, and would need memory without a bound.
const MAX_GROUPS: usize = 1_000;

/// Longest detail of a group, in characters.
const DETAIL_CHARS: usize = 80;

/// Detail of what comes after the last group.
const OTHERS: &str = "(other details)";

/// The groups of the first `limit` dead letters of a selection, the largest first.
///
/// Details that differ in numbers only are one group.
pub async fn groups(
    database: &Database,
    selection: &Selection,
    limit: u64,
) -> Result<Vec<DeadLetterGroup>, DatabaseError> {
    let mut groups = BTreeMap::new();
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
    let mut groups: Vec<DeadLetterGroup> = groups.into_values().collect();
    groups.sort_by_key(|group| Reverse(group.count));
    Ok(groups)
}

/// State, code, stage and detail.
type Key = (&'static str, String, String, String);

fn add(groups: &mut BTreeMap<Key, DeadLetterGroup>, row: Summary) {
    let detail = one_line(&without_numbers(&row.detail), DETAIL_CHARS);
    let status = row.status.as_str();
    let mut key = (status, row.code.clone(), row.stage.clone(), detail);
    if groups.len() >= MAX_GROUPS && !groups.contains_key(&key) {
        key.3 = OTHERS.to_owned();
    }
    let group = groups
        .entry(key)
        .or_insert_with_key(|(status, _, _, detail)| DeadLetterGroup {
            count: 0,
            status,
            explanation: FailureCode::named(&row.code).map(CodeExplanation::from),
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
