//! Which dead letters: filters, and reading page by page.

use invoice::ClaimedIdentity;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, FromQueryResult, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select,
};
use time::OffsetDateTime;

use super::sortable;
use crate::database::dead_letter::{Column, DeadLetterStatus, Entity, Model};
use crate::database::{Database, DatabaseError, dead_letter_edit};

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
    /// Of this order.
    pub order_id: Option<String>,
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
    pub(super) fn find(&self) -> Select<Entity> {
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
            self.order_id.as_ref().map(|it| Column::OrderId.eq(it)),
            self.exchange.as_ref().map(|it| Column::Exchange.eq(it)),
            self.since.map(|it| Column::LastFailedAt.gte(sortable(it))),
            self.until.map(|it| Column::LastFailedAt.lte(sortable(it))),
            self.status.map(|it| Column::Status.eq(it)),
            self.max_id.map(|it| Column::Id.lte(it)),
        ];
        for bound in bounds.into_iter().flatten() {
            all = all.add(bound);
        }
        Entity::find().filter(all)
    }
}

#[derive(FromQueryResult)]
struct Extent {
    count: i64,
    max_id: Option<i64>,
    last_failed_at: Option<OffsetDateTime>,
}

impl Database {
    /// Bounds a selection by the dead letters of now: by the highest id, and by the last failure, since an old dead letter
    /// that is replayed and fails again keeps its id.
    pub async fn freeze(&self, selection: &Selection) -> Result<Frozen, DatabaseError> {
        let extent = selection
            .find()
            .select_only()
            .column_as(Column::Id.count(), "count")
            .column_as(Column::Id.max(), "max_id")
            .column_as(Column::LastFailedAt.max(), "last_failed_at")
            .into_model::<Extent>()
            .one(&self.connection())
            .await?;
        let mut frozen = Frozen {
            selection: selection.clone(),
            count: 0,
        };
        // Without a row nothing is selected, now or later.
        frozen.selection.max_id = Some(0);
        if let Some(extent) = extent
            && let (Some(max_id), Some(last_failed_at)) = (extent.max_id, extent.last_failed_at)
        {
            frozen.selection.max_id = Some(max_id);
            frozen.selection.until = Some(last_failed_at);
            frozen.count = extent.count.try_into().unwrap_or(0);
        }
        Ok(frozen)
    }

    /// A page of dead letters in the order of their ids, from after this id.
    pub async fn dead_letters(
        &self,
        selection: &Selection,
        after: i64,
        limit: u64,
    ) -> Result<Vec<Model>, DatabaseError> {
        let page = selection.find().filter(Column::Id.gt(after));
        let page = page.order_by_asc(Column::Id).limit(limit);
        Ok(page.all(&self.connection()).await?)
    }

    /// A page of summaries.
    pub async fn dead_letter_summaries(
        &self,
        selection: &Selection,
        page: Page,
        limit: u64,
    ) -> Result<Vec<Summary>, DatabaseError> {
        /// Lists show less of a detail.
        const BEGINNING: &str = r#"substr("dead_letter"."detail", 1, 500)"#;
        let columns = [
            Column::Id,
            Column::Status,
            Column::Code,
            Column::Stage,
            Column::Failures,
            Column::Attempts,
            Column::MessageId,
            Column::FirstFailedAt,
            Column::LastFailedAt,
        ];
        let all = selection
            .find()
            .select_only()
            .columns(columns)
            .columns(Column::IDENTITY)
            .column_as(Expr::cust(BEGINNING), "detail");
        let ordered = match page {
            Page::After(id) => all.filter(Column::Id.gt(id)).order_by_asc(Column::Id),
            Page::Below(id) => all.filter(Column::Id.lt(id)).order_by_desc(Column::Id),
        };
        let rows = ordered.limit(limit).into_model();
        Ok(rows.all(&self.connection()).await?)
    }

    /// One dead letter.
    pub async fn dead_letter(&self, id: i64) -> Result<Option<Model>, DatabaseError> {
        Ok(Entity::find_by_id(id).one(&self.connection()).await?)
    }

    /// Which of these ids do not exist.
    pub async fn unknown_dead_letters(&self, ids: &[i64]) -> Result<Vec<i64>, DatabaseError> {
        let found: Vec<i64> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Id.is_in(ids.iter().copied()))
            .into_tuple()
            .all(&self.connection())
            .await?;
        let is_unknown = |id: &i64| !found.contains(id);
        Ok(ids.iter().copied().filter(is_unknown).collect())
    }

    /// What operators changed in a dead letter, oldest first.
    pub async fn dead_letter_edits(
        &self,
        id: i64,
    ) -> Result<Vec<dead_letter_edit::Model>, DatabaseError> {
        use dead_letter_edit::{Column, Entity};
        let edits = Entity::find().filter(Column::DeadLetterId.eq(id));
        Ok(edits
            .order_by_asc(Column::Id)
            .all(&self.connection())
            .await?)
    }
}
