//! Leases: which process works on a row of `replay`, `repair` or `erasure`.
//!
//! A process claims a row for [`LEASE`], and every update that it makes names its lease: once another process has claimed
//! the row, the former one changes nothing any more. Ends of leases are set and compared with the clock of the database
//! only, so clocks of processes may differ. If the database's clock jumps forward, or a standby with another clock takes
//! over, a lease ends early: its owner learns that with its next update. So at most one batch of a replay is published twice, and
//! a letter of a repair is tried twice.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, UpdateMany,
};
use uuid::Uuid;

use super::records::now;
use super::{Database, DatabaseError};

/// How long a process that shows no sign of life keeps a row. Some outages of the database are shorter.
pub const LEASE: Duration = Duration::from_secs(30);

/// The right of a process to work on rows.
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
    /// It holds, and a person has asked for the end of the work.
    CancelRequested,
    /// Another process has the row, or it is over.
    Lost,
}

/// What became of a wish to stop the work on a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cancelled<M> {
    /// It is cancelled.
    Now(M),
    /// The process that works on it stops before its next step.
    Requested(M),
    /// Someone has cancelled it before, or it is over; nothing was changed.
    Unchanged(M),
}

/// A table whose rows processes work on under leases.
pub(super) trait Leased: EntityTrait {
    /// The columns of a lease, and the key.
    const COLUMNS: LeaseColumns<Self::Column>;

    /// Of a row that waits for a process, or whose process has died.
    fn is_free(backend: DbBackend) -> Condition;

    /// Whether a person has asked for the end of the work on it.
    fn is_cancel_requested(row: &Self::Model) -> bool;
}

/// The columns that [`claim`] and [`update`] set, and the key.
pub(super) struct LeaseColumns<C> {
    pub(super) id: C,
    pub(super) owner: C,
    pub(super) lease: C,
    pub(super) lease_until_ms: C,
    pub(super) updated_at: C,
}

impl Database {
    /// Rows that a process can claim, the oldest first, without these.
    pub(super) async fn free<E: Leased>(
        &self,
        except: &[i64],
        limit: u64,
    ) -> Result<Vec<E::Model>, DatabaseError> {
        self.in_time(|connection| async move {
            E::find()
                .filter(E::is_free(connection.get_database_backend()))
                .filter(E::COLUMNS.id.is_not_in(except.iter().copied()))
                .order_by_asc(E::COLUMNS.id)
                .limit(limit)
                .all(&connection)
                .await
        })
        .await
    }

    /// Has a lease go on from now.
    pub(super) async fn renew<E: Leased>(
        &self,
        id: i64,
        lease: &Lease,
    ) -> Result<Hold, DatabaseError> {
        let nothing = E::update_many();
        self.in_time(async |connection| update(&connection, id, lease, nothing).await)
            .await
    }
}

/// Claims a row that no process has, with these further changes of it.
pub(super) async fn claim<E: Leased>(
    connection: &impl ConnectionTrait,
    id: i64,
    lease: &Lease,
    change: UpdateMany<E>,
) -> Result<Option<E::Model>, DbErr> {
    let backend = connection.get_database_backend();
    let claimed = go_on(change, backend)
        .col_expr(E::COLUMNS.owner, Expr::value(&lease.owner))
        .col_expr(E::COLUMNS.lease, Expr::value(&lease.token))
        .filter(E::COLUMNS.id.eq(id))
        .filter(E::is_free(backend))
        .exec_with_returning(connection)
        .await?;
    Ok(claimed.into_iter().next())
}

/// Changes a row under its lease, which goes on from now.
pub(super) async fn update<E: Leased>(
    connection: &impl ConnectionTrait,
    id: i64,
    lease: &Lease,
    change: UpdateMany<E>,
) -> Result<Hold, DbErr> {
    let updated = go_on(change, connection.get_database_backend())
        .filter(held_by::<E>(id, lease))
        .exec_with_returning(connection)
        .await?;
    Ok(match updated.first() {
        Some(row) if E::is_cancel_requested(row) => Hold::CancelRequested,
        Some(_) => Hold::Held,
        None => Hold::Lost,
    })
}

/// Of the row that is held under this lease.
pub(super) fn held_by<E: Leased>(id: i64, lease: &Lease) -> Condition {
    Condition::all()
        .add(E::COLUMNS.id.eq(id))
        .add(E::COLUMNS.lease.eq(&lease.token))
}

/// Of rows whose lease has ended, because their process has died.
pub(super) fn is_over<E: Leased>(backend: DbBackend) -> Expr {
    let table = E::default();
    let table = table.table_name();
    Expr::cust(format!(
        r#""{table}"."lease_until_ms" <= {}"#,
        clock(backend)
    ))
}

/// Milliseconds since 1970 by the clock of the database.
pub(super) fn clock(backend: DbBackend) -> &'static str {
    if backend == DbBackend::Postgres {
        "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
    } else {
        "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
    }
}

/// A change with which a lease goes on from now.
fn go_on<E: Leased>(change: UpdateMany<E>, backend: DbBackend) -> UpdateMany<E> {
    let end = Expr::cust(format!("{} + {}", clock(backend), LEASE.as_millis()));
    change
        .col_expr(E::COLUMNS.lease_until_ms, end)
        .col_expr(E::COLUMNS.updated_at, Expr::value(now()))
}
