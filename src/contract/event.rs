//! Events: structured CloudEvents 1.0.

use invoice::model::DocumentType;
use invoice::{ClaimedIdentity, ClaimedInvoice, FailureCode, InvoiceIdentity, Problem, Warning};
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::e_invoice::EInvoice;
use super::{IssuedDocument, RequestProblem, RequestWarning, Template};
use crate::database::sales_invoice::Model;
use crate::moment;

/// Content type of a structured CloudEvent.
pub const CONTENT_TYPE: &str = "application/cloudevents+json";

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

#[derive(Serialize)]
struct CloudEvent<'a, D> {
    specversion: &'a str,
    id: &'a str,
    source: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    time: String,
    datacontenttype: &'a str,
    data: D,
    // Optional attributes are left out where there is nothing to say: null would not be valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
}

/// `data` of `invoice.generated`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Generated<'a> {
    marketplace: &'a InvoiceIdentity,
    document_type: Option<&'a str>,
    number: Option<&'a str>,
    currency: Option<&'a str>,
    gross_minor: Option<i64>,
    url: Option<&'a str>,
    bucket: Option<&'a str>,
    object_key: Option<&'a str>,
    sha256: Option<&'a str>,
    size_bytes: Option<i64>,
    pages: Option<i32>,
    template: Template<'a>,
    e_invoice: Option<EInvoice<'a>>,
    request_digest: &'a str,
    request_message_id: Option<&'a str>,
    warnings: Vec<RequestWarning>,
}

/// `data` of `invoice.failed`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failed<'a> {
    marketplace: &'a ClaimedIdentity,
    document_type: Option<&'a str>,
    number: Option<&'a str>,
    code: FailureCode,
    detail: &'a str,
    errors: Vec<RequestProblem>,
    warnings: Vec<RequestWarning>,
    stage: &'a str,
    attempt: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<&'a IssuedDocument>,
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
        Self::new(
            "invoice.generated",
            &thing,
            Some(&subject),
            time,
            cause,
            data,
        )
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
        let message_id = cause.message_id.unwrap_or_default();
        let thing = format!("{body_digest} {code} {message_id} {detail}");
        Self::new(
            "invoice.failed",
            &thing,
            subject.as_deref(),
            time,
            cause,
            data,
        )
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
            specversion: "1.0",
            id: &id,
            source: "/invoice-worker",
            kind: &format!("{routing_key}.v1"),
            time: moment::text(time),
            datacontenttype: "application/json",
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
