//! What a request may be wrapped in: nothing, a CloudEvent 1.0 (structured or binary), or a MassTransit message.
//!
//! Publishers keep the framework that they have. The wrapping says what the message is and who it belongs to; the
//! request inside is the same in all of them, and so is its digest.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::{FailureCode, InvalidRequest, Problem};

/// The type of the events that this version understands. Publishers may put a name of their own before it, as in
/// `com.example.invoice.requested.v1`.
pub const EVENT_TYPE: &str = "invoice.requested.v1";

/// What the message's properties and headers say.
pub struct Metadata<'a> {
    /// AMQP's `content-type`.
    pub content_type: Option<&'a str>,
    /// AMQP's `type`.
    pub message_type: Option<&'a str>,
    /// Attributes of a binary CloudEvent, by their name without prefix.
    pub attribute: &'a dyn Fn(&str) -> Option<String>,
}

/// A message, unwrapped.
#[derive(Clone, Debug, Default)]
pub struct Envelope {
    /// The id that the envelope gives the message.
    pub message_id: Option<String>,
    /// What the publisher wants to find on the result.
    pub correlation_id: Option<String>,
    /// W3C trace context.
    pub traceparent: Option<String>,
    content: Content,
}

/// Where the request is.
#[derive(Clone, Debug, Default)]
enum Content {
    /// It is the body.
    #[default]
    Whole,
    /// It is a part of the body.
    Part(Range<usize>),
    /// It came in base64.
    Decoded(Vec<u8>),
    /// There is none.
    Refused(Box<InvalidRequest>),
}

impl Envelope {
    /// Looks into a message. What is wrong with it comes out when the request is asked for.
    pub fn open(metadata: &Metadata<'_>, body: &[u8]) -> Self {
        let media_type = metadata
            .content_type
            .and_then(|text| text.split(';').next());
        let opened = match media_type
            .map(|text| text.trim().to_ascii_lowercase())
            .as_deref()
        {
            Some("application/cloudevents+json") => structured(body),
            Some("application/vnd.masstransit+json") => mass_transit(body),
            Some(_) | None => match (metadata.attribute)("specversion") {
                Some(version) => binary(metadata, &version),
                None => plain(metadata),
            },
        };
        opened.unwrap_or_else(|problem| Self {
            content: Content::Refused(Box::new(problem.into())),
            ..Self::default()
        })
    }

    /// The request in `body`, which must be the one that was looked into.
    pub fn request<'a>(&'a self, body: &'a [u8]) -> Result<&'a [u8], InvalidRequest> {
        match &self.content {
            Content::Whole => Ok(body),
            Content::Part(range) => Ok(body.get(range.clone()).unwrap_or_default()),
            Content::Decoded(bytes) => Ok(bytes),
            Content::Refused(invalid) => Err(InvalidRequest::clone(invalid)),
        }
    }
}

fn plain(metadata: &Metadata<'_>) -> Result<Envelope, Problem> {
    // Frameworks write all sorts of things there; only another version of ours means something.
    match metadata.message_type.map(event_type) {
        Some(EventType::OtherVersion) => Err(unsupported("", metadata.message_type)),
        Some(EventType::Ours | EventType::Foreign) | None => Ok(Envelope::default()),
    }
}

/// The attributes are in the message's headers (AMQP binding, 3.1), the request is the body.
fn binary(metadata: &Metadata<'_>, version: &str) -> Result<Envelope, Problem> {
    let attribute = metadata.attribute;
    check_version("", version)?;
    check_type("", attribute("type").as_deref())?;
    Ok(Envelope {
        message_id: attribute("id"),
        correlation_id: None,
        traceparent: attribute("traceparent"),
        content: Content::Whole,
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
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    data_base64: Option<String>,
}

fn structured(body: &[u8]) -> Result<Envelope, Problem> {
    let event: CloudEvent<'_> =
        serde_json::from_slice(body).map_err(|error| broken("CloudEvent", &error))?;
    check_version(
        "/specversion",
        event.specversion.as_deref().unwrap_or_default(),
    )?;
    check_type("/type", event.event_type.as_deref())?;
    let content = match (event.data, event.data_base64) {
        (Some(data), _) => part(body, data),
        (None, Some(text)) => {
            let bytes = BASE64.decode(text).map_err(|_| Problem {
                code: FailureCode::EnvelopeInvalid,
                pointer: "/data_base64".into(),
                rule: Some("CloudEvents 1.0"),
                message: "must be base64".into(),
            })?;
            Content::Decoded(bytes)
        }
        (None, None) => return Err(absent("/data", "CloudEvents 1.0")),
    };
    Ok(Envelope {
        message_id: event.id,
        correlation_id: None,
        traceparent: event.traceparent,
        content,
    })
}

/// A MassTransit message. The names of its types are those of the publisher's classes, so they decide nothing.
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

fn mass_transit(body: &[u8]) -> Result<Envelope, Problem> {
    let envelope: MassTransit<'_> =
        serde_json::from_slice(body).map_err(|error| broken("MassTransit message", &error))?;
    let message = envelope
        .message
        .ok_or_else(|| absent("/message", "MassTransit"))?;
    Ok(Envelope {
        message_id: envelope.message_id,
        correlation_id: envelope.correlation_id,
        traceparent: None,
        content: part(body, message),
    })
}

/// The value as a range of the body that it was borrowed from.
fn part(body: &[u8], value: &RawValue) -> Content {
    let start = value
        .get()
        .as_ptr()
        .addr()
        .wrapping_sub(body.as_ptr().addr());
    Content::Part(start..start + value.get().len())
}

/// What a type says about the content.
#[derive(Debug, PartialEq)]
enum EventType {
    Ours,
    OtherVersion,
    Foreign,
}

fn event_type(name: &str) -> EventType {
    let Some((kind, version)) = name.rsplit_once(".v") else {
        return EventType::Foreign;
    };
    let ours = kind == "invoice.requested" || kind.ends_with(".invoice.requested");
    match version {
        _ if !ours => EventType::Foreign,
        "1" => EventType::Ours,
        _ => EventType::OtherVersion,
    }
}

fn check_type(pointer: &str, name: Option<&str>) -> Result<(), Problem> {
    match name.map(event_type) {
        Some(EventType::Ours) => Ok(()),
        Some(EventType::OtherVersion | EventType::Foreign) | None => {
            Err(unsupported(pointer, name))
        }
    }
}

fn check_version(pointer: &str, version: &str) -> Result<(), Problem> {
    if version == "1.0" {
        return Ok(());
    }
    Err(Problem {
        code: FailureCode::EnvelopeInvalid,
        pointer: pointer.into(),
        rule: Some("CloudEvents 1.0"),
        message: "specversion must be 1.0".into(),
    })
}

fn unsupported(pointer: &str, name: Option<&str>) -> Problem {
    // A type is a name that a developer chose, not personal data; cut, since it comes from outside.
    let name: String = name.unwrap_or("absent").chars().take(100).collect();
    Problem {
        code: FailureCode::EventTypeUnsupported,
        pointer: pointer.into(),
        rule: None,
        message: format!("the type is {name}; this version understands {EVENT_TYPE}"),
    }
}

fn absent(pointer: &str, rule: &'static str) -> Problem {
    Problem {
        code: FailureCode::EnvelopeInvalid,
        pointer: pointer.into(),
        rule: Some(rule),
        message: "is required".into(),
    }
}

/// serde's text may quote a value; where it is, is enough.
fn broken(kind: &str, error: &serde_json::Error) -> Problem {
    Problem {
        code: FailureCode::EnvelopeInvalid,
        pointer: String::new(),
        rule: None,
        message: format!(
            "is not a {kind} as its content type says: line {}, column {}",
            error.line(),
            error.column()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: &dyn Fn(&str) -> Option<String> = &|_| None;

    /// The request that is found, or the code of the error.
    fn opened(content_type: Option<&str>, body: &str) -> Result<(Envelope, String), &'static str> {
        let metadata = Metadata {
            content_type,
            message_type: None,
            attribute: NONE,
        };
        let envelope = Envelope::open(&metadata, body.as_bytes());
        let request = envelope
            .request(body.as_bytes())
            .map_err(|error| error.code().as_str())?;
        let request = String::from_utf8(request.to_vec()).expect("UTF-8");
        Ok((envelope, request))
    }

    #[test]
    fn a_structured_event_is_unwrapped_without_touching_the_request() {
        let content_type = Some("Application/CloudEvents+JSON; charset=utf-8");
        let body = r#"{"specversion":"1.0","type":"com.example.invoice.requested.v1","id":"e1","source":"/shop",
            "traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","data": { "number" : 1.10 } }"#;
        let (envelope, request) = opened(content_type, body).expect("valid");
        assert_eq!(request, r#"{ "number" : 1.10 }"#);
        assert_eq!(envelope.message_id.as_deref(), Some("e1"));
        assert!(envelope.traceparent.is_some());

        let base64 = r#"{"specversion":"1.0","type":"invoice.requested.v1","data_base64":"e30="}"#;
        assert_eq!(opened(content_type, base64).expect("valid").1, "{}");
    }

    #[test]
    fn a_mass_transit_message_is_unwrapped() {
        let body = r#"{"messageId":"m1","correlationId":"c1","messageType":["urn:message:Shop:InvoiceRequested"],
            "message":{"number":"1"},"host":{}}"#;
        let (envelope, request) =
            opened(Some("application/vnd.masstransit+json"), body).expect("valid");
        assert_eq!(request, r#"{"number":"1"}"#);
        let ids = (
            envelope.message_id.as_deref(),
            envelope.correlation_id.as_deref(),
        );
        assert_eq!(ids, (Some("m1"), Some("c1")));
    }

    #[test]
    fn what_is_wrong_with_an_envelope_is_named() {
        let event = Some("application/cloudevents+json");
        for (content_type, body, code) in [
            (event, "{", "envelope_invalid"),
            (event, "[]", "envelope_invalid"),
            (
                event,
                r#"{"type":"invoice.requested.v1","data":{}}"#,
                "envelope_invalid",
            ),
            (
                event,
                r#"{"specversion":"0.3","type":"invoice.requested.v1","data":{}}"#,
                "envelope_invalid",
            ),
            (
                event,
                r#"{"specversion":"1.0","type":"invoice.requested.v1"}"#,
                "envelope_invalid",
            ),
            (
                event,
                r#"{"specversion":"1.0","type":"invoice.requested.v1","data_base64":"?"}"#,
                "envelope_invalid",
            ),
            (
                event,
                r#"{"specversion":"1.0","type":"invoice.requested.v2","data":{}}"#,
                "event_type_unsupported",
            ),
            (
                event,
                r#"{"specversion":"1.0","type":"order.paid.v1","data":{}}"#,
                "event_type_unsupported",
            ),
            (
                event,
                r#"{"specversion":"1.0","data":{}}"#,
                "event_type_unsupported",
            ),
            (
                Some("application/vnd.masstransit+json"),
                "{}",
                "envelope_invalid",
            ),
        ] {
            assert_eq!(
                opened(content_type, body).expect_err("must be refused"),
                code,
                "{body}"
            );
        }
    }

    #[test]
    fn a_binary_event_has_its_attributes_in_the_headers() {
        let check = |version: &str, event_type: Option<&str>| {
            let attribute = |name: &str| match name {
                "specversion" => Some(version.to_owned()),
                "type" => event_type.map(ToOwned::to_owned),
                "id" => Some("e1".to_owned()),
                _ => None,
            };
            let metadata = Metadata {
                content_type: Some("application/json"),
                message_type: None,
                attribute: &attribute,
            };
            let envelope = Envelope::open(&metadata, b"{}");
            envelope
                .request(b"{}")
                .map(<[u8]>::len)
                .map_err(|error| error.code().as_str())
        };
        assert_eq!(check("1.0", Some(EVENT_TYPE)), Ok(2));
        assert_eq!(check("2.0", Some(EVENT_TYPE)), Err("envelope_invalid"));
        assert_eq!(
            check("1.0", Some("invoice.requested.v2")),
            Err("event_type_unsupported")
        );
        assert_eq!(check("1.0", None), Err("event_type_unsupported"));
    }

    #[test]
    fn a_plain_request_of_another_version_is_refused() {
        let check = |message_type: Option<&str>| {
            let metadata = Metadata {
                content_type: None,
                message_type,
                attribute: NONE,
            };
            Envelope::open(&metadata, b"{}").request(b"{}").is_ok()
        };
        assert!(check(None));
        assert!(check(Some("invoice.requested.v1")));
        assert!(check(Some("Shop.Contracts.InvoiceRequested")));
        assert!(!check(Some("invoice.requested.v2")));
    }
}
