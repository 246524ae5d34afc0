//! The table `replay`: what people do with replays. Each of their changes is recorded in the same transaction.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, NotSet, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Set, TransactionTrait as _,
};

use super::changes::{By, ChangeAction};
use super::dead_letters::Selection;
use super::leases::{self, Lease};
use super::records::now;
use super::replay::{ActiveModel, Column, Entity, Model, ReplayStatus};
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

/// What became of a wish to stop a replay.
#[derive(Clone, Debug, PartialEq)]
pub enum Cancelled {
    /// It is cancelled.
    Now(Model),
    /// The process that runs it stops before its next batch.
    Requested(Model),
    /// Someone has cancelled it before, or it is over; nothing was changed.
    Unchanged(Model),
}

impl Database {
    /// Creates a replay. It waits for a process that runs it, or is held by the one that has this lease.
    pub async fn create_replay(
        &self,
        new: NewReplay<'_>,
        lease: Option<&Lease>,
    ) -> Result<Model, DatabaseError> {
        let selection = StoredSelection::json(new.selection).map_err(|error| {
            DatabaseError::Client(format!("a selection cannot be written: {error}"))
        })?;
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let now = now();
        let row = ActiveModel {
            id: NotSet,
            status: Set(ReplayStatus::Queued),
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
        };
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            let row = row.insert(&transaction).await?;
            leases::record(&transaction, ChangeAction::ReplayCreate, &row, new.by).await?;
            let claimed = match lease {
                Some(lease) => leases::claim(&transaction, row.id, lease).await?,
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
        status: Option<ReplayStatus>,
        cursor: Option<i64>,
        limit: u64,
    ) -> Result<Listed<Model>, DatabaseError> {
        let mut page = Entity::find().order_by_desc(Column::Id);
        if let Some(status) = status {
            page = page.filter(Column::Status.eq(status));
        }
        if let Some(id) = cursor {
            page = page.filter(Column::Id.lt(id));
        }
        let page = page.limit(limit.saturating_add(1));
        let rows = self.in_time(async |connection| page.all(&connection).await);
        Ok(Listed::of(rows.await?, limit, |row| row.id))
    }

    /// Cancels a replay that no process runs; of one that is run, its process learns that it has to stop. `None` where there is
    /// none of this number.
    pub async fn cancel_replay(
        &self,
        id: i64,
        by: By<'_>,
    ) -> Result<Option<Cancelled>, DatabaseError> {
        let now = now();
        self.in_time(|connection| async move {
            // Writes first: in SQLite a transaction that began with reading cannot write after another one has.
            let transaction = connection.begin().await?;
            let end = ActiveModel {
                status: Set(ReplayStatus::Cancelled),
                finished_at: Set(Some(now)),
                ..leases::released(now)
            };
            let free = leases::is_free(connection.get_database_backend());
            let cancel = Entity::update_many().set(end).filter(Column::Id.eq(id));
            let cancelled = cancel
                .filter(free)
                .exec_with_returning(&transaction)
                .await?;
            let done = match cancelled.into_iter().next() {
                Some(row) => Some(Cancelled::Now(row)),
                None => {
                    let request = Entity::update_many()
                        .col_expr(Column::CancelRequestedAt, Expr::value(now))
                        .col_expr(Column::UpdatedAt, Expr::value(now))
                        .filter(Column::Id.eq(id))
                        .filter(Column::Status.eq(ReplayStatus::Running))
                        .filter(Column::CancelRequestedAt.is_null());
                    let requested = request.exec_with_returning(&transaction).await?;
                    requested.into_iter().next().map(Cancelled::Requested)
                }
            };
            if let Some(Cancelled::Now(row) | Cancelled::Requested(row)) = &done {
                leases::record(&transaction, ChangeAction::ReplayCancel, row, by).await?;
                transaction.commit().await?;
                return Ok(done);
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
        let now = now();
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            let resumed = ActiveModel {
                status: Set(ReplayStatus::Queued),
                error: Set(None),
                finished_at: Set(None),
                ..leases::released(now)
            };
            let stopped = [ReplayStatus::Cancelled, ReplayStatus::Failed];
            let resume = Entity::update_many()
                .set(resumed)
                .filter(Column::Id.eq(id))
                .filter(Column::Status.is_in(stopped));
            let resumed = resume.exec_with_returning(&transaction).await?;
            let claimed = match lease {
                Some(lease) => leases::claim(&transaction, id, lease).await?,
                None => None,
            };
            let Some(row) = claimed.or_else(|| resumed.into_iter().next()) else {
                return Ok(None);
            };
            leases::record(&transaction, ChangeAction::ReplayResume, &row, by).await?;
            transaction.commit().await?;
            Ok(Some(row))
        })
        .await
    }
}
