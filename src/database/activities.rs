//! What workers have done: writing, adding up, forgetting and reading it. No message waits for any of it.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QuerySelect as _, TransactionTrait as _,
};

use super::activity::{ActiveModel, Column, Entity, Model};
use super::workers::database_now;
use super::{Database, DatabaseError};

/// The figures of some minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// When they begin, in whole minutes since 1970.
    pub minute: i64,
    /// As in the row.
    pub outcomes: String,
    /// As in the row.
    pub stages: String,
    /// As in the row.
    pub retries: Option<String>,
}

impl Database {
    /// Writes a row. One that is there already is left as it is.
    pub async fn add_activity(&self, row: &Model) -> Result<(), DatabaseError> {
        let again = OnConflict::column(Column::Id).do_nothing().to_owned();
        let rows = [row.clone().into_active_model()];
        let insert = Entity::insert_many::<ActiveModel, _>(rows).on_conflict(again);
        self.in_time(async |connection| insert.exec_without_returning(&connection).await)
            .await
            .map(drop)
    }

    /// Milliseconds since 1970 by the clock of the database, which is the same for all workers.
    pub async fn now_ms(&self) -> Result<i64, DatabaseError> {
        self.in_time(async |connection| database_now(&connection).await)
            .await
    }

    /// The figures from one minute until before another one, in no order.
    pub async fn activity(&self, from: i64, until: i64) -> Result<Vec<Recorded>, DatabaseError> {
        let rows = Entity::find()
            .select_only()
            .columns([
                Column::Minute,
                Column::Outcomes,
                Column::Stages,
                Column::Retries,
            ])
            .filter(Column::Minute.gte(from))
            .filter(Column::Minute.lt(until))
            .into_tuple::<(i64, String, String, Option<String>)>();
        let rows = self.in_time(async |connection| rows.all(&connection).await);
        let recorded = rows.await?.into_iter();
        Ok(recorded
            .map(|(minute, outcomes, stages, retries)| Recorded {
                minute,
                outcomes,
                stages,
                retries,
            })
            .collect())
    }

    /// Replaces the rows of single minutes before this one by those that `add_up` makes of them, in one transaction. Several
    /// workers may do so at once: each row is added up by one of them. Returns how many rows were replaced.
    pub async fn add_up_activity(
        &self,
        before: i64,
        add_up: impl FnOnce(Vec<Model>) -> Vec<Model>,
    ) -> Result<usize, DatabaseError> {
        self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            let taken = Entity::delete_many()
                .filter(Column::Minute.lt(before))
                .filter(Column::Minutes.eq(1))
                .exec_with_returning(&transaction)
                .await?;
            let count = taken.len();
            let rows = add_up(taken).into_iter().map(Model::into_active_model);
            let rows: Vec<ActiveModel> = rows.collect();
            if !rows.is_empty() {
                Entity::insert_many(rows)
                    .exec_without_returning(&transaction)
                    .await?;
            }
            transaction.commit().await?;
            Ok(count)
        })
        .await
    }

    /// Deletes what is about minutes before the one or after the other.
    pub async fn forget_activity(&self, before: i64, after: i64) -> Result<(), DatabaseError> {
        let is_other = Condition::any()
            .add(Column::Minute.lt(before))
            .add(Column::Minute.gt(after));
        let deleting = Entity::delete_many().filter(is_other);
        self.in_time(async |connection| deleting.exec(&connection).await.map(drop))
            .await
    }
}
