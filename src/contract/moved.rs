//! An invoice whose request is about another one now.

use invoice::ClaimedIdentity;
use serde::Serialize;
use utoipa::ToSchema;

/// Where the request of an invoice went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MovedInvoice {
    /// Number of the dead letter that was edited.
    pub dead_letter: i64,
    /// The invoice that its request is about now.
    #[schema(value_type = super::ClaimedMarketplace)]
    pub marketplace: ClaimedIdentity,
}
