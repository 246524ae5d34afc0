//! Everything about one dead letter.

use super::outcome::outcomes;
use crate::database::dead_letter::Model;
use crate::database::{Database, DatabaseError, DeadLetterStatus, ReplayOutcome, dead_letter_edit};

/// A dead letter with its edits, the oldest first.
pub struct Shown {
    /// The dead letter.
    pub row: Model,
    /// What operators changed in it.
    pub edits: Vec<dead_letter_edit::Model>,
    /// Of one that is replayed, what became of that; see [`ListedLetter`](super::ListedLetter).
    pub outcome: Option<Option<ReplayOutcome>>,
}

/// Looks a dead letter up; none of this number is `None`.
pub async fn show(database: &Database, id: i64) -> Result<Option<Shown>, DatabaseError> {
    let Some(row) = database.dead_letter(id).await? else {
        return Ok(None);
    };
    let edits = database.dead_letter_edits(id).await?;
    let outcome = match row.status {
        DeadLetterStatus::Replayed => outcomes(database, &[id]).await?.remove(&id),
        DeadLetterStatus::Open | DeadLetterStatus::Discarded => None,
    };
    Ok(Some(Shown {
        row,
        edits,
        outcome,
    }))
}
