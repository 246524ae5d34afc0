//! The table `dead_letter_edit`: what operators changed in dead letters. Rows are only ever added.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

/// A row of `dead_letter_edit`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "dead_letter_edit")]
pub struct Model {
    /// Key of the row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The dead letter.
    pub dead_letter_id: i64,
    /// Its payload until then.
    #[sea_orm(column_type = "Blob")]
    pub before: Vec<u8>,
    /// Its payload since.
    #[sea_orm(column_type = "Blob")]
    pub after: Vec<u8>,
    /// Why, in the operator's words.
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
    /// By whom: user@host.
    #[sea_orm(column_type = "Text")]
    pub edited_by: String,
    /// When.
    pub edited_at: OffsetDateTime,
}

/// Looked up by `dead_letter_id`; nothing is joined.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
