//! Dead letters that an earlier version has written or changed: a search finds them once they have their words.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    TransactionTrait as _,
};
use time::OffsetDateTime;

use crate::database::dead_letter::{Column, Entity};
use crate::database::{Database, DatabaseError, words};

impl Database {
    /// Adds the words of the next dead letters that have none, the newest first: of `limit` at most, and of fewer where they are
    /// large, since they are in memory together. Returns how many were looked at.
    pub async fn add_words(&self, limit: u64) -> Result<usize, DatabaseError> {
        let next = Entity::find()
            .filter(Column::Words.is_null())
            .order_by_desc(Column::Id)
            .limit(limit);
        let ids = self.first_together(next).await?;
        let count = ids.len();
        if count == 0 {
            return Ok(0);
        }
        let wordless = Entity::find()
            .select_only()
            .columns([
                Column::Id,
                Column::Detail,
                Column::Payload,
                Column::UpdatedAt,
            ])
            .filter(Column::Id.is_in(ids))
            .filter(Column::Words.is_null())
            .order_by_desc(Column::Id)
            .into_tuple::<(i64, String, Vec<u8>, OffsetDateTime)>();
        let wordless = self.in_time(async |connection| wordless.all(&connection).await);
        let updates = wordless
            .await?
            .into_iter()
            .map(|(id, detail, payload, updated_at)| {
                let words = words::of_dead_letter(&detail, &payload);
                Entity::update_many()
                    .col_expr(Column::Words, Expr::value(words))
                    .filter(Column::Id.eq(id))
                    .filter(Column::Words.is_null())
                    // Otherwise someone has changed it since, and the next call adds the words.
                    .filter(Column::UpdatedAt.eq(updated_at))
            });
        // The newest were read first, and all others lock rows with the oldest first.
        let updates: Vec<_> = updates.rev().collect();
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            for update in updates {
                update.exec(&transaction).await?;
            }
            transaction.commit().await
        })
        .await?;
        Ok(count)
    }
}
