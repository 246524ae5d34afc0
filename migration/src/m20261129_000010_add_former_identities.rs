//! The identity that a dead letter had before an edit, where the edit changed it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::string_null;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const INDEX: &str = "dead_letter_edit_former_order";

const COLUMNS: [DeadLetterEdit; 5] = [
    DeadLetterEdit::FormerPlatform,
    DeadLetterEdit::FormerShopId,
    DeadLetterEdit::FormerOrderId,
    DeadLetterEdit::FormerPackageId,
    DeadLetterEdit::FormerSequenceNumber,
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite takes one change of a table in a statement.
        for column in COLUMNS {
            let mut table = Table::alter();
            table.table(DeadLetterEdit::Table);
            table.add_column(string_null(column));
            manager.alter_table(table).await?;
        }
        let mut index = Index::create();
        index
            .name(INDEX)
            .table(DeadLetterEdit::Table)
            .col(DeadLetterEdit::FormerOrderId);
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut index = Index::drop();
        index.name(INDEX).table(DeadLetterEdit::Table);
        manager.drop_index(index).await?;
        for column in COLUMNS {
            let mut table = Table::alter();
            table.table(DeadLetterEdit::Table);
            table.drop_column(column);
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}

#[derive(Clone, Copy, DeriveIden)]
enum DeadLetterEdit {
    Table,
    FormerPlatform,
    FormerShopId,
    FormerOrderId,
    FormerPackageId,
    FormerSequenceNumber,
}
