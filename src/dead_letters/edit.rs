//! Editing the request of an open dead letter.

use invoice::{InvalidRequest, Invoice, RequestLimits};
use time::OffsetDateTime;

use super::edit_error::{EditError, Moved};
use super::planned::{Permitted, Planned};
use crate::database::dead_letter::Model;
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
    /// `updated_at` of the dead letter that was shown to who edits it, if it was shown: one that has changed since then is not
    /// edited.
    pub seen_at: Option<OffsetDateTime>,
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
        /// What it asks for, where it is valid: the templates at hand may not have it.
        invoice: Option<Box<Invoice>>,
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
    let mut planned = Planned::of(&row, edit.payload, edit.limits).await?;
    if planned.is_unchanged {
        return Ok(Edited::Unchanged);
    }
    if edit
        .seen_at
        .is_some_and(|seen_at| seen_at != row.updated_at)
    {
        return Err(EditError::Overtaken(id));
    }
    planned.check(Permitted {
        invalid: edit.force,
        other_identity: edit.change_identity,
    })?;
    let (invalid, moved) = (planned.invalid.clone(), planned.moved());
    let invoice = planned.invoice.take();
    let mut run = EditRun::of(format!("dead-letter {id}"));
    planned.store(database, edit.by, &mut run).await?;
    Ok(Edited::Done {
        invalid,
        moved,
        invoice,
    })
}

/// What an edit would find. Nothing is stored.
#[derive(Debug)]
pub struct EditCheck {
    /// The dead letter has this content already.
    pub is_unchanged: bool,
    /// What is wrong with the new request.
    pub invalid: Option<InvalidRequest>,
    /// The identities, where it is about another invoice.
    pub moved: Option<Box<Moved>>,
    /// The request in the new content, out of its envelope; none where it has none.
    pub request: Option<Vec<u8>>,
}

/// Checks new content for an open dead letter as [`edit`] does.
///
/// # Errors
///
/// It is not open, or cannot be read.
pub async fn check_edit(
    row: &Model,
    payload: &[u8],
    limits: RequestLimits,
) -> Result<EditCheck, EditError> {
    let planned = Planned::of(row, payload, limits).await?;
    Ok(EditCheck {
        is_unchanged: planned.is_unchanged,
        moved: planned.moved(),
        request: planned.request(limits).ok(),
        invalid: planned.invalid,
    })
}
