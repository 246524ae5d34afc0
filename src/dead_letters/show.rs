//! Everything about one dead letter.

use super::conflict::differences;
use super::outcome::outcomes;
use crate::contract::FieldChange;
use crate::database::dead_letter::Model;
use crate::database::dead_letters::{EditSummary, first_within};
use crate::database::{
    Database, DatabaseError, DeadLetterStatus, Listed, ReplayOutcome, dead_letter_edit,
};

/// Edits that are shown with a dead letter, the newest ones.
pub const SHOWN_EDITS: u64 = 10;

/// What these may have of messages together, in bytes. The newest edit is shown however large it is.
const SHOWN_BYTES: i64 = 8 << 20;

/// A dead letter with its newest edits.
pub struct Shown {
    /// The dead letter.
    pub row: Model,
    /// What operators changed in it last, the oldest of these first.
    pub edits: Vec<dead_letter_edit::Model>,
    /// How many edits came before these.
    pub older_edits: u64,
    /// Of one that is replayed, what became of that; see [`ListedLetter`](super::ListedLetter).
    pub outcome: Option<Option<ReplayOutcome>>,
    /// Of a conflict, how its request differs from the issued one.
    pub differences: Option<Vec<FieldChange>>,
}

/// Looks a dead letter up, with this many edits at most; none of this number is `None`.
pub async fn show(
    database: &Database,
    id: i64,
    edits: u64,
) -> Result<Option<Shown>, DatabaseError> {
    let Some(row) = database.dead_letter(id).await? else {
        return Ok(None);
    };
    let newest = database.edits_of_letter(id, None, edits).await?;
    let sizes: Vec<_> = newest
        .items
        .iter()
        .map(|edit| (edit.id, edit.size_bytes))
        .collect();
    let shown = first_within(&sizes, SHOWN_BYTES);
    let count = match newest.next {
        Some(_) => database.count_edits(id).await?,
        None => newest.items.len() as u64,
    };
    let edits = database.edits_with_messages(shown).await?;
    let outcome = match row.status {
        DeadLetterStatus::Replayed => outcomes(database, &[id]).await?.remove(&id),
        DeadLetterStatus::Open | DeadLetterStatus::Discarded => None,
    };
    let differences = differences(database, &row).await?;
    Ok(Some(Shown {
        row,
        older_edits: count.saturating_sub(edits.len() as u64),
        edits,
        outcome,
        differences,
    }))
}

/// A page of the edits of a dead letter, the newest first, without the messages; none where there is no such dead letter.
///
/// # Errors
///
/// The database cannot be read.
pub async fn edit_history(
    database: &Database,
    id: i64,
    cursor: Option<i64>,
    limit: u64,
) -> Result<Option<Listed<EditSummary>>, DatabaseError> {
    let page = database.edits_of_letter(id, cursor, limit).await?;
    // One without edits may be none at all.
    if page.items.is_empty() && !database.unknown_dead_letters(&[id]).await?.is_empty() {
        return Ok(None);
    }
    Ok(Some(page))
}

/// One edit of a dead letter, with that dead letter: the headers of both messages are those of it.
///
/// # Errors
///
/// The database cannot be read.
pub async fn edit_of(
    database: &Database,
    id: i64,
    edit: i64,
) -> Result<Option<(Model, dead_letter_edit::Model)>, DatabaseError> {
    let Some(edit) = database.edit_of_letter(id, edit).await? else {
        return Ok(None);
    };
    let row = database.dead_letter(id).await?;
    Ok(row.map(|row| (row, edit)))
}
