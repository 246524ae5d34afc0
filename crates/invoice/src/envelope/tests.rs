use super::*;
use crate::{FailureCode, InvalidRequest};

const NONE: &dyn Fn(&str) -> Option<String> = &|_| None;

fn form(content_type: Option<&str>) -> Form<'_> {
    Form {
        content_type,
        ..Form::default()
    }
}

/// The request that is found.
fn opened(content_type: Option<&str>, body: &str) -> Result<(Envelope, String), InvalidRequest> {
    let metadata = Metadata {
        form: form(content_type),
        message_type: None,
        attribute: NONE,
        max_bytes: usize::MAX,
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
fn an_event_is_not_refused_for_its_trace_state() {
    let long = format!("\"a={}\"", "x".repeat(600));
    for (state, expected) in [
        ("\"a=1,b=2\"", Some("a=1,b=2")),
        ("7", None),
        ("null", None),
        (&long, None),
    ] {
        let body = format!(
            r#"{{"specversion":"1.0","type":"invoice.requested.v1","tracestate":{state},"data":{{}}}}"#
        );
        let opened = opened(Some("application/cloudevents+json"), &body);
        let (envelope, _) = opened.expect("valid");
        assert_eq!(envelope.tracestate.as_deref(), expected, "{state}");
    }
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
            form: form(Some("application/json")),
            message_type: None,
            attribute: &attribute,
            max_bytes: usize::MAX,
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
            form: form(None),
            message_type,
            attribute: NONE,
            max_bytes: usize::MAX,
        };
        Envelope::open(&metadata, b"{}").request(b"{}").is_ok()
    };
    assert!(check(None));
    assert!(check(Some("invoice.requested.v1")));
    assert!(check(Some("Shop.Contracts.InvoiceRequested")));
    assert!(!check(Some("invoice.requested.v2")));
}

#[test]
fn an_envelope_is_found_in_the_content_and_the_request_in_it_is_content() {
    let event =
        r#"{"specversion":"1.0","type":"invoice.requested.v1","data":{"name":"Cup \ud83d"}}"#;
    let marked = format!("\u{feff}{event}");
    let coded = r#"{"specversion":"1.0","type":"invoice.requested.v1","data_base64":"77u/e30="}"#;
    let packed = crate::content::packed(event.as_bytes(), gzip());
    for (body, form, expected) in [
        (marked.as_bytes(), form(None), r#"{"name":"Cup "}"#),
        (&packed.expect("packed"), gzip(), r#"{"name":"Cup "}"#),
        (coded.as_bytes(), form(None), "{}"),
    ] {
        let metadata = Metadata {
            form: Form {
                content_type: Some("application/cloudevents+json"),
                ..form
            },
            message_type: None,
            attribute: NONE,
            max_bytes: 1 << 20,
        };
        let envelope = Envelope::open(&metadata, body);
        assert_eq!(envelope.request(body), Ok(expected.as_bytes()));
    }
}

#[test]
fn a_body_that_is_only_marked_is_not_copied() {
    let metadata = Metadata {
        form: form(None),
        message_type: None,
        attribute: NONE,
        max_bytes: 1 << 20,
    };
    let body = b"\xef\xbb\xbf{}";
    let envelope = Envelope::open(&metadata, body);
    assert_eq!(envelope.request(body), Ok(&body[3..]));
}

fn gzip() -> Form<'static> {
    Form {
        content_encoding: Some("gzip"),
        ..Form::default()
    }
}

#[test]
fn the_problem_of_a_body_in_another_envelope_names_its_content_type() {
    let request = r#"{"marketplace":{},"lines":[]}"#;
    let event = r#"{"specversion":"1.0","type":"invoice.requested.v1","data":{}}"#;
    let mass_transit = r#"{"messageId":"m1","messageType":["urn:message:A:B"],"message":{}}"#;
    let hint = |what: &str, content_type: &str| {
        format!("the body: looks like {what}; set the content type {content_type}")
    };
    let is_request = hint("a request without an envelope", "application/json");
    let is_event = hint("a CloudEvent", "application/cloudevents+json");
    let is_mass_transit = hint("a MassTransit message", "application/vnd.masstransit+json");
    for (content_type, body, expected) in [
        ("application/cloudevents+json", request, &is_request),
        (
            "application/cloudevents+json",
            mass_transit,
            &is_mass_transit,
        ),
        ("application/vnd.masstransit+json", request, &is_request),
        ("application/vnd.masstransit+json", event, &is_event),
    ] {
        let refused = opened(Some(content_type), body).expect_err("another envelope");
        assert_eq!(refused.to_string(), *expected, "{content_type} {body}");
        assert_eq!(refused.code(), FailureCode::EnvelopeInvalid);
    }
    for (body, expected) in [(event, is_event), (mass_transit, is_mass_transit)] {
        let parsed = crate::parse(body.as_bytes(), usize::MAX).expect("JSON");
        let refused = parsed.invoice.expect_err("no request");
        assert_eq!(refused.to_string(), expected, "{body}");
    }
    // In the right envelope, the problem is that of its content.
    let refused = opened(
        Some("application/cloudevents+json"),
        "{\"specversion\":\"2\"}",
    );
    let refused = refused.expect_err("another version").to_string();
    assert!(refused.starts_with("/specversion: "), "{refused}");
}
