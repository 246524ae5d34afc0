//! Edits of dead letters.

use invoice::{ClaimedIdentity, InvoiceIdentity};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, NotSet, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Set, TransactionTrait as _,
};
use time::OffsetDateTime;

use super::conditions::is_unclaimed;
use super::{fingerprint, sender_of, sortable};
use crate::database::changes::{self, By, ChangeAction, NewChange};
use crate::database::dead_letter::{Column, DeadLetterStatus, Entity, Model};
use crate::database::{Database, DatabaseError, dead_letter_edit, words};

/// Other content for a dead letter.
#[derive(Clone, Debug)]
pub struct NewContent<'a> {
    /// The new payload.
    pub payload: &'a [u8],
    /// The properties of the message, where they change with it.
    pub properties: Option<&'a str>,
    /// The identity in it.
    pub claimed: ClaimedIdentity,
    /// Who, and why.
    pub by: By<'a>,
}

/// Edits that are one change in the record of what people change, which counts them.
#[derive(Clone, Debug)]
pub struct EditRun {
    /// What the change is recorded for, for example `dead-letter 12`.
    target: String,
    /// The row of the change, from the first edit on.
    recorded: Option<i64>,
    /// Dead letters that were edited.
    edited: u64,
}

/// Result of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edited {
    /// The new content is stored.
    Done,
    /// The dead letter was replayed, discarded or edited by someone else in the meantime; nothing was changed.
    Overtaken,
    /// This replay has claimed the dead letter, and publishes what it has now; nothing was changed.
    Claimed(i64),
    /// This other dead letter has the same message id, code and content; nothing was changed.
    SameAs(i64),
}

impl EditRun {
    /// Edits of this target. Nothing is recorded before the first one.
    pub fn of(target: String) -> Self {
        Self {
            target,
            recorded: None,
            edited: 0,
        }
    }
}

impl Database {
    /// Replaces the payload of an open dead letter and keeps what it was; counts it in the change of the run, in the same
    /// transaction.
    pub async fn edit(
        &self,
        row: &Model,
        new: NewContent<'_>,
        run: &mut EditRun,
    ) -> Result<Edited, DatabaseError> {
        let now = sortable(OffsetDateTime::now_utc());
        // From then on the message that fails with this content is the same dead letter.
        let fingerprint = fingerprint_with(row, new.payload);
        if let Some(id) = self.twin(row.id, &fingerprint).await? {
            return Ok(Edited::SameAs(id));
        }
        let edit = history(row, &new, now);
        let mut update = Entity::update_many();
        for (column, part) in Column::IDENTITY.into_iter().zip(new.claimed.into_parts()) {
            update = update.col_expr(column, Expr::value(part));
        }
        if let Some(properties) = new.properties {
            update = update.col_expr(Column::Properties, Expr::value(properties));
        }
        let update = update
            .col_expr(Column::Payload, Expr::value(new.payload))
            .col_expr(
                Column::Words,
                Expr::value(words::of_dead_letter(&row.detail, new.payload)),
            )
            .col_expr(Column::Fingerprint, Expr::value(&fingerprint))
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .filter(Column::Id.eq(row.id))
            .filter(Column::Fingerprint.eq(&row.fingerprint))
            .filter(Column::Status.eq(DeadLetterStatus::Open))
            .filter(is_unclaimed(self.connection().get_database_backend()));
        let counts = [("edited", run.edited + 1)];
        let (recorded, target) = (run.recorded, run.target.clone());
        let committed = self.in_time(|connection| async move {
            // Writes first: in SQLite a transaction that began with reading cannot write after another one has.
            let transaction = connection.begin().await?;
            if update.exec(&transaction).await?.rows_affected == 0 {
                return Ok(None);
            }
            edit.insert(&transaction).await?;
            let change = match recorded {
                Some(id) => {
                    changes::count(&transaction, id, &counts).await?;
                    id
                }
                None => {
                    let change = NewChange {
                        by: new.by,
                        action: ChangeAction::DeadLetterEdit,
                        target,
                        counts: &counts,
                    };
                    changes::insert(&transaction, change).await?.id
                }
            };
            transaction.commit().await?;
            Ok(Some(change))
        });
        let Some(change) = committed.await? else {
            return self.not_edited(row.id).await;
        };
        run.recorded = Some(change);
        run.edited += 1;
        Ok(Edited::Done)
    }

    /// Why a dead letter that was open when it was read has not been edited.
    async fn not_edited(&self, id: i64) -> Result<Edited, DatabaseError> {
        let claimant = self.claimant(id).await?;
        Ok(claimant.map_or(Edited::Overtaken, Edited::Claimed))
    }

    /// Another dead letter that is the same as this one with this content.
    pub async fn same_as(&self, row: &Model, payload: &[u8]) -> Result<Option<i64>, DatabaseError> {
        self.twin(row.id, &fingerprint_with(row, payload)).await
    }

    /// Another dead letter with this fingerprint.
    async fn twin(&self, id: i64, fingerprint: &str) -> Result<Option<i64>, DatabaseError> {
        let twin = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Fingerprint.eq(fingerprint))
            // Someone may have stored the same content here since the row was read.
            .filter(Column::Id.ne(id))
            .into_tuple();
        self.in_time(async |connection| twin.one(&connection).await)
            .await
    }

    /// The dead letters that had this identity until an edit gave them another one: the last such edits, the last one first.
    pub async fn moved_from(&self, identity: &InvoiceIdentity) -> Result<Vec<i64>, DatabaseError> {
        /// Edits that are looked at.
        const MOST: u64 = 20;
        use dead_letter_edit::{Column, Entity};
        let mut edits = Entity::find()
            .select_only()
            .column(Column::DeadLetterId)
            .order_by_desc(Column::Id)
            .limit(MOST);
        for (column, part) in Column::FORMER.into_iter().zip(identity.parts()) {
            edits = edits.filter(column.eq(part));
        }
        let edits = edits.into_tuple::<i64>();
        self.in_time(async |connection| edits.all(&connection).await)
            .await
    }
}

/// The fingerprint of a dead letter with this content.
fn fingerprint_with(row: &Model, payload: &[u8]) -> String {
    let sender = sender_of(row.message_id.as_deref(), &row.properties);
    fingerprint(&sender, payload, &row.code).to_string()
}

/// What an edit leaves in the history of a dead letter.
fn history(
    row: &Model,
    new: &NewContent<'_>,
    now: OffsetDateTime,
) -> dead_letter_edit::ActiveModel {
    let former = row.invoice();
    let is_moved = former != new.claimed;
    let [platform, shop_id, order_id, package_id, sequence_number] = former
        .into_parts()
        .map(|part| Set(part.filter(|_| is_moved)));
    dead_letter_edit::ActiveModel {
        id: NotSet,
        dead_letter_id: Set(row.id),
        before: Set(row.payload.clone()),
        after: Set(new.payload.to_vec()),
        reason: Set(new.by.reason.map(ToOwned::to_owned)),
        edited_by: Set(new.by.actor.to_owned()),
        edited_at: Set(now),
        former_platform: platform,
        former_shop_id: shop_id,
        former_order_id: order_id,
        former_package_id: package_id,
        former_sequence_number: sequence_number,
    }
}
