//! Records: which have personal data, and taking these out of them.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, DbBackend, EntityTrait as _, FromQueryResult, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select, TransactionTrait as _,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::ErasureRun;
use crate::database::erasure_filter::ErasureFilter;
use crate::database::invoice_list::Read;
use crate::database::kept::ErasedRequest;
use crate::database::records::now;
use crate::database::sales_invoice::{Column, Entity, Model, Status};
use crate::database::{Database, DatabaseError, InvoiceFilter, words};

/// A record as far as an erasure has to know it before it reads the request, which can be large.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct ErasableRecord {
    /// Key of the row.
    pub id: Uuid,
    /// State of the request.
    pub status: Status,
    /// Last change of the row.
    pub updated_at: OffsetDateTime,
    /// When the document was recorded.
    pub generated_at: Option<OffsetDateTime>,
    /// When the personal data were erased.
    pub erased_at: Option<OffsetDateTime>,
    /// When the documents were deleted on demand.
    pub documents_erased_at: Option<OffsetDateTime>,
    /// Whether the words of the buyer's name are in the row.
    pub has_words: bool,
}

impl ErasableRecord {
    /// Whether its personal data are erased, as [`Model::is_erased`] says.
    pub fn is_erased(&self) -> bool {
        self.erased_at.is_some_and(|at| at >= self.updated_at)
    }

    /// When it was issued, or failed last.
    pub fn settled_at(&self) -> OffsetDateTime {
        self.generated_at.unwrap_or(self.updated_at)
    }
}

impl Database {
    /// A page of the records that a filter may select, behind this id, in the order of the ids. The caller looks at their ages and
    /// whether they are erased: so a page takes the same time wherever it is.
    pub async fn erasable_records(
        &self,
        filter: &ErasureFilter,
        after: Uuid,
        limit: u64,
    ) -> Result<Vec<ErasableRecord>, DatabaseError> {
        let backend = self.connection().get_database_backend();
        let mut rows = light().filter(parts(filter).condition(backend, Read::Any));
        if let Some(buyer) = &filter.buyer {
            let named = words::contain("buyer_words", buyer, backend);
            let ids = Entity::find().select_only().column(Column::Id);
            let few = if backend == DbBackend::Postgres {
                self.few::<_, Uuid>(vec![ids.filter(named.clone())], None)
                    .await?
            } else {
                None
            };
            rows = match few {
                Some(ids) => rows.filter(Column::Id.is_in(ids)),
                None => rows.filter(words::read(named, backend)),
            };
        }
        let page = rows
            .filter(Column::Id.gt(after))
            .order_by_asc(Column::Id)
            .limit(limit)
            .into_model();
        self.in_time(async |connection| page.all(&connection).await)
            .await
    }

    /// Puts what is kept of a request in its place, and takes the other personal data out of the row; returns whether that was
    /// done: a row that has changed since it was read stays as it is. With `findable` the words of the buyer's name stay until
    /// [`Database::end_erasure`], so that an erasure by name that is interrupted finds the row again.
    pub async fn erase_record(
        &self,
        row: &Model,
        kept: &ErasedRequest,
        findable: bool,
        run: &mut ErasureRun<'_>,
    ) -> Result<bool, DatabaseError> {
        let kept = serde_json::to_string(kept);
        let kept = kept.map_err(|error| {
            DatabaseError::Client(format!(
                "what is kept of a request cannot be written: {error}"
            ))
        })?;
        let now = now();
        let nothing = || Expr::value(Option::<String>::None);
        let mut update = Entity::update_many();
        if !findable {
            update = update.col_expr(Column::BuyerWords, nothing());
        }
        let update = update
            .col_expr(Column::Request, Expr::value(kept))
            .col_expr(Column::ErrorDetail, nothing())
            .col_expr(Column::ErrorList, nothing())
            .col_expr(Column::ErasedAt, Expr::value(now))
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .filter(Column::Id.eq(row.id))
            .filter(Column::Status.eq(row.status))
            .filter(Column::UpdatedAt.eq(row.updated_at));
        let mut counts = run.counts;
        counts.records += 1;
        let erasure = &*run;
        let committed = self.in_time(|connection| async move {
            let transaction = connection.begin().await?;
            if update.exec(&transaction).await?.rows_affected == 0 {
                return Ok(None);
            }
            let recorded = erasure.record(&transaction, counts).await?;
            if ErasureRun::is_held(recorded) {
                transaction.commit().await?;
            }
            Ok(Some(recorded))
        });
        match committed.await? {
            Some(recorded) => Ok(run.committed(recorded, counts)),
            None => Ok(false),
        }
    }

    /// Ends the erasure of a record whose documents were to be deleted, and notes whether they are. The time of the last change
    /// stays: it is that of the request.
    pub async fn end_erasure(
        &self,
        id: Uuid,
        documents_are_gone: bool,
    ) -> Result<(), DatabaseError> {
        let mut update = Entity::update_many()
            .col_expr(Column::BuyerWords, Expr::value(Option::<String>::None))
            .filter(Column::Id.eq(id))
            .filter(Column::Status.eq(Status::Generated));
        if documents_are_gone {
            update = update.col_expr(Column::DocumentsErasedAt, Expr::value(now()));
        }
        self.in_time(async |connection| update.exec(&connection).await)
            .await
            .map(drop)
    }
}

fn light() -> Select<Entity> {
    Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::Status,
            Column::UpdatedAt,
            Column::GeneratedAt,
            Column::ErasedAt,
            Column::DocumentsErasedAt,
        ])
        .column_as(Column::BuyerWords.is_not_null(), "has_words")
}

/// What indexes have. A record is issued, or fails, after it was first recorded.
fn parts(filter: &ErasureFilter) -> InvoiceFilter {
    InvoiceFilter {
        platform: filter.platform.clone(),
        shop_id: filter.shop_id.clone(),
        order_id: filter.order_id.clone(),
        package_id: filter.package_id.clone(),
        sequence_number: filter.sequence_number.clone(),
        until: filter.before,
        ..InvoiceFilter::default()
    }
}
