//! The generated rows of `sales_invoice` as an export reads them: whole, page by page, in the order in which they were
//! generated.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Select,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::invoice_list::Read;
use super::records::sortable;
use super::sales_invoice::{Column, Entity, Model};
use super::{Database, DatabaseError, InvoiceFilter};

/// In the words of the index, so that the planner recognises it.
const GENERATED: &str = r#""status" = 'generated'"#;

/// Which generated rows. All given filters have to match.
#[derive(Clone, Debug, Default)]
pub struct GeneratedFilter {
    /// Of this platform.
    pub platform: Option<String>,
    /// Of this shop.
    pub shop_id: Option<String>,
    /// Of one of these shops: platform and shop.
    pub shops: Option<Vec<(String, String)>>,
    /// Whose document was recorded then or later.
    pub since: Option<OffsetDateTime>,
    /// Whose document was recorded before then.
    pub until: Option<OffsetDateTime>,
}

/// The place of a row in the order of the export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeneratedPlace {
    /// When its document was recorded.
    pub generated_at: OffsetDateTime,
    /// Its key, which decides between rows of one moment.
    pub id: Uuid,
}

impl Database {
    /// A page of generated rows, the first ones behind this place.
    pub async fn generated(
        &self,
        filter: &GeneratedFilter,
        after: Option<GeneratedPlace>,
        limit: u64,
    ) -> Result<Vec<Model>, DatabaseError> {
        let mut page = self.generated_rows(filter).limit(limit);
        if let Some(GeneratedPlace { generated_at, id }) = after {
            // The first comparison is the one that an index answers.
            page = page.filter(Column::GeneratedAt.gte(generated_at)).filter(
                Condition::any()
                    .add(Column::GeneratedAt.gt(generated_at))
                    .add(Column::Id.gt(id)),
            );
        }
        self.in_time(async |connection| page.all(&connection).await)
            .await
    }

    /// Whether there are more generated rows than this; without counting those beyond.
    pub async fn has_more_generated(
        &self,
        filter: &GeneratedFilter,
        count: u64,
    ) -> Result<bool, DatabaseError> {
        let beyond = self.generated_rows(filter).select_only().column(Column::Id);
        let beyond = beyond.offset(count).limit(1).into_tuple::<Uuid>();
        let found = self.in_time(async |connection| beyond.one(&connection).await);
        Ok(found.await?.is_some())
    }

    fn generated_rows(&self, filter: &GeneratedFilter) -> Select<Entity> {
        let of_shops = InvoiceFilter {
            platform: filter.platform.clone(),
            shop_id: filter.shop_id.clone(),
            shops: filter.shops.clone(),
            ..InvoiceFilter::default()
        };
        let backend = self.connection().get_database_backend();
        let since = filter.since.map(sortable);
        let until = filter.until.map(sortable);
        Entity::find()
            .filter(Expr::cust(GENERATED))
            .filter(of_shops.condition(backend, Read::Any))
            .filter(
                Condition::all()
                    .add_option(since.map(|it| Column::GeneratedAt.gte(it)))
                    .add_option(until.map(|it| Column::GeneratedAt.lt(it))),
            )
            .order_by_asc(Column::GeneratedAt)
            .order_by_asc(Column::Id)
    }
}
