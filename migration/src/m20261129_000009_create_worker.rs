//! What workers report of themselves while they run.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, string, string_null, text, timestamp_with_time_zone};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut id = string(Worker::Id);
        id.primary_key();
        let workers = Table::create()
            .table(Worker::Table)
            .col(id)
            .col(text(Worker::Host))
            .col(big_integer(Worker::Pid))
            .col(string(Worker::Version))
            .col(timestamp_with_time_zone(Worker::StartedAt))
            // A number, and by the clock of the database: it is only ever compared with that clock.
            .col(big_integer(Worker::SeenAtMs))
            .col(string(Worker::State))
            .col(timestamp_with_time_zone(Worker::StateSince))
            .col(string_null(Worker::Code))
            .col(big_integer(Worker::OrdinaryInWork))
            .col(big_integer(Worker::BulkInWork))
            .col(big_integer(Worker::Prefetch))
            .col(big_integer(Worker::BulkPrefetch))
            .col(text(Worker::Outages))
            .col(text(Worker::Retries))
            .to_owned();
        manager.create_table(workers).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Worker::Table).to_owned())
            .await
    }
}

#[derive(Clone, Copy, DeriveIden)]
enum Worker {
    Table,
    Id,
    Host,
    Pid,
    Version,
    StartedAt,
    SeenAtMs,
    State,
    StateSince,
    Code,
    OrdinaryInWork,
    BulkInWork,
    Prefetch,
    BulkPrefetch,
    Outages,
    Retries,
}
