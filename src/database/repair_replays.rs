//! Repairs whose letters are replayed: their state is that of their replay, so both are changed together.

use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait as _, Condition, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set, TransactionTrait as _,
};

use super::changes::{By, ChangeAction};
use super::records::now;
use super::repair::{ActiveModel, Column, Entity, Model, RepairStatus};
use super::repairs::record;
use super::run_status::RunStatus;
use super::{Database, DatabaseError, replay, replays};

impl Database {
    /// Cancels the replay of a repair, and the repair with it, or asks the process that runs the replay to stop: the repair is
    /// cancelled when the replay is. `None` where the replay is over, or somebody has asked for that before.
    pub async fn cancel_replaying(
        &self,
        id: i64,
        replay: i64,
        by: By<'_>,
    ) -> Result<Option<Model>, DatabaseError> {
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            let Some(replay) = replays::cancel(&transaction, replay, by).await? else {
                return Ok(None);
            };
            let now = now();
            let row = if replay.status == RunStatus::Cancelled {
                ActiveModel {
                    status: Set(RepairStatus::Cancelled),
                    goes_on_as: Set(Some(RepairStatus::Replaying)),
                    finished_at: Set(Some(now)),
                    updated_at: Set(now),
                    ..ActiveModel::default()
                }
            } else {
                ActiveModel {
                    updated_at: Set(now),
                    ..ActiveModel::default()
                }
            };
            let changed = change(&transaction, id, row).await?;
            if let Some(row) = &changed {
                record(&transaction, ChangeAction::RepairCancel, row, by).await?;
            }
            transaction.commit().await?;
            Ok(changed)
        })
        .await
    }

    /// Has the replay of a repair go on after its position, and the repair with it. `None` where the replay is not stopped.
    pub async fn resume_replaying(
        &self,
        id: i64,
        replay: i64,
        by: By<'_>,
    ) -> Result<Option<Model>, DatabaseError> {
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            if replays::resume(&transaction, replay, by, None)
                .await?
                .is_none()
            {
                return Ok(None);
            }
            let row = ActiveModel {
                status: Set(RepairStatus::Replaying),
                goes_on_as: Set(None),
                error: Set(None),
                finished_at: Set(None),
                updated_at: Set(now()),
                ..ActiveModel::default()
            };
            let changed = change(&transaction, id, row).await?;
            if let Some(row) = &changed {
                record(&transaction, ChangeAction::RepairResume, row, by).await?;
            }
            transaction.commit().await?;
            Ok(changed)
        })
        .await
    }

    /// Repairs whose state may not follow from their replay any more, the oldest first, from after this one on: those that are
    /// replaying, and those that are stopped while their replay goes on or is done.
    pub async fn replaying_repairs(
        &self,
        after: i64,
        limit: u64,
    ) -> Result<Vec<Model>, DatabaseError> {
        let going_on = [RunStatus::Queued, RunStatus::Running, RunStatus::Done];
        let going_on = Query::select()
            .column(replay::Column::Id)
            .from(replay::Entity)
            .and_where(replay::Column::Status.is_in(going_on))
            .to_owned();
        let left_behind = Condition::all()
            .add(Column::Status.is_in([RepairStatus::Cancelled, RepairStatus::Failed]))
            .add(Column::GoesOnAs.eq(RepairStatus::Replaying))
            .add(Column::ReplayId.in_subquery(going_on));
        let replaying = Entity::find()
            .filter(
                Condition::any()
                    .add(Column::Status.eq(RepairStatus::Replaying))
                    .add(left_behind),
            )
            .filter(Column::Id.gt(after))
            .order_by_asc(Column::Id)
            .limit(limit);
        self.in_time(async |connection| replaying.all(&connection).await)
            .await
    }
}

/// Changes a repair that is replaying, or was stopped then.
async fn change(
    transaction: &impl sea_orm::ConnectionTrait,
    id: i64,
    row: ActiveModel,
) -> Result<Option<Model>, DbErr> {
    let replaying = Condition::any()
        .add(Column::Status.eq(RepairStatus::Replaying))
        .add(Column::GoesOnAs.eq(RepairStatus::Replaying));
    let changed = Entity::update_many()
        .set(row)
        .filter(Column::Id.eq(id))
        .filter(replaying)
        .exec_with_returning(transaction)
        .await?;
    Ok(changed.into_iter().next())
}
