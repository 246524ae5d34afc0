//! Indexes for lists of dead letters of one shop, and for a dead letter by the id of its message.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Names, and what they index.
const INDEXES: [(&str, &str); 2] = [
    ("dead_letter_shop_list", r#"("shop_id", "id")"#),
    ("dead_letter_message", r#"("message_id")"#),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// SQLite too: otherwise a step that was interrupted could not be applied again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        if manager.get_database_backend() == DbBackend::Postgres {
            // The archive waits while an index is made, and retries.
            let no_limit = "SET LOCAL statement_timeout = 0";
            connection.execute_unprepared(no_limit).await?;
        }
        for (name, columns) in INDEXES {
            // An operator may have made it before.
            let create =
                format!(r#"CREATE INDEX IF NOT EXISTS "{name}" ON "dead_letter" {columns}"#);
            connection.execute_unprepared(&create).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for (name, _) in INDEXES {
            let drop_it = format!(r#"DROP INDEX "{name}""#);
            connection.execute_unprepared(&drop_it).await?;
        }
        Ok(())
    }
}
