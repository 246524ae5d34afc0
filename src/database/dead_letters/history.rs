//! What people did to dead letters, read a page at a time and without messages that are not asked for.

use invoice::ClaimedIdentity;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, FromQueryResult, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use time::OffsetDateTime;

use crate::database::dead_letter_edit::{self, Column, Entity, former};
use crate::database::{Database, DatabaseError, Listed, dead_letter};

/// An edit without what the message was before it and after it.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct EditSummary {
    /// Key of the row.
    pub id: i64,
    /// Why, in the operator's words.
    pub reason: Option<String>,
    /// By whom: user@host.
    pub edited_by: String,
    /// When.
    pub edited_at: OffsetDateTime,
    /// What the row has of the message, before and after, in bytes.
    pub size_bytes: i64,
    former_platform: Option<String>,
    former_shop_id: Option<String>,
    former_order_id: Option<String>,
    former_package_id: Option<String>,
    former_sequence_number: Option<String>,
}

impl EditSummary {
    /// The identity until then; none where the edit did not change it.
    pub fn former(&self) -> Option<ClaimedIdentity> {
        former([
            &self.former_platform,
            &self.former_shop_id,
            &self.former_order_id,
            &self.former_package_id,
            &self.former_sequence_number,
        ])
    }
}

/// How a dead letter ended, without its message.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Ending {
    /// When it was published again last.
    pub replayed_at: Option<OffsetDateTime>,
    /// By whom.
    pub replayed_by: Option<String>,
    /// When it was discarded.
    pub discarded_at: Option<OffsetDateTime>,
    /// By whom.
    pub discarded_by: Option<String>,
    /// Why.
    pub discard_reason: Option<String>,
}

impl Database {
    /// A page of the edits of a dead letter, the newest first, from the cursor of the page before.
    pub async fn edits_of_letter(
        &self,
        letter: i64,
        cursor: Option<i64>,
        limit: u64,
    ) -> Result<Listed<EditSummary>, DatabaseError> {
        // PostgreSQL and SQLite count bytes alike.
        const SIZE: &str = r#"CAST(length("before") AS bigint) + length("after")"#;
        let edits = Entity::find()
            .select_only()
            .columns([
                Column::Id,
                Column::Reason,
                Column::EditedBy,
                Column::EditedAt,
            ])
            .columns(Column::FORMER)
            .column_as(Expr::cust(SIZE), "size_bytes")
            .filter(Column::DeadLetterId.eq(letter))
            .filter(Column::Id.lt(cursor.unwrap_or(i64::MAX)))
            .order_by_desc(Column::Id)
            .limit(limit.saturating_add(1))
            .into_model::<EditSummary>();
        let edits = self.in_time(async |connection| edits.all(&connection).await);
        Ok(Listed::of(edits.await?, limit, |edit| edit.id))
    }

    /// These edits with what the messages were, the oldest first.
    pub async fn edits_with_messages(
        &self,
        ids: Vec<i64>,
    ) -> Result<Vec<dead_letter_edit::Model>, DatabaseError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let edits = Entity::find().filter(Column::Id.is_in(ids));
        let edits = edits.order_by_asc(Column::Id);
        self.in_time(async |connection| edits.all(&connection).await)
            .await
    }

    /// One edit of a dead letter.
    pub async fn edit_of_letter(
        &self,
        letter: i64,
        id: i64,
    ) -> Result<Option<dead_letter_edit::Model>, DatabaseError> {
        let edit = Entity::find_by_id(id).filter(Column::DeadLetterId.eq(letter));
        self.in_time(async |connection| edit.one(&connection).await)
            .await
    }

    /// How many times the request of a dead letter was edited.
    pub async fn count_edits(&self, letter: i64) -> Result<u64, DatabaseError> {
        let counts = self.edits_of(std::iter::once(letter)).await?;
        let count = counts.get(&letter).copied().unwrap_or_default();
        Ok(count.unsigned_abs())
    }

    /// How a dead letter ended.
    pub async fn ending_of_letter(&self, id: i64) -> Result<Option<Ending>, DatabaseError> {
        use dead_letter::{Column, Entity};
        let ending = Entity::find_by_id(id)
            .select_only()
            .columns([
                Column::ReplayedAt,
                Column::ReplayedBy,
                Column::DiscardedAt,
                Column::DiscardedBy,
                Column::DiscardReason,
            ])
            .into_model::<Ending>();
        self.in_time(async |connection| ending.one(&connection).await)
            .await
    }
}
