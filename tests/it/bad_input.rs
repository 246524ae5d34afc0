//! What cannot become a document: it is dead-lettered at once with a code and a place, and the next message is processed.

mod cases;

use invoice::ClaimedInvoice;
use invoice::model::DocumentType;
use invoice_worker::database::Status;
use lapin::types::AMQPValue;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use self::cases::{Case, cases};
use crate::harness::{Message, Options, Received, World, eventually, samples};

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_request_is_dead_lettered_with_its_code_and_the_next_one_is_processed() {
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
    let list = errors(dead);
    assert_eq!(list[0]["pointer"], case.pointer, "{name}: {list}");
    assert_eq!(list[0]["code"], case.code, "{name}: {list}");
    let words: Vec<String> = list
        .as_array()
        .into_iter()
        .flatten()
        .map(in_words)
        .collect();
    assert_eq!(words.join("; "), detail, "{name}");
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

fn errors(dead: &Received) -> Value {
    serde_json::from_str(dead.header("x-error-list")).expect("a list")
}

/// An entry of the list as the detail has it.
fn in_words(error: &Value) -> String {
    let text = |name: &str| error[name].as_str().unwrap_or_default();
    let place = match text("pointer") {
        "" => "the body",
        pointer => pointer,
    };
    let rule = match text("rule") {
        "" => String::new(),
        rule => format!(" ({rule})"),
    };
    format!("{place}: {}{rule}", text("detail"))
}

fn assert_event(case: &Case, received: &Received, dead: &Received) {
    assert_eq!(received.routing_key, "invoice.failed", "{}", case.name);
    let event = received.json();
    assert_eq!(event["type"], "invoice.failed.v1", "{}", case.name);
    let claimed = ClaimedInvoice::of(&case.body);
    let mut expected = json!({
        "marketplace": claimed.marketplace,
        "documentType": claimed.document_type.map(DocumentType::as_str),
        "number": claimed.number,
        "code": case.code,
        "detail": dead.header("x-error-detail"),
        "errors": errors(dead),
        "stage": case.stage,
        "attempt": 1,
        "requestMessageId": case.name,
    });
    let mut data = event["data"].clone();
    // What is suspicious about them is not what these cases are for.
    let warnings = data["warnings"].take();
    assert!(warnings.is_array(), "{}: {warnings}", case.name);
    expected["warnings"] = Value::Null;
    assert_eq!(data, expected, "{}", case.name);
    let identity = claimed.identity.map(|identity| identity.to_string());
    assert_eq!(
        event["subject"].as_str(),
        identity.as_deref(),
        "{}",
        case.name
    );
    assert!(identity.is_some() || !case.recorded, "{}", case.name);
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

/// Headers are not part of the request: whatever they hold, a good request becomes a document.
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
        ("x-failed-attempts", AMQPValue::LongString("[1]".into())),
        ("x-death", AMQPValue::LongString("not a table".into())),
        ("large", AMQPValue::LongString("x".repeat(100_000).into())),
        // From another broker: a shovel copies the header.
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

/// PostgreSQL allows no NUL in a text; JSON and AMQP do.
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
