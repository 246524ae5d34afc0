//! How far one call looks for the rows of a list, where no index has them in its order.
//!
//! A list is read from its newest row on, some rows at a time. A call ends when its page is full, when all rows were looked at, or
//! when its time is over: then the next page goes on where it has ended. So no statement takes long, and who follows the cursor
//! sees every row that matches.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DbErr};

/// Rows that are looked at first.
pub(super) const FIRST: u64 = 1_000;

/// Most rows of one statement. An index may find all of them: reading so many takes a few tenths of a second.
const MOST: u64 = 32_768;

/// The least and the longest time of an index for all rows with a text. A rare text needs some milliseconds. A first page does not
/// wait for more; the next one does.
const INDEX: RangeInclusive<Duration> = Duration::from_millis(25)..=Duration::from_millis(300);

/// The same of a statement that reads in the order of a list.
const LIST: RangeInclusive<Duration> = Duration::from_millis(15)..=Duration::from_millis(100);

/// Has PostgreSQL take the rows of a transaction's statements from its indexes, and not in the order of the list. Otherwise it might
/// read all of a range to find that an index has none of it.
pub(super) const BY_INDEX: &str =
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off; SET LOCAL jit = off";

/// The time that a statement is expected to take at least which takes a range from the index of a frequent text. A call that has no more
/// than this looks at the first rows, and asks the index whether there are few.
const STATEMENT: Duration = Duration::from_millis(40);

/// How far a call looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    /// None for a call that looks at all rows.
    until: Option<Instant>,
    rows: u64,
    took: Duration,
    least: Duration,
}

impl Reach {
    /// As far as it comes in this time; to the end where it is none.
    pub(super) fn new(longest: Option<Duration>) -> Self {
        Self {
            until: longest.and_then(|longest| Instant::now().checked_add(longest)),
            rows: FIRST,
            took: Duration::ZERO,
            least: Duration::ZERO,
        }
    }

    /// How many rows the next statement looks at.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Notes how long a statement took. The next one looks at twice as many rows.
    pub(super) fn has_taken(&mut self, took: Duration) {
        self.took = took;
        self.rows = (self.rows * 2).min(MOST);
    }

    /// From now on ranges are taken from the index of a frequent text. Each statement reads all that the index has of the text, so a few
    /// of them look at many rows.
    pub(super) fn of_frequent(&mut self) {
        self.least = STATEMENT;
        self.rows = MOST;
    }

    /// Whether the next statement, which may take twice as long as the last one, is not expected to end in time.
    pub(super) fn is_over(&self) -> bool {
        let next = (self.took * 2).max(self.least);
        self.until
            .is_some_and(|until| Instant::now() + next >= until)
    }

    /// How long a statement may take that asks an index for all rows with a text; none where there is no limit but the usual one.
    pub(super) fn of_index(&self) -> Option<Duration> {
        Some(self.left()?.clamp(*INDEX.start(), *INDEX.end()))
    }

    /// The same of one that reads in the order of a list, which may find much or nothing. It leaves time to look at ranges.
    pub(super) fn of_list(&self) -> Option<Duration> {
        Some((self.left()? / 2).clamp(*LIST.start(), *LIST.end()))
    }

    fn left(&self) -> Option<Duration> {
        let until = self.until?;
        Some(until.saturating_duration_since(Instant::now()))
    }
}

/// Ends the statements of this transaction of PostgreSQL after this time.
pub(super) async fn limit_time(
    transaction: &impl ConnectionTrait,
    longest: Option<Duration>,
) -> Result<(), DbErr> {
    let Some(longest) = longest else {
        return Ok(());
    };
    let limit = format!(
        "SET LOCAL statement_timeout = {}",
        longest.as_millis().max(1)
    );
    transaction.execute_unprepared(&limit).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_without_a_limit_goes_on_with_more_rows_at_a_time() {
        let mut reach = Reach::new(None);
        for _ in 0..20 {
            reach.has_taken(Duration::from_secs(1));
        }
        assert_eq!(reach.rows(), MOST);
        assert!(!reach.is_over());
        assert_eq!((reach.of_index(), reach.of_list()), (None, None));
    }

    #[test]
    fn a_statement_that_would_not_end_in_time_is_not_begun() {
        let mut reach = Reach::new(Some(Duration::from_secs(100)));
        assert!(!reach.is_over());
        reach.has_taken(Duration::from_secs(40));
        assert!(!reach.is_over());
        reach.has_taken(Duration::from_secs(60));
        assert!(reach.is_over());
        let mut short = Reach::new(Some(STATEMENT));
        assert!(!short.is_over());
        short.of_frequent();
        assert!(short.is_over());
        assert_eq!(short.rows(), MOST);
    }

    #[test]
    fn a_first_page_waits_for_an_index_shorter_than_the_next_ones() {
        let times = |longest| {
            let reach = Reach::new(Some(Duration::from_millis(longest)));
            (reach.of_index(), reach.of_list())
        };
        let milliseconds = |count| Some(Duration::from_millis(count));
        assert_eq!(times(0), (milliseconds(25), milliseconds(15)));
        assert_eq!(times(10_000), (milliseconds(300), milliseconds(100)));
    }
}
