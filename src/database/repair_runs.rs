//! Repairs that a process works on, under a [lease](super::leases): what it has found out, and what it has edited.

use std::collections::{BTreeMap, HashSet};

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait as _, NotSet,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Set, TransactionTrait as _,
};
use time::OffsetDateTime;

use super::leases::{self, Hold, Lease, LeaseColumns, Leased, is_over};
use super::records::now;
use super::repair::{ActiveModel, Column, Entity, Model, RepairStatus};
use super::repair_letter::{self, Applied, RepairVerdict};
use super::{Database, DatabaseError, without_nul};

/// A letter that was tried.
#[derive(Clone, Debug)]
pub struct TriedLetter {
    /// The dead letter.
    pub dead_letter: i64,
    /// What the trial says.
    pub verdict: RepairVerdict,
    /// Of one that would fail: the stable code.
    pub code: Option<&'static str>,
    /// Why, in words.
    pub detail: Option<String>,
    /// What is wrong with fields of the new request, as JSON.
    pub problems: Option<String>,
    /// Digest of the identity of the invoice that would be issued, hexadecimal.
    pub invoice: Option<String>,
    /// Digest of the new request, hexadecimal.
    pub request_digest: Option<String>,
    /// Digest of the content that was tried, before the patch.
    pub before_digest: String,
    /// And after it.
    pub after_digest: Option<String>,
}

/// A letter of which a repair was applied.
#[derive(Clone, Debug)]
pub struct AppliedLetter {
    /// The row of the letter in its repair.
    pub id: i64,
    /// The dead letter.
    pub dead_letter: i64,
    /// Why it was skipped; none where it was edited.
    pub skipped: Option<String>,
}

impl AppliedLetter {
    /// What was done with it.
    pub fn applied(&self) -> Applied {
        match self.skipped {
            Some(_) => Applied::Skipped,
            None => Applied::Edited,
        }
    }
}

impl Leased for Entity {
    const COLUMNS: LeaseColumns<Column> = LeaseColumns {
        id: Column::Id,
        owner: Column::Owner,
        lease: Column::Lease,
        lease_until_ms: Column::LeaseUntilMs,
        updated_at: Column::UpdatedAt,
    };

    fn is_free(backend: DbBackend) -> Condition {
        let working = [RepairStatus::Trying, RepairStatus::Applying];
        let left = Condition::any()
            .add(Column::LeaseUntilMs.is_null())
            .add(is_over::<Self>(backend));
        Condition::all()
            .add(Column::Status.is_in(working))
            .add(left)
    }

    fn is_cancel_requested(row: &Model) -> bool {
        row.cancel_requested_at.is_some()
    }
}

impl Database {
    /// Repairs that a process can claim, the oldest first, without these.
    pub async fn free_repairs(
        &self,
        except: &[i64],
        limit: u64,
    ) -> Result<Vec<i64>, DatabaseError> {
        self.in_time(|connection| async move {
            Entity::find()
                .select_only()
                .column(Column::Id)
                .filter(Entity::is_free(connection.get_database_backend()))
                .filter(Column::Id.is_not_in(except.iter().copied()))
                .order_by_asc(Column::Id)
                .limit(limit)
                .into_tuple::<i64>()
                .all(&connection)
                .await
        })
        .await
    }

    /// Claims a repair; `None` where another process has it, or there is nothing to do.
    pub async fn claim_repair(
        &self,
        id: i64,
        lease: &Lease,
    ) -> Result<Option<Model>, DatabaseError> {
        let nothing = Entity::update_many();
        self.in_time(async |connection| leases::claim(&connection, id, lease, nothing).await)
            .await
    }

    /// Has a lease go on from now.
    pub async fn renew_repair(&self, id: i64, lease: &Lease) -> Result<Hold, DatabaseError> {
        self.in_time(async |connection| {
            update(&connection, id, lease, ActiveModel::default()).await
        })
        .await
    }

    /// Begins a trial with these templates. What an earlier one has found out is deleted, but for letters that are edited already:
    /// these have the verdicts that are given, and are not tried again.
    pub async fn begin_trial(
        &self,
        id: i64,
        lease: &Lease,
        templates: &str,
        verdicts: &BTreeMap<String, u64>,
    ) -> Result<Hold, DatabaseError> {
        use repair_letter::{Column, Entity};
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            let row = ActiveModel {
                templates: Set(Some(templates.to_owned())),
                verdicts: Set(json(verdicts)),
                skipped: Set(0),
                ..untried()
            };
            let hold = update(&transaction, id, lease, row).await?;
            if hold != Hold::Lost {
                let not_edited = Condition::any()
                    .add(Column::Applied.is_null())
                    .add(Column::Applied.ne(Applied::Edited));
                Entity::delete_many()
                    .filter(Column::RepairId.eq(id))
                    .filter(not_edited)
                    .exec(&transaction)
                    .await?;
                transaction.commit().await?;
            }
            Ok(hold)
        })
        .await
    }

    /// Which of these dead letters a repair has edited.
    pub async fn edited_in_repair(
        &self,
        id: i64,
        letters: &[i64],
    ) -> Result<HashSet<i64>, DatabaseError> {
        use repair_letter::{Column, Entity};
        let edited = Entity::find()
            .select_only()
            .column(Column::DeadLetterId)
            .filter(Column::RepairId.eq(id))
            .filter(Column::DeadLetterId.is_in(letters.iter().copied()))
            .filter(Column::Applied.eq(Applied::Edited))
            .into_tuple::<i64>();
        let edited = self.in_time(async |connection| edited.all(&connection).await);
        Ok(edited.await?.into_iter().collect())
    }

    /// Records letters that were tried, with the counts of all verdicts so far. Nothing is recorded where the lease is lost. Of one
    /// whose personal data were erased meanwhile, the words are not stored.
    pub async fn record_tried(
        &self,
        id: i64,
        lease: &Lease,
        letters: &[TriedLetter],
        verdicts: &BTreeMap<String, u64>,
    ) -> Result<Hold, DatabaseError> {
        let Some(last) = letters.last() else {
            return self.renew_repair(id, lease).await;
        };
        let row = ActiveModel {
            after_id: Set(last.dead_letter),
            verdicts: Set(json(verdicts)),
            error: Set(None),
            ..ActiveModel::default()
        };
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            let hold = update(&transaction, id, lease, row).await?;
            if hold != Hold::Lost {
                let erased = erased(&transaction, letters).await?;
                let rows = letters.iter().map(|letter| {
                    let is_erased = erased.contains(&letter.dead_letter);
                    tried(id, letter, is_erased)
                });
                let insert = repair_letter::Entity::insert_many(rows);
                insert.exec_without_returning(&transaction).await?;
                transaction.commit().await?;
            }
            Ok(hold)
        })
        .await
    }

    /// A letter of this repair with a lower number that would issue this invoice, and the digest of its request.
    pub async fn rival_in_repair(
        &self,
        id: i64,
        invoice: &str,
    ) -> Result<Option<(i64, Option<String>)>, DatabaseError> {
        use repair_letter::{Column, Entity};
        let rival = Entity::find()
            .select_only()
            .column(Column::DeadLetterId)
            .column(Column::RequestDigest)
            .filter(Column::RepairId.eq(id))
            .filter(Column::Invoice.eq(invoice))
            .filter(Column::Verdict.eq(RepairVerdict::WouldIssue))
            .into_tuple::<(i64, Option<String>)>();
        self.in_time(async |connection| rival.one(&connection).await)
            .await
    }

    /// The next letters of a repair that would be issued and are not edited yet.
    pub async fn letters_to_edit(
        &self,
        id: i64,
        limit: u64,
    ) -> Result<Vec<repair_letter::Model>, DatabaseError> {
        use repair_letter::{Column, Entity};
        let letters = Entity::find()
            .filter(Column::RepairId.eq(id))
            .filter(Column::Verdict.eq(RepairVerdict::WouldIssue))
            .filter(Column::Applied.is_null())
            .order_by_asc(Column::DeadLetterId)
            .limit(limit);
        self.in_time(async |connection| letters.all(&connection).await)
            .await
    }

    /// Records that letters are edited from now on, before the first one is: those of a process that is killed stay in their repair.
    pub async fn begin_applying(&self, id: i64, lease: &Lease) -> Result<Hold, DatabaseError> {
        let row = ActiveModel {
            begun_at: Set(Some(now())),
            ..ActiveModel::default()
        };
        self.in_time(|connection| async move { update(&connection, id, lease, row).await })
            .await
    }

    /// Records letters that were edited or skipped, and counts them. Nothing is recorded where the lease is lost.
    pub async fn record_applied(
        &self,
        id: i64,
        lease: &Lease,
        letters: &[AppliedLetter],
        edited: i64,
        skipped: i64,
    ) -> Result<Hold, DatabaseError> {
        use repair_letter::{Column, Entity};
        let row = ActiveModel {
            after_id: letters.last().map_or(NotSet, |last| Set(last.dead_letter)),
            edited: Set(edited),
            skipped: Set(skipped),
            error: Set(None),
            ..ActiveModel::default()
        };
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            let hold = update(&transaction, id, lease, row).await?;
            if hold == Hold::Lost {
                return Ok(hold);
            }
            for letter in letters {
                Entity::update_many()
                    .col_expr(Column::Applied, Expr::value(letter.applied()))
                    .col_expr(
                        Column::SkipReason,
                        Expr::value(letter.skipped.as_deref().map(without_nul)),
                    )
                    .filter(Column::Id.eq(letter.id))
                    .exec(&transaction)
                    .await?;
            }
            transaction.commit().await?;
            Ok(hold)
        })
        .await
    }
}

/// What a row has of which nothing was tried. The letters are deleted by the process that tries it.
pub(super) fn untried() -> ActiveModel {
    ActiveModel {
        after_id: Set(0),
        verdicts: Set("{}".to_owned()),
        templates: Set(None),
        tried_at: Set(None),
        ..ActiveModel::default()
    }
}

/// What a row has that no process holds.
pub(super) fn released(now: OffsetDateTime) -> ActiveModel {
    ActiveModel {
        owner: Set(None),
        lease: Set(None),
        lease_until_ms: Set(None),
        cancel_requested_at: Set(None),
        updated_at: Set(now),
        ..ActiveModel::default()
    }
}

/// Changes a row under its lease, which goes on from now.
async fn update(
    connection: &impl ConnectionTrait,
    id: i64,
    lease: &Lease,
    row: ActiveModel,
) -> Result<Hold, DbErr> {
    let change = Entity::update_many().set(row);
    leases::update(connection, id, lease, change).await
}

fn json(verdicts: &BTreeMap<String, u64>) -> String {
    serde_json::to_string(verdicts).unwrap_or_else(|_| "{}".to_owned())
}

/// Those of these letters whose personal data are erased. Others are not erased before the transaction has ended: then an erasure
/// finds what was stored of them.
async fn erased(
    transaction: &impl ConnectionTrait,
    letters: &[TriedLetter],
) -> Result<HashSet<i64>, DbErr> {
    use super::dead_letter::{Column, Entity};
    let numbers = letters.iter().map(|letter| letter.dead_letter);
    // PostgreSQL locks these rows; SQLite has one writer at a time, which this transaction is.
    let found = Entity::find()
        .select_only()
        .columns([Column::Id, Column::ErasedAt])
        .filter(Column::Id.is_in(numbers))
        .order_by_asc(Column::Id)
        .lock_shared()
        .into_tuple::<(i64, Option<OffsetDateTime>)>()
        .all(transaction)
        .await?;
    let erased = found.into_iter().filter(|(_, at)| at.is_some());
    Ok(erased.map(|(id, _)| id).collect())
}

fn tried(repair: i64, letter: &TriedLetter, is_erased: bool) -> repair_letter::ActiveModel {
    let words = |text: &Option<String>| {
        let text = text.as_deref().filter(|_| !is_erased);
        text.map(without_nul)
    };
    repair_letter::ActiveModel {
        id: NotSet,
        repair_id: Set(repair),
        dead_letter_id: Set(letter.dead_letter),
        verdict: Set(letter.verdict),
        code: Set(letter.code.map(ToOwned::to_owned)),
        detail: Set(words(&letter.detail)),
        problems: Set(words(&letter.problems)),
        invoice: Set(letter.invoice.clone()),
        request_digest: Set(letter.request_digest.clone()),
        before_digest: Set(letter.before_digest.clone()),
        after_digest: Set(letter.after_digest.clone()),
        applied: Set(None),
        skip_reason: Set(None),
    }
}
