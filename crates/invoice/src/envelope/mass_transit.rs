//! Messages of MassTransit.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::content::{Content, Envelope, absent, broken};
use crate::Problem;

/// A MassTransit message. Its types are named after the publisher's classes, so they are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MassTransit<'a> {
    message_id: Option<String>,
    correlation_id: Option<String>,
    #[serde(rename = "messageType")]
    _message_type: Option<IgnoredAny>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

pub(super) fn open(body: &[u8]) -> Result<Envelope, Problem> {
    let envelope: MassTransit<'_> =
        serde_json::from_slice(body).map_err(|error| broken("MassTransit message", &error))?;
    let message = envelope
        .message
        .ok_or_else(|| absent("/message", "MassTransit"))?;
    Ok(Envelope {
        message_id: envelope.message_id,
        correlation_id: envelope.correlation_id,
        content: Content::part(body, message),
        ..Envelope::default()
    })
}
