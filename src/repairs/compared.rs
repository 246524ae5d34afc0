//! What a repair changes in one of its letters.

use invoice::RequestLimits;

use super::control_error::ControlError;
use super::following::row;
use super::judge::patch_for;
use super::letters::{Letter, letters};
use super::pointed::PointedPatch;
use crate::contract::FieldChange;
use crate::database::dead_letter::Model;
use crate::database::{Database, DatabaseError};
use crate::dead_letters::{PatchTerms, changed_fields, content_digest, new_content};

/// Edits that are looked through for the content that was tried, the newest ones.
const MOST_EDITS: u64 = 50;

/// A letter of a repair, with what the patch changes in it.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The letter.
    pub letter: Letter,
    /// The first changes, field by field. None where the patch does not fit, or the content that was tried is there no more.
    pub changes: Option<Vec<FieldChange>>,
}

/// One letter of a repair, compared with what the patch makes of it. None where the repair has not tried such a letter.
pub async fn compare(
    database: &Database,
    id: i64,
    dead_letter: i64,
    limits: RequestLimits,
) -> Result<Option<Compared>, ControlError> {
    let repair = row(database, id).await?;
    let before = dead_letter.saturating_sub(1);
    let page = letters(database, id, None, Some(before), 1).await?;
    let found = page.items.into_iter().next();
    let Some(letter) = found.filter(|found| found.row.dead_letter_id == dead_letter) else {
        return Ok(None);
    };
    let tried = as_tried(database, &letter, limits).await?;
    let Some((tried, patch)) = tried.zip(PointedPatch::parse(&repair.patch).ok()) else {
        let changes = None;
        return Ok(Some(Compared { letter, changes }));
    };
    let problem = (
        repair.problem_code.as_deref(),
        repair.problem_rule.as_deref(),
    );
    let terms = PatchTerms {
        change_identity: repair.change_identity,
        limits,
    };
    let changes = match patch_for(&patch, &tried, problem, terms).await {
        Ok(patch) => {
            let (tried, content) = new_content(tried, &patch, limits).await;
            let content = content.ok();
            content.map(|content| changed_fields(&tried, &content, limits))
        }
        Err(_) => None,
    };
    Ok(Some(Compared { letter, changes }))
}

/// The dead letter with the content that was tried: what it has, or had until an edit.
async fn as_tried(
    database: &Database,
    letter: &Letter,
    limits: RequestLimits,
) -> Result<Option<Model>, DatabaseError> {
    let id = letter.row.dead_letter_id;
    let Some(mut row) = database.dead_letter(id).await? else {
        return Ok(None);
    };
    if content_digest(&row, limits) == letter.row.before_digest {
        return Ok(Some(row));
    }
    // The last one first: it is most probably that of the repair. Each is read with its messages, one at a time.
    let newest = database.edits_of_letter(id, None, MOST_EDITS).await?;
    for edit in newest.items {
        let Some(edit) = database.edit_of_letter(id, edit.id).await? else {
            continue;
        };
        row.payload = edit.before;
        if content_digest(&row, limits) == letter.row.before_digest {
            return Ok(Some(row));
        }
    }
    Ok(None)
}
