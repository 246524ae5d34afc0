//! Changes by operators.

use sea_orm::sea_query::{Expr, Func};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, TransactionTrait as _,
};
use time::OffsetDateTime;

use super::conditions::is_unclaimed;
use super::selection::{Frozen, Page};
use super::{NewDeadLetter, sortable};
use crate::database::changes::{self, By, ChangeAction, NewChange};
use crate::database::dead_letter::{Column, DeadLetterStatus, Entity, Model};
use crate::database::leases::Lease;
use crate::database::{Database, DatabaseError};

/// Rows that one statement discards: their words are put into the index again, which takes its time.
const PAGE: u64 = 100;

impl Database {
    /// Marks dead letters as replayed at that time; returns how many. One that has failed again, or that someone has
    /// edited or discarded, since it was read stays as it is.
    pub async fn mark_replayed(
        &self,
        sent: &[Model],
        at: OffsetDateTime,
        by: &str,
    ) -> Result<u64, DatabaseError> {
        self.in_time(async |connection| mark(&connection, sent, at, by, None).await)
            .await
    }

    /// Gives the row of a dead letter that was replayed, and has failed with another code since, this code: the message
    /// keeps its number and its history. Any program can send a number, so the row has to be of the same message. Where
    /// another row has message and code already, that one is used, and the row says so.
    pub(super) async fn keep_number(&self, letter: &NewDeadLetter) -> Result<(), DatabaseError> {
        let Some(id) = letter.replay_of else {
            return Ok(());
        };
        let Some(row) = self.dead_letter(id).await? else {
            return Ok(());
        };
        if row.code == letter.code
            || row.fingerprint != letter.fingerprint_with(&row.code).to_string()
        {
            return Ok(());
        }
        let new = letter.fingerprint().to_string();
        let other = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Fingerprint.eq(&new))
            .into_tuple::<i64>();
        let taken = self.in_time(async |connection| other.one(&connection).await);
        if let Some(other) = taken.await? {
            return self.continue_as(&row, other, letter.replays).await;
        }
        let update = Entity::update_many()
            .col_expr(Column::Fingerprint, Expr::value(&new))
            .col_expr(Column::Code, Expr::value(&letter.code))
            .filter(Column::Id.eq(id))
            .filter(Column::Fingerprint.eq(&row.fingerprint));
        self.in_time(async |connection| update.exec(&connection).await)
            .await
            .map(drop)
    }

    /// Notes that a replayed message has failed again under the number of another row, after so many replays: its own row is
    /// open no longer.
    async fn continue_as(
        &self,
        row: &Model,
        other: i64,
        replays: u32,
    ) -> Result<(), DatabaseError> {
        let failures = i32::try_from(replays.saturating_add(1)).unwrap_or(i32::MAX);
        let status = match row.status {
            DeadLetterStatus::Open | DeadLetterStatus::Replayed => DeadLetterStatus::Replayed,
            DeadLetterStatus::Discarded => DeadLetterStatus::Discarded,
        };
        let update = Entity::update_many()
            .col_expr(Column::ContinuedAs, Expr::value(other))
            .col_expr(Column::Failures, Expr::value(row.failures.max(failures)))
            .col_expr(Column::Status, Expr::value(status))
            .filter(Column::Id.eq(row.id))
            .filter(Column::Fingerprint.eq(&row.fingerprint))
            .filter(Column::Status.eq(row.status))
            .filter(Column::Failures.eq(row.failures));
        self.in_time(async |connection| update.exec(&connection).await)
            .await
            .map(drop)
    }

    /// Discards everything in a selection, except what a replay has claimed and is about to publish; returns how many. Each page
    /// is counted in the record of this change when it is committed.
    pub async fn discard(
        &self,
        frozen: &Frozen,
        reason: &str,
        by: &str,
    ) -> Result<u64, DatabaseError> {
        let mut discarded = 0;
        let mut after = 0;
        let mut recorded = None;
        loop {
            let searched = self.searched(&frozen.selection, Page::After(after), PAGE);
            let searched = searched.await?;
            let page = self
                .selected(&searched.selection)
                .select_only()
                .columns([Column::Id, Column::Status])
                .filter(Column::Id.gt(after))
                .order_by_asc(Column::Id)
                .limit(PAGE)
                .into_tuple::<(i64, DeadLetterStatus)>();
            let page = self.in_time(async |connection| page.all(&connection).await);
            let page = page.await?;
            after = match (page.last(), searched.last) {
                (Some((last, _)), _) => *last,
                (None, None) => return Ok(discarded),
                // All that was found has changed meanwhile.
                (None, Some(last)) => {
                    after = last;
                    continue;
                }
            };
            let now = sortable(OffsetDateTime::now_utc());
            let mut update = Entity::update_many()
                .col_expr(Column::Status, Expr::value(DeadLetterStatus::Discarded))
                .col_expr(Column::DiscardedAt, Expr::value(now))
                .col_expr(Column::DiscardedBy, Expr::value(by))
                .col_expr(Column::DiscardReason, Expr::value(reason))
                .col_expr(Column::UpdatedAt, Expr::value(now))
                .filter(Column::Id.is_in(page.iter().map(|(id, _)| *id)))
                .filter(is_unclaimed(self.connection().get_database_backend()));
            // Except those that someone else has replayed or discarded since they were selected.
            if let Some(status) = frozen.selection.status {
                update = update.filter(Column::Status.eq(status));
            }
            let target = || frozen.selection.target();
            let committed = self.in_time(|connection| async move {
                let transaction = connection.begin().await?;
                let count = update.exec(&transaction).await?.rows_affected;
                let counts = [("discarded", discarded + count)];
                let mut change = recorded;
                if let Some(id) = change {
                    changes::count(&transaction, id, &counts).await?;
                } else if count > 0 {
                    let new = NewChange {
                        by: By {
                            actor: by,
                            reason: Some(reason),
                        },
                        action: ChangeAction::DeadLetterDiscard,
                        target: target(),
                        counts: &counts,
                    };
                    change = Some(changes::insert(&transaction, new).await?.id);
                }
                transaction.commit().await?;
                Ok((discarded + count, change))
            });
            (discarded, recorded) = committed.await?;
        }
    }
}

/// Marks dead letters as replayed, as [`Database::mark_replayed`] does, and ends their claims under this lease.
pub(in crate::database) async fn mark(
    connection: &impl ConnectionTrait,
    sent: &[Model],
    at: OffsetDateTime,
    by: &str,
    lease: Option<&Lease>,
) -> Result<u64, DbErr> {
    if sent.is_empty() {
        return Ok(0);
    }
    let at = sortable(at);
    let mut published = Entity::update_many()
        .col_expr(Column::ReplayedAt, Expr::value(at))
        .col_expr(Column::ReplayedBy, Expr::value(by))
        .filter(Column::Id.is_in(sent.iter().map(|row| row.id)));
    if let Some(lease) = lease {
        // Another replay may have claimed it since, if this lease has ended.
        let others =
            Func::cust("NULLIF").args([Expr::col(Column::ClaimedBy), Expr::value(&lease.token)]);
        published = published.col_expr(Column::ClaimedBy, others.into());
    }
    published.exec(connection).await?;
    let now = sortable(OffsetDateTime::now_utc());
    let marked = Entity::update_many()
        .col_expr(Column::Status, Expr::value(DeadLetterStatus::Replayed))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(unchanged(sent))
        .exec(connection)
        .await?;
    Ok(marked.rows_affected)
}

/// Of a row that has neither failed again nor been changed by a person since it was read.
pub(in crate::database) fn unchanged(rows: &[Model]) -> Condition {
    let mut any = Condition::any();
    for row in rows {
        let same = Condition::all()
            .add(Column::Id.eq(row.id))
            .add(Column::Fingerprint.eq(&row.fingerprint))
            .add(Column::Status.eq(row.status))
            .add(Column::Failures.eq(row.failures))
            .add(Column::LastFailedAt.eq(row.last_failed_at));
        any = any.add(same);
    }
    any
}
