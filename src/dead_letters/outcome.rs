//! What became of dead letters that were replayed.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::database::dead_letter::DeadLetterStatus;
use crate::database::dead_letters::{Selection, Summary};
use crate::database::followed::Followed;
use crate::database::{Database, DatabaseError, Listed, ReplayOutcome};

/// A dead letter of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedLetter {
    /// The dead letter.
    pub summary: Summary,
    /// Of one that is replayed, what became of it; the inner one is none while that is not known, the outer one where a
    /// version replayed it that did not note what it published.
    pub outcome: Option<Option<ReplayOutcome>>,
}

/// A page of dead letters, the newest first, from the cursor of the page before; what is found in this time, where that is given.
pub async fn list(
    database: &Database,
    selection: &Selection,
    cursor: Option<i64>,
    limit: u64,
    longest: Option<Duration>,
) -> Result<Listed<ListedLetter>, DatabaseError> {
    let page = database
        .listed_dead_letters(selection, cursor, limit, longest)
        .await?;
    let replayed = page
        .items
        .iter()
        .filter(|letter| is_replayed(letter.status));
    let replayed: Vec<i64> = replayed.map(|letter| letter.id).collect();
    let outcomes = outcomes(database, &replayed).await?;
    let listed = page.items.into_iter().map(|summary| ListedLetter {
        outcome: outcomes.get(&summary.id).copied(),
        summary,
    });
    Ok(Listed {
        items: listed.collect(),
        next: page.next,
        searched_to: page.searched_to,
    })
}

fn is_replayed(status: DeadLetterStatus) -> bool {
    match status {
        DeadLetterStatus::Replayed => true,
        DeadLetterStatus::Open | DeadLetterStatus::Discarded => false,
    }
}

/// What became of the last replay of each of these dead letters, as far as a replay has noted that it published them.
pub(super) async fn outcomes(
    database: &Database,
    letters: &[i64],
) -> Result<BTreeMap<i64, Option<ReplayOutcome>>, DatabaseError> {
    let mut outcomes = BTreeMap::new();
    for letter in database.last_replays_of(letters).await? {
        outcomes.insert(letter.dead_letter_id, outcome(database, &letter).await?);
    }
    Ok(outcomes)
}

/// What became of a dead letter that was published again, as far as it is known.
///
/// It has failed again if it has failed more often than when it was published, also under the number of another dead letter.
/// It is generated if the record of its identity is of the request that was published: a record of another request makes it a
/// conflict, which fails again.
pub async fn outcome(
    database: &Database,
    letter: &Followed,
) -> Result<Option<ReplayOutcome>, DatabaseError> {
    if letter.outcome.is_some() {
        return Ok(letter.outcome);
    }
    if letter.failures_now > letter.failures {
        return Ok(Some(ReplayOutcome::FailedAgain));
    }
    let (Some(record), Some(published)) = (letter.record, &letter.request_digest) else {
        return Ok(None);
    };
    let is_generated = letter.record_digest.as_ref() == Some(published)
        || is_of(database, record, published).await?;
    Ok(is_generated.then_some(ReplayOutcome::Generated))
}

/// Whether a record has another digest of the same request, which an earlier version has computed.
async fn is_of(
    database: &Database,
    record: uuid::Uuid,
    published: &str,
) -> Result<bool, DatabaseError> {
    let record = database.record(record).await?;
    let computed = record.and_then(|record| record.computed_digest());
    Ok(computed.is_some_and(|computed| computed.to_string() == published))
}
