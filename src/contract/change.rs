//! What a person changed, as `changes` lists it.

use std::collections::BTreeMap;

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::database::change::Model;

/// A change by a person.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeResource {
    /// Key of the row.
    pub id: i64,
    /// When.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub at: OffsetDateTime,
    /// Who: user@host, or the name of a token.
    pub actor: String,
    /// What was done, for example `dead_letter.discard` or `replay.cancel`.
    pub action: String,
    /// What it was done to, for example `dead-letter 12` or `replay 3`.
    pub target: String,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// How many things it concerned, by name.
    pub counts: BTreeMap<String, u64>,
}

impl From<Model> for ChangeResource {
    fn from(row: Model) -> Self {
        Self {
            counts: row.counts(),
            id: row.id,
            at: row.at,
            actor: row.actor,
            action: row.action,
            target: row.target,
            reason: row.reason,
        }
    }
}
