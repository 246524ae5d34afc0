//! Lists of records, the newest first.

use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, Iterable as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use time::OffsetDateTime;
use uuid::{NoContext, Timestamp, Uuid};

use super::sales_invoice::{Column, Entity, Model, Status};
use super::{Database, DatabaseError, Listed};

/// Which records. All given filters have to match.
#[derive(Clone, Debug, Default)]
pub struct InvoiceFilter {
    /// Of this platform.
    pub platform: Option<String>,
    /// Of this shop.
    pub shop_id: Option<String>,
    /// Of this order.
    pub order_id: Option<String>,
    /// With this number on the document.
    pub number: Option<String>,
    /// In this state.
    pub status: Option<Status>,
    /// First recorded then or later.
    pub since: Option<OffsetDateTime>,
    /// First recorded before then.
    pub until: Option<OffsetDateTime>,
    /// Of one of these shops: platform and shop.
    pub shops: Option<Vec<(String, String)>>,
}

impl Database {
    /// A page of records in the order in which they were first recorded, the newest first, from below this id. Their
    /// `request` is empty: requests are large.
    pub async fn invoices(
        &self,
        filter: &InvoiceFilter,
        below: Option<Uuid>,
        limit: u64,
    ) -> Result<Listed<Model, Uuid>, DatabaseError> {
        let columns = Column::iter().filter(|column| !matches!(column, Column::Request));
        let page = Entity::find()
            .select_only()
            .columns(columns)
            .column_as(Expr::value(""), "request")
            .filter(filter.condition())
            .filter(Condition::all().add_option(below.map(|id| Column::Id.lt(id))))
            .order_by_desc(Column::Id)
            .limit(limit.saturating_add(1))
            .into_model::<Model>();
        let rows = self.in_time(async |connection| page.all(&connection).await);
        Ok(Listed::of(rows.await?, limit, |row| row.id))
    }
}

impl InvoiceFilter {
    pub(super) fn condition(&self) -> Condition {
        let shops = self.shops.as_ref().map(|shops| {
            let one = |(platform, shop): &(String, String)| {
                Column::Platform.eq(platform).and(Column::ShopId.eq(shop))
            };
            // Who is limited to no shop sees nothing; an alternative of nothing might be everything.
            let nothing = Condition::any().add(Expr::cust("1 = 0"));
            shops.iter().fold(nothing, |any, shop| any.add(one(shop)))
        });
        Condition::all()
            .add_option(self.platform.as_ref().map(|it| Column::Platform.eq(it)))
            .add_option(self.shop_id.as_ref().map(|it| Column::ShopId.eq(it)))
            .add_option(self.order_id.as_ref().map(|it| Column::OrderId.eq(it)))
            .add_option(self.number.as_ref().map(|it| Column::Number.eq(it)))
            .add_option(self.status.map(|it| Column::Status.eq(it)))
            .add_option(self.since.map(|it| Column::Id.gte(first_id_of(it))))
            .add_option(self.until.map(|it| Column::Id.lt(first_id_of(it))))
            .add_option(shops)
    }
}

/// The lowest id that a record of this millisecond can have: ids begin with the time (UUID version 7).
fn first_id_of(moment: OffsetDateTime) -> Uuid {
    let seconds = u64::try_from(moment.unix_timestamp()).unwrap_or(0);
    let timestamp = Timestamp::from_unix(NoContext, seconds, moment.nanosecond());
    let mut bytes = Uuid::new_v7(timestamp).into_bytes();
    // Version and variant stay; what is random in an id is zero here.
    bytes[6] &= 0xf0;
    bytes[7] = 0;
    bytes[8] &= 0xc0;
    bytes[9..].fill(0);
    Uuid::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_a_moment_are_above_its_first_and_below_that_of_the_next() {
        let moment = time::macros::datetime!(2026-11-29 12:00:00.123 UTC);
        let next = moment + time::Duration::milliseconds(1);
        for _ in 0..100 {
            let seconds = u64::try_from(moment.unix_timestamp()).expect("after 1970");
            let timestamp = Timestamp::from_unix(NoContext, seconds, moment.nanosecond());
            let id = Uuid::new_v7(timestamp);
            assert!((first_id_of(moment)..first_id_of(next)).contains(&id));
        }
    }
}
