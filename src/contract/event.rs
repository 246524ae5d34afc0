//! Events: structured CloudEvents 1.0.

pub(crate) mod schemas;

use invoice::content;
use invoice::envelope::SPEC_VERSION;
use invoice::model::DocumentType;
use invoice::{
    ClaimedIdentity, ClaimedInvoice, FailureCode, InvoiceIdentity, Problem, Warning, sender,
};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::e_invoice::EInvoice;
use super::{IssuedDocument, RequestProblem, RequestWarning, Template};
use crate::broker::topology::{FAILED, GENERATED};
use crate::database::sales_invoice::Model;
use crate::moment;

/// Content type of a structured CloudEvent.
pub const CONTENT_TYPE: &str = content::CLOUD_EVENT;

/// Where all events come from.
const SOURCE: &str = "/invoice-worker";

/// The namespace of event ids (a random UUID, fixed for good).
const EVENT_IDS: Uuid = Uuid::from_u128(0x7c7e_5cb4_2a51_4c0e_9d7a_90b4_1c86_a3f5);

/// An event to be published.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Routing key on the exchange.
    pub routing_key: &'static str,
    /// The event's id. It is the same for every event about the same thing, so that receivers can drop repetitions:
    /// events are published at least once.
    pub id: String,
    /// The CloudEvent as JSON.
    pub body: Vec<u8>,
}

/// What an event says of the message that it answers.
#[derive(Clone, Copy, Debug)]
pub struct Cause<'a> {
    /// The publisher's id of the message.
    pub message_id: Option<&'a str>,
    /// The queue that its publisher wants the answer in.
    pub reply_to: Option<&'a str>,
    /// What its publisher wants to find on the answer.
    pub correlation_id: Option<&'a str>,
    /// W3C trace context.
    pub traceparent: Option<&'a str>,
}

/// Why a request was dead-lettered.
#[derive(Clone, Debug)]
pub struct FailedRequest<'a> {
    /// What identifies the request: the digest of its body.
    pub body_digest: &'a str,
    /// The stable code.
    pub code: FailureCode,
    /// The reason in words. May quote the request.
    pub detail: &'a str,
    /// What is wrong with fields of the request.
    pub problems: &'a [Problem],
    /// What is suspicious as well.
    pub warnings: &'a [Warning],
    /// The invoice that it is about, as far as it says so.
    pub claimed: ClaimedInvoice,
    /// Of a conflict: the document that was issued.
    pub issued: Option<&'a IssuedDocument>,
    /// Where it failed.
    pub stage: &'a str,
    /// Which attempt it was, from 1.
    pub attempt: u32,
}

/// A structured CloudEvent 1.0. Later versions may add members: ignore those that you do not know.
#[derive(Serialize, ToSchema)]
struct CloudEvent<'a, D> {
    specversion: &'a str,
    /// The same for every copy of the event and for every event about the same thing: drop those that you have seen.
    #[schema(value_type = Uuid)]
    id: &'a str,
    source: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    /// When the document was issued, or the request was dead-lettered.
    #[schema(value_type = OffsetDateTime)]
    time: String,
    datacontenttype: &'a str,
    #[schema(value_type = Object)]
    data: D,
    // Optional attributes are left out where there is nothing to say: null would not be valid.
    /// The identity: its five parts, with a slash between them. Absent where the request does not have all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    subject: Option<&'a str>,
    /// The trace of the request (W3C trace context).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    traceparent: Option<&'a str>,
}

/// `data` of `invoice.generated`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InvoiceGeneratedData)]
struct Generated<'a> {
    #[schema(value_type = super::Marketplace)]
    marketplace: &'a InvoiceIdentity,
    /// As in the request, or what is usual.
    #[schema(required)]
    document_type: Option<&'a str>,
    /// As in the request; a receipt without one has its sequence number.
    #[schema(required)]
    number: Option<&'a str>,
    /// ISO 4217.
    #[schema(required)]
    currency: Option<&'a str>,
    /// Total with tax, in minor units of the currency.
    #[schema(required)]
    gross_minor: Option<i64>,
    /// Private; never presigned.
    #[schema(required)]
    url: Option<&'a str>,
    /// That of the URL; null where the URL does not name it.
    #[schema(required)]
    bucket: Option<&'a str>,
    /// Key of the document in the bucket.
    #[schema(required)]
    object_key: Option<&'a str>,
    /// Digest of the document, hexadecimal.
    #[schema(required)]
    sha256: Option<&'a str>,
    #[schema(required)]
    size_bytes: Option<i64>,
    #[schema(required)]
    pages: Option<i32>,
    template: Template<'a>,
    /// Its e-invoice; null where it has none.
    #[schema(required)]
    e_invoice: Option<EInvoice<'a>>,
    /// Digest of the request's content, hexadecimal.
    request_digest: &'a str,
    /// The id of the message that is answered.
    #[schema(required)]
    request_message_id: Option<&'a str>,
    /// What is suspicious about the request.
    warnings: Vec<RequestWarning>,
}

/// `data` of `invoice.failed`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InvoiceFailedData)]
struct Failed<'a> {
    /// The parts of the identity that the request has, and that are valid.
    #[schema(value_type = super::ClaimedMarketplace)]
    marketplace: &'a ClaimedIdentity,
    /// As in the request, as far as that can be read.
    #[schema(required)]
    document_type: Option<&'a str>,
    /// As in the request, as far as that can be read.
    #[schema(required)]
    number: Option<&'a str>,
    /// The stable code.
    #[schema(value_type = String)]
    code: FailureCode,
    /// The reason in words. May quote the request.
    detail: &'a str,
    /// What is wrong with fields of the request; empty where the reason is another.
    errors: Vec<RequestProblem>,
    /// What is suspicious as well.
    warnings: Vec<RequestWarning>,
    /// Where it failed.
    stage: &'a str,
    /// Which attempt it was, from 1.
    attempt: u32,
    /// Of a conflict only: the document that was issued under this identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = IssuedDocument, required = false)]
    issued: Option<&'a IssuedDocument>,
    /// The id of the message that is answered.
    #[schema(required)]
    request_message_id: Option<&'a str>,
}

impl Event {
    /// `invoice.generated`: the document of this invoice is stored in this bucket, where that is known, and has this
    /// record.
    pub fn generated(
        identity: &InvoiceIdentity,
        record: &Model,
        bucket: Option<&str>,
        warnings: &[Warning],
        cause: Cause<'_>,
    ) -> Self {
        let subject = identity.to_string();
        let data = Generated {
            marketplace: identity,
            document_type: record.document_type.as_deref(),
            number: record.number.as_deref(),
            currency: record.currency.as_deref(),
            gross_minor: record.gross_minor,
            url: record.file_path.as_deref(),
            bucket,
            object_key: record.object_key.as_deref(),
            sha256: record.sha256.as_deref(),
            size_bytes: record.size_bytes,
            pages: record.pages,
            template: Template::of(record),
            e_invoice: EInvoice::of(record),
            request_digest: &record.request_digest,
            request_message_id: cause.message_id,
            warnings: RequestWarning::list(warnings),
        };
        let time = record.generated_at.unwrap_or(record.created_at);
        let thing = format!("{subject} {}", record.request_digest);
        Self::new(GENERATED, &thing, Some(&subject), time, cause, data)
    }

    /// `invoice.failed`: the request was dead-lettered.
    pub fn failed(failed: FailedRequest<'_>, time: OffsetDateTime, cause: Cause<'_>) -> Self {
        let ClaimedInvoice {
            marketplace,
            identity,
            document_type,
            number,
        } = &failed.claimed;
        let subject = identity.as_ref().map(ToString::to_string);
        let data = Failed {
            marketplace,
            document_type: document_type.map(DocumentType::as_str),
            number: number.as_deref(),
            code: failed.code,
            detail: failed.detail,
            errors: RequestProblem::list(failed.problems),
            warnings: RequestWarning::list(failed.warnings),
            stage: failed.stage,
            attempt: failed.attempt,
            issued: failed.issued,
            request_message_id: cause.message_id,
        };
        let FailedRequest {
            body_digest,
            code,
            detail,
            ..
        } = &failed;
        // Two messages may have the same body, and each publisher waits for an answer of its own.
        let sender = sender(cause.message_id, cause.reply_to, cause.correlation_id);
        let thing = format!("{body_digest} {code} {sender} {detail}");
        Self::new(FAILED, &thing, subject.as_deref(), time, cause, data)
    }

    fn new(
        routing_key: &'static str,
        thing: &str,
        subject: Option<&str>,
        time: OffsetDateTime,
        cause: Cause<'_>,
        data: impl Serialize,
    ) -> Self {
        let id = Uuid::new_v5(&EVENT_IDS, format!("{routing_key} {thing}").as_bytes()).to_string();
        let content = CloudEvent {
            specversion: SPEC_VERSION,
            id: &id,
            source: SOURCE,
            kind: &kind(routing_key),
            time: moment::text(time),
            datacontenttype: content::JSON,
            data,
            subject,
            traceparent: cause.traceparent,
        };
        #[expect(
            clippy::unwrap_used,
            reason = "an event has no maps with other keys than strings"
        )]
        let body = serde_json::to_vec(&content).unwrap();
        Self {
            routing_key,
            id,
            body,
        }
    }
}

/// The type of the event with this routing key.
fn kind(routing_key: &str) -> String {
    format!("{routing_key}.v1")
}
