//! Editing the request of an open dead letter.

use invoice::{InvalidRequest, RequestLimits};

use super::edit_error::{EditError, Moved};
use super::planned::{Permitted, Planned};
use crate::database::dead_letters::EditRun;
use crate::database::{By, Database};

/// A new request for a dead letter.
#[derive(Clone, Copy, Debug)]
pub struct Edit<'a> {
    /// The dead letter.
    pub id: i64,
    /// The new body, in the envelope of the old one: its content, or packed like the old one.
    pub payload: &'a [u8],
    /// Who, and why.
    pub by: By<'a>,
    /// Whether a request that is not valid is stored all the same.
    pub force: bool,
    /// Whether the new request may be about another invoice.
    pub change_identity: bool,
    /// Limits of a request.
    pub limits: RequestLimits,
}

/// What an edit did.
#[derive(Debug)]
pub enum Edited {
    /// The new request is stored.
    Done {
        /// What is wrong with it, where the edit was forced.
        invalid: Option<InvalidRequest>,
        /// The identities, where it is about another invoice.
        moved: Option<Box<Moved>>,
    },
    /// The dead letter has this content already.
    Unchanged,
}

/// Replaces the request of an open dead letter and keeps what it was. The new request is checked first, in the envelope
/// in which it came.
pub async fn edit(database: &Database, edit: Edit<'_>) -> Result<Edited, EditError> {
    let id = edit.id;
    let row = database
        .dead_letter(id)
        .await?
        .ok_or(EditError::Unknown(id))?;
    let planned = Planned::of(&row, edit.payload, edit.limits).await?;
    if planned.is_unchanged {
        return Ok(Edited::Unchanged);
    }
    planned.check(Permitted {
        invalid: edit.force,
        other_identity: edit.change_identity,
    })?;
    let (invalid, moved) = (planned.invalid.clone(), planned.moved());
    let mut run = EditRun::of(format!("dead-letter {id}"));
    planned.store(database, edit.by, &mut run).await?;
    Ok(Edited::Done { invalid, moved })
}
