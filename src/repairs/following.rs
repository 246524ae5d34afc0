//! Repairs with what became of their letters.

use time::OffsetDateTime;

use super::control_error::ControlError;
use super::summary::summary;
use crate::contract::{RepairResource, ReplayOutcomes};
use crate::database::repair::Model;
use crate::database::{Database, DatabaseError, Listed, RepairStatus, RunStatus};
use crate::replays;

/// A repair, with its replay where there is one.
#[derive(Clone, Debug)]
pub struct Followed {
    /// The repair.
    pub row: Model,
    /// Its replay.
    pub replay: Option<replays::Followed>,
}

impl Followed {
    /// Since when the process that works on it, or on its replay, has to stop.
    fn cancel_requested_at(&self) -> Option<OffsetDateTime> {
        let of_replay = self.replay.as_ref().filter(|_| is_replaying(&self.row));
        let of_replay = of_replay.and_then(|replay| replay.row.cancel_requested_at);
        self.row.cancel_requested_at.or(of_replay)
    }

    /// Whether it is cancelled, or will be when the process that works on it has stopped.
    pub fn is_cancelled(&self) -> bool {
        self.row.status == RepairStatus::Cancelled || self.cancel_requested_at().is_some()
    }
}

impl From<Followed> for RepairResource {
    fn from(followed: Followed) -> Self {
        let cancel_requested_at = followed.cancel_requested_at();
        let Followed { row, replay } = followed;
        let total = u64::try_from(row.total).unwrap_or(0);
        let summary = summary(&row.verdicts(), total);
        let outcome = replay.map(|it| ReplayOutcomes::of(&it.row, it.pending, it.unknown));
        Self {
            cancel_requested_at,
            ..Self::new(row, summary, outcome)
        }
    }
}

/// One repair, as it is stored.
pub(super) async fn row(database: &Database, id: i64) -> Result<Model, ControlError> {
    let found = database.repair(id).await?;
    found.ok_or(ControlError::Unknown(id))
}

/// One repair, after a look at the outcomes of its replay.
pub async fn find(database: &Database, id: i64) -> Result<Followed, ControlError> {
    settle(database, row(database, id).await?).await
}

/// A page of at most `limit` repairs, the newest first, from the cursor of the page before. Outcomes are those that are stored.
pub async fn list(
    database: &Database,
    status: Option<RepairStatus>,
    cursor: Option<i64>,
    limit: u64,
) -> Result<Listed<Followed>, DatabaseError> {
    let page = database.repairs(status, cursor, limit).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        let replay = match row.replay_id {
            Some(id) => database.replay(id).await?,
            None => None,
        };
        let replay = match replay {
            Some(replay) => Some(replays::known(database, replay).await?),
            None => None,
        };
        items.push(Followed { row, replay });
    }
    Ok(Listed {
        items,
        next: page.next,
        searched_to: None,
    })
}

/// Looks at the outcomes of a repair's replay, and gives the repair the state that follows from it: also where somebody has stopped
/// or resumed the replay itself.
pub(super) async fn settle(database: &Database, row: Model) -> Result<Followed, ControlError> {
    let Some(replay) = row.replay_id else {
        return Ok(Followed { row, replay: None });
    };
    let replay = match replays::look(database, replay).await {
        Ok(replay) => replay,
        // Somebody has deleted it by hand.
        Err(replays::ControlError::Unknown(_)) => return Ok(Followed { row, replay: None }),
        Err(error) => return Err(error.into()),
    };
    let mut row = row;
    if let Some(status) = state(&row, &replay) {
        let error = replay.row.error.as_deref();
        let error = error.filter(|_| status == RepairStatus::Failed);
        let seen = replay.row.status;
        database.follow_replay(&row, seen, status, error).await?;
        row = self::row(database, row.id).await?;
    }
    Ok(Followed {
        row,
        replay: Some(replay),
    })
}

/// The state that follows from the replay of a repair; none where it has that state, or is not replaying.
fn state(row: &Model, replay: &replays::Followed) -> Option<RepairStatus> {
    let follows = match replay.row.status {
        RunStatus::Done if replay.is_complete() => RepairStatus::Done,
        RunStatus::Queued | RunStatus::Running | RunStatus::Done => RepairStatus::Replaying,
        RunStatus::Cancelled => RepairStatus::Cancelled,
        RunStatus::Failed => RepairStatus::Failed,
    };
    (is_replaying(row) && follows != row.status).then_some(follows)
}

/// Whether it is replaying, or was stopped while it was.
fn is_replaying(row: &Model) -> bool {
    match row.status {
        RepairStatus::Replaying => true,
        RepairStatus::Cancelled | RepairStatus::Failed => {
            row.goes_on_as == Some(RepairStatus::Replaying)
        }
        RepairStatus::Trying
        | RepairStatus::Tried
        | RepairStatus::WaitingForApproval
        | RepairStatus::Applying
        | RepairStatus::Done => false,
    }
}
