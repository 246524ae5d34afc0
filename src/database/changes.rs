//! The record of what people change: writing and listing it.

use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, NotSet,
    QueryFilter as _, Set,
};
use time::OffsetDateTime;

use super::change::{ActiveModel, Column, Entity, Model};
use super::records::{now, sortable};
use super::{Database, DatabaseError, Listed, without_nul};

/// Who changes something, and why.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// user@host, or the name of a token.
    pub actor: &'a str,
    /// Why, in the actor's words.
    pub reason: Option<&'a str>,
}

/// What people do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeAction {
    /// The request of a dead letter was replaced.
    DeadLetterEdit,
    /// Dead letters were discarded.
    DeadLetterDiscard,
    /// A replay was created.
    ReplayCreate,
    /// A replay was cancelled.
    ReplayCancel,
    /// A replay that was cancelled or had failed goes on.
    ReplayResume,
    /// A repair was made, and is tried.
    RepairCreate,
    /// The changes of a repair were asked for.
    RepairApply,
    /// They were approved by another person.
    RepairApprove,
    /// A repair was cancelled.
    RepairCancel,
    /// A repair that was cancelled or had failed goes on, or one is tried again.
    RepairResume,
    /// An audit has repaired documents and records.
    AuditRepair,
    /// An erasure was created.
    ErasureCreate,
    /// An erasure was cancelled.
    ErasureCancel,
    /// Personal data of requests were erased.
    RequestErase,
}

impl ChangeAction {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::DeadLetterEdit,
        Self::DeadLetterDiscard,
        Self::ReplayCreate,
        Self::ReplayCancel,
        Self::ReplayResume,
        Self::RepairCreate,
        Self::RepairApply,
        Self::RepairApprove,
        Self::RepairCancel,
        Self::RepairResume,
        Self::AuditRepair,
        Self::ErasureCreate,
        Self::ErasureCancel,
        Self::RequestErase,
    ];

    /// The name in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DeadLetterEdit => "dead_letter.edit",
            Self::DeadLetterDiscard => "dead_letter.discard",
            Self::ReplayCreate => "replay.create",
            Self::ReplayCancel => "replay.cancel",
            Self::ReplayResume => "replay.resume",
            Self::RepairCreate => "repair.create",
            Self::RepairApply => "repair.apply",
            Self::RepairApprove => "repair.approve",
            Self::RepairCancel => "repair.cancel",
            Self::RepairResume => "repair.resume",
            Self::AuditRepair => "audit.repair",
            Self::ErasureCreate => "erasure.create",
            Self::ErasureCancel => "erasure.cancel",
            Self::RequestErase => "request.erase",
        }
    }
}

/// A change that is to be recorded.
#[derive(Clone, Debug)]
pub struct NewChange<'a> {
    /// Who, and why.
    pub by: By<'a>,
    /// What is done.
    pub action: ChangeAction,
    /// What it is done to, for example `dead-letter 12`.
    pub target: String,
    /// How many things it concerns, each number with its name.
    pub counts: &'a [(&'a str, u64)],
}

/// Which changes. All given filters have to match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeFilter {
    /// By this actor.
    pub actor: Option<String>,
    /// With this action.
    pub action: Option<String>,
    /// Of this target, or of all targets with this number.
    pub target: Option<String>,
    /// Made then or later.
    pub since: Option<OffsetDateTime>,
    /// Made then or earlier.
    pub until: Option<OffsetDateTime>,
}

impl Database {
    /// Records a change that is not in a transaction of this database, such as one of another server.
    pub async fn record_change(&self, change: NewChange<'_>) -> Result<Model, DatabaseError> {
        self.in_time(async |connection| insert(&connection, change).await)
            .await
    }

    /// Replaces the counts of a change whose work goes on.
    pub async fn count_change(&self, id: i64, counts: &[(&str, u64)]) -> Result<(), DatabaseError> {
        self.in_time(async |connection| count(&connection, id, counts).await)
            .await
    }

    /// A page of at most `limit` changes, from the cursor of the page before.
    pub async fn changes(
        &self,
        filter: &ChangeFilter,
        cursor: Option<i64>,
        limit: u64,
    ) -> Result<Listed<Model>, DatabaseError> {
        let bounds = [
            filter.actor.as_ref().map(|it| Column::Actor.eq(it)),
            filter.action.as_ref().map(|it| Column::Action.eq(it)),
            filter.target.as_ref().map(|it| of_target(it)),
            filter.since.map(|it| Column::At.gte(sortable(it))),
            filter.until.map(|it| Column::At.lte(sortable(it))),
        ];
        let mut rows = Entity::find();
        for bound in bounds.into_iter().flatten() {
            rows = rows.filter(bound);
        }
        self.newest(rows, Column::Id, |row| row.id, cursor, limit)
            .await
    }
}

/// Of this target. A number alone is that of whatever has it.
fn of_target(target: &str) -> SimpleExpr {
    let is_number = !target.is_empty() && target.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return Column::Target.eq(target);
    }
    let numbered = ["dead-letter", "replay", "repair", "erasure"];
    Column::Target.is_in(numbered.map(|thing| format!("{thing} {target}")))
}

/// Records a change, in the transaction in which it is made.
pub(super) async fn insert(
    connection: &impl ConnectionTrait,
    change: NewChange<'_>,
) -> Result<Model, DbErr> {
    let row = ActiveModel {
        id: NotSet,
        at: Set(now()),
        actor: Set(without_nul(change.by.actor)),
        action: Set(change.action.as_str().to_owned()),
        target: Set(without_nul(&change.target)),
        reason: Set(change.by.reason.map(without_nul)),
        counts: Set(counts_json(change.counts)),
    };
    row.insert(connection).await
}

/// Replaces the counts of a change whose work takes several transactions.
pub(super) async fn count(
    connection: &impl ConnectionTrait,
    id: i64,
    counts: &[(&str, u64)],
) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::Counts, Expr::value(counts_json(counts)))
        .filter(Column::Id.eq(id));
    update.exec(connection).await.map(drop)
}

fn counts_json(counts: &[(&str, u64)]) -> String {
    let object: serde_json::Map<_, _> = counts
        .iter()
        .map(|(name, count)| ((*name).to_owned(), (*count).into()))
        .collect();
    serde_json::Value::Object(object).to_string()
}
