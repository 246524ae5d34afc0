//! Which dead letters: filters, and reading page by page.

use std::collections::HashSet;

use invoice::ClaimedIdentity;
use sea_orm::{
    ColumnTrait as _, Condition, DbBackend, EntityTrait as _, FromQueryResult, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select,
};
use time::OffsetDateTime;

use super::conditions::{about_pointer, breaks_rule, edited_by, is_edited, of_order};
use super::sortable;
use crate::database::dead_letter::{Column, DeadLetterStatus, Entity, Model};
use crate::database::{Database, DatabaseError, words};

/// Which dead letters. All given filters have to match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// One of these; none means all.
    pub ids: Vec<i64>,
    /// With one of these codes; none means all.
    pub codes: Vec<String>,
    /// That failed in one of these stages; none means all.
    pub stages: Vec<String>,
    /// Of this platform.
    pub platform: Option<String>,
    /// Of this shop.
    pub shop_id: Option<String>,
    /// Of this order, also one that it had until an edit.
    pub order_id: Option<String>,
    /// With this sequence number.
    pub sequence_number: Option<String>,
    /// With this message id.
    pub message_id: Option<String>,
    /// With the words of this text in the detail or in the body of the message.
    pub text: Option<String>,
    /// Whose detail ends with this rule in brackets. Requests are not searched.
    pub detail_rule: Option<String>,
    /// Whose detail begins with this JSON pointer; `#` stands for any part of it. Requests are not searched.
    pub detail_pointer: Option<String>,
    /// That came through this exchange.
    pub exchange: Option<String>,
    /// That failed then or later.
    pub since: Option<OffsetDateTime>,
    /// That failed then or earlier.
    pub until: Option<OffsetDateTime>,
    /// In this state.
    pub status: Option<DeadLetterStatus>,
    /// With this id or a lower one.
    pub max_id: Option<i64>,
    /// That this repair has edited.
    pub repair: Option<i64>,
    /// Only those whose request was edited.
    pub edited: bool,
}

/// A selection that new failures are not part of, and its size.
#[derive(Clone, Debug)]
pub struct Frozen {
    /// The selection with its bounds.
    pub selection: Selection,
    /// Number of dead letters when it was frozen.
    pub count: u64,
}

/// Which page of a list.
#[derive(Clone, Copy, Debug)]
pub enum Page {
    /// Ids above this one, the lowest first.
    After(i64),
    /// Ids below this one, the highest first.
    Below(i64),
}

/// A dead letter without its message, for lists.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct Summary {
    /// Key of the row.
    pub id: i64,
    /// Its state.
    pub status: DeadLetterStatus,
    /// Why it was dead-lettered: the stable code.
    pub code: String,
    /// Where it failed.
    pub stage: String,
    /// The beginning of the detail.
    pub detail: String,
    /// How many times its request was edited; 0 where that was not asked for.
    pub edits: i64,
    /// How many times it was dead-lettered.
    pub failures: i32,
    /// Attempts of the last time.
    pub attempts: i32,
    /// The publisher's id of the message.
    pub message_id: Option<String>,
    /// Identity: platform.
    pub platform: Option<String>,
    /// Identity: shop.
    pub shop_id: Option<String>,
    /// Identity: order.
    pub order_id: Option<String>,
    /// Identity: package.
    pub package_id: Option<String>,
    /// Identity: sequence number.
    pub sequence_number: Option<String>,
    /// When it was dead-lettered the first time.
    pub first_failed_at: OffsetDateTime,
    /// When it was dead-lettered the last time.
    pub last_failed_at: OffsetDateTime,
    /// When its personal data were erased.
    pub erased_at: Option<OffsetDateTime>,
}

/// The row and its summary have these columns, and no type in common.
macro_rules! claims_an_identity {
    ($($row:ty),+) => {$(
        impl $row {
            /// The identity as far as it is known.
            pub fn invoice(&self) -> ClaimedIdentity {
                ClaimedIdentity::from_parts([
                    self.platform.clone(),
                    self.shop_id.clone(),
                    self.order_id.clone(),
                    self.package_id.clone(),
                    self.sequence_number.clone(),
                ])
            }
        }
    )+};
}

claims_an_identity!(Summary, Model);

impl Selection {
    /// What is looked for in each row, since no index has it.
    pub fn looked_for(&self) -> Option<&str> {
        let texts = [&self.text, &self.detail_rule, &self.detail_pointer];
        texts.into_iter().find_map(|text| text.as_deref())
    }

    /// Whether an index has all rows of a value that few rows have.
    pub(super) fn is_of_few(&self) -> bool {
        !self.ids.is_empty() || self.order_id.is_some() || self.message_id.is_some()
    }

    /// The rows. Names of functions differ from database to database.
    pub(super) fn find(&self, backend: DbBackend) -> Select<Entity> {
        let mut all = Condition::all();
        let one_of = |values: &[String]| (!values.is_empty()).then(|| values.to_vec());
        if !self.ids.is_empty() {
            all = all.add(Column::Id.is_in(self.ids.iter().copied()));
        }
        let bounds = [
            one_of(&self.codes).map(|codes| Column::Code.is_in(codes)),
            one_of(&self.stages).map(|stages| Column::Stage.is_in(stages)),
            self.platform.as_ref().map(|it| Column::Platform.eq(it)),
            self.shop_id.as_ref().map(|it| Column::ShopId.eq(it)),
            self.order_id.as_deref().map(of_order),
            self.sequence_number
                .as_ref()
                .map(|it| Column::SequenceNumber.eq(it)),
            self.message_id.as_ref().map(|it| Column::MessageId.eq(it)),
            self.text
                .as_deref()
                .map(|it| words::read(words::contain("words", it, backend), backend)),
            self.detail_rule
                .as_deref()
                .map(|it| breaks_rule(it, backend)),
            self.detail_pointer
                .as_deref()
                .map(|it| about_pointer(it, backend)),
            self.exchange.as_ref().map(|it| Column::Exchange.eq(it)),
            self.since.map(|it| Column::LastFailedAt.gte(sortable(it))),
            self.until.map(|it| Column::LastFailedAt.lte(sortable(it))),
            self.status.map(|it| Column::Status.eq(it)),
            self.max_id.map(|it| Column::Id.lte(it)),
            self.repair.map(edited_by),
            self.edited.then(is_edited),
        ];
        for bound in bounds.into_iter().flatten() {
            all = all.add(bound);
        }
        Entity::find().filter(all)
    }
}

impl Database {
    /// The rows of a selection.
    pub(super) fn selected(&self, selection: &Selection) -> Select<Entity> {
        selection.find(self.connection().get_database_backend())
    }

    /// A page of dead letters in the order of their ids, from after this id: `limit` at most, and fewer where they are large. None are left
    /// where it is empty.
    pub async fn dead_letters(
        &self,
        selection: &Selection,
        after: i64,
        limit: u64,
    ) -> Result<Vec<Model>, DatabaseError> {
        let mut after = after;
        loop {
            let searched = self.searched(selection, Page::After(after), limit).await?;
            let next = self
                .selected(&searched.selection)
                .filter(Column::Id.gt(after))
                .order_by_asc(Column::Id);
            let ids = self.first_together(next.clone().limit(limit)).await?;
            let Some(last) = ids.last().copied().or(searched.last) else {
                return Ok(Vec::new());
            };
            if !ids.is_empty() {
                let rows = next.filter(Column::Id.is_in(ids));
                let rows = self.in_time(async |connection| rows.all(&connection).await);
                let rows = rows.await?;
                if !rows.is_empty() {
                    return Ok(rows);
                }
            }
            // All of them have changed since they were looked for.
            after = last;
        }
    }

    /// The id of the dead letter at this place of a selection, counted from 0 in the order of the ids.
    pub async fn dead_letter_at(
        &self,
        selection: &Selection,
        place: u64,
    ) -> Result<Option<i64>, DatabaseError> {
        if selection.looked_for().is_some() {
            return self.found_at(selection, place).await;
        }
        let ids = self.selected(selection).select_only();
        let ids = ids.column(Column::Id);
        let at = ids.order_by_asc(Column::Id).offset(place).limit(1);
        let at = at.into_tuple::<i64>();
        self.in_time(async |connection| at.one(&connection).await)
            .await
    }

    /// The details of these dead letters, whole.
    pub async fn details_of(&self, ids: Vec<i64>) -> Result<Vec<(i64, String)>, DatabaseError> {
        let details = Entity::find()
            .select_only()
            .columns([Column::Id, Column::Detail])
            .filter(Column::Id.is_in(ids))
            .into_tuple();
        self.in_time(async |connection| details.all(&connection).await)
            .await
    }

    /// One dead letter.
    pub async fn dead_letter(&self, id: i64) -> Result<Option<Model>, DatabaseError> {
        let row = Entity::find_by_id(id);
        self.in_time(async |connection| row.one(&connection).await)
            .await
    }

    /// Whether there is a dead letter in this selection.
    pub async fn has_dead_letter(&self, selection: &Selection) -> Result<bool, DatabaseError> {
        if selection.looked_for().is_some() {
            let found = self.found(selection, Page::After(0), 1).await?;
            return Ok(!found.is_empty());
        }
        let any = self.selected(selection).select_only().column(Column::Id);
        let any = any.limit(1).into_tuple::<i64>();
        let found = self.in_time(async |connection| any.one(&connection).await);
        Ok(found.await?.is_some())
    }

    /// The first `limit` platforms that dead letters have, in the order of their names.
    pub async fn dead_letter_platforms(&self, limit: u64) -> Result<Vec<String>, DatabaseError> {
        let platforms = Entity::find()
            .select_only()
            .distinct()
            .column(Column::Platform)
            .filter(Column::Platform.is_not_null())
            .order_by_asc(Column::Platform)
            .limit(limit)
            .into_tuple();
        self.in_time(async |connection| platforms.all(&connection).await)
            .await
    }

    /// Which of these ids do not exist.
    pub async fn unknown_dead_letters(&self, ids: &[i64]) -> Result<Vec<i64>, DatabaseError> {
        let known = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Id.is_in(ids.iter().copied()))
            .into_tuple::<i64>();
        let found = self.in_time(async |connection| known.all(&connection).await);
        let found: HashSet<i64> = found.await?.into_iter().collect();
        let is_unknown = |id: &i64| !found.contains(id);
        Ok(ids.iter().copied().filter(is_unknown).collect())
    }
}
