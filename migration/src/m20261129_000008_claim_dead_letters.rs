//! Which replay is publishing a dead letter.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text_null;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::alter();
        table.table(DeadLetter::Table);
        table.add_column(text_null(DeadLetter::ClaimedBy));
        manager.alter_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::alter();
        table.table(DeadLetter::Table);
        table.drop_column(DeadLetter::ClaimedBy);
        manager.alter_table(table).await
    }
}

#[derive(DeriveIden)]
enum DeadLetter {
    Table,
    ClaimedBy,
}
