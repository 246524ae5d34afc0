//! Lists of records, the newest first.

use std::time::{Duration, Instant};

use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, DbBackend, EntityTrait as _, Iterable as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Select, TransactionTrait as _,
};
use time::OffsetDateTime;
use uuid::{NoContext, Timestamp, Uuid};

use super::reach::{BY_INDEX, Reach, limit_time};
use super::sales_invoice::{Column, Entity, Model, Status};
use super::{Database, DatabaseError, Listed, words};

/// How rows with a text are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// In the order of the list, without an index of texts.
    Any,
    /// From the indexes that have them, within some part of the list.
    ByIndex,
}

/// Which records. All given filters have to match.
#[derive(Clone, Debug, Default)]
pub struct InvoiceFilter {
    /// Of this platform.
    pub platform: Option<String>,
    /// Of this shop.
    pub shop_id: Option<String>,
    /// Of this order.
    pub order_id: Option<String>,
    /// Of this package.
    pub package_id: Option<String>,
    /// With this sequence number.
    pub sequence_number: Option<String>,
    /// With this number on the document.
    pub number: Option<String>,
    /// Whose order, package or number begins with this text, or whose buyer's name has these words; whatever the case of letters.
    pub text: Option<String>,
    /// Whether the text is not looked for in names of buyers.
    pub without_names: bool,
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
    /// A page of records in the order in which they were first recorded, the newest first, from below this id: a full one, or what is
    /// found in this time. Their `request` is empty: requests are large.
    pub async fn invoices(
        &self,
        filter: &InvoiceFilter,
        below: Option<Uuid>,
        limit: u64,
        longest: Option<Duration>,
    ) -> Result<Listed<Model, Uuid>, DatabaseError> {
        let rows = limit.saturating_add(1);
        let mut reach = Reach::new(longest);
        let text = filter.text.as_deref();
        let text = text.filter(|_| self.backend() == DbBackend::Postgres);
        if text.is_none() {
            // Most filters fill a page soon. For others the time ends, and part of the records is read. What an index answers with
            // few rows is read whole: under load it may take longer, and no answer would be a wrong one.
            let may_be_long = self.backend() == DbBackend::Postgres && !filter.is_of_few();
            let longest = reach.of_list().filter(|_| may_be_long);
            let page = self.records(filter, below_id(below), rows, (longest, Read::Any));
            match page.await {
                Err(error) if longest.is_some() && error.is_late() => {}
                page => return Ok(Listed::of(page?, limit, |row| row.id)),
            }
        }
        let mut is_many = text.is_none();
        let (mut found, mut below) = (Vec::new(), below);
        loop {
            let last = self.record_after(filter, below, reach.rows()).await?;
            let bounds = below_id(below).add_option(last.map(|id| Column::Id.gte(id)));
            let left = rows.saturating_sub(found.len() as u64);
            let begin = Instant::now();
            let read = if is_many { Read::ByIndex } else { Read::Any };
            found.extend(self.records(filter, bounds, left, (None, read)).await?);
            reach.has_taken(begin.elapsed());
            if last.is_none() || found.len() as u64 >= rows {
                return Ok(Listed::of(found, limit, |row| row.id));
            }
            below = last;
            // A frequent text fills the page with the first records, and for a rare one the indexes have them all.
            if let Some(text) = text.filter(|_| !is_many) {
                let by_text = by_text(text, filter.without_names);
                if let Some(ids) = self.few::<_, Uuid>(by_text, reach.of_index()).await? {
                    let others = InvoiceFilter {
                        text: None,
                        ..filter.clone()
                    };
                    let bounds = below_id(below).add(Column::Id.is_in(ids));
                    let left = rows.saturating_sub(found.len() as u64);
                    found.extend(
                        self.records(&others, bounds, left, (None, Read::Any))
                            .await?,
                    );
                    return Ok(Listed::of(found, limit, |row| row.id));
                }
                reach.of_frequent();
                is_many = true;
            }
            if reach.is_over() {
                return Ok(Listed {
                    items: found,
                    next: below,
                    searched_to: below.and_then(moment_of),
                });
            }
        }
    }

    /// The id of the record that comes so many rows after this one in the list; none where the list ends before.
    async fn record_after(
        &self,
        filter: &InvoiceFilter,
        below: Option<Uuid>,
        rows: u64,
    ) -> Result<Option<Uuid>, DatabaseError> {
        let last = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(filter.times())
            .filter(below_id(below))
            .order_by_desc(Column::Id)
            .offset(rows.saturating_sub(1))
            .limit(1)
            .into_tuple::<Uuid>();
        self.in_time(async |connection| last.one(&connection).await)
            .await
    }

    /// The first records of a filter within these bounds, that are read in this time and way.
    async fn records(
        &self,
        filter: &InvoiceFilter,
        bounds: Condition,
        rows: u64,
        (longest, read): (Option<Duration>, Read),
    ) -> Result<Vec<Model>, DatabaseError> {
        // Requests are large, and words are for searches only.
        let columns =
            Column::iter().filter(|column| !matches!(column, Column::Request | Column::BuyerWords));
        let page = Entity::find()
            .select_only()
            .columns(columns)
            .column_as(Expr::value(""), "request")
            .column_as(Expr::value(Option::<String>::None), "buyer_words")
            .filter(filter.condition(self.backend(), read))
            .filter(bounds)
            .order_by_desc(Column::Id)
            .limit(rows)
            .into_model::<Model>();
        let is_by_index = read == Read::ByIndex && self.backend() == DbBackend::Postgres;
        self.in_time(|connection| async move {
            if longest.is_none() && !is_by_index {
                return page.all(&connection).await;
            }
            let transaction = connection.begin().await?;
            limit_time(&transaction, longest).await?;
            if is_by_index {
                transaction.execute_unprepared(BY_INDEX).await?;
            }
            let page = page.all(&transaction).await?;
            transaction.commit().await?;
            Ok(page)
        })
        .await
    }

    fn backend(&self) -> DbBackend {
        self.connection().get_database_backend()
    }
}

impl InvoiceFilter {
    pub(super) fn condition(&self, backend: DbBackend, read: Read) -> Condition {
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
            .add_option(self.package_id.as_ref().map(|it| Column::PackageId.eq(it)))
            .add_option(
                self.sequence_number
                    .as_ref()
                    .map(|it| Column::SequenceNumber.eq(it)),
            )
            .add_option(self.number.as_ref().map(|it| Column::Number.eq(it)))
            .add_option(
                self.text
                    .as_deref()
                    .map(|it| with_text(it, self.without_names, backend, read)),
            )
            .add_option(self.status.map(|it| Column::Status.eq(it)))
            .add(self.times())
            .add_option(shops)
    }

    /// Whether an index has all records of a value that few records have. Packages and sequence numbers may be `1` in all orders.
    fn is_of_few(&self) -> bool {
        self.order_id.is_some() || self.number.is_some()
    }

    /// Between the given moments.
    fn times(&self) -> Condition {
        Condition::all()
            .add_option(self.since.map(|it| Column::Id.gte(first_id_of(it))))
            .add_option(self.until.map(|it| Column::Id.lt(first_id_of(it))))
    }
}

/// Conditions of which one has to hold: this text is the beginning of an id, or its words are in the name of the buyer.
fn alternatives(text: &str, without_names: bool, backend: DbBackend) -> Vec<Expr> {
    let text = text.trim();
    let begins = |column| words::begins(column, text, backend);
    let mut alternatives = vec![begins("order_id"), begins("package_id"), begins("number")];
    if !without_names {
        alternatives.push(words::contain("buyer_words", text, backend));
    }
    alternatives
}

/// With this text in one of these places.
fn with_text(text: &str, without_names: bool, backend: DbBackend, read: Read) -> Condition {
    let alternatives = alternatives(text, without_names, backend).into_iter();
    let alternatives = alternatives.map(|it| match read {
        Read::Any => words::read(it, backend),
        Read::ByIndex => it,
    });
    alternatives.fold(Condition::any(), Condition::add)
}

/// The same as queries for ids, each by an index of PostgreSQL.
fn by_text(text: &str, without_names: bool) -> Vec<Select<Entity>> {
    let alternatives = alternatives(text, without_names, DbBackend::Postgres).into_iter();
    let query = |condition| {
        let ids = Entity::find().select_only().column(Column::Id);
        ids.filter(condition)
    };
    alternatives.map(query).collect()
}

/// Below this id.
fn below_id(below: Option<Uuid>) -> Condition {
    Condition::all().add_option(below.map(|id| Column::Id.lt(id)))
}

/// When a record was first written: its id begins with that.
fn moment_of(id: Uuid) -> Option<OffsetDateTime> {
    let (seconds, nanoseconds) = id.get_timestamp()?.to_unix();
    let seconds = OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).ok()?).ok()?;
    Some(seconds + time::Duration::nanoseconds(nanoseconds.into()))
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
            assert_eq!(moment_of(id), Some(moment));
        }
    }
}
