//! Which templates a worker has loaded.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::string_null;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// SQLite too: otherwise a step that was interrupted could not be applied again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::alter();
        table.table(Worker::Table);
        table.add_column(string_null(Worker::Templates));
        manager.alter_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::alter();
        table.table(Worker::Table);
        table.drop_column(Worker::Templates);
        manager.alter_table(table).await
    }
}

#[derive(DeriveIden)]
enum Worker {
    Table,
    Templates,
}
