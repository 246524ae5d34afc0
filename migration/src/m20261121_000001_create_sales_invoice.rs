//! The table of issued documents.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer_null, integer, integer_null, string, string_null, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The five columns that identify an invoice.
const IDENTITY: [SalesInvoice; 5] = [
    SalesInvoice::Platform,
    SalesInvoice::ShopId,
    SalesInvoice::OrderId,
    SalesInvoice::PackageId,
    SalesInvoice::SequenceNumber,
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(SalesInvoice::Table)
            .col(uuid(SalesInvoice::Id).primary_key())
            .col(string(SalesInvoice::Platform))
            .col(string(SalesInvoice::ShopId))
            .col(string(SalesInvoice::OrderId))
            .col(string(SalesInvoice::PackageId))
            .col(string(SalesInvoice::SequenceNumber))
            .col(string(SalesInvoice::Status))
            .col(text_null(SalesInvoice::FilePath))
            .col(text_null(SalesInvoice::ObjectKey))
            .col(string_null(SalesInvoice::Sha256))
            .col(big_integer_null(SalesInvoice::SizeBytes))
            .col(integer_null(SalesInvoice::Pages))
            .col(string_null(SalesInvoice::DocumentType))
            .col(string_null(SalesInvoice::Number))
            .col(string_null(SalesInvoice::Currency))
            // Minor units: a decimal column is a float on SQLite.
            .col(big_integer_null(SalesInvoice::GrossMinor))
            .col(string_null(SalesInvoice::TemplateName))
            .col(string_null(SalesInvoice::TemplateVersion))
            .col(text(SalesInvoice::Request))
            .col(string(SalesInvoice::RequestDigest))
            .col(string_null(SalesInvoice::MessageId))
            .col(string_null(SalesInvoice::TraceId))
            .col(integer(SalesInvoice::Attempts))
            .col(string_null(SalesInvoice::ErrorCode))
            .col(text_null(SalesInvoice::ErrorDetail))
            .col(timestamp_with_time_zone(SalesInvoice::CreatedAt))
            .col(timestamp_with_time_zone(SalesInvoice::UpdatedAt))
            .col(timestamp_with_time_zone_null(SalesInvoice::GeneratedAt))
            .to_owned();
        manager.create_table(table).await?;

        let mut identity = Index::create();
        identity
            .name("sales_invoice_identity")
            .table(SalesInvoice::Table)
            .unique();
        for column in IDENTITY {
            identity.col(column);
        }
        manager.create_index(identity).await?;

        let mut shop = Index::create();
        shop.name("sales_invoice_shop").table(SalesInvoice::Table);
        shop.col(SalesInvoice::Platform)
            .col(SalesInvoice::ShopId)
            .col(SalesInvoice::CreatedAt);
        manager.create_index(shop).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(SalesInvoice::Table).to_owned())
            .await
    }
}

#[derive(Clone, Copy, DeriveIden)]
enum SalesInvoice {
    Table,
    Id,
    Platform,
    ShopId,
    OrderId,
    PackageId,
    SequenceNumber,
    Status,
    FilePath,
    ObjectKey,
    Sha256,
    SizeBytes,
    Pages,
    DocumentType,
    Number,
    Currency,
    GrossMinor,
    TemplateName,
    TemplateVersion,
    Request,
    RequestDigest,
    MessageId,
    TraceId,
    Attempts,
    ErrorCode,
    ErrorDetail,
    CreatedAt,
    UpdatedAt,
    GeneratedAt,
}
