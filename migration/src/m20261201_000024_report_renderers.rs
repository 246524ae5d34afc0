//! What workers report of their renderers, why they retried messages, and when a request was received and
//! tried.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{text_null, timestamp_with_time_zone_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// SQLite too: otherwise a step that was interrupted could not be applied again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, column) in [
            (Name::Worker, text_null(Name::Renderers)),
            (Name::Activity, text_null(Name::Retries)),
            (
                Name::SalesInvoice,
                timestamp_with_time_zone_null(Name::ReceivedAt),
            ),
            (Name::SalesInvoice, text_null(Name::FailedAttempts)),
        ] {
            let mut table = Table::alter();
            table.table(name);
            table.add_column(column);
            manager.alter_table(table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, column) in [
            (Name::SalesInvoice, Name::FailedAttempts),
            (Name::SalesInvoice, Name::ReceivedAt),
            (Name::Activity, Name::Retries),
            (Name::Worker, Name::Renderers),
        ] {
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
    Worker,
    Renderers,
    Activity,
    Retries,
    SalesInvoice,
    ReceivedAt,
    FailedAttempts,
}
