//! What repairs are worked on with, and how the work ends.

use document::RenderError;
use invoice::RequestLimits;

use crate::database::repair_ends::RepairEnd;
use crate::database::{Database, DatabaseError};
use crate::storage::Storage;

/// What repairs are worked on with.
pub(super) struct Work {
    pub(super) database: Database,
    pub(super) storage: Storage,
    pub(super) limits: RequestLimits,
    /// Whether changes need the approval of a person who has neither made nor applied the repair.
    pub(super) needs_approval: bool,
}

/// How the work on a repair ends, before it is recorded.
pub(super) enum Outcome {
    /// In this way.
    Ended(RepairEnd),
    /// Its replay was created, which has ended the work.
    Replaying,
    /// No further letter may be begun.
    Interrupted,
}

/// Why a repair cannot go on now.
#[derive(Debug, thiserror::Error)]
pub(super) enum RunError {
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A later version has written its selection.
    #[error(transparent)]
    Unusable(DatabaseError),
    /// No renderer starts.
    #[error(transparent)]
    Renderers(RenderError),
    /// A server is away, or every request would fail.
    #[error("{0}")]
    Waiting(String),
    /// It can never go on.
    #[error("{0}")]
    Failed(String),
}
