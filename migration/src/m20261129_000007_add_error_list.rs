//! What is wrong with the fields of a request that failed, one by one.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text_null;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::alter();
        table.table(SalesInvoice::Table);
        table.add_column(text_null(SalesInvoice::ErrorList));
        manager.alter_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::alter();
        table.table(SalesInvoice::Table);
        table.drop_column(SalesInvoice::ErrorList);
        manager.alter_table(table).await
    }
}

#[derive(DeriveIden)]
enum SalesInvoice {
    Table,
    ErrorList,
}
