//! The table `activity`: what workers have done, by the minute; what is older than an hour by ten minutes, for all of them.

use sea_orm::entity::prelude::*;

/// A row of `activity`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "activity")]
pub struct Model {
    /// Key of the row: a UUID. A row that is written again, because the answer of the database was lost, counts once.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// When it begins, in whole minutes since 1970, by the clock of the worker.
    pub minute: i64,
    /// How many minutes it is about: 1 or 10.
    pub minutes: i64,
    /// The worker: its key in the table `worker`; empty where the row is about several.
    pub worker: String,
    /// How many messages ended how: an object as JSON.
    #[sea_orm(column_type = "Text")]
    pub outcomes: String,
    /// How long the stages took: an object with a histogram for each, as JSON.
    #[sea_orm(column_type = "Text")]
    pub stages: String,
    /// Why messages were retried: an object with a count for each code, as JSON. None where none was, and in rows of earlier versions.
    #[sea_orm(column_type = "Text", nullable)]
    pub retries: Option<String>,
}

/// Nothing is joined.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
