//! What searches and counts need: words and beginnings of texts in indexes, and dead letters counted by their cause.
//!
//! SQLite is for small installations: there most of it is missing, and rows are read.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

mod counts;
mod words;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Indexes of records for both databases: names, and what they index.
const LISTS: [(&str, &str); 3] = [
    ("sales_invoice_platform_list", r#"("platform", "id")"#),
    ("sales_invoice_package_list", r#"("package_id", "id")"#),
    (
        "sales_invoice_sequence_list",
        r#"("sequence_number", "id")"#,
    ),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
        if is_postgres {
            // Workers wait while indexes are made, and retry. Those that an operator has made before are there already:
            // docs/upgrades.md says how.
            let no_limit = "SET LOCAL statement_timeout = 0";
            connection.execute_unprepared(no_limit).await?;
        }
        if is_postgres {
            counts::create(connection).await?;
        }
        words::create(manager).await?;
        for (name, columns) in LISTS {
            let create =
                format!(r#"CREATE INDEX IF NOT EXISTS "{name}" ON "sales_invoice" {columns}"#);
            connection.execute_unprepared(&create).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        if manager.get_database_backend() == DbBackend::Postgres {
            counts::drop(connection).await?;
        }
        words::drop(manager).await?;
        for (name, _) in LISTS {
            let drop = format!(r#"DROP INDEX "{name}""#);
            connection.execute_unprepared(&drop).await?;
        }
        Ok(())
    }
}
