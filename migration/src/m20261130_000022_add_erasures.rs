//! When the personal data of a request were erased, and when its documents were.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::timestamp_with_time_zone_null;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const COLUMNS: [(Name, Name); 3] = [
    (Name::DeadLetter, Name::ErasedAt),
    (Name::SalesInvoice, Name::ErasedAt),
    (Name::SalesInvoice, Name::DocumentsErasedAt),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// SQLite too: otherwise a step that was interrupted could not be applied again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column a statement.
        for (name, column) in COLUMNS {
            let (table_name, column_name) = (name.to_string(), column.to_string());
            // An operator may have added it, to make the index of step 23 before.
            if manager.has_column(&table_name, &column_name).await? {
                continue;
            }
            let mut table = Table::alter();
            table.table(name);
            table.add_column(timestamp_with_time_zone_null(column));
            manager.alter_table(table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, column) in COLUMNS.into_iter().rev() {
            let mut table = Table::alter();
            table.table(name);
            table.drop_column(column);
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}

#[derive(Clone, Copy, DeriveIden)]
enum Name {
    SalesInvoice,
    DeadLetter,
    ErasedAt,
    DocumentsErasedAt,
}
