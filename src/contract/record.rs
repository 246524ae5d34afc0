//! The record of an invoice, as `show` prints it and the API returns it.

use invoice::InvoiceIdentity;
use serde::Serialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::e_invoice::EInvoice;
use super::{FailedAttempt, MovedInvoice, RequestProblem, Template};
use crate::database::DatabaseError;
use crate::database::dead_letters::Summary;
use crate::database::sales_invoice::{Model, Status};

/// The record of an invoice, with its request.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceRecord<'a> {
    #[serde(flatten)]
    summary: InvoiceSummary<'a>,
    /// Numbers of the dead letters about this invoice, the oldest first.
    dead_letters: Vec<i64>,
    /// Where the request went that an edit of its dead letter has made one about another invoice.
    moved_to: Option<MovedInvoice>,
    /// The request as it arrived, byte for byte where it is JSON; otherwise as a text.
    request: RecordedRequest<'a>,
}

/// JSON in the place of JSON, so that it need not be unpacked from a text.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
enum RecordedRequest<'a> {
    Json(&'a RawValue),
    Text(&'a str),
}

/// The record of an invoice without its request.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceSummary<'a> {
    #[serde(serialize_with = "super::as_text")]
    pub(crate) id: Uuid,
    #[schema(value_type = super::Marketplace)]
    pub(crate) marketplace: InvoiceIdentity,
    /// `generated` or `failed`.
    pub(crate) status: &'static str,
    /// Private; never presigned.
    pub(crate) url: Option<&'a str>,
    /// Of a failed request: that of a document that was uploaded, could not be recorded and was never issued.
    pub(crate) object_key: Option<&'a str>,
    /// Hexadecimal.
    pub(crate) sha256: Option<&'a str>,
    pub(crate) size_bytes: Option<i64>,
    pub(crate) pages: Option<i32>,
    pub(crate) document_type: Option<&'a str>,
    pub(crate) number: Option<&'a str>,
    /// ISO 4217.
    pub(crate) currency: Option<&'a str>,
    /// Total with tax, in minor units of the currency.
    pub(crate) gross_minor: Option<i64>,
    pub(crate) template: Template<'a>,
    /// None where the document has none.
    pub(crate) e_invoice: Option<EInvoice<'a>>,
    /// Digest of the request's content, hexadecimal.
    pub(crate) request_digest: &'a str,
    pub(crate) message_id: Option<&'a str>,
    pub(crate) trace_id: Option<&'a str>,
    pub(crate) attempts: i32,
    /// When a worker first received the request, before its first attempt; null in records of earlier versions.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub(crate) received_at: Option<OffsetDateTime>,
    /// The last attempts that have failed before the one that was recorded, the oldest first; empty in records of earlier versions.
    pub(crate) failed_attempts: Vec<FailedAttempt>,
    /// Why there is no document.
    pub(crate) error: Option<RecordedError<'a>>,
    #[serde(serialize_with = "crate::moment::serialize")]
    pub(crate) created_at: OffsetDateTime,
    #[serde(serialize_with = "crate::moment::serialize")]
    pub(crate) updated_at: OffsetDateTime,
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub(crate) generated_at: Option<OffsetDateTime>,
    /// When the personal data of the request were erased. `request` has what was kept then.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub(crate) erased_at: Option<OffsetDateTime>,
    /// When the document and its e-invoice were deleted on demand.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub(crate) documents_erased_at: Option<OffsetDateTime>,
}

/// Why there is no document.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecordedError<'a> {
    pub(crate) code: &'a str,
    pub(crate) detail: Option<&'a str>,
    /// What is wrong with fields of the request, the first ones where there are many; empty where the reason is another.
    pub(crate) errors: Vec<RequestProblem>,
}

impl<'a> InvoiceRecord<'a> {
    /// Of a row, with the dead letters of its identity.
    ///
    /// # Errors
    ///
    /// The row has no valid identity.
    pub fn new(
        row: &'a Model,
        letters: &[Summary],
        moved_to: Option<MovedInvoice>,
    ) -> Result<Self, DatabaseError> {
        let json = serde_json::from_str(&row.request);
        Ok(Self {
            summary: row.try_into()?,
            dead_letters: letters.iter().map(|letter| letter.id).collect(),
            moved_to,
            request: json.map_or(RecordedRequest::Text(&row.request), RecordedRequest::Json),
        })
    }
}

impl<'a> TryFrom<&'a Model> for InvoiceSummary<'a> {
    type Error = DatabaseError;

    fn try_from(row: &'a Model) -> Result<Self, Self::Error> {
        Ok(Self {
            id: row.id,
            marketplace: row.identity()?,
            status: match row.status {
                Status::Generated => "generated",
                Status::Failed => "failed",
            },
            url: row.file_path.as_deref(),
            object_key: row.object_key.as_deref(),
            sha256: row.sha256.as_deref(),
            size_bytes: row.size_bytes,
            pages: row.pages,
            document_type: row.document_type.as_deref(),
            number: row.number.as_deref(),
            currency: row.currency.as_deref(),
            gross_minor: row.gross_minor,
            template: Template::of(row),
            e_invoice: EInvoice::of(row),
            request_digest: &row.request_digest,
            message_id: row.message_id.as_deref(),
            trace_id: row.trace_id.as_deref(),
            attempts: row.attempts,
            received_at: row.received_at,
            failed_attempts: FailedAttempt::of_record(row),
            error: row.error_code.as_deref().map(|code| RecordedError {
                code,
                detail: row.error_detail.as_deref(),
                errors: row.errors(),
            }),
            created_at: row.created_at,
            updated_at: row.updated_at,
            generated_at: row.generated_at,
            erased_at: row.erased_at.filter(|_| row.is_erased()),
            documents_erased_at: row.documents_erased_at,
        })
    }
}
