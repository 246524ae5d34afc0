//! What others have edited in a dead letter since somebody has looked at it.

use invoice::RequestLimits;
use invoice::content::envelope_max;
use time::OffsetDateTime;

use super::diff::changes;
use crate::broker::replayed::Archived;
use crate::contract::FieldChange;
use crate::database::dead_letter::Model;
use crate::database::dead_letters::EditSummary;
use crate::database::{Database, DatabaseError};

/// Edits that are looked through. Of more since then, the newest are shown.
const MOST_EDITS: u64 = 50;

/// The edits of a dead letter since a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EditedSince {
    /// Who has edited it, the first one first.
    pub edits: Vec<EditedBy>,
    /// The first changes of all these edits together, field by field. Empty where they have changed the spelling only, or a message
    /// is no JSON.
    pub changes: Vec<FieldChange>,
}

/// Who has edited a dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedBy {
    /// user@host, or the name of a token.
    pub actor: String,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// When.
    pub at: OffsetDateTime,
}

/// What was edited in a dead letter since its row had this `updated_at`.
pub async fn edited_since(
    database: &Database,
    row: &Model,
    seen_at: OffsetDateTime,
    limits: RequestLimits,
) -> Result<EditedSince, DatabaseError> {
    let newest = database.edits_of_letter(row.id, None, MOST_EDITS).await?;
    let since = newest.items.into_iter();
    let mut edits: Vec<EditSummary> = since.take_while(|edit| edit.edited_at > seen_at).collect();
    edits.reverse();
    let Some(first) = edits.first() else {
        return Ok(EditedSince::default());
    };
    let Some(first) = database.edit_of_letter(row.id, first.id).await? else {
        return Ok(EditedSince::default());
    };
    let archived = Archived {
        properties: &row.properties,
        headers: &row.headers,
    };
    let content = |payload| archived.content(payload, envelope_max(limits.max_bytes));
    let changes = changes(&content(&first.before), &content(&row.payload));
    let edits = edits.into_iter().map(|edit| EditedBy {
        actor: edit.edited_by,
        reason: edit.reason,
        at: edit.edited_at,
    });
    Ok(EditedSince {
        edits: edits.collect(),
        changes,
    })
}
