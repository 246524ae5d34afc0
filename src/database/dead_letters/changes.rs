//! Changes by operators.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, EntityTrait as _, NotSet, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Set, TransactionTrait as _,
};
use time::OffsetDateTime;

use super::selection::Frozen;
use super::{NewDeadLetter, fingerprint, sender, sortable};
use crate::database::dead_letter::{Column, DeadLetterStatus, Entity, Model};
use crate::database::{Database, DatabaseError, dead_letter_edit};
use invoice::ClaimedIdentity;

/// Other content for a dead letter.
#[derive(Clone, Copy, Debug)]
pub struct NewContent<'a> {
    /// The new payload.
    pub payload: &'a [u8],
    /// Why, in the operator's words.
    pub reason: Option<&'a str>,
    /// Who: user@host.
    pub by: &'a str,
}

/// Result of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edited {
    /// The new content is stored.
    Done,
    /// The dead letter was replayed, discarded or edited by someone else in the meantime; nothing was changed.
    Overtaken,
    /// This other dead letter has the same message id, code and content; nothing was changed.
    SameAs(i64),
}

/// Rows that one statement discards.
const PAGE: u64 = 500;

impl Database {
    /// Marks dead letters as replayed at that time; returns how many. One that has failed again, or that someone has
    /// edited or discarded, since it was read stays as it is.
    pub async fn mark_replayed(
        &self,
        sent: &[Model],
        at: OffsetDateTime,
        by: &str,
    ) -> Result<u64, DatabaseError> {
        if sent.is_empty() {
            return Ok(0);
        }
        let at = sortable(at);
        Entity::update_many()
            .col_expr(Column::ReplayedAt, Expr::value(at))
            .col_expr(Column::ReplayedBy, Expr::value(by))
            .filter(Column::Id.is_in(sent.iter().map(|row| row.id)))
            .exec(&self.connection())
            .await?;
        let mut unchanged = Condition::any();
        for row in sent {
            let same = Condition::all()
                .add(Column::Id.eq(row.id))
                .add(Column::Fingerprint.eq(&row.fingerprint))
                .add(Column::Status.eq(row.status))
                .add(Column::Failures.eq(row.failures))
                .add(Column::LastFailedAt.eq(row.last_failed_at));
            unchanged = unchanged.add(same);
        }
        let now = sortable(OffsetDateTime::now_utc());
        let marked = Entity::update_many()
            .col_expr(Column::Status, Expr::value(DeadLetterStatus::Replayed))
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .filter(unchanged)
            .exec(&self.connection())
            .await?;
        Ok(marked.rows_affected)
    }

    /// Gives the row of a dead letter that was replayed, and has failed with another code since, this code: the message
    /// keeps its number and its history. Any program can send a number, so the row has to be of the same message. Where
    /// another row has message and code already, that one is used.
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
        let taken = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Fingerprint.eq(&new))
            .into_tuple::<i64>()
            .one(&self.connection())
            .await?;
        if taken.is_some() {
            return Ok(());
        }
        Entity::update_many()
            .col_expr(Column::Fingerprint, Expr::value(&new))
            .col_expr(Column::Code, Expr::value(&letter.code))
            .filter(Column::Id.eq(id))
            .filter(Column::Fingerprint.eq(&row.fingerprint))
            .exec(&self.connection())
            .await?;
        Ok(())
    }

    /// Discards everything in a selection; returns how many.
    pub async fn discard(
        &self,
        frozen: &Frozen,
        reason: &str,
        by: &str,
    ) -> Result<u64, DatabaseError> {
        let mut discarded = 0;
        let mut after = 0;
        loop {
            let page: Vec<(i64, DeadLetterStatus)> = frozen
                .selection
                .find()
                .select_only()
                .columns([Column::Id, Column::Status])
                .filter(Column::Id.gt(after))
                .order_by_asc(Column::Id)
                .limit(PAGE)
                .into_tuple()
                .all(&self.connection())
                .await?;
            let Some((last, _)) = page.last() else {
                return Ok(discarded);
            };
            after = *last;
            let now = sortable(OffsetDateTime::now_utc());
            let mut update = Entity::update_many()
                .col_expr(Column::Status, Expr::value(DeadLetterStatus::Discarded))
                .col_expr(Column::DiscardedAt, Expr::value(now))
                .col_expr(Column::DiscardedBy, Expr::value(by))
                .col_expr(Column::DiscardReason, Expr::value(reason))
                .col_expr(Column::UpdatedAt, Expr::value(now))
                .filter(Column::Id.is_in(page.iter().map(|(id, _)| *id)));
            // Except those that someone else has replayed or discarded since they were selected.
            if let Some(status) = frozen.selection.status {
                update = update.filter(Column::Status.eq(status));
            }
            discarded += update.exec(&self.connection()).await?.rows_affected;
        }
    }

    /// Replaces the payload of an open dead letter and keeps what it was.
    pub async fn edit(&self, row: &Model, new: NewContent<'_>) -> Result<Edited, DatabaseError> {
        let now = sortable(OffsetDateTime::now_utc());
        // From then on the message that fails with this content is the same dead letter.
        let fingerprint = fingerprint(
            &sender(row.message_id.as_deref(), &row.properties),
            new.payload,
            &row.code,
        )
        .to_string();
        let twin = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Fingerprint.eq(&fingerprint))
            .into_tuple()
            .one(&self.connection())
            .await?;
        if let Some(id) = twin {
            return Ok(Edited::SameAs(id));
        }
        // Writes first: in SQLite a transaction that began with reading cannot write after another one has.
        let transaction = self.connection().begin().await?;
        let claimed = ClaimedIdentity::of(new.payload).into_parts();
        let mut update = Entity::update_many();
        for (column, part) in Column::IDENTITY.into_iter().zip(claimed) {
            update = update.col_expr(column, Expr::value(part));
        }
        let updated = update
            .col_expr(Column::Payload, Expr::value(new.payload))
            .col_expr(Column::Fingerprint, Expr::value(&fingerprint))
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .filter(Column::Id.eq(row.id))
            .filter(Column::Fingerprint.eq(&row.fingerprint))
            .filter(Column::Status.eq(DeadLetterStatus::Open))
            .exec(&transaction)
            .await?;
        if updated.rows_affected == 0 {
            return Ok(Edited::Overtaken);
        }
        let edit = dead_letter_edit::ActiveModel {
            id: NotSet,
            dead_letter_id: Set(row.id),
            before: Set(row.payload.clone()),
            after: Set(new.payload.to_vec()),
            reason: Set(new.reason.map(ToOwned::to_owned)),
            edited_by: Set(new.by.to_owned()),
            edited_at: Set(now),
        };
        edit.insert(&transaction).await?;
        transaction.commit().await?;
        Ok(Edited::Done)
    }
}
