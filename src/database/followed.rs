//! What became of dead letters that replays have published: reading what says it, and storing it.
//!
//! The failures of a dead letter only grow, and a generated record never changes, so an outcome that was seen once holds for
//! ever. It is stored with the counts of its replay, so that a list of replays costs little however large they are.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Query};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, FromQueryResult, NotSet,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set, Statement,
    TransactionTrait as _,
};
use uuid::Uuid;

use super::replay_letter::{ActiveModel, Column, Entity, ReplayOutcome};
use super::{Database, DatabaseError, dead_letter, replay, replay_letter};

/// A dead letter that a replay has published, with what the tables say of it now.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct Followed {
    /// Key of the row.
    pub id: i64,
    /// The dead letter.
    pub dead_letter_id: i64,
    /// How many times it had failed when it was published.
    pub failures: i32,
    /// Digest of the request that was published.
    pub request_digest: Option<String>,
    /// What became of it, where that is stored.
    pub outcome: Option<ReplayOutcome>,
    /// How many times it has failed now.
    pub failures_now: i32,
    /// The code of its last failure.
    pub code: String,
    /// The generated record of its identity, if there is one.
    pub record: Option<Uuid>,
    /// Digest of the request in that record.
    pub record_digest: Option<String>,
}

/// A letter whose message has failed again under the number of another one has the code of that one.
const FOLLOWED: &str = r#"SELECT "l"."id", "l"."dead_letter_id", "l"."failures", "l"."request_digest", "l"."outcome",
        "d"."failures" AS "failures_now", COALESCE("c"."code", "d"."code") AS "code",
        "r"."id" AS "record", "r"."request_digest" AS "record_digest"
    FROM "replay_letter" AS "l"
    INNER JOIN "dead_letter" AS "d" ON "d"."id" = "l"."dead_letter_id"
    LEFT JOIN "dead_letter" AS "c" ON "c"."id" = "d"."continued_as"
    LEFT JOIN "sales_invoice" AS "r" ON "r"."platform" = "d"."platform" AND "r"."shop_id" = "d"."shop_id"
        AND "r"."order_id" = "d"."order_id" AND "r"."package_id" = "d"."package_id"
        AND "r"."sequence_number" = "d"."sequence_number" AND "r"."status" = 'generated'"#;

/// What was found out about dead letters of a replay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Those whose document is issued.
    pub generated: Vec<i64>,
    /// Those that were dead-lettered again, by their code.
    pub failed_again: BTreeMap<String, Vec<i64>>,
}

impl Database {
    /// A page of the dead letters of a replay whose outcome is not stored, from after this row on.
    pub async fn undecided_letters(
        &self,
        replay: i64,
        after: i64,
        limit: u64,
    ) -> Result<Vec<Followed>, DatabaseError> {
        let select = format!(
            r#"{FOLLOWED} WHERE "l"."replay_id" = {replay} AND "l"."outcome" IS NULL AND "l"."id" > {after}
            ORDER BY "l"."id" LIMIT {limit}"#
        );
        self.followed(select).await
    }

    /// The last replay of each of these dead letters.
    pub async fn last_replays_of(&self, letters: &[i64]) -> Result<Vec<Followed>, DatabaseError> {
        if letters.is_empty() {
            return Ok(Vec::new());
        }
        let numbers: Vec<String> = letters.iter().map(i64::to_string).collect();
        let numbers = numbers.join(", ");
        let select = format!(
            r#"{FOLLOWED} WHERE "l"."id" IN (SELECT MAX("id") FROM "replay_letter"
            WHERE "dead_letter_id" IN ({numbers}) GROUP BY "dead_letter_id")"#
        );
        self.followed(select).await
    }

    /// These dead letters, as a replay has published them.
    pub async fn letters_of_replay(
        &self,
        replay: i64,
        letters: &[i64],
    ) -> Result<Vec<Followed>, DatabaseError> {
        if letters.is_empty() {
            return Ok(Vec::new());
        }
        let numbers: Vec<String> = letters.iter().map(i64::to_string).collect();
        let numbers = numbers.join(", ");
        let select = format!(
            r#"{FOLLOWED} WHERE "l"."replay_id" = {replay} AND "l"."dead_letter_id" IN ({numbers})"#
        );
        self.followed(select).await
    }

    /// The last replays that have published a dead letter, the newest first.
    pub async fn replays_of_letter(
        &self,
        letter: i64,
        limit: u64,
    ) -> Result<Vec<replay_letter::Model>, DatabaseError> {
        let replays = Entity::find()
            .filter(Column::DeadLetterId.eq(letter))
            .order_by_desc(Column::Id)
            .limit(limit);
        self.in_time(async |connection| replays.all(&connection).await)
            .await
    }

    /// The first dead letters of a replay that have failed again.
    pub async fn failed_again_in(
        &self,
        replay: i64,
        limit: u64,
    ) -> Result<Vec<i64>, DatabaseError> {
        let letters = Entity::find()
            .filter(Column::ReplayId.eq(replay))
            .filter(Column::Outcome.eq(ReplayOutcome::FailedAgain))
            .order_by_asc(Column::DeadLetterId)
            .limit(limit);
        let letters = self.in_time(async |connection| letters.all(&connection).await);
        let letters = letters.await?.into_iter();
        Ok(letters.map(|letter| letter.dead_letter_id).collect())
    }

    async fn followed(&self, select: String) -> Result<Vec<Followed>, DatabaseError> {
        self.in_time(|connection| async move {
            let statement = Statement::from_string(connection.get_database_backend(), select);
            Followed::find_by_statement(statement)
                .all(&connection)
                .await
        })
        .await
    }

    /// How many dead letters of a replay have no outcome yet. One that was deleted will have none.
    pub async fn undecided_count(&self, replay: i64) -> Result<u64, DatabaseError> {
        let undecided = Entity::find()
            .filter(Column::ReplayId.eq(replay))
            .filter(Column::Outcome.is_null())
            .filter(is_archived());
        self.in_time(|connection| async move { undecided.count(&connection).await })
            .await
    }

    /// How many dead letters a replay has noted as published, without those that were deleted before their outcome was known.
    pub async fn noted_count(&self, replay: i64) -> Result<u64, DatabaseError> {
        let is_followed = Condition::any()
            .add(Column::Outcome.is_not_null())
            .add(is_archived());
        let noted = Entity::find()
            .filter(Column::ReplayId.eq(replay))
            .filter(is_followed);
        self.in_time(|connection| async move { noted.count(&connection).await })
            .await
    }

    /// Stores outcomes, and counts in the replay those that no other process has stored before.
    pub async fn store_outcomes(
        &self,
        replay: i64,
        outcomes: &Outcomes,
    ) -> Result<(), DatabaseError> {
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            let issued = ReplayOutcome::Generated;
            let generated = decide(&transaction, replay, issued, &outcomes.generated).await?;
            let mut failed_again = BTreeMap::new();
            for (code, letters) in &outcomes.failed_again {
                let count = decide(&transaction, replay, ReplayOutcome::FailedAgain, letters);
                failed_again.insert(code.as_str(), count.await?);
            }
            count(&transaction, replay, generated, &failed_again).await?;
            transaction.commit().await
        })
        .await
    }
}

/// Of a letter whose dead letter is there.
fn is_archived() -> Expr {
    let archived = Query::select()
        .column(dead_letter::Column::Id)
        .from(dead_letter::Entity)
        .to_owned();
    Column::DeadLetterId.in_subquery(archived)
}

/// Stores an outcome where there is none; returns how often.
async fn decide(
    connection: &impl ConnectionTrait,
    replay: i64,
    outcome: ReplayOutcome,
    letters: &[i64],
) -> Result<u64, DbErr> {
    if letters.is_empty() {
        return Ok(0);
    }
    let decided = Entity::update_many()
        .col_expr(Column::Outcome, Expr::value(outcome))
        .filter(Column::ReplayId.eq(replay))
        .filter(Column::DeadLetterId.is_in(letters.iter().copied()))
        .filter(Column::Outcome.is_null());
    Ok(decided.exec(connection).await?.rows_affected)
}

/// Adds to the counts of a replay.
async fn count(
    connection: &impl ConnectionTrait,
    replay: i64,
    generated: u64,
    failed_again: &BTreeMap<&str, u64>,
) -> Result<(), DbErr> {
    use replay::{Column, Entity};
    let more = i64::try_from(generated).unwrap_or(i64::MAX);
    // The row is locked from here on, so that its codes are read as they are.
    Entity::update_many()
        .col_expr(Column::Generated, Expr::col(Column::Generated).add(more))
        .filter(Column::Id.eq(replay))
        .exec(connection)
        .await?;
    let Some(row) = Entity::find_by_id(replay).one(connection).await? else {
        return Ok(());
    };
    let mut codes = row.failed_again();
    for (code, count) in failed_again {
        if *count > 0 {
            *codes.entry((*code).to_owned()).or_default() += count;
        }
    }
    let codes = serde_json::to_string(&codes).unwrap_or_else(|_| "{}".to_owned());
    Entity::update_many()
        .col_expr(Column::FailedAgain, Expr::value(codes))
        .filter(Column::Id.eq(replay))
        .exec(connection)
        .await
        .map(drop)
}

/// Notes that a replay has published dead letters, with the digests of their requests.
pub(super) async fn follow(
    connection: &impl ConnectionTrait,
    replay: i64,
    letters: &[dead_letter::Model],
    digests: &[Option<String>],
) -> Result<(), DbErr> {
    if letters.is_empty() {
        return Ok(());
    }
    let rows = letters
        .iter()
        .zip(digests)
        .map(|(letter, digest)| ActiveModel {
            id: NotSet,
            replay_id: Set(replay),
            dead_letter_id: Set(letter.id),
            failures: Set(letter.failures),
            request_digest: Set(digest.clone()),
            outcome: Set(None),
        });
    // A replay may publish a batch a second time, after its lease has ended.
    let again = OnConflict::columns([Column::ReplayId, Column::DeadLetterId])
        .update_column(Column::Failures)
        .to_owned();
    let insert = Entity::insert_many(rows).on_conflict(again);
    insert.exec_without_returning(connection).await.map(drop)
}
