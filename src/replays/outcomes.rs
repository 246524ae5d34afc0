//! What became of the requests that a replay has published.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::control::{ControlError, find};
use crate::contract::ReplayResource;
use crate::database::followed::Outcomes;
use crate::database::replay::Model;
use crate::database::{Database, DatabaseError, Listed, ReplayOutcome, RunStatus};
use crate::dead_letters::outcome;
use crate::polling::Looks;
use crate::retry::Retryable as _;

/// Dead letters that are looked at together.
const PAGE: u64 = 1_000;

/// Most dead letters that one call looks at.
const AT_ONCE: u64 = 20_000;

/// A replay, and how many of its requests have no outcome yet.
#[derive(Clone, Debug)]
pub struct Followed {
    /// The replay, with the outcomes that are known.
    pub row: Model,
    /// Requests that were published, and are neither generated nor dead-lettered again.
    pub pending: u64,
    /// Requests whose outcome will not be known: a version published them that did not note it, or the dead letter was deleted.
    pub unknown: u64,
}

impl Followed {
    /// Whether the replay is over, and all outcomes are known.
    pub fn is_complete(&self) -> bool {
        let is_over = match self.row.status {
            RunStatus::Queued | RunStatus::Running => false,
            RunStatus::Cancelled | RunStatus::Done | RunStatus::Failed => true,
        };
        is_over && self.pending == 0
    }

    /// How many have failed again.
    pub fn failed_again(&self) -> u64 {
        self.row.failed_again().values().sum()
    }
}

impl From<Followed> for ReplayResource {
    fn from(followed: Followed) -> Self {
        Self::new(followed.row, followed.pending, followed.unknown)
    }
}

/// One replay, with the outcomes of all of its requests as far as they are known now.
pub async fn follow(database: &Database, id: i64) -> Result<Followed, ControlError> {
    let mut after = Some(0);
    while let Some(from) = after {
        after = settle(database, id, from, AT_ONCE).await?.next;
    }
    Ok(known(database, find(database, id).await?).await?)
}

/// The same after a look at some of the requests, which does not take long.
pub async fn look(database: &Database, id: i64) -> Result<Followed, ControlError> {
    look_on(database, id, &mut 0).await
}

/// A replay, with the outcomes that are stored.
pub async fn known(database: &Database, row: Model) -> Result<Followed, DatabaseError> {
    let pending = database.undecided_count(row.id).await?;
    // Those that were published since the row was read are noted, and not counted in it.
    let published = u64::try_from(row.published).unwrap_or(0);
    let unknown = published.saturating_sub(database.noted_count(row.id).await?);
    Ok(Followed {
        row,
        pending,
        unknown,
    })
}

/// A page of at most `limit` replays, from the cursor of the page before. Many outcomes that were not looked at before
/// are left to [`follow`].
pub async fn list(
    database: &Database,
    status: Option<RunStatus>,
    cursor: Option<i64>,
    limit: u64,
) -> Result<Listed<Followed>, DatabaseError> {
    let page = database.replays(status, cursor, limit).await?;
    let mut left = AT_ONCE;
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        let mut row = row;
        if left > 0 {
            let look = settle(database, row.id, 0, left).await?;
            left -= look.looked_at.min(left);
            if look.decided > 0 {
                row = database.replay(row.id).await?.unwrap_or(row);
            }
        }
        items.push(known(database, row).await?);
    }
    Ok(Listed {
        items,
        next: page.next,
        searched_to: None,
    })
}

/// Waits for at most `longest` until a replay is over and all outcomes are known. An outage of the database is waited for, too.
pub async fn wait(
    database: &Database,
    id: i64,
    longest: Duration,
    stop: &CancellationToken,
    mut progress: impl FnMut(&Followed),
) -> Result<Followed, ControlError> {
    let mut looks = Looks::new(longest, stop);
    let mut after = 0;
    loop {
        let is_last = looks.begin();
        match look_on(database, id, &mut after).await {
            Ok(followed) if is_last || followed.is_complete() => return Ok(followed),
            Ok(followed) => progress(&followed),
            Err(ControlError::Database(error)) if error.is_transient() && !is_last => {}
            Err(error) => return Err(error),
        }
        looks.pause().await;
    }
}

/// A replay after a look at its next requests; after the last ones the first ones are next.
async fn look_on(database: &Database, id: i64, after: &mut i64) -> Result<Followed, ControlError> {
    let look = settle(database, id, *after, AT_ONCE).await?;
    *after = look.next.unwrap_or(0);
    Ok(known(database, find(database, id).await?).await?)
}

/// A look at requests of a replay.
#[derive(Default)]
struct Look {
    /// How many were looked at.
    looked_at: u64,
    /// Of how many the outcome was found.
    decided: u64,
    /// After which row there may be more.
    next: Option<i64>,
}

/// Finds out what became of at most so many requests of a replay, from after this row on, and stores it.
async fn settle(
    database: &Database,
    replay: i64,
    after: i64,
    at_most: u64,
) -> Result<Look, DatabaseError> {
    let mut look = Look {
        next: Some(after),
        ..Look::default()
    };
    while let Some(after) = look.next
        && look.looked_at < at_most
    {
        let limit = PAGE.min(at_most - look.looked_at);
        let page = database.undecided_letters(replay, after, limit).await?;
        look.next = page.last().map(|last| last.id);
        look.looked_at += page.len() as u64;
        let mut outcomes = Outcomes::default();
        let before = look.decided;
        for letter in &page {
            let id = letter.dead_letter_id;
            match outcome(database, letter).await? {
                None => continue,
                Some(ReplayOutcome::Generated) => outcomes.generated.push(id),
                Some(ReplayOutcome::FailedAgain) => {
                    let code = letter.code.clone();
                    outcomes.failed_again.entry(code).or_default().push(id);
                }
            }
            look.decided += 1;
        }
        if look.decided > before {
            database.store_outcomes(replay, &outcomes).await?;
        }
    }
    Ok(look)
}
