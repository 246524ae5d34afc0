//! Creating, finding and cancelling erasures that processes run.

use crate::database::RunStatus;
use crate::database::erasure::Model;
use crate::database::erasure_control::NewErasure;
use crate::database::leases::Cancelled;
use crate::database::{By, Database, DatabaseError, ErasureFilter, rights};

/// An erasure that is asked for.
#[derive(Clone, Debug)]
pub struct Orders<'a> {
    /// Whose data, [checked](super::checked).
    pub filter: ErasureFilter,
    /// Whether documents are deleted, too.
    pub documents: bool,
    /// Whether open dead letters are discarded and erased, too.
    pub with_open: bool,
    /// Rows a second at most.
    pub rate: Option<u32>,
    /// Who, and why.
    pub by: By<'a>,
}

/// Why nothing was done with an erasure.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// There is no erasure of this number.
    #[error("there is no erasure {0}")]
    Unknown(i64),
    /// It is over, so it cannot be cancelled.
    #[error("erasure {id} is {}; only one that is queued or running can be cancelled", status.as_str())]
    Over {
        /// The erasure.
        id: i64,
        /// Its state.
        status: RunStatus,
    },
    /// This process may not erase, so it would never run.
    #[error("the user of this server's database may not erase: {0}")]
    NotPermitted(String),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Creates an erasure, which waits for a [`Runner`](super::Runner).
///
/// # Errors
///
/// The user of the database has not the rights to erase, or the database cannot be used.
pub async fn create(database: &Database, orders: &Orders<'_>) -> Result<Model, ControlError> {
    let missing = database.missing_grants(rights::ERASE).await?;
    if !missing.is_empty() {
        return Err(ControlError::NotPermitted(missing.join("; ")));
    }
    let new = NewErasure {
        filter: &orders.filter,
        documents: orders.documents,
        with_open: orders.with_open,
        rate: orders.rate.map(|rate| rate.max(1)),
        by: orders.by,
    };
    Ok(database.create_erasure(new).await?)
}

/// One erasure.
///
/// # Errors
///
/// There is none of this number, or the database cannot be used.
pub async fn find(database: &Database, id: i64) -> Result<Model, ControlError> {
    let found = database.erasure(id).await?;
    found.ok_or(ControlError::Unknown(id))
}

/// Cancels an erasure. If a process runs it, the row still says `running`, with the time of this request, until that process has
/// finished the row that is in work. One that is cancelled already stays as it is. What is erased stays erased.
///
/// # Errors
///
/// It is over, there is none of this number, or the database cannot be used.
pub async fn cancel(database: &Database, id: i64, by: By<'_>) -> Result<Model, ControlError> {
    match database.cancel_erasure(id, by).await? {
        None => Err(ControlError::Unknown(id)),
        Some(Cancelled::Now(row) | Cancelled::Requested(row)) => Ok(row),
        Some(Cancelled::Unchanged(row)) => match row.status {
            RunStatus::Cancelled | RunStatus::Running | RunStatus::Queued => Ok(row),
            status @ (RunStatus::Done | RunStatus::Failed) => {
                Err(ControlError::Over { id, status })
            }
        },
    }
}
