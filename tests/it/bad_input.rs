//! What cannot become a document: dead-lettered at once with a code and a place, and the next message is served.

use invoice_worker::database::Status;
use lapin::types::AMQPValue;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::harness::{Message, Options, Received, World, eventually, samples};

/// One bad request.
struct Case {
    name: &'static str,
    body: Vec<u8>,
    code: &'static str,
    /// JSON pointer; empty for the whole body.
    pointer: &'static str,
    stage: &'static str,
    /// Whether it says validly which invoice it is about, so that its failure has a row.
    recorded: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_request_is_dead_lettered_with_its_code_and_the_next_one_is_served() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let name = format!(":{}", worker.pid());
    let cases = cases();
    for case in &cases {
        world.send(&message(case)).await;
    }
    let dead = eventually("a dead letter for each", async || {
        let dead = world.dead_letters().await;
        if dead.len() >= cases.len() {
            Ok(dead)
        } else {
            Err(dead.len())
        }
    })
    .await;
    let events = world.wait_for_events(cases.len()).await;
    for case in &cases {
        let of_case = |message_id: Option<&str>| message_id == Some(case.name);
        let letters: Vec<_> = dead
            .iter()
            .filter(|dead| of_case(dead.message_id.as_deref()))
            .collect();
        assert_eq!(letters.len(), 1, "{}: one dead letter", case.name);
        assert_dead_letter(case, letters[0], &name);
        let events: Vec<_> = events
            .iter()
            .filter(|event| of_case(event.json()["data"]["requestMessageId"].as_str()))
            .collect();
        assert_eq!(events.len(), 1, "{}: one event", case.name);
        assert_event(case, events[0], letters[0]);
    }

    world.publish(samples::receipt().to_string()).await;
    let good = world
        .wait_for_document(&samples::identity(&samples::receipt()))
        .await;
    worker.stop().await;
    world.assert_settled(1, cases.len()).await;
    assert_eq!(
        world.objects().await,
        [good.object_key.clone().expect("a key")]
    );
    assert_rows(&world, &cases).await;
}

fn message(case: &Case) -> Message {
    Message {
        message_id: case.name.to_owned(),
        headers: vec![
            ("tenant", "tenant-7".to_owned()),
            ("x-attempt-of-the-sender", "kept too".to_owned()),
        ],
        correlation_id: Some("correlation-9".to_owned()),
        ..Message::new(case.body.clone())
    }
}

fn assert_dead_letter(case: &Case, dead: &Received, worker: &str) {
    let name = case.name;
    assert_eq!(dead.header("x-error-code"), case.code, "{name}: {dead:?}");
    let place = match case.pointer {
        "" => "the body",
        pointer => pointer,
    };
    let detail = dead.header("x-error-detail");
    assert!(
        detail.starts_with(&format!("{place}: ")),
        "{name}: {detail}"
    );
    assert_eq!(dead.header("x-error-stage"), case.stage, "{name}");
    assert_eq!(dead.header("x-attempt"), "1", "{name}");
    assert!(dead.header("x-worker").ends_with(worker), "{name}");
    let time = |header: &str| {
        let parsed = OffsetDateTime::parse(dead.header(header), &Rfc3339);
        parsed.unwrap_or_else(|error| panic!("{name}: {header}: {error}"))
    };
    assert!(time("x-first-received-at") <= time("x-failed-at"), "{name}");
    assert_eq!(dead.header("tenant"), "tenant-7", "{name}");
    assert_eq!(dead.header("x-attempt-of-the-sender"), "kept too", "{name}");
    assert_eq!(
        dead.correlation_id.as_deref(),
        Some("correlation-9"),
        "{name}"
    );
    assert_eq!(dead.routing_key, "invoice.requested", "{name}");
    assert_eq!(
        dead.content_type.as_deref(),
        Some("application/json"),
        "{name}"
    );
    assert!(dead.body == case.body, "{name}: the body changed");
}

fn assert_event(case: &Case, received: &Received, dead: &Received) {
    assert_eq!(received.routing_key, "invoice.failed", "{}", case.name);
    let event = received.json();
    assert_eq!(event["type"], "invoice.failed.v1", "{}", case.name);
    let expected = json!({
        "code": case.code,
        "detail": dead.header("x-error-detail"),
        "stage": case.stage,
        "attempt": 1,
        "requestMessageId": case.name,
    });
    assert_eq!(event["data"], expected, "{}", case.name);
    assert_eq!(
        received.correlation_id.as_deref(),
        Some("correlation-9"),
        "{}",
        case.name
    );
}

/// A failed row for each case that names its invoice, and none for the others.
async fn assert_rows(world: &World, cases: &[Case]) {
    let rows = world.rows().await;
    for case in cases {
        let row = rows
            .iter()
            .find(|row| row.message_id.as_deref() == Some(case.name));
        assert_eq!(row.is_some(), case.recorded, "{}: {row:?}", case.name);
        if let Some(row) = row {
            assert_eq!(row.status, Status::Failed, "{}", case.name);
            assert_eq!(row.error_code.as_deref(), Some(case.code), "{}", case.name);
            let detail = row.error_detail.as_deref().expect("a detail");
            assert!(detail.starts_with(case.pointer), "{}: {detail}", case.name);
            assert_eq!(row.request.as_bytes(), case.body, "{}", case.name);
            assert_eq!(
                (&row.file_path, &row.object_key, &row.sha256),
                (&None, &None, &None)
            );
        }
    }
}

fn cases() -> Vec<Case> {
    let mut cases = bodies();
    cases.extend(fields());
    cases.extend(identities());
    cases
}

/// Bodies that are wrong as a whole.
fn bodies() -> Vec<Case> {
    let case = |name, body: Vec<u8>, code, pointer| Case {
        name,
        body,
        code,
        pointer,
        stage: "validate",
        recorded: false,
    };
    let mut large = samples::receipt();
    large["notes"] = json!([{ "text": "x".repeat(5 << 20) }]);
    let deep = format!(
        r#"{{"extensions": {}1{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    vec![
        case("empty", Vec::new(), "request_malformed", ""),
        case(
            "not JSON",
            b"please send an invoice".into(),
            "request_malformed",
            "",
        ),
        case(
            "JSON cut off",
            br#"{"documentType": "receipt", "#.into(),
            "request_malformed",
            "",
        ),
        case("two requests", b"{} {}".into(), "request_malformed", ""),
        case(
            "invalid UTF-8",
            b"{\"number\": \"\xff\xfe\"}".into(),
            "request_malformed",
            "",
        ),
        case("an array", b"[]".into(), "field_type", ""),
        case("5 MiB", large.to_string().into(), "request_too_large", ""),
        case("deeply nested", deep.into(), "request_too_deep", ""),
        case(
            "nested without an end",
            "[".repeat(500_000).into(),
            "request_too_deep",
            "",
        ),
        case("no fields", b"{}".into(), "field_missing", "/marketplace"),
    ]
}

/// The German invoice with one field replaced; null takes it away in effect.
fn fields() -> Vec<Case> {
    let digits = "9".repeat(40);
    let line = json!({ "name": "x", "quantity": "1", "unitPrice": "1", "tax": { "category": "S", "rate": "0" } });
    let many_lines = Value::Array(vec![line; 10_001]);
    let cases = [
        (
            "a number for an amount",
            "/lines/0/unitPrice",
            json!(18.9),
            "field_type",
        ),
        ("a text for a list", "/lines", json!("one"), "field_type"),
        ("a list for a party", "/seller", json!([]), "field_type"),
        ("no number", "/number", Value::Null, "field_missing"),
        ("no date", "/issueDate", Value::Null, "field_missing"),
        ("no currency", "/currency", Value::Null, "field_missing"),
        ("no seller", "/seller", Value::Null, "field_missing"),
        ("no buyer", "/buyer", Value::Null, "field_missing"),
        (
            "no country",
            "/seller/address/country",
            Value::Null,
            "field_missing",
        ),
        (
            "no price",
            "/lines/1/unitPrice",
            Value::Null,
            "field_missing",
        ),
        ("no lines", "/lines", json!([]), "field_missing"),
        ("lines left out", "/lines", Value::Null, "field_missing"),
        (
            "an unnamed line",
            "/lines/1/name",
            json!(""),
            "field_missing",
        ),
        (
            "a negative quantity",
            "/lines/0/quantity",
            json!("-1"),
            "quantity_invalid",
        ),
        (
            "no pieces",
            "/lines/0/quantity",
            json!("0"),
            "quantity_invalid",
        ),
        (
            "an absurd quantity",
            "/lines/0/quantity",
            json!("99999999999999"),
            "quantity_invalid",
        ),
        (
            "a quantity in words",
            "/lines/0/quantity",
            json!("a dozen"),
            "quantity_invalid",
        ),
        (
            "a price of 40 digits",
            "/lines/0/unitPrice",
            json!(digits),
            "amount_invalid",
        ),
        (
            "an exponent",
            "/lines/0/unitPrice",
            json!("1e3"),
            "amount_invalid",
        ),
        (
            "a total of 40 digits",
            "/totals/gross",
            json!(digits),
            "amount_invalid",
        ),
        (
            "an unknown currency",
            "/currency",
            json!("ZZZ"),
            "currency_unknown",
        ),
        (
            "an unknown document",
            "/documentType",
            json!("poem"),
            "document_type_unsupported",
        ),
        (
            "no such day",
            "/issueDate",
            json!("2026-02-30"),
            "date_invalid",
        ),
        (
            "a wrong IBAN",
            "/payment/means/iban",
            json!("DE00370400440532013000"),
            "iban_invalid",
        ),
        (
            "a control character",
            "/lines/0/name",
            json!("Mehl\u{1b}[2J"),
            "field_invalid",
        ),
        (
            "a line of 10,000 characters",
            "/lines/0/name",
            json!("x".repeat(10_000)),
            "field_invalid",
        ),
        (
            "a VAT number without its country",
            "/seller/vatId",
            json!("123456789"),
            "field_invalid",
        ),
        (
            "a total off by a cent",
            "/totals/gross",
            json!("278.21"),
            "totals_mismatch",
        ),
        (
            "a line off by a cent",
            "/lines/1/netAmount",
            json!("29.84"),
            "totals_mismatch",
        ),
        (
            "a tax off by a cent",
            "/taxBreakdown/0/tax",
            json!("15.87"),
            "totals_mismatch",
        ),
        ("10,001 lines", "/lines", many_lines, "lines_too_many"),
        ("no language", "/locale", json!("!"), "locale_invalid"),
    ];
    let cases = cases.into_iter().enumerate();
    let mut all: Vec<Case> = cases
        .map(|(index, (name, pointer, value, code))| Case {
            name,
            body: invoice_with(&format!("field-{index}"), pointer, value),
            code,
            pointer,
            stage: "validate",
            recorded: true,
        })
        .collect();
    // What only the templates can tell.
    for (name, pointer, value, code) in [
        (
            "an unknown template",
            "/template/name",
            json!("fancy"),
            "template_unknown",
        ),
        (
            "a template outside",
            "/template/name",
            json!("../receipt"),
            "template_unknown",
        ),
        (
            "an unknown version",
            "/template/version",
            json!("v0"),
            "template_version_unknown",
        ),
        (
            "an unsupported language",
            "/locale",
            json!("fi-FI"),
            "locale_unsupported",
        ),
        (
            "a language without a font",
            "/locale",
            json!("ja-JP"),
            "font_missing",
        ),
        (
            "a letter that no font has",
            "/lines/0/name",
            json!("T恤"),
            "glyph_missing",
        ),
    ] {
        let order = format!("render-{}", all.len());
        all.push(Case {
            name,
            body: invoice_with(&order, pointer, value),
            code,
            pointer,
            stage: "render",
            recorded: true,
        });
    }
    all
}

/// Identities that would be wrong keys, or none.
fn identities() -> Vec<Case> {
    let cases = [
        (
            "up",
            "/marketplace/orderId",
            json!("../../etc"),
            "identity_unsafe",
        ),
        (
            "two dots",
            "/marketplace/orderId",
            json!(".."),
            "identity_unsafe",
        ),
        (
            "a slash",
            "/marketplace/shopId",
            json!("shop/123"),
            "identity_unsafe",
        ),
        (
            "a backslash",
            "/marketplace/shopId",
            json!("shop\\123"),
            "identity_unsafe",
        ),
        (
            "a zero byte",
            "/marketplace/packageId",
            json!("pkg\u{0}"),
            "identity_unsafe",
        ),
        (
            "a line feed",
            "/marketplace/packageId",
            json!("pkg\n789"),
            "identity_unsafe",
        ),
        (
            "an encoded slash",
            "/marketplace/platform",
            json!("tik%2ftok"),
            "identity_unsafe",
        ),
        (
            "a long id",
            "/marketplace/sequenceNumber",
            json!("1".repeat(2_000)),
            "identity_unsafe",
        ),
        (
            "an empty id",
            "/marketplace/sequenceNumber",
            json!(""),
            "field_missing",
        ),
        (
            "a missing id",
            "/marketplace/platform",
            Value::Null,
            "field_missing",
        ),
        (
            "a number as id",
            "/marketplace/orderId",
            json!(576_461_413_038_785_752_u64),
            "field_type",
        ),
        ("no identity", "/marketplace", Value::Null, "field_missing"),
    ];
    let case = |(name, pointer, value, code)| Case {
        name,
        body: invoice_with("identity", pointer, value),
        code,
        pointer,
        stage: "validate",
        recorded: false,
    };
    cases.into_iter().map(case).collect()
}

/// The German invoice for this order, with this value at this place.
fn invoice_with(order_id: &str, pointer: &str, value: Value) -> Vec<u8> {
    let mut request = samples::with_identity(samples::invoice(), order_id, "1");
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer to a field");
    let parent = request.pointer_mut(parent).expect("a parent that exists");
    match name.parse::<usize>() {
        Ok(index) => parent[index] = value,
        Err(_) => parent[name] = value,
    }
    request.to_string().into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_character_that_no_font_has_is_a_permanent_failure_and_not_a_blank() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let mut request = samples::receipt();
    request["buyer"]["name"] = json!("山田 太郎");
    world.publish(request.to_string()).await;
    let dead = eventually("a dead letter", async || {
        world.dead_letters().await.pop().ok_or(())
    })
    .await;
    assert_eq!(dead.header("x-error-code"), "glyph_missing");
    assert_eq!(dead.header("x-error-stage"), "render");
    let detail = dead.header("x-error-detail");
    assert!(
        detail.contains("/buyer/name") && detail.contains('山'),
        "{detail}"
    );
    worker.stop().await;
    world.assert_settled(0, 1).await;
    let row = world.row(&samples::identity(&request)).await;
    let row = row.expect("the failure is recorded");
    assert_eq!(row.status, Status::Failed);
    assert_eq!(row.error_detail.as_deref(), Some(detail));
}

/// Headers are no part of the request: whatever a sender puts there, a good request becomes a document.
#[tokio::test(flavor = "multi_thread")]
async fn odd_headers_neither_fail_a_good_request_nor_stop_the_next() {
    let not_utf8 = AMQPValue::LongString(vec![0xff, 0xfe].into());
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let odd = [
        ("traceparent", not_utf8.clone()),
        ("traceparent", AMQPValue::LongLongInt(7)),
        ("traceparent", AMQPValue::LongString("00-\u{e9}-".into())),
        ("x-attempt", AMQPValue::LongLongInt(-5)),
        ("x-attempt", AMQPValue::LongLongInt(i64::MAX)),
        ("x-attempt", not_utf8),
        (
            "x-first-received-at",
            AMQPValue::LongString("yesterday".into()),
        ),
        ("x-first-received-at", AMQPValue::Boolean(true)),
        (
            "x-error-code",
            AMQPValue::LongString("of an earlier life".into()),
        ),
        ("x-death", AMQPValue::LongString("not a table".into())),
        ("large", AMQPValue::LongString("x".repeat(100_000).into())),
        // Of another broker, as a shovel carries it over.
        ("x-delivery-count", AMQPValue::LongLongInt(15)),
    ];
    for (index, (name, value)) in odd.iter().enumerate() {
        let order = index.to_string();
        let request = samples::with_identity(samples::receipt(), &order, "1");
        let mut message = Message::new(request.to_string());
        message.odd_headers.insert((*name).into(), value.clone());
        world.send(&message).await;
    }
    world.wait_for_events(odd.len()).await;
    worker.stop().await;
    world.assert_settled(odd.len(), 0).await;
    for row in world.rows().await {
        assert_eq!((row.attempts, row.trace_id), (1, None), "{}", row.order_id);
    }
}

/// PostgreSQL has no NUL in a text, JSON and AMQP have.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_with_a_nul_is_recorded_without_it() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let request = samples::receipt();
    world
        .send(&Message {
            message_id: "a\0b".into(),
            ..Message::new(request.to_string())
        })
        .await;
    let row = world.wait_for_document(&samples::identity(&request)).await;
    assert_eq!(row.message_id.as_deref(), Some("a\u{fffd}b"));
    worker.stop().await;
    world.assert_settled(1, 0).await;
}
