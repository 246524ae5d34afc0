//! Waiting until nothing goes on with a repair.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::control_error::ControlError;
use super::following::{Followed, find};
use crate::database::{Database, RepairStatus};
use crate::polling::Looks;
use crate::retry::Retryable as _;

/// Waits for at most `longest` until a repair needs a person or is over: until it was tried, or all outcomes are known, or it has
/// stopped. An outage of the database is waited for, too.
pub async fn wait(
    database: &Database,
    id: i64,
    longest: Duration,
    stop: &CancellationToken,
) -> Result<Followed, ControlError> {
    let mut looks = Looks::new(longest, stop);
    loop {
        let is_last = looks.begin();
        match find(database, id).await {
            Ok(followed) if is_last || !goes_on(followed.row.status) => return Ok(followed),
            Ok(_) => {}
            Err(ControlError::Database(error)) if error.is_transient() && !is_last => {}
            Err(error) => return Err(error),
        }
        looks.pause().await;
    }
}

/// Whether a repair of this state goes on without a person.
pub fn goes_on(status: RepairStatus) -> bool {
    match status {
        RepairStatus::Trying | RepairStatus::Applying | RepairStatus::Replaying => true,
        RepairStatus::Tried
        | RepairStatus::WaitingForApproval
        | RepairStatus::Done
        | RepairStatus::Cancelled
        | RepairStatus::Failed => false,
    }
}
