//! The table `replay`: what people do with replays. Each of their changes is recorded in the same transaction.

use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, NotSet,
    QueryFilter as _, Set, TransactionTrait as _,
};

use super::changes::{By, ChangeAction};
use super::dead_letters::Selection;
use super::leases::{Cancelled, Lease, Leased as _};
use super::records::now;
use super::replay::{ActiveModel, Column, Entity, Model};
use super::replay_runs::{claim, record, released};
use super::run_status::RunStatus;
use super::runs::request_cancel;
use super::stored_selection::StoredSelection;
use super::{Database, DatabaseError, Listed, without_nul};

/// A replay that is to be created.
#[derive(Clone, Copy, Debug)]
pub struct NewReplay<'a> {
    /// Which dead letters: frozen.
    pub selection: &'a Selection,
    /// How many these are.
    pub total: u64,
    /// Lane of the requests.
    pub lane: &'a str,
    /// Requests a second at most.
    pub rate: Option<u32>,
    /// Requests at most, as it was asked for.
    pub at_most: Option<u64>,
    /// Who creates it, and why.
    pub by: By<'a>,
}

impl Database {
    /// Creates a replay. It waits for a process that runs it, or is held by the one that has this lease.
    pub async fn create_replay(
        &self,
        new: NewReplay<'_>,
        lease: Option<&Lease>,
    ) -> Result<Model, DatabaseError> {
        let row = row(&new)?;
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            let row = insert(&transaction, row, new.by).await?;
            let claimed = match lease {
                Some(lease) => claim(&transaction, row.id, lease).await?,
                None => None,
            };
            transaction.commit().await?;
            Ok(claimed.unwrap_or(row))
        })
        .await
    }

    /// One replay.
    pub async fn replay(&self, id: i64) -> Result<Option<Model>, DatabaseError> {
        let found = Entity::find_by_id(id);
        self.in_time(async |connection| found.one(&connection).await)
            .await
    }

    /// A page of at most `limit` replays, from the cursor of the page before.
    pub async fn replays(
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

    /// Cancels a replay that no process runs; of one that is run, its process learns that it has to stop. `None` where there is
    /// none of this number.
    pub async fn cancel_replay(
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

    /// Has a replay that was cancelled or has failed go on after its position: it waits for a process that runs it, or is held
    /// by the one that has this lease. That one may also take over a replay that waits, or whose process has died. `None` where
    /// there is none of this number in such a state.
    pub async fn resume_replay(
        &self,
        id: i64,
        by: By<'_>,
        lease: Option<&Lease>,
    ) -> Result<Option<Model>, DatabaseError> {
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            let resumed = resume(&transaction, id, by, lease).await?;
            transaction.commit().await?;
            Ok(resumed)
        })
        .await
    }
}

/// Cancels a replay that no process runs, or asks its process to stop, and records that. `None` where it is over, or somebody has
/// asked for that before. Writes first: in SQLite a transaction that began with reading cannot write after another one has.
pub(super) async fn cancel(
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
    let cancel = Entity::update_many().set(end).filter(Column::Id.eq(id));
    let cancelled = cancel.filter(free).exec_with_returning(transaction).await?;
    let mut changed = cancelled.into_iter().next();
    if changed.is_none() {
        changed = request_cancel::<Entity>(transaction, id).await?;
    }
    if let Some(row) = &changed {
        record(transaction, ChangeAction::ReplayCancel, row, by).await?;
    }
    Ok(changed)
}

/// Has a replay go on as [`Database::resume_replay`] does, and records that.
pub(super) async fn resume(
    transaction: &impl ConnectionTrait,
    id: i64,
    by: By<'_>,
    lease: Option<&Lease>,
) -> Result<Option<Model>, DbErr> {
    let resumed = ActiveModel {
        status: Set(RunStatus::Queued),
        error: Set(None),
        finished_at: Set(None),
        ..released(now())
    };
    let stopped = [RunStatus::Cancelled, RunStatus::Failed];
    let resume = Entity::update_many()
        .set(resumed)
        .filter(Column::Id.eq(id))
        .filter(Column::Status.is_in(stopped));
    let resumed = resume.exec_with_returning(transaction).await?;
    let claimed = match lease {
        Some(lease) => claim(transaction, id, lease).await?,
        None => None,
    };
    let changed = claimed.or_else(|| resumed.into_iter().next());
    if let Some(row) = &changed {
        record(transaction, ChangeAction::ReplayResume, row, by).await?;
    }
    Ok(changed)
}

/// The row of a replay that is to be created.
///
/// # Errors
///
/// Its selection cannot be written.
pub(super) fn row(new: &NewReplay<'_>) -> Result<ActiveModel, DatabaseError> {
    let selection = StoredSelection::json(new.selection).map_err(|error| {
        DatabaseError::Client(format!("a selection cannot be written: {error}"))
    })?;
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let now = now();
    Ok(ActiveModel {
        id: NotSet,
        status: Set(RunStatus::Queued),
        selection: Set(selection),
        lane: Set(new.lane.to_owned()),
        rate: Set(new.rate.map(i64::from)),
        at_most: Set(new.at_most.map(number)),
        total: Set(number(new.total)),
        after_id: Set(0),
        published: Set(0),
        marked: Set(0),
        generated: Set(0),
        failed_again: Set("{}".to_owned()),
        refused: Set(0),
        refused_letters: Set("[]".to_owned()),
        unreadable: Set(0),
        unreadable_letters: Set("[]".to_owned()),
        actor: Set(without_nul(new.by.actor)),
        reason: Set(new.by.reason.map(without_nul)),
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

/// Creates a replay, and records that.
pub(super) async fn insert(
    connection: &impl ConnectionTrait,
    row: ActiveModel,
    by: By<'_>,
) -> Result<Model, DbErr> {
    let row = row.insert(connection).await?;
    record(connection, ChangeAction::ReplayCreate, &row, by).await?;
    Ok(row)
}
