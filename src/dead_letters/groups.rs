//! Dead letters counted by what is wrong with them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use invoice::FailureCode;
use time::{Duration, OffsetDateTime};

use crate::contract::{CodeExplanation, DeadLetterGroup, Trend};
use crate::database::dead_letters::{CountedGroup, Page, Selection, Summary};
use crate::database::{Database, DatabaseError};
use crate::text::one_line;

/// Rows that are read at once.
const PAGE: u64 = 1_000;

/// Rows that are read at once to find an example of each group.
const EXAMPLES: u64 = 200;

/// Most groups: more help no reader, and would need memory without a bound.
const MAX_GROUPS: usize = 1_000;

/// Longest detail of a group, in characters.
const DETAIL_CHARS: usize = 80;

/// Detail of what comes after the last group.
const OTHERS: &str = "(other details)";

/// The groups of the first `limit` dead letters of a selection, the largest first.
///
/// Details that differ in numbers only are one group. Where the database has counted, no dead letter is read, and all are counted.
pub async fn groups(
    database: &Database,
    selection: &Selection,
    limit: u64,
) -> Result<Vec<DeadLetterGroup>, DatabaseError> {
    let since = Since::from(OffsetDateTime::now_utc());
    let counted = database.counted_groups(selection, since.0, MAX_GROUPS);
    let mut groups = match counted.await? {
        Some(counted) => counted.into_iter().map(DeadLetterGroup::from).collect(),
        None => read(database, selection, limit, since).await?,
    };
    groups.sort_by_key(|group| Reverse(group.count));
    add_examples(database, selection, &mut groups).await?;
    Ok(groups)
}

/// Gives each group the whole detail of its newest dead letter, as far as the newest page of the selection has it.
async fn add_examples(
    database: &Database,
    selection: &Selection,
    groups: &mut [DeadLetterGroup],
) -> Result<(), DatabaseError> {
    let mut missing: BTreeSet<Key> = groups.iter().map(of_group).collect();
    let mut ids: BTreeMap<Key, i64> = BTreeMap::new();
    let (mut page, mut left) = (Page::Below(i64::MAX), PAGE);
    // Mostly the first few have an example of each group.
    while left > 0 && !missing.is_empty() {
        let newest = database.dead_letter_summaries(selection, page, EXAMPLES.min(left));
        let newest = newest.await?;
        let Some(last) = newest.last() else {
            break;
        };
        page = Page::Below(last.id);
        left = left.saturating_sub(newest.len() as u64);
        for row in newest {
            let key = key(&row);
            missing.remove(&key);
            // The newest ones come first.
            ids.entry(key).or_insert(row.id);
        }
    }
    let details = database.details_of(ids.values().copied().collect()).await?;
    let details: BTreeMap<i64, String> = details.into_iter().collect();
    for group in groups {
        let id = ids.get(&of_group(group));
        group.example = id.and_then(|id| details.get(id)).cloned();
    }
    Ok(())
}

fn of_group(group: &DeadLetterGroup) -> Key {
    (
        group.status,
        group.code.clone(),
        group.stage.clone(),
        group.detail.clone(),
    )
}

/// The group of a dead letter.
fn key(row: &Summary) -> Key {
    let detail = one_line(&without_numbers(&row.detail), DETAIL_CHARS);
    (
        row.status.as_str(),
        row.code.clone(),
        row.stage.clone(),
        detail,
    )
}

/// Groups dead letters by reading them.
async fn read(
    database: &Database,
    selection: &Selection,
    limit: u64,
    since: Since,
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
            add(&mut groups, row, since);
        }
    }
    Ok(groups.into_values().collect())
}

/// When the times of a trend begin: with the full hour before one hour, 24 hours and seven days ago. Counts of the database are by
/// hours.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Since([OffsetDateTime; 3]);

impl From<OffsetDateTime> for Since {
    fn from(now: OffsetDateTime) -> Self {
        let times = [Duration::HOUR, Duration::DAY, Duration::WEEK];
        Self(times.map(|time| (now - time).truncate_to_hour()))
    }
}

impl Since {
    fn count(self, failed_at: OffsetDateTime, trend: &mut Trend) {
        let Trend {
            last_hour,
            last_day,
            last_week,
        } = trend;
        for (since, count) in self.0.into_iter().zip([last_hour, last_day, last_week]) {
            *count += u64::from(failed_at >= since);
        }
    }
}

impl From<CountedGroup> for DeadLetterGroup {
    fn from(group: CountedGroup) -> Self {
        let number = |count: i64| u64::try_from(count).unwrap_or(0);
        let detail = group.cause.map(|cause| one_line(&cause, DETAIL_CHARS));
        Self {
            count: number(group.count),
            status: group.status.as_str(),
            explanation: FailureCode::named(&group.code).map(CodeExplanation::from),
            code: group.code,
            stage: group.stage,
            detail: detail.unwrap_or_else(|| OTHERS.to_owned()),
            example: None,
            first_failed_at: group.first_failed_at,
            last_failed_at: group.last_failed_at,
            trend: Trend {
                last_hour: number(group.last_hour),
                last_day: number(group.last_day),
                last_week: number(group.last_week),
            },
        }
    }
}

/// State, code, stage and detail.
type Key = (&'static str, String, String, String);

fn add(groups: &mut BTreeMap<Key, DeadLetterGroup>, row: Summary, since: Since) {
    let mut key = key(&row);
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
            example: None,
            first_failed_at: row.first_failed_at,
            last_failed_at: row.last_failed_at,
            trend: Trend::default(),
        });
    group.count += 1;
    group.first_failed_at = group.first_failed_at.min(row.first_failed_at);
    group.last_failed_at = group.last_failed_at.max(row.last_failed_at);
    since.count(row.last_failed_at, &mut group.trend);
}

/// Numbers that stand alone become `#`, with their sign; so does a chain of them: `1,234.50`, `2026-11-21`. Those in names stay:
/// `BR-CO-15`, `main.typ:12:5`, `x2`. The function `dead_letter_cause` of the database does the same.
fn without_numbers(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_in_a_name = false;
    while let Some(c) = rest.chars().next() {
        let length = if is_in_a_name { 0 } else { number(rest) };
        let (taken, left) = rest.split_at(length.max(c.len_utf8()));
        masked.push_str(if length > 0 { "#" } else { taken });
        let last = taken.chars().next_back();
        is_in_a_name = last.is_some_and(|last| {
            last.is_ascii_alphanumeric() || !last.is_ascii() || matches!(last, '_' | ':' | '-')
        });
        rest = left;
    }
    masked
}

/// Bytes of the number or the chain of numbers that a text begins with; 0 if it does not.
fn number(text: &str) -> usize {
    let digits =
        |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let sign = usize::from(text.starts_with('-'));
    let mut end = sign + digits(&text[sign..]);
    if end == sign {
        return 0;
    }
    while let Some(next) = text[end..].strip_prefix(['.', ',', '-']) {
        match digits(next) {
            0 => break,
            count => end += 1 + count,
        }
    }
    end
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
            ("order-2-3 of 2026-11-21", "order-2-3 of #"),
            ("--5 12:30 v1.2 .5 3-", "--5 #:30 v1.# .# #-"),
            ("", ""),
            ("Größe 5µ", "Größe #µ"),
        ] {
            assert_eq!(without_numbers(detail), expected);
        }
    }
}
