//! The table `replay_letter`: one row for each dead letter that a replay has published, and what became of it.

use sea_orm::entity::prelude::*;

/// What became of a request that was published again, once that is known. It never changes then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum ReplayOutcome {
    /// Its document is issued.
    #[sea_orm(string_value = "generated")]
    Generated,
    /// It was dead-lettered again.
    #[sea_orm(string_value = "failed-again")]
    FailedAgain,
}

impl ReplayOutcome {
    /// The name in the table and on the command line; that of an outcome that is not known is `pending`.
    pub fn name(outcome: Option<Self>) -> &'static str {
        match outcome {
            Some(Self::Generated) => "generated",
            Some(Self::FailedAgain) => "failed-again",
            None => "pending",
        }
    }
}

/// A row of `replay_letter`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "replay_letter")]
pub struct Model {
    /// Key of the row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The replay.
    pub replay_id: i64,
    /// The dead letter.
    pub dead_letter_id: i64,
    /// How many times it had failed when it was published: once more, and it has failed again.
    pub failures: i32,
    /// Digest of the content of the request that was published, hexadecimal; none where it is not JSON, and fails again.
    pub request_digest: Option<String>,
    /// What became of it, once a process has seen it.
    pub outcome: Option<ReplayOutcome>,
}

/// Nothing is joined.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
