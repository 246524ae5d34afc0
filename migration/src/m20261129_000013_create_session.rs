//! Who is signed in to the page. A table, so that each replica of `serve` knows the sessions of the others.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{string, string_null, text, text_null, timestamp_with_time_zone};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// SQLite too: otherwise a step that was interrupted could not be applied again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut id = string(Session::Id);
        id.primary_key();
        let sessions = Table::create()
            .table(Session::Table)
            .col(id)
            .col(string(Session::Kind))
            .col(text(Session::Name))
            .col(string_null(Session::TokenSha256))
            .col(text_null(Session::Roles))
            .col(text_null(Session::Shops))
            .col(string(Session::Csrf))
            .col(timestamp_with_time_zone(Session::CreatedAt))
            .col(timestamp_with_time_zone(Session::SeenAt))
            .col(timestamp_with_time_zone(Session::EndsAt))
            .to_owned();
        manager.create_table(sessions).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Session::Table).to_owned())
            .await
    }
}

#[derive(Clone, Copy, DeriveIden)]
enum Session {
    Table,
    Id,
    Kind,
    Name,
    TokenSha256,
    Roles,
    Shops,
    Csrf,
    CreatedAt,
    SeenAt,
    EndsAt,
}
