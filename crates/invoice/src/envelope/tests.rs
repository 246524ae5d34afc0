use super::*;
use crate::InvalidRequest;

const NONE: &dyn Fn(&str) -> Option<String> = &|_| None;

/// The request that is found.
fn opened(content_type: Option<&str>, body: &str) -> Result<(Envelope, String), InvalidRequest> {
    let metadata = Metadata {
        content_type,
        message_type: None,
        attribute: NONE,
    };
    let envelope = Envelope::open(&metadata, body.as_bytes());
    let request = envelope.request(body.as_bytes())?;
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
fn empty_ids_count_as_absent_and_long_ones_are_cut() {
    let ids = |message_id: &str, correlation_id: &str| {
        let body = serde_json::json!({
            "messageId": message_id, "correlationId": correlation_id, "message": {},
        });
        let content_type = Some("application/vnd.masstransit+json");
        let (envelope, _) = opened(content_type, &body.to_string()).expect("valid");
        (envelope.message_id, envelope.correlation_id)
    };
    assert_eq!(ids("", ""), (None, None));
    let (message_id, correlation_id) = ids(&"é".repeat(500_000), &"c".repeat(256));
    assert_eq!(message_id, Some("é".repeat(127)));
    assert_eq!(correlation_id, None);
}

#[test]
fn what_is_wrong_with_an_envelope_is_named() {
    let event = Some("application/cloudevents+json");
    for (content_type, body, code, message) in [
        (
            event,
            "{",
            "envelope_invalid",
            "the body: is wrong at line 1, column 1, expected a CloudEvent as its content type says",
        ),
        (
            event,
            "[]",
            "envelope_invalid",
            "the body: is wrong at line 1, column 2, expected a CloudEvent as its content type says",
        ),
        (
            event,
            r#"{"type":"invoice.requested.v1","data":{}}"#,
            "envelope_invalid",
            "/specversion: is missing, expected 1.0 (CloudEvents 1.0)",
        ),
        (
            event,
            r#"{"specversion":"0.3","type":"invoice.requested.v1","data":{}}"#,
            "envelope_invalid",
            "/specversion: is \"0.3\", expected 1.0 (CloudEvents 1.0)",
        ),
        (
            event,
            r#"{"specversion":"1.0","type":"invoice.requested.v1"}"#,
            "envelope_invalid",
            "/data: is missing, expected the request (CloudEvents 1.0)",
        ),
        (
            event,
            r#"{"specversion":"1.0","type":"invoice.requested.v1","data_base64":"?"}"#,
            "envelope_invalid",
            "/data_base64: is not base64, expected the request in base64 (CloudEvents 1.0)",
        ),
        (
            event,
            r#"{"specversion":"1.0","type":"invoice.requested.v2","data":{}}"#,
            "event_type_unsupported",
            "/type: is \"invoice.requested.v2\", expected invoice.requested.v1",
        ),
        (
            event,
            r#"{"specversion":"1.0","type":"order.paid.v1","data":{}}"#,
            "event_type_unsupported",
            "/type: is \"order.paid.v1\", expected invoice.requested.v1",
        ),
        (
            event,
            r#"{"specversion":"1.0","data":{}}"#,
            "event_type_unsupported",
            "/type: is missing, expected invoice.requested.v1",
        ),
        (
            Some("application/vnd.masstransit+json"),
            "{}",
            "envelope_invalid",
            "/message: is missing, expected the request (MassTransit)",
        ),
    ] {
        let invalid = opened(content_type, body).expect_err("must be refused");
        assert_eq!(invalid.code().as_str(), code, "{body}");
        assert_eq!(invalid.to_string(), message, "{body}");
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
