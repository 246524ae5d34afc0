//! Making, applying, approving, cancelling and resuming repairs.

use time::OffsetDateTime;

use super::control_error::ControlError;
use super::following::{find, row};
use super::pointed::PointedPatch;
use crate::broker::Lane;
use crate::database::dead_letters::Frozen;
use crate::database::repair::Model;
use crate::database::repairs::{NewRepair, ReplayTerms};
use crate::database::{By, Database, DatabaseError, RepairStatus, RepairVerdict, RunStatus};
use crate::replays;

/// A repair that is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Orders<'a> {
    /// Which dead letters.
    pub frozen: &'a Frozen,
    /// What changes in each request, as JSON, which was parsed as a [`PointedPatch`].
    pub patch: &'a str,
    /// Whether the new requests may be about other invoices.
    pub change_identity: bool,
    /// Code of the problems that `{pointer}` stands for; none is any.
    pub problem_code: Option<&'a str>,
    /// Rule of these problems; none is any.
    pub problem_rule: Option<&'a str>,
    /// Who, and why.
    pub by: By<'a>,
}

/// How the changes of a repair are made.
#[derive(Clone, Copy, Debug)]
pub struct Apply<'a> {
    /// Lane of the replay.
    pub lane: Lane,
    /// Requests a second at most, of the replay.
    pub rate: Option<u32>,
    /// Requests at most, of the replay.
    pub limit: Option<u64>,
    /// Whether another person has to approve them.
    pub needs_approval: bool,
    /// `updated_at` of the repair that was shown to who applies it: one that has changed since then is not applied.
    pub seen_at: OffsetDateTime,
    /// Digest of the templates that are in use, where the caller knows them: they have to be those of the trial.
    pub templates: Option<&'a str>,
    /// Who, and why.
    pub by: By<'a>,
}

/// Makes a repair, which waits for a [`Runner`](super::Runner) that tries it.
pub async fn create(database: &Database, orders: Orders<'_>) -> Result<Model, DatabaseError> {
    debug_assert!(PointedPatch::parse(orders.patch).is_ok());
    let new = NewRepair {
        selection: &orders.frozen.selection,
        total: orders.frozen.count,
        patch: orders.patch,
        change_identity: orders.change_identity,
        problem_code: orders.problem_code,
        problem_rule: orders.problem_rule,
        by: orders.by,
    };
    database.create_repair(new).await
}

/// Has the letters that would be issued edited and replayed: by a [`Runner`](super::Runner), after an approval where that is
/// needed.
pub async fn apply(database: &Database, id: i64, terms: Apply<'_>) -> Result<Model, ControlError> {
    let seen = as_seen(database, id, TRIED, terms.seen_at).await?;
    let verdicts = seen.verdicts();
    if verdicts.get(RepairVerdict::WouldIssue.as_str()) < Some(&1) {
        return Err(ControlError::Nothing(id));
    }
    if terms.templates.is_some() && terms.templates != seen.templates.as_deref() {
        return Err(ControlError::Outdated(id));
    }
    let replay = ReplayTerms {
        lane: terms.lane.as_str(),
        rate: terms.rate.map(|rate| rate.max(1)),
        at_most: terms.limit,
    };
    let applied = database.apply_repair(&seen, replay, terms.needs_approval, terms.by);
    changed(database, &seen, applied.await?, TRIED).await
}

/// Approves the changes of a repair that somebody else has made. `seen_at` is `updated_at` of the repair that was shown to who
/// approves it: one that has changed since then is not approved.
pub async fn approve(
    database: &Database,
    id: i64,
    seen_at: OffsetDateTime,
    by: By<'_>,
) -> Result<Model, ControlError> {
    let seen = as_seen(database, id, UNAPPROVED, seen_at).await?;
    if seen.actor == by.actor || seen.applied_by.as_deref() == Some(by.actor) {
        return Err(ControlError::OwnApproval(id));
    }
    let approved = database.approve_repair(&seen, by).await?;
    changed(database, &seen, approved, UNAPPROVED).await
}

/// Cancels a repair. If a process works on it, or on its replay, the row keeps its state until that process has stopped. What was
/// edited stays edited; the replay of one that is replaying is cancelled. One that is cancelled already stays as it is.
pub async fn cancel(database: &Database, id: i64, by: By<'_>) -> Result<Model, ControlError> {
    let found = find(database, id).await?;
    if found.is_cancelled() {
        return Ok(found.row);
    }
    if let Some(row) = stop(database, &found.row, by).await? {
        return Ok(row);
    }
    // It may have come to its end meanwhile, or another person was faster.
    let mut now = find(database, id).await?;
    if now.is_cancelled() {
        return Ok(now.row);
    }
    if found.row.replay_id != now.row.replay_id {
        // Its last letter was edited meanwhile, so that now its replay is what is stopped.
        if let Some(row) = stop(database, &now.row, by).await? {
            return Ok(row);
        }
        now = find(database, id).await?;
        if now.is_cancelled() {
            return Ok(now.row);
        }
    }
    match (now.row.status, now.replay) {
        // Its outcomes are not all known, and nothing is left to be stopped.
        (RepairStatus::Replaying, Some(replay)) => {
            let (id, status) = (replay.row.id, replay.row.status);
            Err(replays::ControlError::Over { id, status }.into())
        }
        _ => Err(wrong_state(
            &now.row,
            "one that is over cannot be cancelled",
        )),
    }
}

/// Stops a repair that was read in this state; none where that is over, or nothing is left to be stopped.
async fn stop(
    database: &Database,
    row: &Model,
    by: By<'_>,
) -> Result<Option<Model>, DatabaseError> {
    match (row.status, row.replay_id) {
        (RepairStatus::Replaying, Some(replay)) => {
            database.cancel_replaying(row.id, replay, by).await
        }
        _ => database.cancel_repair(row.id, by).await,
    }
}

/// Has a repair go on where it was cancelled or has failed. One that was tried, and whose changes are not made yet, is tried
/// again from the beginning.
pub async fn resume(database: &Database, id: i64, by: By<'_>) -> Result<Model, ControlError> {
    let found = find(database, id).await?.row;
    let resumed = match found.status {
        RepairStatus::Tried | RepairStatus::WaitingForApproval => {
            database.retry_repair(id, by).await?
        }
        RepairStatus::Cancelled | RepairStatus::Failed => {
            match (found.goes_on_as, found.replay_id) {
                (Some(RepairStatus::Replaying), Some(replay)) => {
                    resume_replaying(database, id, replay, by).await?
                }
                _ => database.resume_repair(id, by).await?,
            }
        }
        RepairStatus::Trying
        | RepairStatus::Applying
        | RepairStatus::Replaying
        | RepairStatus::Done => None,
    };
    if let Some(row) = resumed {
        return Ok(row);
    }
    let expected = "only one that is cancelled or failed can be resumed, and one that was tried is tried again";
    Err(wrong_state(&row(database, id).await?, expected))
}

/// Has the replay of a repair go on, and the repair with it.
async fn resume_replaying(
    database: &Database,
    id: i64,
    replay: i64,
    by: By<'_>,
) -> Result<Option<Model>, ControlError> {
    let resumed = database.resume_replaying(id, replay, by).await?;
    if resumed.is_none() {
        let replay = replays::find(database, replay).await?;
        if replay.status == RunStatus::Running {
            // It is about to stop.
            let (id, status) = (replay.id, replay.status);
            return Err(replays::ControlError::NotStopped { id, status }.into());
        }
    }
    Ok(resumed)
}

/// A state in which a person decides, and what is said where a repair is in another one.
type Decision = (RepairStatus, &'static str);

const TRIED: Decision = (
    RepairStatus::Tried,
    "only one that was tried can be applied",
);
const UNAPPROVED: Decision = (
    RepairStatus::WaitingForApproval,
    "only one that waits for approval can be approved",
);

/// A repair that waits for this decision, as it was seen by who decides.
async fn as_seen(
    database: &Database,
    id: i64,
    (status, expected): Decision,
    seen_at: OffsetDateTime,
) -> Result<Model, ControlError> {
    let row = row(database, id).await?;
    if row.status != status {
        return Err(wrong_state(&row, expected));
    }
    if row.updated_at != seen_at {
        return Err(overtaken(&row, seen_at));
    }
    Ok(row)
}

/// A repair with the decision; where another person was faster, why it was not made.
async fn changed(
    database: &Database,
    seen: &Model,
    changed: Option<Model>,
    (status, expected): Decision,
) -> Result<Model, ControlError> {
    if let Some(row) = changed {
        return Ok(row);
    }
    let now = row(database, seen.id).await?;
    Err(if now.status == status {
        overtaken(&now, seen.updated_at)
    } else {
        wrong_state(&now, expected)
    })
}

fn overtaken(now: &Model, seen_at: OffsetDateTime) -> ControlError {
    ControlError::Changed {
        id: now.id,
        seen_at,
        updated_at: now.updated_at,
    }
}

fn wrong_state(row: &Model, expected: &'static str) -> ControlError {
    ControlError::State {
        id: row.id,
        status: row.status,
        expected,
    }
}
