//! Why an audit ended early.

use std::io;

use crate::database::DatabaseError;
use crate::storage::StorageError;

/// Why an audit ended early. What it has found until then was reported.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The records or the archive cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The bucket cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The report cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}
