//! The table `sales_invoice`: one row for each requested invoice.

use document::RenderedWith;
use einvoice::EInvoiceMark;
use invoice::{InvoiceIdentity, Sha256Digest, canonical};
use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

use super::DatabaseError;
use super::kept::ErasedRequest;

/// State of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum Status {
    /// The document is stored under `file_path` and never changes.
    #[sea_orm(string_value = "generated")]
    Generated,
    /// The last request for this identity was dead-lettered; there is no document.
    #[sea_orm(string_value = "failed")]
    Failed,
}

/// A row of `sales_invoice`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sales_invoice")]
pub struct Model {
    /// Key of the row.
    #[sea_orm(primary_key, auto_increment = false)]
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
    /// URL of the document; private, never presigned.
    #[sea_orm(column_type = "Text", nullable)]
    pub file_path: Option<String>,
    /// Key of the document in the bucket. Of a failed request: key of a document that was uploaded, could not be recorded
    /// and was never issued.
    #[sea_orm(column_type = "Text", nullable)]
    pub object_key: Option<String>,
    /// SHA-256 of the document, hexadecimal.
    pub sha256: Option<String>,
    /// Size of the document in bytes.
    pub size_bytes: Option<i64>,
    /// Number of pages.
    pub pages: Option<i32>,
    /// `invoice`, `receipt` or another of the five types of a request.
    pub document_type: Option<String>,
    /// Invoice number.
    pub number: Option<String>,
    /// Words of the buyer's name, for searches: personal data, and nothing but a copy of what the request has. None in rows of
    /// earlier versions, and of requests that failed.
    #[sea_orm(column_type = "Text", nullable)]
    pub buyer_words: Option<String>,
    /// Currency, ISO 4217.
    pub currency: Option<String>,
    /// Total with tax, in minor units of the currency.
    pub gross_minor: Option<i64>,
    /// Template that the document was rendered with.
    pub template_name: Option<String>,
    /// Version of that template, as it declares it; else the first digits of its digest.
    pub template_version: Option<String>,
    /// Digest of the template's files, hexadecimal.
    pub template_digest: Option<String>,
    /// Digest of the shop's brand, hexadecimal; where there was one.
    pub brand_digest: Option<String>,
    /// Profile of the document's e-invoice, with its version; where there is one.
    pub e_invoice_profile: Option<String>,
    /// Version of the rules that the e-invoice was checked by.
    pub e_invoice_rules: Option<String>,
    /// SHA-256 of the XML of the e-invoice, hexadecimal.
    pub xml_sha256: Option<String>,
    /// Key of the XML in the bucket, where it is an object of its own.
    #[sea_orm(column_type = "Text", nullable)]
    pub xml_object_key: Option<String>,
    /// URL of the XML where it is an object of its own; private, never presigned.
    #[sea_orm(column_type = "Text", nullable)]
    pub xml_url: Option<String>,
    /// The request as it arrived; what was kept of it once it is erased.
    #[sea_orm(column_type = "Text")]
    pub request: String,
    /// Digest of the request's content, hexadecimal.
    pub request_digest: String,
    /// Id of the message that brought it.
    pub message_id: Option<String>,
    /// Trace that it belongs to.
    pub trace_id: Option<String>,
    /// Attempts that it took.
    pub attempts: i32,
    /// Why it failed: the stable code.
    pub error_code: Option<String>,
    /// Why it failed, in words. May quote the request.
    #[sea_orm(column_type = "Text", nullable)]
    pub error_detail: Option<String>,
    /// What is wrong with fields of the request, one by one, as JSON; none where the reason is another.
    #[sea_orm(column_type = "Text", nullable)]
    pub error_list: Option<String>,
    /// First record of this identity.
    pub created_at: OffsetDateTime,
    /// Last change of this row.
    pub updated_at: OffsetDateTime,
    /// When the document was recorded.
    pub generated_at: Option<OffsetDateTime>,
    /// When the personal data of the row were erased; see [`Model::is_erased`].
    pub erased_at: Option<OffsetDateTime>,
    /// When the document and its e-invoice were deleted from the bucket on demand.
    pub documents_erased_at: Option<OffsetDateTime>,
    /// When a worker first received the request, before its first attempt. None in rows of earlier versions; a worker of such a
    /// version leaves the time of an earlier request there when it records another one in its place.
    pub received_at: Option<OffsetDateTime>,
    /// When and why its last attempts have failed, as JSON: a time and a code of each. None where none has; in other rows as
    /// [`received_at`](Self::received_at).
    #[sea_orm(column_type = "Text", nullable)]
    pub failed_attempts: Option<String>,
}

impl Model {
    /// Which invoice it is.
    ///
    /// # Errors
    ///
    /// Where a column has a part that no invoice can have. This program writes no such row.
    pub fn identity(&self) -> Result<InvoiceIdentity, DatabaseError> {
        let parts = [
            &self.platform,
            &self.shop_id,
            &self.order_id,
            &self.package_id,
            &self.sequence_number,
        ];
        InvoiceIdentity::from_parts(parts).map_err(|invalid| DatabaseError::InvalidRecord {
            id: self.id,
            invalid,
        })
    }

    /// Whether the row is of the request with this digest. An earlier version may have computed another digest of it, so the
    /// one in the row is not the last word: the row has the request itself.
    pub fn is_of(&self, digest: Sha256Digest) -> bool {
        self.request_digest == digest.to_string() || self.computed_digest() == Some(digest)
    }

    /// The digest that this version computes of the request: now, or when the request was erased. None where the request is no
    /// JSON.
    pub fn computed_digest(&self) -> Option<Sha256Digest> {
        if self.is_erased() {
            let note = ErasedRequest::parse(&self.request)?.erased;
            return note.request_digest?.parse().ok();
        }
        canonical::digest(self.request.as_bytes()).ok()
    }

    /// Whether the personal data of the row were erased: its `request` is then what was kept of it. A worker of a version
    /// without this column leaves the time there when it records another request in the place of one that had failed.
    pub fn is_erased(&self) -> bool {
        self.erased_at.is_some_and(|at| at >= self.updated_at)
    }

    /// What the document was rendered with; none where the row does not say.
    pub fn rendered_with(&self) -> Option<RenderedWith> {
        Some(RenderedWith {
            template: self.template_name.clone()?,
            version: self.template_version.clone()?,
            digest: self.template_digest.clone()?,
            brand_digest: self.brand_digest.clone(),
        })
    }

    /// What the row says of the document's e-invoice; none where there is none, or where the row has no digest of it.
    pub fn e_invoice(&self) -> Option<EInvoiceMark> {
        Some(EInvoiceMark {
            profile: self.e_invoice_profile.clone()?,
            sha256: self.xml_sha256.as_deref()?.parse().ok()?,
            rules_version: self.e_invoice_rules.clone().unwrap_or_default(),
        })
    }
}

impl Column {
    /// The columns of the identity, in the order of its parts.
    pub(super) const IDENTITY: [Self; 5] = [
        Self::Platform,
        Self::ShopId,
        Self::OrderId,
        Self::PackageId,
        Self::SequenceNumber,
    ];
}

/// No relations: the table stands alone.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
