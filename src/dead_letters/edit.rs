//! Editing the request of an open dead letter.

use invoice::InvalidRequest;

use crate::broker::replayed::Archived;
use crate::database::dead_letters::{Edited as Written, NewContent};
use crate::database::{Database, DatabaseError, DeadLetterStatus};

/// A new request for a dead letter.
#[derive(Clone, Copy, Debug)]
pub struct Edit<'a> {
    /// The dead letter.
    pub id: i64,
    /// The new body, in the envelope of the old one.
    pub payload: &'a [u8],
    /// Why, in the operator's words.
    pub reason: Option<&'a str>,
    /// Who: user@host.
    pub operator: &'a str,
    /// Whether a request that is not valid is stored all the same.
    pub force: bool,
    /// Largest request, in bytes.
    pub max_bytes: usize,
}

/// What an edit did.
#[derive(Debug)]
pub enum Edited {
    /// The new request is stored. It may be invalid where the edit was forced.
    Done(Option<InvalidRequest>),
    /// The dead letter has this content already.
    Unchanged,
}

/// Why nothing was edited.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// There is no dead letter of this number.
    #[error("there is no dead letter {0}")]
    Unknown(i64),
    /// It was replayed or discarded.
    #[error("dead letter {id} is {status}; only open ones can be edited")]
    NotOpen {
        /// The dead letter.
        id: i64,
        /// `replayed` or `discarded`.
        status: &'static str,
    },
    /// The new request is not valid.
    #[error("the new request is not valid and would fail again; --force stores it all the same")]
    Invalid(InvalidRequest),
    /// It changed since it was read.
    #[error("dead letter {0} was changed by someone else at the same time; nothing was edited")]
    Overtaken(i64),
    /// Another dead letter has the same message id, code and content.
    #[error(
        "dead letter {other} is the same message with this content; replay that one and discard {id}"
    )]
    SameAs {
        /// The dead letter that was to be edited.
        id: i64,
        /// The one that has this content.
        other: i64,
    },
    /// Its properties or headers are not the JSON that the archive writes.
    #[error("the properties or headers of dead letter {0} cannot be read")]
    Unreadable(i64),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Replaces the request of an open dead letter and keeps what it was. The new request is checked first, in the envelope
/// in which it came.
pub async fn edit(database: &Database, edit: Edit<'_>) -> Result<Edited, EditError> {
    let id = edit.id;
    let row = database
        .dead_letter(id)
        .await?
        .ok_or(EditError::Unknown(id))?;
    if row.status != DeadLetterStatus::Open {
        let status = row.status.as_str();
        return Err(EditError::NotOpen { id, status });
    }
    let archived = Archived {
        properties: &row.properties,
        headers: &row.headers,
    };
    let envelope = archived
        .envelope(edit.payload)
        .map_err(|_| EditError::Unreadable(id))?;
    let invalid = envelope
        .request(edit.payload)
        .and_then(|request| invoice::parse(request, edit.max_bytes)?.invoice)
        .err();
    let invalid = match invalid {
        Some(invalid) if !edit.force => return Err(EditError::Invalid(invalid)),
        other => other,
    };
    if row.payload == edit.payload {
        return Ok(Edited::Unchanged);
    }
    let new = NewContent {
        payload: edit.payload,
        reason: edit.reason,
        by: edit.operator,
    };
    match database.edit(&row, new).await? {
        Written::Done => Ok(Edited::Done(invalid)),
        Written::Overtaken => Err(EditError::Overtaken(id)),
        Written::SameAs(other) => Err(EditError::SameAs { id, other }),
    }
}
