//! The table `repair`: what people do with repairs. Each of their changes is recorded in the same transaction.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _,
    NotSet, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set, TransactionTrait as _,
};

use super::changes::{self, By, ChangeAction, NewChange};
use super::dead_letters::Selection;
use super::leases::Leased as _;
use super::records::now;
use super::repair::{ActiveModel, Column, Entity, Model, RepairStatus};
use super::repair_letter::{self, RepairVerdict};
use super::repair_runs::{released, untried};
use super::stored_selection::StoredSelection;
use super::{Database, DatabaseError, Listed, without_nul};

/// A repair that is to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewRepair<'a> {
    /// Which dead letters: frozen.
    pub selection: &'a Selection,
    /// How many these are.
    pub total: u64,
    /// What changes in each request, as JSON.
    pub patch: &'a str,
    /// Whether the new requests may be about other invoices.
    pub change_identity: bool,
    /// Code of the problems that `{pointer}` stands for.
    pub problem_code: Option<&'a str>,
    /// Rule of these problems.
    pub problem_rule: Option<&'a str>,
    /// Who makes it, and why.
    pub by: By<'a>,
}

/// How the letters of a repair are replayed.
#[derive(Clone, Copy, Debug)]
pub struct ReplayTerms<'a> {
    /// Lane of the requests.
    pub lane: &'a str,
    /// Requests a second at most.
    pub rate: Option<u32>,
    /// Requests at most.
    pub at_most: Option<u64>,
}

/// A change of the state of a repair by a person.
#[derive(Clone, Debug)]
struct Step {
    /// What is done.
    action: ChangeAction,
    /// The columns that change with it.
    row: ActiveModel,
}

impl Database {
    /// Makes a repair, which waits for a process that tries it.
    pub async fn create_repair(&self, new: NewRepair<'_>) -> Result<Model, DatabaseError> {
        let selection = StoredSelection::json(new.selection).map_err(|error| {
            DatabaseError::Client(format!("a selection cannot be written: {error}"))
        })?;
        let now = now();
        let row = ActiveModel {
            id: NotSet,
            status: Set(RepairStatus::Trying),
            goes_on_as: Set(None),
            selection: Set(selection),
            patch: Set(new.patch.to_owned()),
            change_identity: Set(new.change_identity),
            problem_code: Set(new.problem_code.map(without_nul)),
            problem_rule: Set(new.problem_rule.map(without_nul)),
            total: Set(i64::try_from(new.total).unwrap_or(i64::MAX)),
            after_id: Set(0),
            verdicts: Set("{}".to_owned()),
            templates: Set(None),
            begun_at: Set(None),
            edited: Set(0),
            skipped: Set(0),
            lane: Set(None),
            rate: Set(None),
            at_most: Set(None),
            replay_id: Set(None),
            actor: Set(without_nul(new.by.actor)),
            reason: Set(new.by.reason.map(without_nul)),
            applied_by: Set(None),
            applied_reason: Set(None),
            approved_by: Set(None),
            error: Set(None),
            owner: Set(None),
            lease: Set(None),
            lease_until_ms: Set(None),
            cancel_requested_at: Set(None),
            created_at: Set(now),
            tried_at: Set(None),
            updated_at: Set(now),
            finished_at: Set(None),
        };
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            let row = row.insert(&transaction).await?;
            record(&transaction, ChangeAction::RepairCreate, &row, new.by).await?;
            transaction.commit().await?;
            Ok(row)
        })
        .await
    }

    /// One repair.
    pub async fn repair(&self, id: i64) -> Result<Option<Model>, DatabaseError> {
        let found = Entity::find_by_id(id);
        self.in_time(async |connection| found.one(&connection).await)
            .await
    }

    /// A page of at most `limit` repairs, from the cursor of the page before.
    pub async fn repairs(
        &self,
        status: Option<RepairStatus>,
        cursor: Option<i64>,
        limit: u64,
    ) -> Result<Listed<Model>, DatabaseError> {
        let mut rows = Entity::find();
        if let Some(status) = status {
            rows = rows.filter(Column::Status.eq(status));
        }
        self.newest(rows, Column::Id, |row| row.id, cursor, limit)
            .await
    }

    /// A page of the letters of a repair, in the order of the trial, from the cursor of the page before.
    pub async fn repair_letters(
        &self,
        id: i64,
        verdict: Option<RepairVerdict>,
        cursor: Option<i64>,
        limit: u64,
    ) -> Result<Listed<repair_letter::Model>, DatabaseError> {
        use repair_letter::{Column, Entity};
        let mut page = Entity::find()
            .filter(Column::RepairId.eq(id))
            .filter(Column::DeadLetterId.gt(cursor.unwrap_or(0)))
            .order_by_asc(Column::DeadLetterId);
        if let Some(verdict) = verdict {
            page = page.filter(Column::Verdict.eq(verdict));
        }
        let page = page.limit(limit.saturating_add(1));
        let rows = self.in_time(async |connection| page.all(&connection).await);
        Ok(Listed::of(rows.await?, limit, |row| row.dead_letter_id))
    }

    /// Asks for the changes of a repair that was tried. It waits for the approval of another person, or for a process that makes
    /// them. `None` where it is not any more as it was seen.
    pub async fn apply_repair(
        &self,
        seen: &Model,
        terms: ReplayTerms<'_>,
        needs_approval: bool,
        by: By<'_>,
    ) -> Result<Option<Model>, DatabaseError> {
        let status = if needs_approval {
            RepairStatus::WaitingForApproval
        } else {
            RepairStatus::Applying
        };
        let row = ActiveModel {
            status: Set(status),
            after_id: Set(0),
            lane: Set(Some(terms.lane.to_owned())),
            rate: Set(terms.rate.map(i64::from)),
            at_most: Set(terms
                .at_most
                .map(|count| i64::try_from(count).unwrap_or(i64::MAX))),
            applied_by: Set(Some(without_nul(by.actor))),
            applied_reason: Set(by.reason.map(without_nul)),
            ..Default::default()
        };
        let step = Step {
            action: ChangeAction::RepairApply,
            row,
        };
        let as_seen = of(seen.id)
            .add(Column::Status.eq(RepairStatus::Tried))
            .add(Column::UpdatedAt.eq(seen.updated_at));
        self.step(as_seen, step, by).await
    }

    /// Approves the changes of a repair. `None` where it is not any more as it was seen, does not wait for that, or the same person
    /// has made it.
    pub async fn approve_repair(
        &self,
        seen: &Model,
        by: By<'_>,
    ) -> Result<Option<Model>, DatabaseError> {
        let actor = without_nul(by.actor);
        let row = ActiveModel {
            status: Set(RepairStatus::Applying),
            approved_by: Set(Some(actor.clone())),
            ..Default::default()
        };
        let step = Step {
            action: ChangeAction::RepairApprove,
            row,
        };
        let as_seen = of(seen.id)
            .add(Column::Status.eq(RepairStatus::WaitingForApproval))
            .add(Column::UpdatedAt.eq(seen.updated_at))
            .add(Column::Actor.ne(&actor))
            .add(Column::AppliedBy.ne(actor));
        self.step(as_seen, step, by).await
    }

    /// Cancels a repair that no process works on; of one that a process works on, that process learns that it has to stop. `None`
    /// where neither was possible.
    pub async fn cancel_repair(&self, id: i64, by: By<'_>) -> Result<Option<Model>, DatabaseError> {
        let now = now();
        self.in_time(|connection| async move {
            // Writes first: in SQLite a transaction that began with reading cannot write after another one has.
            let transaction = connection.begin().await?;
            let waiting = [RepairStatus::Tried, RepairStatus::WaitingForApproval];
            let stoppable = Condition::any()
                .add(Entity::is_free(connection.get_database_backend()))
                .add(Column::Status.is_in(waiting));
            let cancelled = Entity::update_many()
                .set(ActiveModel {
                    finished_at: Set(Some(now)),
                    ..released(now)
                })
                .col_expr(Column::GoesOnAs, Expr::col(Column::Status))
                .col_expr(Column::Status, Expr::value(RepairStatus::Cancelled))
                .filter(Column::Id.eq(id))
                .filter(stoppable)
                .exec_with_returning(&transaction)
                .await?;
            let mut changed = cancelled.into_iter().next();
            if changed.is_none() {
                let working = [RepairStatus::Trying, RepairStatus::Applying];
                let requested = Entity::update_many()
                    .col_expr(Column::CancelRequestedAt, Expr::value(now))
                    .col_expr(Column::UpdatedAt, Expr::value(now))
                    .filter(Column::Id.eq(id))
                    .filter(Column::Status.is_in(working))
                    .filter(Column::CancelRequestedAt.is_null())
                    .exec_with_returning(&transaction)
                    .await?;
                changed = requested.into_iter().next();
            }
            let Some(row) = changed else {
                return Ok(None);
            };
            record(&transaction, ChangeAction::RepairCancel, &row, by).await?;
            transaction.commit().await?;
            Ok(Some(row))
        })
        .await
    }

    /// Has a repair that was cancelled or has failed go on where it was. `None` where it is in another state, or replaying: see
    /// [`Self::resume_replaying`].
    pub async fn resume_repair(&self, id: i64, by: By<'_>) -> Result<Option<Model>, DatabaseError> {
        let stopped = [RepairStatus::Cancelled, RepairStatus::Failed];
        let now = now();
        let resume = Entity::update_many()
            .set(ActiveModel {
                error: Set(None),
                finished_at: Set(None),
                ..released(now)
            })
            .col_expr(Column::Status, Expr::col(Column::GoesOnAs))
            .col_expr(Column::GoesOnAs, Expr::value(Option::<String>::None))
            .filter(Column::Id.eq(id))
            .filter(Column::Status.is_in(stopped))
            .filter(Column::GoesOnAs.ne(RepairStatus::Replaying));
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            let resumed = resume.exec_with_returning(&transaction).await?;
            let Some(row) = resumed.into_iter().next() else {
                return Ok(None);
            };
            record(&transaction, ChangeAction::RepairResume, &row, by).await?;
            transaction.commit().await?;
            Ok(Some(row))
        })
        .await
    }

    /// Has a repair whose changes are not made yet tried again from the beginning. `None` where it is in another state.
    pub async fn retry_repair(&self, id: i64, by: By<'_>) -> Result<Option<Model>, DatabaseError> {
        let row = ActiveModel {
            status: Set(RepairStatus::Trying),
            applied_by: Set(None),
            applied_reason: Set(None),
            approved_by: Set(None),
            ..untried()
        };
        let step = Step {
            action: ChangeAction::RepairResume,
            row,
        };
        let tried = [RepairStatus::Tried, RepairStatus::WaitingForApproval];
        let tried = of(id).add(Column::Status.is_in(tried));
        self.step(tried, step, by).await
    }

    async fn step(
        &self,
        from: Condition,
        step: Step,
        by: By<'_>,
    ) -> Result<Option<Model>, DatabaseError> {
        let Step { action, mut row } = step;
        row.updated_at = Set(now());
        let update = Entity::update_many().set(row).filter(from);
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            let changed = update.exec_with_returning(&transaction).await?;
            let Some(row) = changed.into_iter().next() else {
                return Ok(None);
            };
            record(&transaction, action, &row, by).await?;
            transaction.commit().await?;
            Ok(Some(row))
        })
        .await
    }
}

fn of(id: i64) -> Condition {
    Condition::all().add(Column::Id.eq(id))
}

/// Records what a person does with a repair.
pub(super) async fn record(
    connection: &impl ConnectionTrait,
    action: ChangeAction,
    row: &Model,
    by: By<'_>,
) -> Result<(), DbErr> {
    let number = |count: i64| u64::try_from(count).unwrap_or(0);
    let would_issue = row.verdicts().remove(RepairVerdict::WouldIssue.as_str());
    let change = NewChange {
        by,
        action,
        target: format!("repair {}", row.id),
        counts: &[
            ("total", number(row.total)),
            ("wouldIssue", would_issue.unwrap_or(0)),
            ("edited", number(row.edited)),
        ],
    };
    changes::insert(connection, change).await.map(drop)
}
