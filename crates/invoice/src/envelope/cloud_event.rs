//! CloudEvents 1.0, structured and binary.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::content::{Content, Envelope, absent, broken};
use super::event_type::check_type;
use crate::content::clean;
use crate::problem::shown;
use crate::{FailureCode, Problem};

/// The standard, as problems name it.
const RULE: &str = "CloudEvents 1.0";

/// The only version of CloudEvents that is understood, and written.
pub const SPEC_VERSION: &str = "1.0";

/// A CloudEvent whose attributes are in the message's headers (AMQP binding, 3.1); the request is the body.
pub(super) fn binary(
    attribute: &dyn Fn(&str) -> Option<String>,
    version: &str,
) -> Result<Envelope, Problem> {
    check_version("", Some(version))?;
    check_type("", attribute("type").as_deref())?;
    Ok(Envelope {
        message_id: attribute("id"),
        traceparent: attribute("traceparent"),
        tracestate: attribute("tracestate"),
        ..Envelope::default()
    })
}

/// A CloudEvent as JSON (JSON event format, 3.1).
#[derive(Deserialize)]
struct CloudEvent<'a> {
    specversion: Option<String>,
    #[serde(rename = "type")]
    event_type: Option<String>,
    id: Option<String>,
    traceparent: Option<String>,
    /// Whatever it is: an event is not refused for it.
    #[serde(borrow)]
    tracestate: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    data_base64: Option<String>,
}

pub(super) fn structured(body: &[u8]) -> Result<Envelope, Problem> {
    let event: CloudEvent<'_> =
        serde_json::from_slice(body).map_err(|error| broken("CloudEvent", &error))?;
    check_version("/specversion", event.specversion.as_deref())?;
    check_type("/type", event.event_type.as_deref())?;
    let content = match (event.data, event.data_base64) {
        (Some(data), _) => Content::part(body, data),
        (None, Some(text)) => {
            let bytes = BASE64.decode(text).map_err(|_| Problem {
                code: FailureCode::EnvelopeInvalid,
                pointer: "/data_base64".into(),
                rule: Some(RULE),
                message: "is not base64, expected the request in base64".into(),
            })?;
            Content::Decoded(clean(&bytes).into_owned())
        }
        (None, None) => return Err(absent("/data", RULE)),
    };
    Ok(Envelope {
        message_id: event.id,
        traceparent: event.traceparent,
        tracestate: event
            .tracestate
            .and_then(|text| serde_json::from_str(text.get()).ok()),
        content,
        ..Envelope::default()
    })
}

/// The pointer is empty where the version is in a header.
fn check_version(pointer: &str, version: Option<&str>) -> Result<(), Problem> {
    if version == Some(SPEC_VERSION) {
        return Ok(());
    }
    let given = match version {
        Some(version) => format!("is {}", shown(version)),
        None => "is missing".to_owned(),
    };
    let subject = if pointer.is_empty() {
        "specversion "
    } else {
        ""
    };
    Err(Problem {
        code: FailureCode::EnvelopeInvalid,
        pointer: pointer.into(),
        rule: Some(RULE),
        message: format!("{subject}{given}, expected {SPEC_VERSION}"),
    })
}
