//! The table `erasure`: one row for each erasure that a process runs, with its progress and the lease of that process.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::DatabaseError;
use super::erasure_filter::{ErasureCounts, ErasureFilter, StoredFilter};
use super::run_status::RunStatus;

/// A row of `erasure`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "erasure")]
pub struct Model {
    /// Key of the row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its state.
    pub status: RunStatus,
    /// Whose data, as JSON: see [`Model::filter`]. The words of a buyer's name are in it until the end only.
    #[sea_orm(column_type = "Text")]
    pub filter: String,
    /// Whether documents are deleted, too.
    pub documents: bool,
    /// Whether open dead letters are discarded and erased, too.
    pub with_open: bool,
    /// Rows a second at most.
    pub rate: Option<i64>,
    /// Rows at most.
    pub at_most: Option<i64>,
    /// Of one that the retention has begun: the number of the one before, or 0.
    pub follows: Option<i64>,
    /// Rows that were looked at since it has begun, or has gone on after an interruption.
    pub looked: i64,
    /// Records of which the personal data are erased.
    pub records: i64,
    /// Dead letters of which they are.
    pub dead_letters: i64,
    /// Objects that are deleted.
    pub objects: i64,
    /// Objects that stay although they were to be deleted.
    pub kept_objects: i64,
    /// Open dead letters that stay.
    pub kept_letters: i64,
    /// Records that stay, since they changed again and again.
    pub kept_records: i64,
    /// The first of what stays, as JSON: see [`Model::kept`].
    #[sea_orm(column_type = "Text")]
    pub kept: String,
    /// Its record among what people changed.
    pub change_id: Option<i64>,
    /// Who created it: the name of a token, or of the retention.
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

/// What stays although it was to be erased or deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptItem {
    /// The invoice: the parts of its identity with slashes between.
    pub invoice: String,
    /// The dead letter, if it is one.
    pub dead_letter: Option<i64>,
    /// The object, if it is one.
    pub object_key: Option<String>,
    /// Why, by a stable name.
    pub reason: String,
    /// The end of the retention of an object.
    #[serde(with = "time::serde::rfc3339::option")]
    pub retained_until: Option<OffsetDateTime>,
    /// What the object store has answered.
    pub detail: Option<String>,
}

impl Model {
    /// Whose data. After the end, the words of a buyer's name are not in it any more.
    ///
    /// # Errors
    ///
    /// A later version has written a filter that this one does not know.
    pub fn filter(&self) -> Result<ErasureFilter, DatabaseError> {
        let stored = StoredFilter::parse(&self.filter).map_err(|error| {
            let id = self.id;
            DatabaseError::Client(format!(
                "the filter of erasure {id} cannot be read: {error}"
            ))
        })?;
        Ok(stored.into())
    }

    /// What changes of it are recorded for.
    pub(super) fn target(&self) -> String {
        format!("erasure {}", self.id)
    }

    /// Whether words of a buyer's name are, or were, in the filter.
    pub fn is_by_buyer(&self) -> bool {
        StoredFilter::parse(&self.filter).is_ok_and(|stored| stored.is_by_buyer())
    }

    /// Whether the retention has begun it.
    pub fn is_automatic(&self) -> bool {
        self.follows.is_some()
    }

    /// Whether it has erased as many rows as it may.
    pub fn is_at_its_bound(&self) -> bool {
        let erased = self.records + self.dead_letters;
        self.at_most.is_some_and(|most| erased >= most)
    }

    /// What is erased until now.
    pub fn counts(&self) -> ErasureCounts {
        let number = |count: i64| u64::try_from(count).unwrap_or(0);
        ErasureCounts {
            records: number(self.records),
            dead_letters: number(self.dead_letters),
            objects: number(self.objects),
            kept_objects: number(self.kept_objects),
            kept_letters: number(self.kept_letters),
            kept_records: number(self.kept_records),
        }
    }

    /// The first of what stays.
    pub fn kept(&self) -> Vec<KeptItem> {
        serde_json::from_str(&self.kept).unwrap_or_default()
    }
}

/// Nothing is joined.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
