//! Indexes for lists of invoices, which are in the order of the ids.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Names, and what they index.
const INDEXES: [(&str, &str); 4] = [
    ("sales_invoice_shop_list", r#"("shop_id", "id")"#),
    ("sales_invoice_order_list", r#"("order_id", "id")"#),
    ("sales_invoice_number_list", r#"("number", "id")"#),
    // Most records are of the other state, for which the order of the ids is enough.
    (
        "sales_invoice_failed_list",
        r#"("id") WHERE "status" = 'failed'"#,
    ),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        if manager.get_database_backend() == DbBackend::Postgres {
            // Workers wait while an index is made, and retry.
            let no_limit = "SET LOCAL statement_timeout = 0";
            connection.execute_unprepared(no_limit).await?;
        }
        for (name, columns) in INDEXES {
            let create = format!(r#"CREATE INDEX "{name}" ON "sales_invoice" {columns}"#);
            connection.execute_unprepared(&create).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in INDEXES {
            let drop = format!(r#"DROP INDEX "{name}""#);
            manager.get_connection().execute_unprepared(&drop).await?;
        }
        Ok(())
    }
}
