//! The record of an invoice, as `show` prints it.

use invoice::InvoiceIdentity;
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Template;
use crate::database::DatabaseError;
use crate::database::sales_invoice::{Model, Status};

/// The record of an invoice.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceRecord<'a> {
    #[serde(serialize_with = "super::as_text")]
    id: Uuid,
    marketplace: InvoiceIdentity,
    /// `generated` or `failed`.
    status: &'static str,
    /// Private; never presigned.
    url: Option<&'a str>,
    /// Of a failed request: that of a document that was uploaded, could not be recorded and was never issued.
    object_key: Option<&'a str>,
    /// Hexadecimal.
    sha256: Option<&'a str>,
    size_bytes: Option<i64>,
    pages: Option<i32>,
    document_type: Option<&'a str>,
    number: Option<&'a str>,
    /// ISO 4217.
    currency: Option<&'a str>,
    /// Total with tax, in minor units of the currency.
    gross_minor: Option<i64>,
    template: Template<'a>,
    /// The request as it arrived.
    request: &'a str,
    /// Hexadecimal.
    request_digest: &'a str,
    message_id: Option<&'a str>,
    trace_id: Option<&'a str>,
    attempts: i32,
    /// Why there is no document.
    error: Option<RecordedError<'a>>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    generated_at: Option<OffsetDateTime>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct RecordedError<'a> {
    code: &'a str,
    detail: Option<&'a str>,
}

impl<'a> TryFrom<&'a Model> for InvoiceRecord<'a> {
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
            request: &row.request,
            request_digest: &row.request_digest,
            message_id: row.message_id.as_deref(),
            trace_id: row.trace_id.as_deref(),
            attempts: row.attempts,
            error: row.error_code.as_deref().map(|code| RecordedError {
                code,
                detail: row.error_detail.as_deref(),
            }),
            created_at: row.created_at,
            updated_at: row.updated_at,
            generated_at: row.generated_at,
        })
    }
}
