//! Opens messages of any kind, with any properties. Laws: a request is the same in every envelope; an id fits into AMQP's
//! own properties; what is no envelope is a problem with a code of envelopes; and opening is repeatable.

#![no_main]

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use invoice::FailureCode;
use invoice::content::{Form, clean};
use invoice::envelope::{EVENT_TYPE, Envelope, Metadata};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

const MAX_BYTES: usize = 1 << 20;
const MAX_ID_BYTES: usize = 255;

const EVENT: &str = "application/cloudevents+json";
const MASS_TRANSIT: &str = "application/vnd.masstransit+json";

// The first line has the properties, separated by tabs: content type, type, and the attributes of a binary event. The rest is
// the body.
fuzz_target!(|data: &[u8]| {
    let line = data.iter().position(|byte| *byte == b'\n');
    let Some((line, body)) = line.map(|at| (&data[..at], &data[at + 1..])) else {
        return;
    };
    let Ok(line) = std::str::from_utf8(line) else {
        return;
    };
    let mut properties = line.split('\t');
    let mut property = || properties.next().filter(|text| !text.is_empty());
    let (content_type, message_type) = (property(), property());
    let attributes =
        ["specversion", "type", "id", "traceparent", "tracestate"].map(|name| (name, property()));
    let attribute = |name: &str| {
        let (_, value) = attributes.iter().find(|(of, _)| *of == name)?;
        value.map(ToOwned::to_owned)
    };
    let metadata = Metadata {
        form: form(content_type),
        message_type,
        attribute: &attribute,
        max_bytes: MAX_BYTES,
    };
    let envelope = Envelope::open(&metadata, body);
    for id in [
        &envelope.message_id,
        &envelope.correlation_id,
        &envelope.traceparent,
    ] {
        let length = id.as_ref().map_or(1, String::len);
        assert!(
            (1..=MAX_ID_BYTES).contains(&length),
            "an id of {length} bytes"
        );
    }
    invoice::ClaimedIdentity::of(body);
    let again = Envelope::open(&metadata, body);
    assert_eq!(again.message_id, envelope.message_id);
    match (envelope.request(body), again.request(body)) {
        (Ok(request), Ok(again)) => assert_eq!(request, again),
        (Err(invalid), Err(again)) => {
            assert_eq!(invalid.to_string(), again.to_string());
            assert!(
                matches!(
                    invalid.code(),
                    FailureCode::EnvelopeInvalid
                        | FailureCode::EventTypeUnsupported
                        | FailureCode::RequestMalformed
                ),
                "{invalid}"
            );
        }
        _ => panic!("opened once and refused once"),
    }
    if let Ok(request) = std::str::from_utf8(body)
        && serde_json::from_str::<&RawValue>(request).is_ok()
        // The request in an envelope has no halves of characters any more.
        && matches!(clean(body), Cow::Borrowed(_))
    {
        is_the_same_in_all(request.trim());
    }
});

fn form(content_type: Option<&str>) -> Form<'_> {
    Form {
        content_type,
        ..Form::default()
    }
}

/// Any JSON as a request in each kind of envelope.
fn is_the_same_in_all(request: &str) {
    let base64 = BASE64_STANDARD.encode(request);
    for (content_type, body) in [
        (
            EVENT,
            format!(r#"{{"specversion":"1.0","id":"e","data":{request},"type":"{EVENT_TYPE}"}}"#),
        ),
        (
            EVENT,
            format!(r#"{{"specversion":"1.0","data_base64":"{base64}","type":"{EVENT_TYPE}"}}"#),
        ),
        (
            MASS_TRANSIT,
            format!(r#"{{"messageId":"m","message": {request} }}"#),
        ),
    ] {
        let metadata = Metadata {
            form: form(Some(content_type)),
            message_type: None,
            attribute: &|_| None,
            max_bytes: usize::MAX,
        };
        let envelope = Envelope::open(&metadata, body.as_bytes());
        let found = match envelope.request(body.as_bytes()) {
            Ok(found) => found,
            // No value at all, to the reader of an optional member.
            Err(_) if request == "null" => continue,
            Err(invalid) => panic!("{invalid}: {body}"),
        };
        assert_eq!(std::str::from_utf8(found), Ok(request));
        let digest = |bytes| {
            invoice::parse(bytes, MAX_BYTES)
                .ok()
                .map(|parsed| parsed.digest)
        };
        assert!(
            digest(found) == digest(request.as_bytes()),
            "another digest"
        );
    }
}
