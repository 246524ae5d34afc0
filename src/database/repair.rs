//! The table `repair`: one row for each repair of a group of dead letters, with its progress and the lease of the process that
//! works on it.

use std::collections::BTreeMap;

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

use super::DatabaseError;
use super::dead_letters::Selection;
use super::stored_selection::StoredSelection;

/// State of a repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum RepairStatus {
    /// Each letter is tried without effects, or waits for that.
    #[sea_orm(string_value = "trying")]
    Trying,
    /// All letters were tried; a person decides.
    #[sea_orm(string_value = "tried")]
    Tried,
    /// A person has asked for its changes, and another one has to approve them.
    #[sea_orm(string_value = "waiting_for_approval")]
    WaitingForApproval,
    /// The letters are edited, or wait for that.
    #[sea_orm(string_value = "applying")]
    Applying,
    /// The letters that were edited are replayed, or their outcomes are not all known.
    #[sea_orm(string_value = "replaying")]
    Replaying,
    /// It is over, and all outcomes are known.
    #[sea_orm(string_value = "done")]
    Done,
    /// A person has stopped it; it can be resumed.
    #[sea_orm(string_value = "cancelled")]
    Cancelled,
    /// It ended early, for the reason in `error`; it can be resumed.
    #[sea_orm(string_value = "failed")]
    Failed,
}

impl RepairStatus {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Trying,
        Self::Tried,
        Self::WaitingForApproval,
        Self::Applying,
        Self::Replaying,
        Self::Done,
        Self::Cancelled,
        Self::Failed,
    ];

    /// The name in the table, in the API and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trying => "trying",
            Self::Tried => "tried",
            Self::WaitingForApproval => "waiting_for_approval",
            Self::Applying => "applying",
            Self::Replaying => "replaying",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// The state of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// A row of `repair`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "repair")]
pub struct Model {
    /// Key of the row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its state.
    pub status: RepairStatus,
    /// Of one that is cancelled or failed: the state in which it goes on.
    pub goes_on_as: Option<RepairStatus>,
    /// Which dead letters, as JSON: see [`Model::selection`].
    #[sea_orm(column_type = "Text")]
    pub selection: String,
    /// What changes in each request, as JSON.
    #[sea_orm(column_type = "Text")]
    pub patch: String,
    /// Whether the new requests may be about other invoices.
    pub change_identity: bool,
    /// Code of the problems that `{pointer}` in the patch stands for.
    #[sea_orm(column_type = "Text", nullable)]
    pub problem_code: Option<String>,
    /// Rule of these problems.
    #[sea_orm(column_type = "Text", nullable)]
    pub problem_rule: Option<String>,
    /// Dead letters that were selected.
    pub total: i64,
    /// Every selected dead letter up to this number was tried, or edited: that of the state which it is in.
    pub after_id: i64,
    /// How many letters have which verdict, as JSON.
    #[sea_orm(column_type = "Text")]
    pub verdicts: String,
    /// Digest of the templates and fonts of the trial, hexadecimal.
    pub templates: Option<String>,
    /// When the first of its letters was about to be edited: from then on it is not tried again.
    pub begun_at: Option<OffsetDateTime>,
    /// Dead letters that were edited.
    pub edited: i64,
    /// Dead letters that would be issued, and could not be edited any more.
    pub skipped: i64,
    /// Lane of the replay.
    pub lane: Option<String>,
    /// Requests a second at most, of the replay.
    pub rate: Option<i64>,
    /// Requests at most, of the replay.
    pub at_most: Option<i64>,
    /// The replay.
    pub replay_id: Option<i64>,
    /// Who made it: user@host, or the name of a token.
    #[sea_orm(column_type = "Text")]
    pub actor: String,
    /// Why, in the actor's words.
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
    /// Who asked for its changes.
    #[sea_orm(column_type = "Text", nullable)]
    pub applied_by: Option<String>,
    /// Why, in that person's words.
    #[sea_orm(column_type = "Text", nullable)]
    pub applied_reason: Option<String>,
    /// Who approved its changes.
    #[sea_orm(column_type = "Text", nullable)]
    pub approved_by: Option<String>,
    /// What went wrong last.
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    /// The process that works on it, for people: host:pid.
    #[sea_orm(column_type = "Text", nullable)]
    pub owner: Option<String>,
    /// What the process that works on it knows and no other: its updates name it.
    pub lease: Option<String>,
    /// When the lease ends, in milliseconds since 1970 by the clock of the database.
    pub lease_until_ms: Option<i64>,
    /// When a person asked for its end, while a process works on it.
    pub cancel_requested_at: Option<OffsetDateTime>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When the trial was complete.
    pub tried_at: Option<OffsetDateTime>,
    /// Last change of this row.
    pub updated_at: OffsetDateTime,
    /// When it was done, cancelled, or failed.
    pub finished_at: Option<OffsetDateTime>,
}

impl Model {
    /// Which dead letters.
    pub fn selection(&self) -> Result<Selection, DatabaseError> {
        let id = self.id;
        StoredSelection::parse(&self.selection).map_err(|error| {
            let problem = format!("the selection of repair {id} cannot be read: {error}");
            DatabaseError::Client(problem)
        })
    }

    /// How many letters have which verdict, by the name of the verdict.
    pub fn verdicts(&self) -> BTreeMap<String, u64> {
        serde_json::from_str(&self.verdicts).unwrap_or_default()
    }
}

/// Nothing is joined.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
