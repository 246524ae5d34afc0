//! One run of a repair in this process, under its lease.

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::room::Room;
use super::work::{Outcome, RunError, Work};
use super::{applying, trial};
use crate::database::RepairStatus;
use crate::database::leases::Lease;
use crate::database::repair::Model;
use crate::database::repair_ends::RepairEnd;
use crate::held::{Held, Interruption, Row};
use crate::retry::Retryable as _;
use crate::telemetry::metrics::{RepairInWork, RepairWork};

/// How a run has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// It has left this state.
    Left,
    /// The process is stopping, or another one has it.
    Interrupted,
    /// It is tried again in a moment.
    Waiting,
    /// Another version has to work on it.
    Unreadable,
}

/// Works on a repair that was claimed at that time, until it leaves its state, or no further letter may be begun.
pub(super) async fn run(
    work: &Work,
    room: &mut Room,
    row: &Model,
    lease: &Lease,
    claimed_at: Instant,
    shutdown: &CancellationToken,
) -> (Ended, Result<(), RunError>) {
    let worked_on = Row::Repair(row.id);
    let held = Held::new(&work.database, worked_on, lease, claimed_at, shutdown);
    let finished = CancellationToken::new();
    let working = async {
        let outcome = if row.cancel_requested_at.is_some() {
            Ok(Outcome::Ended(RepairEnd::Cancelled))
        } else if row.status == RepairStatus::Applying {
            let _in_work = RepairInWork::begin(RepairWork::Apply);
            applying::run(work, room, row, &held).await
        } else {
            let _in_work = RepairInWork::begin(RepairWork::Try);
            trial::run(work, room, row, &held).await
        };
        finished.cancel();
        outcome
    };
    let (outcome, ()) = tokio::join!(working, held.keep(&finished));
    let interruption = held.interruption();
    let (end, ended) = match (interruption, &outcome) {
        (Some(Interruption::Lost), _) => return (Ended::Interrupted, Ok(())),
        (_, Ok(Outcome::Replaying)) => return (Ended::Left, Ok(())),
        (_, Ok(Outcome::Ended(end))) => (end.clone(), Ended::Left),
        (Some(Interruption::Cancelled), _) => (RepairEnd::Cancelled, Ended::Left),
        (_, Err(RunError::Failed(problem))) => (RepairEnd::Failed(problem.clone()), Ended::Left),
        (_, Err(RunError::Unusable(_))) => (RepairEnd::Released(None), Ended::Unreadable),
        (_, Err(RunError::Database(error))) if !error.is_transient() => {
            (RepairEnd::Failed(error.to_string()), Ended::Left)
        }
        (_, Err(error)) => (RepairEnd::Released(Some(error.to_string())), Ended::Waiting),
        (Some(Interruption::Shutdown) | None, Ok(Outcome::Interrupted)) => {
            (RepairEnd::Released(None), Ended::Interrupted)
        }
    };
    let let_go = work.database.end_repair_run(row, lease, end).await;
    let result = outcome.map(drop);
    match let_go {
        Ok(true) => (ended, result),
        Ok(false) => (Ended::Interrupted, result),
        Err(error) => (Ended::Waiting, result.and(Err(error.into()))),
    }
}
