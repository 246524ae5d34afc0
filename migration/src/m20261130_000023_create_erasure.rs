//! Erasures of personal data that processes run, under leases, and an index of the records without words of their buyer's name.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, boolean, string, string_null, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null,
};
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// SQLite too: otherwise a step that was interrupted could not be applied again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(erasures()).await?;
        let mut status = Index::create();
        status.name("erasure_status").table(Erasure::Table);
        manager
            .create_index(status.col(Erasure::Status).to_owned())
            .await?;
        // Two processes that apply the retention at once create one erasure. Those of people follow none.
        let mut once = Index::create();
        once.name("erasure_follows").table(Erasure::Table);
        manager
            .create_index(once.col(Erasure::Follows).unique().to_owned())
            .await?;

        let connection = manager.get_connection();
        if manager.get_database_backend() == DbBackend::Postgres {
            // Workers wait while an index is made, and retry.
            let no_limit = "SET LOCAL statement_timeout = 0";
            connection.execute_unprepared(no_limit).await?;
        }
        // It is nearly empty once these records have their words. An operator may have made it before.
        let wordless = r#"CREATE INDEX IF NOT EXISTS "sales_invoice_wordless" ON "sales_invoice" ("id") WHERE "buyer_words" IS NULL AND "status" = 'generated' AND "erased_at" IS NULL"#;
        connection.execute_unprepared(wordless).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drop_it = r#"DROP INDEX "sales_invoice_wordless""#;
        manager.get_connection().execute_unprepared(drop_it).await?;
        manager
            .drop_table(Table::drop().table(Erasure::Table).to_owned())
            .await
    }
}

fn erasures() -> TableCreateStatement {
    Table::create()
        .table(Erasure::Table)
        // A short number: people type it.
        .col(big_pk_auto(Erasure::Id))
        .col(string(Erasure::Status))
        .col(text(Erasure::Filter))
        .col(boolean(Erasure::Documents))
        .col(boolean(Erasure::WithOpen))
        .col(big_integer_null(Erasure::Rate))
        .col(big_integer_null(Erasure::AtMost))
        .col(big_integer_null(Erasure::Follows))
        .col(big_integer(Erasure::Looked))
        .col(big_integer(Erasure::Records))
        .col(big_integer(Erasure::DeadLetters))
        .col(big_integer(Erasure::Objects))
        .col(big_integer(Erasure::KeptObjects))
        .col(big_integer(Erasure::KeptLetters))
        .col(big_integer(Erasure::KeptRecords))
        .col(text(Erasure::Kept))
        .col(big_integer_null(Erasure::ChangeId))
        .col(text(Erasure::Actor))
        .col(text_null(Erasure::Reason))
        .col(text_null(Erasure::Error))
        .col(text_null(Erasure::Owner))
        .col(string_null(Erasure::Lease))
        // By the clock of the database, as the leases of replays.
        .col(big_integer_null(Erasure::LeaseUntilMs))
        .col(timestamp_with_time_zone_null(Erasure::CancelRequestedAt))
        .col(timestamp_with_time_zone(Erasure::CreatedAt))
        .col(timestamp_with_time_zone_null(Erasure::StartedAt))
        .col(timestamp_with_time_zone(Erasure::UpdatedAt))
        .col(timestamp_with_time_zone_null(Erasure::FinishedAt))
        .to_owned()
}

#[derive(Clone, Copy, DeriveIden)]
enum Erasure {
    Table,
    Id,
    Status,
    Filter,
    Documents,
    WithOpen,
    Rate,
    AtMost,
    Follows,
    Looked,
    Records,
    DeadLetters,
    Objects,
    KeptObjects,
    KeptLetters,
    KeptRecords,
    Kept,
    ChangeId,
    Actor,
    Reason,
    Error,
    Owner,
    Lease,
    LeaseUntilMs,
    CancelRequestedAt,
    CreatedAt,
    StartedAt,
    UpdatedAt,
    FinishedAt,
}
