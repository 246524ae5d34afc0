//! Invoices, as the API returns them.

use invoice::InvoiceIdentity;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{FailedAttempt, InvoiceSummary, MovedInvoice, RequestProblem, RequestWarning};
use crate::database::DatabaseError;
use crate::database::dead_letters::Summary;
use crate::database::sales_invoice::{Model, Status};

/// What needs no encoding in a part of a path (RFC 3986 unreserved characters).
const PART: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Paths of an invoice in the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct InvoiceLinks {
    /// Its record.
    #[serde(rename = "self")]
    pub own: String,
    /// Its document.
    pub document: String,
    /// Its request.
    pub request: String,
    /// The XML of its e-invoice; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xml: Option<String>,
}

impl InvoiceLinks {
    /// The paths of this invoice, with or without an e-invoice.
    pub fn of(identity: &InvoiceIdentity, has_e_invoice: bool) -> Self {
        let own = Self::record(identity);
        Self {
            document: format!("{own}/document"),
            request: format!("{own}/request"),
            xml: has_e_invoice.then(|| format!("{own}/xml")),
            own,
        }
    }

    /// The path of its record.
    pub fn record(identity: &InvoiceIdentity) -> String {
        format!("/v1{}", Self::page(identity))
    }

    /// The path of its page, for people.
    pub fn page(identity: &InvoiceIdentity) -> String {
        format!("/invoices/{}", identity.parts().map(path_part).join("/"))
    }
}

/// A text as a part of a path.
pub(crate) fn path_part(text: &str) -> String {
    utf8_percent_encode(text, PART).to_string()
}

/// The record of an invoice, with what happened to it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceResource<'a> {
    #[serde(flatten)]
    summary: InvoiceSummary<'a>,
    links: InvoiceLinks,
    /// Where the request went that an edit of its dead letter has made one about another invoice.
    moved_to: Option<MovedInvoice>,
    /// The oldest first.
    history: Vec<HistoryEntry>,
    /// Of the answer to a request only: what is suspicious about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<RequestWarning>, required = false)]
    pub warnings: Option<Vec<RequestWarning>>,
}

/// Something that happened to an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// When.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub at: OffsetDateTime,
    /// `received`, `retried`, `recorded`, `generated`, `failed` or `dead-lettered`.
    pub what: &'static str,
    /// Of a failure: its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Of a dead letter: its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_letter: Option<i64>,
    /// Of `generated` and `failed`: at which attempt, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<i32>,
}

impl<'a> InvoiceResource<'a> {
    /// The resource of a row, with the dead letters of its identity.
    ///
    /// # Errors
    ///
    /// The row has no valid identity.
    pub fn new(
        row: &'a Model,
        letters: &[Summary],
        moved_to: Option<MovedInvoice>,
    ) -> Result<Self, DatabaseError> {
        let entry = |at, what| HistoryEntry {
            at,
            what,
            code: None,
            dead_letter: None,
            attempt: None,
        };
        let received = row.received_at.map(|at| entry(at, "received"));
        let mut history: Vec<HistoryEntry> = received.into_iter().collect();
        let retries = FailedAttempt::of_record(row).into_iter();
        history.extend(retries.map(|attempt| HistoryEntry {
            code: Some(attempt.code),
            ..entry(attempt.at, "retried")
        }));
        history.push(entry(row.created_at, "recorded"));
        history.extend(letters.iter().map(|letter| HistoryEntry {
            code: Some(letter.code.clone()),
            dead_letter: Some(letter.id),
            ..entry(letter.last_failed_at, "dead-lettered")
        }));
        let attempt = Some(row.attempts);
        history.push(match row.status {
            Status::Generated => HistoryEntry {
                attempt,
                ..entry(row.generated_at.unwrap_or(row.updated_at), "generated")
            },
            Status::Failed => HistoryEntry {
                code: row.error_code.clone(),
                attempt,
                ..entry(row.updated_at, "failed")
            },
        });
        history.sort_by_key(|entry| entry.at);
        Ok(Self {
            links: InvoiceLinks::of(&row.identity()?, row.xml_sha256.is_some()),
            summary: row.try_into()?,
            moved_to,
            history,
            warnings: None,
        })
    }
}

/// A request that was published.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AcceptedRequest<'a> {
    /// Always `accepted`: the broker has it, and a worker will process it.
    pub status: &'static str,
    /// Which invoice.
    #[schema(value_type = super::Marketplace)]
    pub marketplace: &'a InvoiceIdentity,
    /// Digest of the request's content, hexadecimal.
    pub request_digest: String,
    /// The id of the message in the queue.
    pub message_id: &'a str,
    /// The trace that it belongs to: 32 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Where the invoice will be.
    pub links: InvoiceLinks,
    /// What is suspicious; it changes nothing else.
    pub warnings: Vec<RequestWarning>,
}

/// A request that is valid.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValidRequest<'a> {
    /// Always true; what is not valid is answered with its problems.
    pub valid: bool,
    /// Which invoice.
    #[schema(value_type = super::Marketplace)]
    pub marketplace: &'a InvoiceIdentity,
    /// Digest of the request's content, hexadecimal.
    pub request_digest: String,
    /// ISO 4217.
    pub currency: &'static str,
    /// Total with tax, as a decimal text.
    pub gross: String,
    /// What is to be paid, as a decimal text.
    pub due: String,
    /// The profile of the e-invoice that it asks for, with its version: it obeys the rules of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e_invoice: Option<&'static str>,
    /// What is suspicious; it changes nothing else.
    pub warnings: Vec<RequestWarning>,
}

/// A request that was validated from the command line, and where it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckedRequest<'a> {
    /// The file as it was named; `-` for standard input.
    pub file: String,
    /// The line, from 1; absent where the file is one request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Whether it is valid, and more about it.
    #[serde(flatten)]
    pub verdict: Verdict<'a>,
}

/// Whether a request is valid.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Verdict<'a> {
    /// It is.
    Valid(ValidRequest<'a>),
    /// It is not.
    Invalid {
        /// Always false.
        valid: bool,
        /// All problems.
        errors: Vec<RequestProblem>,
        /// What is suspicious as well.
        warnings: Vec<RequestWarning>,
    },
}

/// A page of invoices.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvoicePage<'a> {
    /// The newest first.
    pub items: Vec<InvoiceSummary<'a>>,
    /// The value of `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Where the page ends before it is full, because looking for more would take too long: all records were looked at that were first
    /// written since this moment. `nextCursor` goes on from there, and a page without items need not be the last one. Absent otherwise.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::moment::option::serialize"
    )]
    pub searched_back_to: Option<OffsetDateTime>,
}

/// The answer of `POST /invoice/get_pdf`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct GetPdf<'a> {
    /// The record.
    pub invoice: InvoiceSummary<'a>,
    /// The recorded URL of the document, which is private.
    pub file_path: Option<&'a str>,
    /// A URL that opens the document until it ends.
    pub url: Option<String>,
    /// After how many seconds that URL ends.
    pub expires_in: u64,
}
