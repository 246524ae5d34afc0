//! A dead letter, as `dead-letters list` and `dead-letters export` write it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use invoice::ClaimedIdentity;
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::RequestProblem;
use crate::broker::headers::ERROR_LIST;
use crate::broker::replayed::Archived;
use crate::database::dead_letter::{DeadLetterStatus, Model};
use crate::database::{ReplayOutcome, dead_letters};
use crate::telemetry::traces::trace_id;

/// A dead letter without its message, for lists.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterSummary {
    /// Key of the row.
    pub id: i64,
    /// `open`, `replayed` or `discarded`.
    pub status: &'static str,
    /// What became of its last replay: `generated`, `failed-again` or `pending`. Null where it is not replayed, or by a version
    /// that did not note it.
    pub outcome: Option<&'static str>,
    /// Why it was dead-lettered: the stable code.
    pub code: String,
    /// Where it failed.
    pub stage: String,
    /// The first 500 characters of the detail.
    pub detail: String,
    /// Whether its request was edited: the code and the detail are those of the request before.
    #[serde(rename = "edited")]
    pub is_edited: bool,
    /// How many times it was dead-lettered.
    pub failures: i32,
    /// Attempts of the last time.
    pub attempts: i32,
    /// The publisher's id of the message.
    pub message_id: Option<String>,
    /// The invoice's identity, where the request has one.
    #[serde(flatten)]
    #[schema(value_type = super::ClaimedMarketplace)]
    pub invoice: ClaimedIdentity,
    /// When it was dead-lettered the first time.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub first_failed_at: OffsetDateTime,
    /// When it was dead-lettered the last time.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub last_failed_at: OffsetDateTime,
}

impl DeadLetterSummary {
    /// Of a row, with the outcome of its last replay, where that was noted.
    pub fn new(row: dead_letters::Summary, outcome: Option<Option<ReplayOutcome>>) -> Self {
        Self {
            outcome: outcome.map(ReplayOutcome::name),
            invoice: row.invoice(),
            id: row.id,
            status: row.status.as_str(),
            code: row.code,
            stage: row.stage,
            detail: row.detail,
            is_edited: row.edits > 0,
            failures: row.failures,
            attempts: row.attempts,
            message_id: row.message_id,
            first_failed_at: row.first_failed_at,
            last_failed_at: row.last_failed_at,
        }
    }
}

/// Everything about a dead letter.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    id: i64,
    status: &'static str,
    code: String,
    stage: String,
    detail: String,
    failures: i32,
    attempts: i32,
    message_id: Option<String>,
    exchange: String,
    routing_key: String,
    worker: Option<String>,
    /// The trace of the last attempt.
    trace_id: Option<String>,
    #[schema(value_type = super::ClaimedMarketplace)]
    marketplace: ClaimedIdentity,
    #[serde(serialize_with = "crate::moment::serialize")]
    first_failed_at: OffsetDateTime,
    #[serde(serialize_with = "crate::moment::serialize")]
    last_failed_at: OffsetDateTime,
    #[serde(serialize_with = "crate::moment::option::serialize")]
    replayed_at: Option<OffsetDateTime>,
    replayed_by: Option<String>,
    #[serde(serialize_with = "crate::moment::option::serialize")]
    discarded_at: Option<OffsetDateTime>,
    discarded_by: Option<String>,
    discard_reason: Option<String>,
    /// The dead letter as which its message goes on: it was replayed, and failed with a code with which another one had it
    /// already.
    continued_as: Option<i64>,
    /// When its personal data were erased: it has no request any more.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    erased_at: Option<OffsetDateTime>,
    /// The last change of the row; `dead-letters import` compares it.
    #[serde(serialize_with = "crate::moment::serialize")]
    updated_at: OffsetDateTime,
    /// What is wrong with fields of the request; empty where the reason is another.
    errors: Vec<RequestProblem>,
    properties: Value,
    headers: Value,
    /// The content of the request, where it is UTF-8: unpacked, without a byte order mark and without halves of characters.
    payload: Option<String>,
    /// The request, byte for byte, where `payload` does not have these bytes or is too large to be unpacked.
    payload_base64: Option<String>,
}

impl DeadLetter {
    /// Of a row, whose request is unpacked where it has `max_bytes` at most.
    pub fn new(row: Model, max_bytes: usize) -> Self {
        let parsed = |json: &str| serde_json::from_str(json).unwrap_or_else(|_| Value::from(json));
        let headers = parsed(&row.headers);
        let errors = RequestProblem::read(headers[ERROR_LIST].as_str());
        let marketplace = row.invoice();
        let traceparent = headers["traceparent"].as_str();
        let trace_id = traceparent.and_then(trace_id).map(str::to_owned);
        let (payload, payload_base64) = payload(&row, max_bytes);
        Self {
            id: row.id,
            status: DeadLetterStatus::as_str(row.status),
            code: row.code,
            stage: row.stage,
            detail: row.detail,
            failures: row.failures,
            attempts: row.attempts,
            message_id: row.message_id,
            exchange: row.exchange,
            routing_key: row.routing_key,
            worker: row.worker,
            trace_id,
            marketplace,
            first_failed_at: row.first_failed_at,
            last_failed_at: row.last_failed_at,
            replayed_at: row.replayed_at,
            replayed_by: row.replayed_by,
            discarded_at: row.discarded_at,
            discarded_by: row.discarded_by,
            discard_reason: row.discard_reason,
            continued_as: row.continued_as,
            erased_at: row.erased_at,
            updated_at: row.updated_at,
            properties: parsed(&row.properties),
            errors,
            headers,
            payload,
            payload_base64,
        }
    }
}

/// What is wrong with fields of the request of a dead letter, as it was reported when it failed last.
pub fn reported(row: &Model) -> Vec<RequestProblem> {
    let headers: Value = serde_json::from_str(&row.headers).unwrap_or_default();
    RequestProblem::read(headers[ERROR_LIST].as_str())
}

/// The payload as text, and its bytes where they are not that text.
fn payload(row: &Model, max_bytes: usize) -> (Option<String>, Option<String>) {
    let archived = Archived {
        properties: &row.properties,
        headers: &row.headers,
    };
    let content = archived.content(&row.payload, max_bytes);
    let as_it_is = *content == *row.payload;
    let text = String::from_utf8(content.into_owned()).ok();
    let bytes = (text.is_none() || !as_it_is).then(|| BASE64_STANDARD.encode(&row.payload));
    (text, bytes)
}
