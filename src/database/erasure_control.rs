//! The table `erasure`: creating, listing and cancelling erasures. Each change of a person is recorded in the same transaction.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, NotSet, QueryFilter as _,
    QueryOrder as _, Set, SqlErr, TransactionTrait as _,
};
use time::OffsetDateTime;

use super::changes::{self, By, ChangeAction, NewChange};
use super::erasure::{ActiveModel, Column, Entity, Model};
use super::erasure_filter::{ErasureFilter, StoredFilter};
use super::erasure_runs::{past, released};
use super::leases::{Cancelled, Leased as _};
use super::records::now;
use super::run_status::RunStatus;
use super::runs::request_cancel;
use super::{Database, DatabaseError, Listed, without_nul};

/// An erasure that is to be created.
#[derive(Clone, Copy, Debug)]
pub struct NewErasure<'a> {
    /// Whose data.
    pub filter: &'a ErasureFilter,
    /// Whether documents are deleted, too.
    pub documents: bool,
    /// Whether open dead letters are discarded and erased, too.
    pub with_open: bool,
    /// Rows a second at most.
    pub rate: Option<u32>,
    /// Who creates it, and why.
    pub by: By<'a>,
}

/// An erasure of the retention that is to be created.
#[derive(Clone, Copy, Debug)]
pub struct NewRetention<'a> {
    /// What is erased: whatever is older.
    pub before: OffsetDateTime,
    /// The number of the last one, or 0: there is one for each.
    pub follows: i64,
    /// Rows a second at most.
    pub rate: u32,
    /// Rows at most.
    pub at_most: u64,
    /// In whose name, and why.
    pub by: By<'a>,
}

impl Database {
    /// Creates an erasure, which waits for a process that runs it.
    pub async fn create_erasure(&self, new: NewErasure<'_>) -> Result<Model, DatabaseError> {
        let row = ActiveModel {
            documents: Set(new.documents),
            with_open: Set(new.with_open),
            rate: Set(new.rate.map(i64::from)),
            ..queued(new.filter, new.by)?
        };
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            let insert = Entity::insert(row);
            let row = insert.exec_with_returning(&transaction).await?;
            record(&transaction, ChangeAction::ErasureCreate, &row, new.by).await?;
            transaction.commit().await?;
            Ok(row)
        })
        .await
    }

    /// Creates an erasure of the retention; none where another process has created the one that follows the same one. Nothing is
    /// recorded before something is erased.
    pub async fn create_retention(
        &self,
        new: NewRetention<'_>,
    ) -> Result<Option<Model>, DatabaseError> {
        let filter = ErasureFilter {
            before: Some(new.before),
            ..ErasureFilter::default()
        };
        let row = ActiveModel {
            rate: Set(Some(i64::from(new.rate))),
            at_most: Set(i64::try_from(new.at_most).ok()),
            follows: Set(Some(new.follows)),
            ..queued(&filter, new.by)?
        };
        self.in_time(|connection| async move {
            match Entity::insert(row).exec_with_returning(&connection).await {
                Ok(row) => Ok(Some(row)),
                Err(error) => match error.sql_err() {
                    Some(SqlErr::UniqueConstraintViolation(_)) => Ok(None),
                    Some(_) | None => Err(error),
                },
            }
        })
        .await
    }

    /// The last erasure that the retention has created.
    pub async fn last_retention(&self) -> Result<Option<Model>, DatabaseError> {
        let last = Entity::find()
            .filter(Column::Follows.is_not_null())
            .order_by_desc(Column::Follows);
        self.in_time(async |connection| last.one(&connection).await)
            .await
    }

    /// One erasure.
    pub async fn erasure(&self, id: i64) -> Result<Option<Model>, DatabaseError> {
        let found = Entity::find_by_id(id);
        self.in_time(async |connection| found.one(&connection).await)
            .await
    }

    /// A page of at most `limit` erasures, from the cursor of the page before.
    pub async fn erasures(
        &self,
        status: Option<RunStatus>,
        cursor: Option<i64>,
        limit: u64,
    ) -> Result<Listed<Model>, DatabaseError> {
        let mut rows = Entity::find();
        if let Some(status) = status {
            rows = rows.filter(Column::Status.eq(status));
        }
        self.newest(rows, Column::Id, |row| row.id, cursor, limit)
            .await
    }

    /// Cancels an erasure that no process runs; of one that is run, its process learns that it has to stop. `None` where there is
    /// none of this number.
    pub async fn cancel_erasure(
        &self,
        id: i64,
        by: By<'_>,
    ) -> Result<Option<Cancelled<Model>>, DatabaseError> {
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            if let Some(row) = cancel(&transaction, id, by).await? {
                transaction.commit().await?;
                return Ok(Some(if row.status.is_over() {
                    Cancelled::Now(row)
                } else {
                    Cancelled::Requested(row)
                }));
            }
            transaction.rollback().await?;
            let row = Entity::find_by_id(id).one(&connection).await?;
            Ok(row.map(Cancelled::Unchanged))
        })
        .await
    }
}

/// Cancels an erasure that no process runs, or asks its process to stop, and records that. `None` where it is over, or somebody has
/// asked for that before. Writes first: in SQLite a transaction that began with reading cannot write after another one has.
async fn cancel(
    transaction: &impl ConnectionTrait,
    id: i64,
    by: By<'_>,
) -> Result<Option<Model>, DbErr> {
    let now = now();
    let end = ActiveModel {
        status: Set(RunStatus::Cancelled),
        finished_at: Set(Some(now)),
        ..released(now)
    };
    let free = Entity::is_free(transaction.get_database_backend());
    let end = Entity::update_many().set(end).filter(Column::Id.eq(id));
    let ended = end.filter(free).exec_with_returning(transaction).await?;
    let mut changed = ended.into_iter().next();
    if let Some(row) = &mut changed {
        if let Some(filter) = past(row) {
            let update = Entity::update_many()
                .col_expr(Column::Filter, Expr::value(&filter))
                .filter(Column::Id.eq(id));
            update.exec(transaction).await?;
            row.filter = filter;
        }
    } else {
        changed = request_cancel::<Entity>(transaction, id).await?;
    }
    if let Some(row) = &changed {
        record(transaction, ChangeAction::ErasureCancel, row, by).await?;
    }
    Ok(changed)
}

/// The row of an erasure that waits for a process.
fn queued(filter: &ErasureFilter, by: By<'_>) -> Result<ActiveModel, DatabaseError> {
    let filter = StoredFilter::from(filter).json();
    let filter = filter.map_err(|error| {
        DatabaseError::Client(format!(
            "the filter of an erasure cannot be written: {error}"
        ))
    })?;
    let now = now();
    Ok(ActiveModel {
        id: NotSet,
        status: Set(RunStatus::Queued),
        filter: Set(without_nul(&filter)),
        documents: Set(false),
        with_open: Set(false),
        rate: Set(None),
        at_most: Set(None),
        follows: Set(None),
        looked: Set(0),
        records: Set(0),
        dead_letters: Set(0),
        objects: Set(0),
        kept_objects: Set(0),
        kept_letters: Set(0),
        kept_records: Set(0),
        kept: Set("[]".to_owned()),
        change_id: Set(None),
        actor: Set(without_nul(by.actor)),
        reason: Set(by.reason.map(without_nul)),
        error: Set(None),
        owner: Set(None),
        lease: Set(None),
        lease_until_ms: Set(None),
        cancel_requested_at: Set(None),
        created_at: Set(now),
        started_at: Set(None),
        updated_at: Set(now),
        finished_at: Set(None),
    })
}

/// Records what a person does with an erasure.
async fn record(
    connection: &impl ConnectionTrait,
    action: ChangeAction,
    row: &Model,
    by: By<'_>,
) -> Result<(), DbErr> {
    let change = NewChange {
        by,
        action,
        target: row.target(),
        counts: &row.counts().named(),
    };
    changes::insert(connection, change).await.map(drop)
}
