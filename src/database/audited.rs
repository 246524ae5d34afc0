//! The rows of `sales_invoice` as the audit reads them: page by page, without their requests, and in the order in which an
//! object store lists keys.

use invoice::InvoiceIdentity;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, DbBackend, EntityTrait as _, FromQueryResult, Order, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::sales_invoice::{Column, Entity, Model, Status};
use super::{Database, DatabaseError};

/// A row without its request, which can be large.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct AuditedRow {
    /// Key of the row.
    pub id: Uuid,
    /// Identity: platform.
    pub platform: String,
    /// Identity: shop.
    pub shop_id: String,
    /// Identity: order.
    pub order_id: String,
    /// Identity: package.
    pub package_id: String,
    /// Identity: sequence number.
    pub sequence_number: String,
    /// State of the request.
    pub status: Status,
    /// Key of the document.
    pub object_key: Option<String>,
    /// SHA-256 of the document, hexadecimal.
    pub sha256: Option<String>,
    /// Size of the document in bytes.
    pub size_bytes: Option<i64>,
    /// Key of the e-invoice, where it is an object of its own.
    pub xml_object_key: Option<String>,
    /// Digest of the request's content, hexadecimal.
    pub request_digest: String,
    /// When the document was recorded.
    pub generated_at: Option<OffsetDateTime>,
}

impl AuditedRow {
    /// Which invoice it is; none where a column has a part that no invoice can have.
    pub fn identity(&self) -> Option<InvoiceIdentity> {
        let parts = [
            &self.platform,
            &self.shop_id,
            &self.order_id,
            &self.package_id,
            &self.sequence_number,
        ];
        InvoiceIdentity::from_parts(parts).ok()
    }
}

/// Keys of objects from `after` (exclusive) to `before` (exclusive), compared by their bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRange {
    /// Keys behind this one; the empty key is before all.
    pub after: String,
    /// Keys before this one; none is no limit.
    pub before: Option<String>,
}

const KEY_IN_POSTGRES: &str = r#""sales_invoice"."object_key" COLLATE "C""#;
const KEY_IN_SQLITE: &str = r#""sales_invoice"."object_key""#;

/// In the words of the index, so that the planner recognises it.
const WITHOUT_KEY: &str = r#""status" = 'generated' AND "object_key" IS NULL"#;

impl Database {
    /// A page of the rows that have an object key, in the order of the keys.
    pub async fn rows_by_key(
        &self,
        range: &KeyRange,
        limit: u64,
    ) -> Result<Vec<AuditedRow>, DatabaseError> {
        let key = self.key_by_bytes();
        let mut rows = light().filter(key.clone().gt(&range.after));
        if let Some(before) = &range.before {
            rows = rows.filter(key.clone().lt(before));
        }
        let page = rows
            .order_by(key, Order::Asc)
            .order_by_asc(Column::Id)
            .limit(limit)
            .into_model();
        self.in_time(async |connection| page.all(&connection).await)
            .await
    }

    /// A page of the generated rows that have no object key, in the order of their ids.
    pub async fn generated_without_key(
        &self,
        after: Uuid,
        limit: u64,
    ) -> Result<Vec<AuditedRow>, DatabaseError> {
        let page = light()
            .filter(Expr::cust(WITHOUT_KEY))
            .filter(Column::Id.gt(after))
            .order_by_asc(Column::Id)
            .limit(limit)
            .into_model();
        self.in_time(async |connection| page.all(&connection).await)
            .await
    }

    /// One row, whole.
    pub async fn record(&self, id: Uuid) -> Result<Option<Model>, DatabaseError> {
        let row = Entity::find_by_id(id);
        self.in_time(async |connection| row.one(&connection).await)
            .await
    }

    /// The rows that have this object key; more than one only if another program has written one of them.
    pub async fn records_of_key(&self, key: &str) -> Result<Vec<Model>, DatabaseError> {
        let is_it = self.key_by_bytes().eq(key);
        let rows = Entity::find().filter(is_it).limit(2);
        self.in_time(async |connection| rows.all(&connection).await)
            .await
    }

    /// The object key as an object store compares it, and as the index has it.
    fn key_by_bytes(&self) -> Expr {
        let postgres = self.connection().get_database_backend() == DbBackend::Postgres;
        Expr::cust(if postgres {
            KEY_IN_POSTGRES
        } else {
            KEY_IN_SQLITE
        })
    }
}

fn light() -> Select<Entity> {
    let columns = [
        Column::Id,
        Column::Status,
        Column::ObjectKey,
        Column::Sha256,
        Column::SizeBytes,
        Column::XmlObjectKey,
        Column::RequestDigest,
        Column::GeneratedAt,
    ];
    let all = Entity::find().select_only().columns(columns);
    all.columns(Column::IDENTITY)
}
