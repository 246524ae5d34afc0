//! The table `dead_letter`: one row for each dead letter; it stays when it is replayed or discarded.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

/// State of a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum DeadLetterStatus {
    /// It waits for an operator.
    #[sea_orm(string_value = "open")]
    Open,
    /// It was published again, and has not failed since.
    #[sea_orm(string_value = "replayed")]
    Replayed,
    /// An operator decided that it is not to be processed.
    #[sea_orm(string_value = "discarded")]
    Discarded,
}

impl DeadLetterStatus {
    /// The name in the table and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Replayed => "replayed",
            Self::Discarded => "discarded",
        }
    }
}

/// A row of `dead_letter`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "dead_letter")]
pub struct Model {
    /// Key of the row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Two dead letters with the same one are the same: digest of message id, body and code, hexadecimal.
    #[sea_orm(unique)]
    pub fingerprint: String,
    /// The publisher's id of the message, for people; `properties` has the original.
    #[sea_orm(column_type = "Text", nullable)]
    pub message_id: Option<String>,
    /// Exchange that the message came through last.
    #[sea_orm(column_type = "Text")]
    pub exchange: String,
    /// Its routing key there.
    #[sea_orm(column_type = "Text")]
    pub routing_key: String,
    /// AMQP properties other than the headers, as JSON.
    #[sea_orm(column_type = "Text")]
    pub properties: String,
    /// All headers, the publisher's and those of the dead letter, as JSON.
    #[sea_orm(column_type = "Text")]
    pub headers: String,
    /// The request as it arrived, or as it was edited.
    #[sea_orm(column_type = "Blob")]
    pub payload: Vec<u8>,
    /// Why it was dead-lettered: the stable code.
    pub code: String,
    /// Where it failed.
    pub stage: String,
    /// Why it was dead-lettered, in words. May quote the request.
    #[sea_orm(column_type = "Text")]
    pub detail: String,
    /// Words of the detail and of the request, for searches: personal data. None until they are added to a row that an earlier
    /// version has written.
    #[sea_orm(column_type = "Text", nullable)]
    pub words: Option<String>,
    /// Attempts of the last time.
    pub attempts: i32,
    /// Identity: platform, where the payload has one.
    pub platform: Option<String>,
    /// Identity: shop.
    pub shop_id: Option<String>,
    /// Identity: order.
    pub order_id: Option<String>,
    /// Identity: package.
    pub package_id: Option<String>,
    /// Identity: sequence number.
    pub sequence_number: Option<String>,
    /// Worker that dead-lettered it; none if the broker did.
    #[sea_orm(column_type = "Text", nullable)]
    pub worker: Option<String>,
    /// Its state.
    pub status: DeadLetterStatus,
    /// How many times it was dead-lettered: once, and once more after each replay that failed.
    pub failures: i32,
    /// When it was dead-lettered the first time.
    pub first_failed_at: OffsetDateTime,
    /// When it was dead-lettered the last time.
    pub last_failed_at: OffsetDateTime,
    /// When it was last published again.
    pub replayed_at: Option<OffsetDateTime>,
    /// By whom: user@host.
    #[sea_orm(column_type = "Text", nullable)]
    pub replayed_by: Option<String>,
    /// When it was discarded.
    pub discarded_at: Option<OffsetDateTime>,
    /// By whom: user@host.
    #[sea_orm(column_type = "Text", nullable)]
    pub discarded_by: Option<String>,
    /// And why.
    #[sea_orm(column_type = "Text", nullable)]
    pub discard_reason: Option<String>,
    /// Lease of the replay that claimed this row last; void once that lease has ended.
    #[sea_orm(column_type = "Text", nullable)]
    pub claimed_by: Option<String>,
    /// The dead letter as which its message goes on: the message was replayed, and failed with a code with which another row
    /// had it already.
    pub continued_as: Option<i64>,
    /// When its personal data were erased: no request is left, and no message is this dead letter again.
    pub erased_at: Option<OffsetDateTime>,
    /// First time in the archive.
    pub created_at: OffsetDateTime,
    /// Last change of this row.
    pub updated_at: OffsetDateTime,
}

impl Column {
    /// The columns of the claimed identity, in the order of its parts.
    pub(super) const IDENTITY: [Self; 5] = [
        Self::Platform,
        Self::ShopId,
        Self::OrderId,
        Self::PackageId,
        Self::SequenceNumber,
    ];
}

/// Edits are looked up by their own column; nothing is joined.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
