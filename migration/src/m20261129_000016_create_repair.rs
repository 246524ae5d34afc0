//! Repairs of groups of dead letters, and what was found out about each letter.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, boolean, string, string_null, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// SQLite too: otherwise a step that was interrupted could not be applied again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(repairs()).await?;
        let mut status = Index::create();
        status.name("repair_status").table(Repair::Table);
        manager
            .create_index(status.col(Repair::Status).to_owned())
            .await?;

        manager.create_table(letters()).await?;
        let mut once = Index::create();
        once.name("repair_letter_once").table(RepairLetter::Table);
        once.col(RepairLetter::RepairId)
            .col(RepairLetter::DeadLetterId);
        manager.create_index(once.unique().to_owned()).await?;
        // Two letters of one repair may be about the same invoice.
        let mut invoice = Index::create();
        invoice
            .name("repair_letter_invoice")
            .table(RepairLetter::Table);
        invoice
            .col(RepairLetter::RepairId)
            .col(RepairLetter::Invoice);
        manager.create_index(invoice.to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(RepairLetter::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Repair::Table).to_owned())
            .await
    }
}

fn repairs() -> TableCreateStatement {
    Table::create()
        .table(Repair::Table)
        // A short number: operators type it.
        .col(big_pk_auto(Repair::Id))
        .col(string(Repair::Status))
        .col(string_null(Repair::GoesOnAs))
        .col(text(Repair::Selection))
        .col(text(Repair::Patch))
        .col(boolean(Repair::ChangeIdentity))
        .col(text_null(Repair::ProblemCode))
        .col(text_null(Repair::ProblemRule))
        .col(big_integer(Repair::Total))
        .col(big_integer(Repair::AfterId))
        .col(text(Repair::Verdicts))
        .col(string_null(Repair::Templates))
        .col(timestamp_with_time_zone_null(Repair::BegunAt))
        .col(big_integer(Repair::Edited))
        .col(big_integer(Repair::Skipped))
        .col(string_null(Repair::Lane))
        .col(big_integer_null(Repair::Rate))
        .col(big_integer_null(Repair::AtMost))
        .col(big_integer_null(Repair::ReplayId))
        .col(text(Repair::Actor))
        .col(text_null(Repair::Reason))
        .col(text_null(Repair::AppliedBy))
        .col(text_null(Repair::AppliedReason))
        .col(text_null(Repair::ApprovedBy))
        .col(text_null(Repair::Error))
        .col(text_null(Repair::Owner))
        .col(string_null(Repair::Lease))
        // By the clock of the database, as the leases of replays.
        .col(big_integer_null(Repair::LeaseUntilMs))
        .col(timestamp_with_time_zone_null(Repair::CancelRequestedAt))
        .col(timestamp_with_time_zone(Repair::CreatedAt))
        .col(timestamp_with_time_zone_null(Repair::TriedAt))
        .col(timestamp_with_time_zone(Repair::UpdatedAt))
        .col(timestamp_with_time_zone_null(Repair::FinishedAt))
        .to_owned()
}

fn letters() -> TableCreateStatement {
    Table::create()
        .table(RepairLetter::Table)
        .col(big_pk_auto(RepairLetter::Id))
        .col(big_integer(RepairLetter::RepairId))
        .col(big_integer(RepairLetter::DeadLetterId))
        .col(string(RepairLetter::Verdict))
        .col(string_null(RepairLetter::Code))
        .col(text_null(RepairLetter::Detail))
        .col(text_null(RepairLetter::Problems))
        .col(string_null(RepairLetter::Invoice))
        .col(string_null(RepairLetter::RequestDigest))
        .col(string(RepairLetter::BeforeDigest))
        .col(string_null(RepairLetter::AfterDigest))
        .col(string_null(RepairLetter::Applied))
        .col(text_null(RepairLetter::SkipReason))
        .to_owned()
}

#[derive(Clone, Copy, DeriveIden)]
enum Repair {
    Table,
    Id,
    Status,
    GoesOnAs,
    Selection,
    Patch,
    ChangeIdentity,
    ProblemCode,
    ProblemRule,
    Total,
    AfterId,
    Verdicts,
    Templates,
    BegunAt,
    Edited,
    Skipped,
    Lane,
    Rate,
    AtMost,
    ReplayId,
    Actor,
    Reason,
    AppliedBy,
    AppliedReason,
    ApprovedBy,
    Error,
    Owner,
    Lease,
    LeaseUntilMs,
    CancelRequestedAt,
    CreatedAt,
    TriedAt,
    UpdatedAt,
    FinishedAt,
}

#[derive(Clone, Copy, DeriveIden)]
enum RepairLetter {
    Table,
    Id,
    RepairId,
    DeadLetterId,
    Verdict,
    Code,
    Detail,
    Problems,
    Invoice,
    RequestDigest,
    BeforeDigest,
    AfterDigest,
    Applied,
    SkipReason,
}
