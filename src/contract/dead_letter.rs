//! A dead letter, as `dead-letters list` and `dead-letters export` write it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use invoice::ClaimedIdentity;
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::database::dead_letter::{DeadLetterStatus, Model};
use crate::database::dead_letters;

/// A dead letter without its message, for lists.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterSummary {
    /// Key of the row.
    pub id: i64,
    /// `open`, `replayed` or `discarded`.
    pub status: &'static str,
    /// Why it was dead-lettered: the stable code.
    pub code: String,
    /// Where it failed.
    pub stage: String,
    /// The first 500 characters of the detail.
    pub detail: String,
    /// How many times it was dead-lettered.
    pub failures: i32,
    /// Attempts of the last time.
    pub attempts: i32,
    /// The publisher's id of the message.
    pub message_id: Option<String>,
    /// The invoice's identity, where the request has one.
    #[serde(flatten)]
    pub invoice: ClaimedIdentity,
    /// When it was dead-lettered the first time.
    #[serde(with = "time::serde::rfc3339")]
    pub first_failed_at: OffsetDateTime,
    /// When it was dead-lettered the last time.
    #[serde(with = "time::serde::rfc3339")]
    pub last_failed_at: OffsetDateTime,
}

impl From<dead_letters::Summary> for DeadLetterSummary {
    fn from(row: dead_letters::Summary) -> Self {
        Self {
            invoice: row.invoice(),
            id: row.id,
            status: row.status.as_str(),
            code: row.code,
            stage: row.stage,
            detail: row.detail,
            failures: row.failures,
            attempts: row.attempts,
            message_id: row.message_id,
            first_failed_at: row.first_failed_at,
            last_failed_at: row.last_failed_at,
        }
    }
}

/// Everything about a dead letter.
#[derive(Clone, Debug, Serialize)]
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
    marketplace: ClaimedIdentity,
    #[serde(with = "time::serde::rfc3339")]
    first_failed_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    last_failed_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    replayed_at: Option<OffsetDateTime>,
    replayed_by: Option<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    discarded_at: Option<OffsetDateTime>,
    discarded_by: Option<String>,
    discard_reason: Option<String>,
    properties: Value,
    headers: Value,
    /// The request, byte for byte, where it is UTF-8.
    payload: Option<String>,
    /// The request where it is not UTF-8.
    payload_base64: Option<String>,
}

impl From<Model> for DeadLetter {
    fn from(row: Model) -> Self {
        let parsed = |json: &str| serde_json::from_str(json).unwrap_or_else(|_| Value::from(json));
        let marketplace = row.invoice();
        let (payload, payload_base64) = match String::from_utf8(row.payload) {
            Ok(text) => (Some(text), None),
            Err(error) => (None, Some(BASE64_STANDARD.encode(error.as_bytes()))),
        };
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
            marketplace,
            first_failed_at: row.first_failed_at,
            last_failed_at: row.last_failed_at,
            replayed_at: row.replayed_at,
            replayed_by: row.replayed_by,
            discarded_at: row.discarded_at,
            discarded_by: row.discarded_by,
            discard_reason: row.discard_reason,
            properties: parsed(&row.properties),
            headers: parsed(&row.headers),
            payload,
            payload_base64,
        }
    }
}
