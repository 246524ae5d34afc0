//! The table `change`: what people changed, when and why. Rows are only ever added.

use std::collections::BTreeMap;

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

/// A row of `change`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "change")]
pub struct Model {
    /// Key of the row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// When.
    pub at: OffsetDateTime,
    /// By whom: user@host, or the name of a token.
    #[sea_orm(column_type = "Text")]
    pub actor: String,
    /// What was done: a name of [`ChangeAction`](super::ChangeAction), or one that only a later version knows.
    pub action: String,
    /// What it was done to, for example `dead-letter 12`.
    #[sea_orm(column_type = "Text")]
    pub target: String,
    /// Why, in the actor's words.
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
    /// How many things it concerned, by name, as a JSON object.
    #[sea_orm(column_type = "Text")]
    pub counts: String,
}

impl Model {
    /// How many things it concerned, by name.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        serde_json::from_str(&self.counts).unwrap_or_default()
    }
}

/// Nothing is joined.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
