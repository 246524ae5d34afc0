//! What a document was set with, to the byte: digests of its template and of its brand.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::string_null;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const COLUMNS: [SalesInvoice; 2] = [SalesInvoice::TemplateDigest, SalesInvoice::BrandDigest];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column a statement.
        for column in COLUMNS {
            let mut table = Table::alter();
            table.table(SalesInvoice::Table);
            table.add_column(string_null(column));
            manager.alter_table(table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in COLUMNS {
            let mut table = Table::alter();
            table.table(SalesInvoice::Table).drop_column(column);
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}

#[derive(Clone, Copy, DeriveIden)]
enum SalesInvoice {
    Table,
    TemplateDigest,
    BrandDigest,
}
