//! The e-invoice of a document: its profile, the rules that it was checked by, the digest of its XML, and where the XML is stored
//! where it is an object of its own.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{string_null, text_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

fn columns() -> [ColumnDef; 5] {
    [
        string_null(SalesInvoice::EInvoiceProfile),
        string_null(SalesInvoice::EInvoiceRules),
        string_null(SalesInvoice::XmlSha256),
        text_null(SalesInvoice::XmlObjectKey),
        text_null(SalesInvoice::XmlUrl),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column a statement.
        for mut column in columns() {
            let mut table = Table::alter();
            table.table(SalesInvoice::Table).add_column(&mut column);
            manager.alter_table(table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [
            SalesInvoice::XmlUrl,
            SalesInvoice::XmlObjectKey,
            SalesInvoice::XmlSha256,
            SalesInvoice::EInvoiceRules,
            SalesInvoice::EInvoiceProfile,
        ] {
            let mut table = Table::alter();
            table.table(SalesInvoice::Table).drop_column(column);
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}

#[derive(DeriveIden)]
enum SalesInvoice {
    Table,
    EInvoiceProfile,
    EInvoiceRules,
    XmlSha256,
    XmlObjectKey,
    XmlUrl,
}
