//! Sessions of the page: begun, found again and ended by any process that serves.

use std::time::Duration;

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, Set,
};
use time::OffsetDateTime;

use super::session::{ActiveModel, Column, Entity, Model};
use super::{Database, DatabaseError};

impl Database {
    /// Begins a session, and deletes those that have ended by `row.created_at`: visitors that were not seen for `idle`, or
    /// whose time is over.
    pub async fn begin_session(&self, row: Model, idle: Duration) -> Result<(), DatabaseError> {
        let now = row.created_at;
        let over = Condition::any()
            .add(Column::EndsAt.lte(now))
            .add(Column::SeenAt.lte(now - idle));
        let deleting = Entity::delete_many().filter(over);
        self.in_time(|connection| async move {
            deleting.exec(&connection).await?;
            let inserting = Entity::insert(row.into_active_model());
            inserting
                .exec_without_returning(&connection)
                .await
                .map(drop)
        })
        .await
    }

    /// Notes that a sign-in at the identity provider was used, until its time is over anyway; answers whether it was not used
    /// before.
    pub async fn use_sign_in(
        &self,
        id: String,
        ends_at: OffsetDateTime,
    ) -> Result<bool, DatabaseError> {
        let row = ActiveModel {
            id: Set(id),
            kind: Set("used".to_owned()),
            name: Set(String::new()),
            csrf: Set(String::new()),
            created_at: Set(ends_at),
            // It is not forgotten before its end, however short visitors may be idle.
            seen_at: Set(ends_at),
            ends_at: Set(ends_at),
            ..Default::default()
        };
        let once = OnConflict::column(Column::Id).do_nothing().to_owned();
        let inserting = Entity::insert(row).on_conflict(once);
        let inserted =
            self.in_time(async |connection| inserting.exec_without_returning(&connection).await);
        Ok(inserted.await? == 1)
    }

    /// A session, also one that has ended and was not deleted yet.
    pub async fn session(&self, id: &str) -> Result<Option<Model>, DatabaseError> {
        let finding = Entity::find_by_id(id);
        self.in_time(async |connection| finding.one(&connection).await)
            .await
    }

    /// Notes when the visitor of a session was seen.
    pub async fn see_session(&self, id: &str, at: OffsetDateTime) -> Result<(), DatabaseError> {
        let row = ActiveModel {
            seen_at: Set(at),
            ..Default::default()
        };
        let update = Entity::update_many().set(row).filter(Column::Id.eq(id));
        self.in_time(async |connection| update.exec(&connection).await.map(drop))
            .await
    }

    /// Ends a session. One that has ended already is none.
    pub async fn end_session(&self, id: &str) -> Result<(), DatabaseError> {
        let deleting = Entity::delete_by_id(id);
        self.in_time(async |connection| deleting.exec(&connection).await.map(drop))
            .await
    }
}
