//! Indexes for the audit, which reads the rows in the order in which an object store lists keys.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let postgres = manager.get_database_backend() == DbBackend::Postgres;
        // Object stores sort keys by their bytes, as SQLite does.
        let bytes = if postgres { r#" COLLATE "C""# } else { "" };
        let connection = manager.get_connection();
        if postgres {
            // Workers wait while the index is made, and retry. Making it beside them (CONCURRENTLY) would wait for every
            // other process that waits for its turn to migrate.
            let no_limit = "SET LOCAL statement_timeout = 0";
            connection.execute_unprepared(no_limit).await?;
        }
        let by_key = format!(
            r#"CREATE INDEX "sales_invoice_object_key" ON "sales_invoice" ("object_key"{bytes})"#
        );
        connection.execute_unprepared(&by_key).await?;
        // Empty unless something is wrong.
        let without_key = r#"CREATE INDEX "sales_invoice_without_key" ON "sales_invoice" ("id")
            WHERE "status" = 'generated' AND "object_key" IS NULL"#;
        connection.execute_unprepared(without_key).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in ["sales_invoice_object_key", "sales_invoice_without_key"] {
            let drop = format!(r#"DROP INDEX "{index}""#);
            manager.get_connection().execute_unprepared(&drop).await?;
        }
        Ok(())
    }
}
