//! An index for the documents that were generated in the last minutes.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// SQLite too: otherwise a step that was interrupted could not be applied again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        if manager.get_database_backend() == DbBackend::Postgres {
            // Workers wait while an index is made, and retry.
            let no_limit = "SET LOCAL statement_timeout = 0";
            connection.execute_unprepared(no_limit).await?;
        }
        let create = r#"CREATE INDEX "sales_invoice_generated_at" ON "sales_invoice" ("generated_at") WHERE "status" = 'generated'"#;
        connection.execute_unprepared(create).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drop_it = r#"DROP INDEX "sales_invoice_generated_at""#;
        let connection = manager.get_connection();
        connection.execute_unprepared(drop_it).await.map(drop)
    }
}
