//! How the work on repairs ends: a process lets go of one, or its replay is over.

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, NotSet, QueryFilter as _, Set, TransactionTrait as _,
};

use super::leases::{Lease, held_by};
use super::records::now;
use super::repair::{ActiveModel, Column, Entity, Model, RepairStatus};
use super::repair_runs::released;
use super::replays::{self, NewReplay};
use super::run_status::RunStatus;
use super::{Database, DatabaseError, replay, without_nul};

/// How a process lets go of a repair.
#[derive(Clone, Debug)]
pub enum RepairEnd {
    /// Another process goes on at once. What went wrong, if something did.
    Released(Option<String>),
    /// All letters were tried.
    Tried,
    /// Its changes need an approval, which it does not have.
    Unapproved,
    /// All letters were edited or skipped, and there is nothing to replay.
    Done,
    /// A person has asked for its end.
    Cancelled,
    /// It cannot go on, for this reason.
    Failed(String),
    /// The templates are not those of the trial: it has to be tried again.
    Outdated(String),
}

impl Database {
    /// Creates the replay of a repair whose letters are edited; `None` where the lease is lost or a person has asked for the end
    /// of the repair, and nothing was created.
    pub async fn replay_repaired(
        &self,
        id: i64,
        lease: &Lease,
        new: NewReplay<'_>,
    ) -> Result<Option<replay::Model>, DatabaseError> {
        let replay = replays::row(&new)?;
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            let row = ActiveModel {
                status: Set(RepairStatus::Replaying),
                error: Set(None),
                ..released(now())
            };
            let ended = Entity::update_many()
                .set(row)
                .filter(held_by::<Entity>(id, lease))
                .filter(Column::CancelRequestedAt.is_null());
            if ended.exec(&transaction).await?.rows_affected == 0 {
                return Ok(None);
            }
            let replay = replays::insert(&transaction, replay, new.by).await?;
            Entity::update_many()
                .col_expr(Column::ReplayId, Expr::value(replay.id))
                .filter(Column::Id.eq(id))
                .exec(&transaction)
                .await?;
            transaction.commit().await?;
            Ok(Some(replay))
        })
        .await
    }

    /// Lets go of a repair; `false` where the lease was lost before, and nothing was changed. One that would wait for a person
    /// is cancelled where a person has asked for that meanwhile.
    pub async fn end_repair_run(
        &self,
        row: &Model,
        lease: &Lease,
        end: RepairEnd,
    ) -> Result<bool, DatabaseError> {
        let now = now();
        let free = released(now);
        let stopped = |status: RepairStatus, error: Option<String>| ActiveModel {
            status: Set(status),
            goes_on_as: Set(Some(row.status)),
            error: Set(error.map(|error| without_nul(&error))),
            finished_at: Set(Some(now)),
            ..released(now)
        };
        let is_waiting = matches!(end, RepairEnd::Tried | RepairEnd::Unapproved);
        let ended = match end {
            RepairEnd::Released(error) => ActiveModel {
                // The process that takes it over stops it.
                cancel_requested_at: NotSet,
                error: error.map_or(NotSet, |error| Set(Some(without_nul(&error)))),
                ..free
            },
            RepairEnd::Tried => ActiveModel {
                status: Set(RepairStatus::Tried),
                tried_at: Set(Some(now)),
                after_id: Set(0),
                ..free
            },
            RepairEnd::Unapproved => ActiveModel {
                status: Set(RepairStatus::WaitingForApproval),
                ..free
            },
            RepairEnd::Done => ActiveModel {
                status: Set(RepairStatus::Done),
                finished_at: Set(Some(now)),
                ..free
            },
            RepairEnd::Cancelled => stopped(RepairStatus::Cancelled, None),
            RepairEnd::Failed(error) => stopped(RepairStatus::Failed, Some(error)),
            RepairEnd::Outdated(error) => ActiveModel {
                goes_on_as: Set(Some(RepairStatus::Trying)),
                applied_by: Set(None),
                applied_reason: Set(None),
                approved_by: Set(None),
                templates: Set(None),
                ..stopped(RepairStatus::Failed, Some(error))
            },
        };
        let held = held_by::<Entity>(row.id, lease);
        let update = |ended| Entity::update_many().set(ended).filter(held.clone());
        let mut end = update(ended);
        if is_waiting {
            end = end.filter(Column::CancelRequestedAt.is_null());
        }
        let cancel = update(stopped(RepairStatus::Cancelled, None));
        self.in_time(|connection| async move {
            let mut ended = end.exec(&connection).await?.rows_affected > 0;
            if !ended && is_waiting {
                ended = cancel.exec(&connection).await?.rows_affected > 0;
            }
            Ok(ended)
        })
        .await
    }

    /// Gives a repair the state that follows from its replay. `false` where another process was faster, or one of the two is no
    /// longer in the state that was seen.
    pub async fn follow_replay(
        &self,
        repair: &Model,
        seen: RunStatus,
        status: RepairStatus,
        error: Option<&str>,
    ) -> Result<bool, DatabaseError> {
        let as_seen = Query::select()
            .column(replay::Column::Id)
            .from(replay::Entity)
            .and_where(replay::Column::Status.eq(seen))
            .to_owned();
        let (is_stopped, is_over) = match status {
            RepairStatus::Cancelled | RepairStatus::Failed => (true, true),
            RepairStatus::Done => (false, true),
            RepairStatus::Trying
            | RepairStatus::Tried
            | RepairStatus::WaitingForApproval
            | RepairStatus::Applying
            | RepairStatus::Replaying => (false, false),
        };
        let now = now();
        let row = ActiveModel {
            status: Set(status),
            goes_on_as: Set(is_stopped.then_some(RepairStatus::Replaying)),
            error: Set(error.map(without_nul)),
            finished_at: Set(is_over.then_some(now)),
            updated_at: Set(now),
            ..ActiveModel::default()
        };
        let follow = Entity::update_many()
            .set(row)
            .filter(Column::Id.eq(repair.id))
            .filter(Column::Status.eq(repair.status))
            .filter(Column::ReplayId.in_subquery(as_seen));
        self.in_time(async |connection| Ok(follow.exec(&connection).await?.rows_affected > 0))
            .await
    }
}
