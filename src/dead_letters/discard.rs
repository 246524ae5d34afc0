//! Discarding.

use crate::database::dead_letters::Frozen;
use crate::database::{Database, DatabaseError};

/// Marks dead letters as not to be processed, for this reason; returns how many. What someone else has replayed or
/// discarded since the selection stays as it is, and so does what a replay is publishing.
pub async fn discard(
    database: &Database,
    frozen: &Frozen,
    reason: &str,
    operator: &str,
) -> Result<u64, DatabaseError> {
    database.discard(frozen, reason, operator).await
}
