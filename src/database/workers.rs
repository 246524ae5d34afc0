//! What workers report of themselves, and counts of the state as a whole. No message waits for any of it.

use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbBackend, DbErr, EntityTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    Statement,
};
use time::OffsetDateTime;

use super::leases::clock;
use super::records::now;
use super::worker::{Column, Entity, Model};
use super::{Database, DatabaseError, DeadLetterStatus, Status, dead_letter, sales_invoice};

/// A worker that was killed is forgotten after this time.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3_600);

/// A worker, and how long ago it reported.
#[derive(Clone, Debug)]
pub struct Reported {
    /// Its report.
    pub worker: Model,
    /// Its age, by the clock of the database.
    pub age: Duration,
}

/// Open dead letters with the same code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenLetters {
    /// The code.
    pub code: String,
    /// How many.
    pub count: u64,
    /// When the oldest one failed.
    pub oldest: OffsetDateTime,
    /// When the newest one failed.
    pub newest: OffsetDateTime,
}

impl Database {
    /// Writes the report of a worker, whose time is that of the database. Its first one makes the row, and forgets workers
    /// that were killed long ago.
    pub async fn report_worker(&self, row: &Model) -> Result<(), DatabaseError> {
        let row = row.clone();
        self.in_time(|connection| async move {
            let backend = connection.get_database_backend();
            if refresh(&connection, &row, backend).await? {
                return Ok(());
            }
            let forgotten = format!("{} - {}", clock(backend), FORGOTTEN_AFTER.as_millis());
            let old =
                Entity::delete_many().filter(Expr::col(Column::SeenAtMs).lt(Expr::cust(forgotten)));
            old.exec(&connection).await?;
            row.clone().into_active_model().insert(&connection).await?;
            refresh(&connection, &row, backend).await.map(drop)
        })
        .await
    }

    /// Forgets a worker that has ended.
    pub async fn forget_worker(&self, id: &str) -> Result<(), DatabaseError> {
        let deleting = Entity::delete_by_id(id.to_owned());
        self.in_time(async |connection| deleting.exec(&connection).await.map(drop))
            .await
    }

    /// The workers that report themselves, by host and process, and those that were killed within the last hour.
    pub async fn workers(&self) -> Result<Vec<Reported>, DatabaseError> {
        self.in_time(|connection| async move {
            let now = database_now(&connection).await?;
            let workers = Entity::find()
                .order_by_asc(Column::Host)
                .order_by_asc(Column::Pid)
                .all(&connection)
                .await?;
            let reported = |worker: Model| {
                let age = now.saturating_sub(worker.seen_at_ms);
                let age = Duration::from_millis(age.try_into().unwrap_or(0));
                Reported { worker, age }
            };
            let workers = workers.into_iter().map(reported);
            Ok(workers.filter(|it| it.age < FORGOTTEN_AFTER).collect())
        })
        .await
    }

    /// How many documents were generated within this time, also of requests that had failed before.
    pub async fn generated_within(&self, time: Duration) -> Result<u64, DatabaseError> {
        let recent = sales_invoice::Entity::find()
            .filter(sales_invoice::Column::Status.eq(Status::Generated))
            .filter(sales_invoice::Column::GeneratedAt.gte(now() - time));
        self.in_time(async |connection| recent.count(&connection).await)
            .await
    }

    /// Open dead letters by their code, the most frequent first.
    pub async fn open_letters(&self) -> Result<Vec<OpenLetters>, DatabaseError> {
        if let Some(codes) = self.counted_codes().await? {
            return Ok(codes);
        }
        use dead_letter::{Column, Entity};
        let counts = Entity::find()
            .select_only()
            .column(Column::Code)
            .column_as(Column::Id.count(), "count")
            .column_as(Column::LastFailedAt.min(), "oldest")
            .column_as(Column::LastFailedAt.max(), "newest")
            .filter(Column::Status.eq(DeadLetterStatus::Open))
            .group_by(Column::Code)
            .order_by_desc(Column::Id.count())
            .order_by_asc(Column::Code)
            .into_tuple::<(String, i64, OffsetDateTime, OffsetDateTime)>();
        let rows = self.in_time(async |connection| counts.all(&connection).await);
        let rows = rows.await?.into_iter();
        Ok(rows
            .map(|(code, count, oldest, newest)| OpenLetters {
                code,
                count: count.try_into().unwrap_or(0),
                oldest,
                newest,
            })
            .collect())
    }
}

/// Returns whether there was a row.
async fn refresh(
    connection: &impl ConnectionTrait,
    row: &Model,
    backend: DbBackend,
) -> Result<bool, DbErr> {
    let mut set = row.clone().into_active_model().reset_all();
    set.id.take();
    set.seen_at_ms.take();
    let updated = Entity::update_many()
        .set(set)
        .col_expr(Column::SeenAtMs, Expr::cust(clock(backend)))
        .filter(Column::Id.eq(&row.id))
        .exec(connection)
        .await?;
    Ok(updated.rows_affected > 0)
}

/// Milliseconds since 1970 by the clock of the database.
pub(super) async fn database_now(connection: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let backend = connection.get_database_backend();
    let question = format!("SELECT {} AS now", clock(backend));
    let answer = connection.query_one_raw(Statement::from_string(backend, question));
    let now = answer
        .await?
        .map(|row| row.try_get("", "now"))
        .transpose()?;
    Ok(now.unwrap_or_default())
}
