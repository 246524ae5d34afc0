//! The batches of a replay: dead letters are claimed, published, and recorded.
//!
//! Two replays may have selected the same dead letters. So a process claims them for its replay before it publishes them, under
//! the lease: a claim holds as long as the lease under which it was made, and ends when the batch is recorded. Until then
//! the letters are not edited, discarded or erased.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbBackend, DbErr, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Set, TransactionTrait as _,
};
use time::OffsetDateTime;

use super::dead_letters::{is_unclaimed, mark, unchanged};
use super::followed::follow;
use super::leases::{self, Hold, Lease, clock};
use super::replay::{self, ActiveModel, Model, NotReplayed};
use super::{Database, DatabaseError, dead_letter};

/// How far a replay has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Every selected dead letter up to this number was processed.
    pub after_id: i64,
    /// Requests that were published and confirmed.
    pub published: u64,
    /// Of these, the dead letters that are marked as replayed.
    pub marked: u64,
    /// Dead letters that the broker does not accept.
    pub refused: u64,
    /// The first of these.
    pub refused_letters: Vec<NotReplayed>,
    /// Dead letters that cannot be read.
    pub unreadable: u64,
    /// The first of these.
    pub unreadable_letters: Vec<NotReplayed>,
}

impl From<&Model> for Position {
    fn from(row: &Model) -> Self {
        let number = |count: i64| u64::try_from(count).unwrap_or(0);
        Self {
            after_id: row.after_id,
            published: number(row.published),
            marked: number(row.marked),
            refused: number(row.refused),
            refused_letters: row.refused_letters(),
            unreadable: number(row.unreadable),
            unreadable_letters: row.unreadable_letters(),
        }
    }
}

/// What a batch has published.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// The dead letters whose requests were confirmed, as they were read.
    pub letters: &'a [dead_letter::Model],
    /// The digests of their requests, in the same order.
    pub digests: &'a [Option<String>],
    /// When they were published.
    pub at: OffsetDateTime,
    /// Who created the replay.
    pub by: &'a str,
    /// The numbers of all dead letters that were claimed for the batch. Their claims end now.
    pub claimed: &'a [i64],
}

impl Database {
    /// Claims dead letters for the replay of this lease; the numbers of those that are claimed. The others are claimed by
    /// another replay, or were changed since they were read. While another replay has claimed the first one, none is claimed:
    /// what comes after it could not be published.
    pub async fn claim_dead_letters(
        &self,
        rows: &[dead_letter::Model],
        lease: &Lease,
    ) -> Result<Vec<i64>, DatabaseError> {
        use dead_letter::{Column, Entity};
        let Some(first) = rows.first() else {
            return Ok(Vec::new());
        };
        self.in_time(|connection| async move {
            let backend = connection.get_database_backend();
            Entity::update_many()
                .col_expr(Column::ClaimedBy, Expr::value(&lease.token))
                .filter(unchanged(rows))
                .filter(is_unclaimed(backend))
                .filter(is_not_claimed_by_another(first.id, lease, backend))
                .exec(&connection)
                .await?;
            Entity::find()
                .select_only()
                .column(Column::Id)
                .filter(Column::Id.is_in(rows.iter().map(|row| row.id)))
                .filter(Column::ClaimedBy.eq(&lease.token))
                .order_by_asc(Column::Id)
                .into_tuple::<i64>()
                .all(&connection)
                .await
        })
        .await
    }

    /// The replay that has claimed a dead letter and may publish it now, if there is one.
    pub async fn claimant(&self, letter: i64) -> Result<Option<i64>, DatabaseError> {
        use super::replay::{Column, Entity};
        self.in_time(|connection| async move {
            let claims = format!(
                r#""lease_until_ms" > {} AND "lease" = (SELECT "claimed_by" FROM "dead_letter" WHERE "id" = {letter})"#,
                clock(connection.get_database_backend())
            );
            let found = Entity::find().select_only().column(Column::Id);
            let found = found.filter(Expr::cust(claims)).into_tuple::<i64>();
            found.one(&connection).await
        })
        .await
    }

    /// Marks what a batch has published, and records the progress of its replay, with `marked` raised by those that are marked
    /// now. Returns how many these are. What was published is marked even if the lease is lost. The claims of the batch end.
    pub async fn record_batch(
        &self,
        id: i64,
        lease: &Lease,
        sent: Sent<'_>,
        position: &Position,
    ) -> Result<(u64, Hold), DatabaseError> {
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            // Marking changes counts, which others wait for from then on: no further dead letter may be locked after it.
            let is_published = |id: &i64| sent.letters.iter().any(|letter| letter.id == *id);
            let left = sent.claimed.iter().copied();
            let left: Vec<i64> = left.filter(|id| !is_published(id)).collect();
            release(&transaction, &left, lease).await?;
            let marked = mark(&transaction, sent.letters, sent.at, sent.by, Some(lease)).await?;
            follow(&transaction, id, sent.letters, sent.digests).await?;
            let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
            let row = ActiveModel {
                after_id: Set(position.after_id),
                published: Set(number(position.published)),
                marked: Set(number(position.marked + marked)),
                refused: Set(number(position.refused)),
                refused_letters: Set(json(&position.refused_letters)),
                unreadable: Set(number(position.unreadable)),
                unreadable_letters: Set(json(&position.unreadable_letters)),
                error: Set(None),
                ..ActiveModel::default()
            };
            let progress = replay::Entity::update_many().set(row);
            let hold = leases::update(&transaction, id, lease, progress).await?;
            transaction.commit().await?;
            Ok((marked, hold))
        })
        .await
    }
}

/// Holds unless another running replay has claimed this dead letter.
fn is_not_claimed_by_another(id: i64, lease: &Lease, backend: DbBackend) -> Expr {
    let own = if backend == DbBackend::Postgres {
        "$1"
    } else {
        "?"
    };
    let claimed = format!(
        r#"NOT EXISTS (SELECT 1 FROM "dead_letter" AS "first"
            INNER JOIN "replay" ON "replay"."lease" = "first"."claimed_by"
            WHERE "first"."id" = {id} AND "first"."claimed_by" <> {own} AND "replay"."lease_until_ms" > {})"#,
        clock(backend)
    );
    Expr::cust_with_values(claimed, [lease.token.clone()])
}

/// Ends claims that were made under this lease.
async fn release(
    connection: &impl ConnectionTrait,
    claimed: &[i64],
    lease: &Lease,
) -> Result<(), DbErr> {
    use dead_letter::{Column, Entity};
    if claimed.is_empty() {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::ClaimedBy, Expr::value(Option::<String>::None))
        .filter(Column::Id.is_in(claimed.iter().copied()))
        .filter(Column::ClaimedBy.eq(&lease.token))
        .exec(connection)
        .await
        .map(drop)
}

fn json(letters: &[NotReplayed]) -> String {
    serde_json::to_string(letters).unwrap_or_else(|_| "[]".to_owned())
}
