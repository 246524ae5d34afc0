//! Replays that a process runs, under a [lease](super::leases).

use sea_orm::sea_query::{Expr, Func};
use sea_orm::{
    Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait as _, QueryFilter as _, Set,
    TransactionTrait as _,
};
use time::OffsetDateTime;

use super::changes::{self, By, ChangeAction, NewChange};
use super::leases::{self, Hold, Lease, LeaseColumns, Leased, held_by};
use super::records::now;
use super::replay::{ActiveModel, Column, Entity, Model};
use super::run_status::RunStatus;
use super::runs::{self, Run};
use super::{Database, DatabaseError, without_nul};

/// How a process lets go of a replay.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// The state that it leaves; `Queued` gives it to another process.
    pub status: RunStatus,
    /// What went wrong.
    pub error: Option<&'a str>,
    /// The person that stopped it, if one did and it is not recorded yet.
    pub cancelled_by: Option<By<'a>>,
}

impl Leased for Entity {
    const COLUMNS: LeaseColumns<Column> = LeaseColumns {
        id: Column::Id,
        owner: Column::Owner,
        lease: Column::Lease,
        lease_until_ms: Column::LeaseUntilMs,
        updated_at: Column::UpdatedAt,
    };

    fn is_free(backend: DbBackend) -> Condition {
        runs::is_free::<Self>(backend)
    }

    fn is_cancel_requested(row: &Model) -> bool {
        row.cancel_requested_at.is_some()
    }
}

impl Run for Entity {
    const STATUS: Column = Column::Status;
    const CANCEL_REQUESTED_AT: Column = Column::CancelRequestedAt;
}

impl Database {
    /// Replays that a process can claim, the oldest first, without these.
    pub async fn free_replays(
        &self,
        except: &[i64],
        limit: u64,
    ) -> Result<Vec<Model>, DatabaseError> {
        self.free::<Entity>(except, limit).await
    }

    /// Claims a replay; `None` where another process has it, or it is over.
    pub async fn claim_replay(
        &self,
        id: i64,
        lease: &Lease,
    ) -> Result<Option<Model>, DatabaseError> {
        self.in_time(async |connection| claim(&connection, id, lease).await)
            .await
    }

    /// Has a lease go on from now.
    pub async fn renew_replay(&self, id: i64, lease: &Lease) -> Result<Hold, DatabaseError> {
        self.renew::<Entity>(id, lease).await
    }

    /// Lets go of a replay; `false` where the lease was lost before, and nothing was changed.
    pub async fn end_replay(
        &self,
        id: i64,
        lease: &Lease,
        end: End<'_>,
    ) -> Result<bool, DatabaseError> {
        let now = now();
        let mut row = ActiveModel {
            status: Set(end.status),
            error: Set(end.error.map(without_nul)),
            ..released(now)
        };
        if end.status == RunStatus::Queued {
            // The process that takes it over stops it.
            row.cancel_requested_at = sea_orm::NotSet;
        } else {
            row.finished_at = Set(Some(now));
        }
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            let update = Entity::update_many().set(row);
            let update = update.filter(held_by::<Entity>(id, lease));
            let ended = update.exec_with_returning(&transaction).await?;
            if let (Some(row), Some(by)) = (ended.first(), end.cancelled_by) {
                record(&transaction, ChangeAction::ReplayCancel, row, by).await?;
            }
            transaction.commit().await?;
            Ok(!ended.is_empty())
        })
        .await
    }
}

/// Claims a replay that no process has.
pub(super) async fn claim(
    connection: &impl ConnectionTrait,
    id: i64,
    lease: &Lease,
) -> Result<Option<Model>, DbErr> {
    let first_start = Func::coalesce([Expr::col(Column::StartedAt), Expr::value(now())]);
    let running = Entity::update_many()
        .col_expr(Column::Status, Expr::value(RunStatus::Running))
        .col_expr(Column::StartedAt, first_start.into());
    leases::claim(connection, id, lease, running).await
}

/// What a row has that no process holds.
pub(super) fn released(now: OffsetDateTime) -> ActiveModel {
    ActiveModel {
        owner: Set(None),
        lease: Set(None),
        lease_until_ms: Set(None),
        cancel_requested_at: Set(None),
        updated_at: Set(now),
        ..ActiveModel::default()
    }
}

/// Records what a person does with a replay.
pub(super) async fn record(
    connection: &impl ConnectionTrait,
    action: ChangeAction,
    row: &Model,
    by: By<'_>,
) -> Result<(), DbErr> {
    let number = |count: i64| u64::try_from(count).unwrap_or(0);
    let change = NewChange {
        by,
        action,
        target: format!("replay {}", row.id),
        counts: &[
            ("published", number(row.published)),
            ("total", number(row.total)),
        ],
    };
    changes::insert(connection, change).await.map(drop)
}
