//! What becomes of replayed dead letters: a row for each one that a replay has published, and the counts of each replay.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, integer, string_null, text,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Most rows have an outcome, for which another index is enough.
const OPEN: &str = r#"CREATE INDEX "replay_letter_open" ON "replay_letter" ("replay_id", "id")
    WHERE "outcome" IS NULL"#;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(ReplayLetter::Table)
            .col(big_pk_auto(ReplayLetter::Id))
            .col(big_integer(ReplayLetter::ReplayId))
            .col(big_integer(ReplayLetter::DeadLetterId))
            .col(integer(ReplayLetter::Failures))
            .col(string_null(ReplayLetter::RequestDigest))
            .col(string_null(ReplayLetter::Outcome))
            .to_owned();
        manager.create_table(table).await?;
        let mut once = index("replay_letter_once", ReplayLetter::ReplayId);
        once.col(ReplayLetter::DeadLetterId).unique();
        manager.create_index(once).await?;
        let of_letter = index("replay_letter_dead_letter", ReplayLetter::DeadLetterId);
        manager.create_index(of_letter).await?;
        manager.get_connection().execute_unprepared(OPEN).await?;

        // SQLite takes one change of a table in a statement.
        for mut column in [
            big_integer(Replay::Generated).default(0).take(),
            text(Replay::FailedAgain).default("{}").take(),
        ] {
            let mut table = Table::alter();
            table.table(Replay::Table).add_column(&mut column);
            manager.alter_table(table).await?;
        }
        let mut table = Table::alter();
        table
            .table(DeadLetter::Table)
            .add_column(big_integer_null(DeadLetter::ContinuedAs));
        manager.alter_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::alter();
        table
            .table(DeadLetter::Table)
            .drop_column(DeadLetter::ContinuedAs);
        manager.alter_table(table).await?;
        for column in [Replay::FailedAgain, Replay::Generated] {
            let mut table = Table::alter();
            table.table(Replay::Table).drop_column(column);
            manager.alter_table(table).await?;
        }
        let table = Table::drop().table(ReplayLetter::Table).to_owned();
        manager.drop_table(table).await
    }
}

fn index(name: &str, column: ReplayLetter) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table(ReplayLetter::Table).col(column);
    index
}

#[derive(DeriveIden)]
enum ReplayLetter {
    Table,
    Id,
    ReplayId,
    DeadLetterId,
    Failures,
    RequestDigest,
    Outcome,
}

#[derive(DeriveIden)]
enum Replay {
    Table,
    Generated,
    FailedAgain,
}

#[derive(DeriveIden)]
enum DeadLetter {
    Table,
    ContinuedAs,
}
