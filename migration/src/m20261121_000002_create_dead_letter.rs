//! The archive of dead letters, and what operators changed in them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_pk_auto, blob, integer, string, string_null, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(DeadLetter::Table)
            // A short number: operators type it.
            .col(big_pk_auto(DeadLetter::Id))
            .col(string(DeadLetter::Fingerprint))
            .col(text_null(DeadLetter::MessageId))
            .col(text(DeadLetter::Exchange))
            .col(text(DeadLetter::RoutingKey))
            .col(text(DeadLetter::Properties))
            .col(text(DeadLetter::Headers))
            // Bytes: what could not be read as a request need not be UTF-8.
            .col(blob(DeadLetter::Payload))
            .col(string(DeadLetter::Code))
            .col(string(DeadLetter::Stage))
            .col(text(DeadLetter::Detail))
            .col(integer(DeadLetter::Attempts))
            .col(string_null(DeadLetter::Platform))
            .col(string_null(DeadLetter::ShopId))
            .col(string_null(DeadLetter::OrderId))
            .col(string_null(DeadLetter::PackageId))
            .col(string_null(DeadLetter::SequenceNumber))
            .col(text_null(DeadLetter::Worker))
            .col(string(DeadLetter::Status))
            .col(integer(DeadLetter::Failures))
            .col(timestamp_with_time_zone(DeadLetter::FirstFailedAt))
            .col(timestamp_with_time_zone(DeadLetter::LastFailedAt))
            .col(timestamp_with_time_zone_null(DeadLetter::ReplayedAt))
            .col(text_null(DeadLetter::ReplayedBy))
            .col(timestamp_with_time_zone_null(DeadLetter::DiscardedAt))
            .col(text_null(DeadLetter::DiscardedBy))
            .col(text_null(DeadLetter::DiscardReason))
            .col(timestamp_with_time_zone(DeadLetter::CreatedAt))
            .col(timestamp_with_time_zone(DeadLetter::UpdatedAt))
            .to_owned();
        manager.create_table(table).await?;

        let mut fingerprint = index("dead_letter_fingerprint", &[DeadLetter::Fingerprint]);
        fingerprint.unique();
        manager.create_index(fingerprint).await?;
        for (name, columns) in [
            (
                "dead_letter_status_code",
                &[DeadLetter::Status, DeadLetter::Code][..],
            ),
            (
                "dead_letter_shop",
                &[DeadLetter::Platform, DeadLetter::ShopId],
            ),
            ("dead_letter_order", &[DeadLetter::OrderId]),
            ("dead_letter_last_failed_at", &[DeadLetter::LastFailedAt]),
        ] {
            manager.create_index(index(name, columns)).await?;
        }

        let edits = Table::create()
            .table(DeadLetterEdit::Table)
            .col(big_pk_auto(DeadLetterEdit::Id))
            .col(big_integer(DeadLetterEdit::DeadLetterId))
            .col(blob(DeadLetterEdit::Before))
            .col(blob(DeadLetterEdit::After))
            .col(text_null(DeadLetterEdit::Reason))
            .col(text(DeadLetterEdit::EditedBy))
            .col(timestamp_with_time_zone(DeadLetterEdit::EditedAt))
            .foreign_key(
                ForeignKey::create()
                    .name("dead_letter_edit_dead_letter")
                    .from(DeadLetterEdit::Table, DeadLetterEdit::DeadLetterId)
                    .to(DeadLetter::Table, DeadLetter::Id),
            )
            .to_owned();
        manager.create_table(edits).await?;
        let mut history = Index::create();
        history
            .name("dead_letter_edit_dead_letter_id")
            .table(DeadLetterEdit::Table)
            .col(DeadLetterEdit::DeadLetterId);
        manager.create_index(history).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(DeadLetterEdit::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(DeadLetter::Table).to_owned())
            .await
    }
}

fn index(name: &str, columns: &[DeadLetter]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table(DeadLetter::Table);
    for column in columns {
        index.col(*column);
    }
    index
}

#[derive(Clone, Copy, DeriveIden)]
enum DeadLetter {
    Table,
    Id,
    Fingerprint,
    MessageId,
    Exchange,
    RoutingKey,
    Properties,
    Headers,
    Payload,
    Code,
    Stage,
    Detail,
    Attempts,
    Platform,
    ShopId,
    OrderId,
    PackageId,
    SequenceNumber,
    Worker,
    Status,
    Failures,
    FirstFailedAt,
    LastFailedAt,
    ReplayedAt,
    ReplayedBy,
    DiscardedAt,
    DiscardedBy,
    DiscardReason,
    CreatedAt,
    UpdatedAt,
}

#[derive(Clone, Copy, DeriveIden)]
enum DeadLetterEdit {
    Table,
    Id,
    DeadLetterId,
    Before,
    After,
    Reason,
    EditedBy,
    EditedAt,
}
