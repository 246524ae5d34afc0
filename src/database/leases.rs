//! Leases of replays: which process runs one.
//!
//! A process claims a replay for [`LEASE`], and every update that it makes names its lease: once another process has claimed
//! the replay, the former one changes nothing any more. Ends of leases are set and compared with the clock of the database
//! only, so clocks of processes may differ. If the database's clock jumps forward, or a standby with another clock takes
//! over, a lease ends early: its owner learns that with its next update, so at most one batch is published twice.

use std::time::Duration;

use sea_orm::sea_query::{Expr, Func};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Set, TransactionTrait as _,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::changes::{self, By, ChangeAction, NewChange};
use super::records::now;
use super::replay::{ActiveModel, Column, Entity, Model, ReplayStatus};
use super::{Database, DatabaseError, without_nul};

/// How long a process that shows no sign of life keeps a replay. Some outages of the database are shorter.
pub const LEASE: Duration = Duration::from_secs(30);

/// The right of a process to run replays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The process, for people: host:pid.
    pub owner: String,
    /// Names of processes are used again, after a restart of a container for example. This is not.
    pub(super) token: String,
}

impl Lease {
    /// A lease that no other process has.
    pub fn new(owner: &str) -> Self {
        Self {
            owner: owner.to_owned(),
            token: Uuid::now_v7().to_string(),
        }
    }
}

/// What an update under a lease has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// The lease holds, and goes on from now.
    Held,
    /// It holds, and a person has asked for the end of the replay.
    CancelRequested,
    /// Another process has the replay, or it is over.
    Lost,
}

/// How a process lets go of a replay.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// The state that it leaves; `Queued` gives it to another process.
    pub status: ReplayStatus,
    /// What went wrong.
    pub error: Option<&'a str>,
    /// The person that stopped it, if one did and it is not recorded yet.
    pub cancelled_by: Option<By<'a>>,
}

impl Database {
    /// Replays that a process can claim, the oldest first, without these.
    pub async fn free_replays(
        &self,
        except: &[i64],
        limit: u64,
    ) -> Result<Vec<Model>, DatabaseError> {
        self.in_time(|connection| async move {
            Entity::find()
                .filter(is_free(connection.get_database_backend()))
                .filter(Column::Id.is_not_in(except.iter().copied()))
                .order_by_asc(Column::Id)
                .limit(limit)
                .all(&connection)
                .await
        })
        .await
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
        let row = ActiveModel {
            updated_at: Set(now()),
            ..ActiveModel::default()
        };
        self.in_time(async |connection| update(&connection, id, lease, row).await)
            .await
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
        if end.status == ReplayStatus::Queued {
            // The process that takes it over stops it.
            row.cancel_requested_at = sea_orm::NotSet;
        } else {
            row.finished_at = Set(Some(now));
        }
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            let update = Entity::update_many().set(row);
            let update = update.filter(held_by(id, lease));
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
    let backend = connection.get_database_backend();
    let now = now();
    let row = ActiveModel {
        status: Set(ReplayStatus::Running),
        owner: Set(Some(lease.owner.clone())),
        lease: Set(Some(lease.token.clone())),
        updated_at: Set(now),
        ..ActiveModel::default()
    };
    let first_start = Func::coalesce([Expr::col(Column::StartedAt), Expr::value(now)]);
    let claimed = Entity::update_many()
        .set(row)
        .col_expr(Column::LeaseUntilMs, lease_end(backend))
        .col_expr(Column::StartedAt, first_start.into())
        .filter(Column::Id.eq(id))
        .filter(is_free(backend))
        .exec_with_returning(connection)
        .await?;
    Ok(claimed.into_iter().next())
}

/// Changes a row under its lease, which goes on from now.
pub(super) async fn update(
    connection: &impl ConnectionTrait,
    id: i64,
    lease: &Lease,
    row: ActiveModel,
) -> Result<Hold, DbErr> {
    let updated = Entity::update_many()
        .set(row)
        .col_expr(
            Column::LeaseUntilMs,
            lease_end(connection.get_database_backend()),
        )
        .filter(held_by(id, lease))
        .exec_with_returning(connection)
        .await?;
    Ok(match updated.first() {
        Some(row) if row.cancel_requested_at.is_some() => Hold::CancelRequested,
        Some(_) => Hold::Held,
        None => Hold::Lost,
    })
}

fn held_by(id: i64, lease: &Lease) -> Condition {
    Condition::all()
        .add(Column::Id.eq(id))
        .add(Column::Lease.eq(&lease.token))
}

/// Of a replay that waits, or whose process has died.
pub(super) fn is_free(backend: DbBackend) -> Condition {
    let is_over = format!(r#""replay"."lease_until_ms" <= {}"#, clock(backend));
    let left = Condition::all()
        .add(Column::Status.eq(ReplayStatus::Running))
        .add(Expr::cust(is_over));
    Condition::any()
        .add(Column::Status.eq(ReplayStatus::Queued))
        .add(left)
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

/// Milliseconds since 1970 by the clock of the database.
pub(super) fn clock(backend: DbBackend) -> &'static str {
    if backend == DbBackend::Postgres {
        "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
    } else {
        "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
    }
}

fn lease_end(backend: DbBackend) -> Expr {
    Expr::cust(format!("{} + {}", clock(backend), LEASE.as_millis()))
}
