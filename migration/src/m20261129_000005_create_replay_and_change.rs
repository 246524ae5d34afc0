//! Replays, which any process can take over, and the record of what people change.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, string, string_null, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let replays = Table::create()
            .table(Replay::Table)
            // A short number: operators type it.
            .col(big_pk_auto(Replay::Id))
            .col(string(Replay::Status))
            .col(text(Replay::Selection))
            .col(string(Replay::Lane))
            .col(big_integer_null(Replay::Rate))
            .col(big_integer_null(Replay::AtMost))
            .col(big_integer(Replay::Total))
            .col(big_integer(Replay::AfterId))
            .col(big_integer(Replay::Published))
            .col(big_integer(Replay::Marked))
            .col(big_integer(Replay::Refused))
            .col(text(Replay::RefusedLetters))
            .col(big_integer(Replay::Unreadable))
            .col(text(Replay::UnreadableLetters))
            .col(text(Replay::Actor))
            .col(text_null(Replay::Reason))
            .col(text_null(Replay::Error))
            .col(text_null(Replay::Owner))
            .col(string_null(Replay::Lease))
            // A number, and by the clock of the database: it is only ever compared with that clock.
            .col(big_integer_null(Replay::LeaseUntilMs))
            .col(timestamp_with_time_zone_null(Replay::CancelRequestedAt))
            .col(timestamp_with_time_zone(Replay::CreatedAt))
            .col(timestamp_with_time_zone_null(Replay::StartedAt))
            .col(timestamp_with_time_zone(Replay::UpdatedAt))
            .col(timestamp_with_time_zone_null(Replay::FinishedAt))
            .to_owned();
        manager.create_table(replays).await?;
        let mut status = Index::create();
        status.name("replay_status").table(Replay::Table);
        manager
            .create_index(status.col(Replay::Status).to_owned())
            .await?;

        let changes = Table::create()
            .table(Change::Table)
            .col(big_pk_auto(Change::Id))
            .col(timestamp_with_time_zone(Change::At))
            .col(text(Change::Actor))
            .col(string(Change::Action))
            .col(text(Change::Target))
            .col(text_null(Change::Reason))
            .col(text(Change::Counts))
            .to_owned();
        manager.create_table(changes).await?;
        let mut target = Index::create();
        target.name("change_target").table(Change::Table);
        manager
            .create_index(target.col(Change::Target).to_owned())
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Change::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Replay::Table).to_owned())
            .await
    }
}

#[derive(Clone, Copy, DeriveIden)]
enum Replay {
    Table,
    Id,
    Status,
    Selection,
    Lane,
    Rate,
    AtMost,
    Total,
    AfterId,
    Published,
    Marked,
    Refused,
    RefusedLetters,
    Unreadable,
    UnreadableLetters,
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

#[derive(Clone, Copy, DeriveIden)]
enum Change {
    Table,
    Id,
    At,
    Actor,
    Action,
    Target,
    Reason,
    Counts,
}
