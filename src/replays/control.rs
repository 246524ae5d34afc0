//! Creating, finding, cancelling and resuming replays.

use tokio::time::Instant;

use super::job::{Job, Orders, Unreadable};
use super::plan::{Plan, Terms};
use crate::database::leases::Cancelled;
use crate::database::leases::Lease;
use crate::database::replay::Model;
use crate::database::replays::NewReplay;
use crate::database::{By, Database, DatabaseError, RunStatus};

/// Why nothing was done with a replay.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// There is no replay of this number.
    #[error("there is no replay {0}")]
    Unknown(i64),
    /// It is over, so it cannot be cancelled.
    #[error("replay {id} is {}; only one that is queued or running can be cancelled", status.as_str())]
    Over {
        /// The replay.
        id: i64,
        /// Its state.
        status: RunStatus,
    },
    /// It has not been stopped, so it cannot be resumed.
    #[error("replay {id} is {}; only one that is cancelled or failed can be resumed", status.as_str())]
    NotStopped {
        /// The replay.
        id: i64,
        /// Its state.
        status: RunStatus,
    },
    /// Another process runs it.
    #[error("replay {id} is run by {owner}; if that process has died, its lease ends within 30 s")]
    Held {
        /// The replay.
        id: i64,
        /// The process: host:pid.
        owner: String,
    },
    /// This version cannot run it.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Creates a replay, which waits for a [`Runner`](super::Runner).
pub async fn create(
    database: &Database,
    plan: &Plan,
    terms: Terms<'_>,
) -> Result<Model, DatabaseError> {
    database.create_replay(new(plan, terms), None).await
}

/// Creates a replay that this process, host:pid, runs itself.
pub async fn begin(
    database: &Database,
    plan: &Plan,
    terms: Terms<'_>,
    process: &str,
) -> Result<Job, ControlError> {
    let (claimed_at, lease) = (Instant::now(), Lease::new(process));
    let row = database
        .create_replay(new(plan, terms), Some(&lease))
        .await?;
    job(row, lease, claimed_at)
}

/// One replay.
pub async fn find(database: &Database, id: i64) -> Result<Model, ControlError> {
    let found = database.replay(id).await?;
    found.ok_or(ControlError::Unknown(id))
}

/// Cancels a replay. If a process runs it, the row still says `running`, with the time of this request, until that process has
/// finished its batch. One that is cancelled already stays as it is.
pub async fn cancel(database: &Database, id: i64, by: By<'_>) -> Result<Model, ControlError> {
    match database.cancel_replay(id, by).await? {
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

/// Has a replay that was cancelled or has failed wait for a [`Runner`](super::Runner), which goes on after its position.
pub async fn resume(database: &Database, id: i64, by: By<'_>) -> Result<Model, ControlError> {
    match database.resume_replay(id, by, None).await? {
        Some(row) => Ok(row),
        None => {
            let status = find(database, id).await?.status;
            Err(ControlError::NotStopped { id, status })
        }
    }
}

/// Has a replay go on in this process, host:pid: one that was cancelled, has failed, waits, or whose process has died.
pub async fn take_over(
    database: &Database,
    id: i64,
    by: By<'_>,
    process: &str,
) -> Result<Job, ControlError> {
    // Before anything is changed.
    Orders::of(&find(database, id).await?)?;
    let (claimed_at, lease) = (Instant::now(), Lease::new(process));
    if let Some(row) = database.resume_replay(id, by, Some(&lease)).await? {
        return job(row, lease, claimed_at);
    }
    let row = find(database, id).await?;
    Err(match (row.status, row.owner) {
        (RunStatus::Running, Some(owner)) => ControlError::Held { id, owner },
        (status, _) => ControlError::NotStopped { id, status },
    })
}

fn job(row: Model, lease: Lease, claimed_at: Instant) -> Result<Job, ControlError> {
    let orders = Orders::of(&row)?;
    Ok(Job {
        row,
        orders,
        lease,
        claimed_at,
    })
}

/// The row of a replay that another use case creates, in a transaction of its own.
pub fn new<'a>(plan: &'a Plan, terms: Terms<'a>) -> NewReplay<'a> {
    NewReplay {
        selection: &plan.selection,
        total: plan.total,
        lane: terms.lane.as_str(),
        rate: terms.rate.map(|rate| rate.max(1)),
        at_most: plan.at_most,
        by: terms.by,
    }
}
