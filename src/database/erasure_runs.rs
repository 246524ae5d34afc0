//! Erasures that a process runs, under a [lease](super::leases): how far they have come, and how they end.

use sea_orm::sea_query::{Expr, Func};
use sea_orm::{
    Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait as _, NotSet, QueryFilter as _, Set,
};
use time::OffsetDateTime;

use super::erasure::{ActiveModel, Column, Entity, KeptItem, Model};
use super::erasure_filter::{ErasureCounts, StoredFilter};
use super::leases::{self, Hold, Lease, LeaseColumns, Leased, held_by};
use super::records::now;
use super::run_status::RunStatus;
use super::runs::{self, Run};
use super::{Database, DatabaseError, without_nul};

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
    /// Erasures that a process can claim, the oldest first, without these.
    pub async fn free_erasures(
        &self,
        except: &[i64],
        limit: u64,
    ) -> Result<Vec<Model>, DatabaseError> {
        self.free::<Entity>(except, limit).await
    }

    /// Claims an erasure; `None` where another process has it, or it is over.
    pub async fn claim_erasure(
        &self,
        id: i64,
        lease: &Lease,
    ) -> Result<Option<Model>, DatabaseError> {
        let first_start = || Func::coalesce([Expr::col(Column::StartedAt), Expr::value(now())]);
        self.in_time(|connection| async move {
            let running = Entity::update_many()
                .col_expr(Column::Status, Expr::value(RunStatus::Running))
                .col_expr(Column::StartedAt, first_start().into());
            leases::claim(&connection, id, lease, running).await
        })
        .await
    }

    /// Has a lease go on from now.
    pub async fn renew_erasure(&self, id: i64, lease: &Lease) -> Result<Hold, DatabaseError> {
        self.renew::<Entity>(id, lease).await
    }

    /// Lets go of an erasure with this state; `Queued` gives it to another process. `false` where the lease was lost before, and
    /// nothing was changed.
    pub async fn let_erasure_go(
        &self,
        row: &Model,
        lease: &Lease,
        status: RunStatus,
        error: Option<&str>,
    ) -> Result<bool, DatabaseError> {
        let now = now();
        let mut end = ActiveModel {
            status: Set(status),
            error: Set(error.map(without_nul)),
            ..released(now)
        };
        if status.is_over() {
            end.finished_at = Set(Some(now));
            end.filter = past(row).map_or(NotSet, Set);
        } else {
            // The process that takes it over stops it.
            end.cancel_requested_at = NotSet;
        }
        let id = row.id;
        self.in_time(|connection| async move {
            let update = Entity::update_many().set(end);
            let update = update.filter(held_by::<Entity>(id, lease));
            let ended = update.exec(&connection).await?;
            Ok(ended.rows_affected > 0)
        })
        .await
    }
}

/// How far an erasure has come.
pub(super) struct Progress<'a> {
    pub(super) counts: ErasureCounts,
    pub(super) looked: u64,
    pub(super) change: Option<i64>,
    /// The first of what stays, where there is more of it than before.
    pub(super) kept: Option<&'a [KeptItem]>,
}

/// Records how far an erasure has come, under its lease, in the transaction that has erased.
pub(super) async fn advance(
    connection: &impl ConnectionTrait,
    id: i64,
    lease: &Lease,
    progress: &Progress<'_>,
) -> Result<Hold, DbErr> {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let counts = &progress.counts;
    let kept = progress.kept.map(serde_json::to_string);
    let row = ActiveModel {
        looked: Set(number(progress.looked)),
        records: Set(number(counts.records)),
        dead_letters: Set(number(counts.dead_letters)),
        objects: Set(number(counts.objects)),
        kept_objects: Set(number(counts.kept_objects)),
        kept_letters: Set(number(counts.kept_letters)),
        kept_records: Set(number(counts.kept_records)),
        kept: kept.and_then(Result::ok).map_or(NotSet, Set),
        change_id: progress.change.map_or(NotSet, |id| Set(Some(id))),
        error: Set(None),
        ..ActiveModel::default()
    };
    leases::update(connection, id, lease, Entity::update_many().set(row)).await
}

/// The filter of one that is over; none where this version cannot read it.
pub(super) fn past(row: &Model) -> Option<String> {
    StoredFilter::parse(&row.filter).ok()?.of_past().json().ok()
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
