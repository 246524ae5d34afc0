//! The table `replay`: one row for each replay of dead letters, with its progress and the lease of the process that runs it.

use std::collections::BTreeMap;

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::DatabaseError;
use super::dead_letters::Selection;
use super::run_status::RunStatus;
use super::stored_selection::StoredSelection;

/// A row of `replay`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "replay")]
pub struct Model {
    /// Key of the row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its state.
    pub status: RunStatus,
    /// Which dead letters, as JSON: see [`Model::selection`].
    #[sea_orm(column_type = "Text")]
    pub selection: String,
    /// Lane of the requests.
    pub lane: String,
    /// Requests a second at most.
    pub rate: Option<i64>,
    /// Requests at most, as it was asked for. The selection has a bound for it.
    pub at_most: Option<i64>,
    /// Dead letters that were selected.
    pub total: i64,
    /// Every selected dead letter up to this number was processed.
    pub after_id: i64,
    /// Requests that were published and confirmed.
    pub published: i64,
    /// Of these, the dead letters that are marked as replayed.
    pub marked: i64,
    /// Of those that were published, how many are generated, as far as it was seen: see [`super::followed`].
    pub generated: i64,
    /// How many have failed again, by their code, as JSON.
    #[sea_orm(column_type = "Text")]
    pub failed_again: String,
    /// Dead letters that the broker does not accept.
    pub refused: i64,
    /// The first of these, as JSON.
    #[sea_orm(column_type = "Text")]
    pub refused_letters: String,
    /// Dead letters whose properties or headers cannot be read.
    pub unreadable: i64,
    /// The first of these, as JSON.
    #[sea_orm(column_type = "Text")]
    pub unreadable_letters: String,
    /// Who created it: user@host, or the name of a token.
    #[sea_orm(column_type = "Text")]
    pub actor: String,
    /// Why, in the actor's words.
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
    /// What went wrong last.
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    /// The process that runs it, for people: host:pid.
    #[sea_orm(column_type = "Text", nullable)]
    pub owner: Option<String>,
    /// What the process that runs it knows and no other: its updates name it.
    pub lease: Option<String>,
    /// When the lease ends, in milliseconds since 1970 by the clock of the database.
    pub lease_until_ms: Option<i64>,
    /// When a person asked for its end, while a process runs it.
    pub cancel_requested_at: Option<OffsetDateTime>,
    /// When it was created.
    pub created_at: OffsetDateTime,
    /// When a process first ran it.
    pub started_at: Option<OffsetDateTime>,
    /// Last change of this row.
    pub updated_at: OffsetDateTime,
    /// When it was done, cancelled, or failed.
    pub finished_at: Option<OffsetDateTime>,
}

/// A dead letter that could not be replayed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotReplayed {
    /// Its number.
    pub id: i64,
    /// Why.
    pub reason: String,
}

impl Model {
    /// Which dead letters.
    pub fn selection(&self) -> Result<Selection, DatabaseError> {
        let id = self.id;
        StoredSelection::parse(&self.selection).map_err(|error| {
            let problem = format!("the selection of replay {id} cannot be read: {error}");
            DatabaseError::Client(problem)
        })
    }

    /// How many have failed again, by their code.
    pub fn failed_again(&self) -> BTreeMap<String, u64> {
        serde_json::from_str(&self.failed_again).unwrap_or_default()
    }

    /// The first of the dead letters that the broker does not accept.
    pub fn refused_letters(&self) -> Vec<NotReplayed> {
        serde_json::from_str(&self.refused_letters).unwrap_or_default()
    }

    /// The first of the dead letters that cannot be read.
    pub fn unreadable_letters(&self) -> Vec<NotReplayed> {
        serde_json::from_str(&self.unreadable_letters).unwrap_or_default()
    }
}

/// Nothing is joined.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
