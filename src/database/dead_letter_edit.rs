//! The table `dead_letter_edit`: what operators changed in dead letters. Rows are only ever added.

use invoice::ClaimedIdentity;
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
    /// Identity until then, where the edit changed it: platform.
    pub former_platform: Option<String>,
    /// Shop.
    pub former_shop_id: Option<String>,
    /// Order.
    pub former_order_id: Option<String>,
    /// Package.
    pub former_package_id: Option<String>,
    /// Sequence number.
    pub former_sequence_number: Option<String>,
}

impl Model {
    /// The identity until then; none where the edit did not change it.
    pub fn former(&self) -> Option<ClaimedIdentity> {
        former([
            &self.former_platform,
            &self.former_shop_id,
            &self.former_order_id,
            &self.former_package_id,
            &self.former_sequence_number,
        ])
    }
}

/// The identity that has these parts; none where an edit has noted none.
pub(super) fn former(parts: [&Option<String>; 5]) -> Option<ClaimedIdentity> {
    let is_known = parts.iter().any(|part| part.is_some());
    is_known.then(|| ClaimedIdentity::from_parts(parts.map(Clone::clone)))
}

impl Column {
    /// The columns of the former identity, in the order of its parts.
    pub(super) const FORMER: [Self; 5] = [
        Self::FormerPlatform,
        Self::FormerShopId,
        Self::FormerOrderId,
        Self::FormerPackageId,
        Self::FormerSequenceNumber,
    ];
}

/// Looked up by `dead_letter_id`; nothing is joined.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
