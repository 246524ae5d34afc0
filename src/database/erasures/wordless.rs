//! Records that were written before the database had the column `buyer_words`: a search by name finds them once they have theirs.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    TransactionTrait as _,
};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::database::sales_invoice::{Column, Entity};
use crate::database::{Database, DatabaseError, words};

/// The condition of an index, word by word and without parameters: otherwise PostgreSQL would read the whole table.
const WORDLESS: &str =
    r#""buyer_words" IS NULL AND "status" = 'generated' AND "erased_at" IS NULL"#;

impl Database {
    /// Adds the words of the buyer's name to the next `limit` records behind this id that have a request and no words. Returns the
    /// last of them; none where there is no more.
    pub async fn add_buyer_words(
        &self,
        after: Uuid,
        limit: u64,
    ) -> Result<Option<Uuid>, DatabaseError> {
        let wordless = Entity::find()
            .select_only()
            .columns([Column::Id, Column::Request, Column::UpdatedAt])
            .filter(Expr::cust(WORDLESS))
            .filter(Column::Id.gt(after))
            .order_by_asc(Column::Id)
            .limit(limit)
            .into_tuple::<(Uuid, String, OffsetDateTime)>();
        let wordless = self.in_time(async |connection| wordless.all(&connection).await);
        let wordless = wordless.await?;
        let last = wordless.last().map(|(id, ..)| *id);
        let updates = wordless.into_iter().map(|(id, request, updated_at)| {
            Entity::update_many()
                .col_expr(Column::BuyerWords, Expr::value(of_buyer(&request)))
                .filter(Column::Id.eq(id))
                .filter(Column::BuyerWords.is_null())
                .filter(Column::UpdatedAt.eq(updated_at))
        });
        let updates: Vec<_> = updates.collect();
        if !updates.is_empty() {
            self.in_time(|connection| async move {
                let transaction = connection.begin().await?;
                for update in updates {
                    update.exec(&transaction).await?;
                }
                transaction.commit().await
            })
            .await?;
        }
        Ok(last)
    }
}

/// The words of the buyer's name in a request, whether or not this version would accept it.
fn of_buyer(request: &str) -> String {
    let request = serde_json::from_str::<Value>(request).unwrap_or_default();
    words::column(request["buyer"]["name"].as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_without_a_buyer_has_no_words_and_is_not_read_again() {
        for (request, words) in [
            (r#"{"buyer":{"name":"Zoë Miller"}}"#, " zoë miller "),
            (r#"{"buyer":null}"#, " "),
            ("no JSON", " "),
        ] {
            assert_eq!(of_buyer(request), words);
        }
    }
}
