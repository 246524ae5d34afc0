//! Why an erasure ended early.

use std::io;

use crate::database::DatabaseError;
use crate::retry::Retryable as _;
use crate::storage::StorageError;

/// Why an erasure ended early. What it has erased until then is erased, and recorded.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The bucket cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The report cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

impl ErasureError {
    /// Whether the same erasure goes on once a server is there again.
    pub(super) fn is_outage(&self) -> bool {
        match self {
            Self::Database(error) => error.is_outage(),
            Self::Storage(error) => error.is_outage(),
            Self::Write(_) => false,
        }
    }
}
