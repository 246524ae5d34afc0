//! What workers have done, minute by minute.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, string, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// SQLite too: otherwise a step that was interrupted could not be applied again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut id = string(Activity::Id);
        id.primary_key();
        let activity = Table::create()
            .table(Activity::Table)
            .col(id)
            // Whole minutes since 1970: rows are added up and forgotten by ranges of them.
            .col(big_integer(Activity::Minute))
            .col(big_integer(Activity::Minutes))
            .col(string(Activity::Worker))
            .col(text(Activity::Outcomes))
            .col(text(Activity::Stages))
            .to_owned();
        manager.create_table(activity).await?;
        let by_minute = Index::create()
            .name("activity_minute")
            .table(Activity::Table)
            .col(Activity::Minute)
            .to_owned();
        manager.create_index(by_minute).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Activity::Table).to_owned())
            .await
    }
}

#[derive(Clone, Copy, DeriveIden)]
enum Activity {
    Table,
    Id,
    Minute,
    Minutes,
    Worker,
    Outcomes,
    Stages,
}
