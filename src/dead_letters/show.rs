//! Everything about one dead letter.

use crate::database::dead_letter::Model;
use crate::database::{Database, DatabaseError, dead_letter_edit};

/// A dead letter with its edits, the oldest first.
pub struct Shown {
    /// The dead letter.
    pub row: Model,
    /// What operators changed in it.
    pub edits: Vec<dead_letter_edit::Model>,
}

/// Looks a dead letter up; none of this number is `None`.
pub async fn show(database: &Database, id: i64) -> Result<Option<Shown>, DatabaseError> {
    let Some(row) = database.dead_letter(id).await? else {
        return Ok(None);
    };
    let edits = database.dead_letter_edits(id).await?;
    Ok(Some(Shown { row, edits }))
}
