//! Bodies that are packed, marked or damaged: what is recorded is their content, what is archived is what arrived.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use invoice_worker::database::{Database, DeadLetterStatus};
use serde_json::{Value, json};

use crate::dead_letters::{archived, database, wrong};
use crate::harness::{Message, Options, World, eventually, samples};

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).expect("written");
    encoder.finish().expect("packed")
}

fn receipt(order: &str) -> Value {
    samples::with_identity(samples::receipt(), order, "1")
}

fn packed(request: &Value) -> Message {
    Message {
        content_encoding: Some("gzip"),
        ..Message::new(gzip(request.to_string().as_bytes()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_is_the_content_of_a_body() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let mut half = receipt("half");
    half["lines"][0]["name"] = json!("Cute mug HALF for you");
    let cut = half.to_string().replace("HALF", "\\ud83d");
    let whole = half.to_string().replace("HALF", "");
    let marked = receipt("marked").to_string();
    let event = json!({
        "specversion": "1.0", "type": "invoice.requested.v1", "source": "/orders", "id": "e1", "data": receipt("event")
    });
    for message in [
        packed(&receipt("gzip")),
        // The same request again, not packed: no second document, and no conflict.
        Message::new(receipt("gzip").to_string()),
        Message {
            content_encoding: Some("UTF-8"),
            ..Message::new(receipt("spring").to_string())
        },
        Message::new(format!("\u{feff}{marked}")),
        Message::new(cut),
        Message {
            content_type: "application/cloudevents+json; charset=utf-8",
            ..packed(&event)
        },
    ] {
        world.send(&message).await;
    }
    world.wait_for_events(6).await;
    worker.stop().await;
    world.assert_settled(5, 0).await;
    for (order, expected) in [
        ("gzip", receipt("gzip").to_string()),
        ("spring", receipt("spring").to_string()),
        ("marked", marked),
        ("half", whole),
        ("event", receipt("event").to_string()),
    ] {
        let row = world.row(&samples::identity(&receipt(order))).await;
        let row = row.expect(order);
        assert_eq!(row.request, expected, "{order}");
        let digest = invoice::parse(expected.as_bytes(), 1 << 20).expect("JSON");
        assert_eq!(row.request_digest, digest.digest.to_string(), "{order}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_is_dead_lettered_as_it_came_with_a_name_for_it() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[("REQUEST_MAX_BYTES", "20000")]).await;
    let body = receipt("1").to_string();
    let bomb = gzip(&vec![b' '; 16 << 20]);
    // Not packed, and with what would have to be left out.
    let halves = format!("\"{}\"", "\\ud83d".repeat(40_000));
    let cases = [
        (
            None,
            "application/json",
            halves.as_bytes(),
            "expected at most 40000",
        ),
        (Some("br"), "application/json", body.as_bytes(), "\"br\""),
        (
            None,
            "application/json; charset=utf-16",
            body.as_bytes(),
            "\"utf-16\"",
        ),
        (
            Some("gzip"),
            "application/json",
            body.as_bytes(),
            "is not gzip",
        ),
        (
            Some("gzip"),
            "application/json",
            &bomb,
            "more than 40000 bytes",
        ),
        (
            None,
            "application/json",
            &bomb,
            "expected the content encoding gzip",
        ),
    ];
    for (content_encoding, content_type, body, _) in cases {
        world
            .send(&Message {
                content_encoding,
                content_type,
                ..Message::new(body)
            })
            .await;
    }
    let dead = eventually("a dead letter for each", async || {
        let dead = world.dead_letters().await;
        let all = dead.len() == cases.len();
        if all { Ok(dead) } else { Err(dead.len()) }
    })
    .await;
    worker.stop().await;
    for (content_encoding, _, body, words) in cases {
        let named = |detail: &str| detail.contains(words);
        let letter = dead
            .iter()
            .find(|dead| named(dead.header("x-error-detail")));
        let letter = letter.unwrap_or_else(|| panic!("{words}: {dead:?}"));
        assert!(letter.body == body, "{words}: another body");
        assert!(letter.header("x-error-code").starts_with("request_"));
        assert_eq!(letter.content_encoding.as_deref(), content_encoding);
    }
}

/// Why letters are edited and replayed.
const WHY: &str = "the product's name was missing";

/// The archive keeps what arrived; people see and edit the content.
#[tokio::test(flavor = "multi_thread")]
async fn a_packed_dead_letter_is_shown_edited_and_replayed() {
    let world = World::new(Options::default()).await;
    let database: Database = database(&world).await;
    let mut worker = world.worker(&[("ARCHIVE_DEAD_LETTERS", "true")]).await;
    let message = packed(&wrong(1));
    world.send(&message).await;
    let row = eventually("the dead letter", async || {
        archived(&database).await.pop().ok_or("none")
    })
    .await;
    assert!(row.payload == message.body, "another body");
    assert_eq!(row.order_id.as_deref(), Some("wrong-1"));

    let run = async |arguments: &[&str], input: String| {
        let arguments = [&["dead-letters"], arguments].concat();
        let run = world.program(&arguments).input(input).run();
        run.await.succeeded()
    };
    let shown = run(&["show", "1", "--request"], String::new()).await;
    assert_eq!(shown, wrong(1).to_string());
    assert!(
        run(&["show", "1"], String::new())
            .await
            .contains("\"wrong-1\"")
    );
    let exported = run(&["export"], String::new()).await;
    let exported: Value = serde_json::from_str(&exported).expect("JSON");
    assert_eq!(exported["payload"], wrong(1).to_string());
    assert!(exported["payloadBase64"].is_string());

    let unchanged = run(&["edit", "1", "-", "--force", "--reason", WHY], shown).await;
    assert!(
        unchanged.contains("has this content already"),
        "{unchanged}"
    );
    let right = receipt("wrong-1");
    run(&["edit", "1", "-", "--reason", WHY], right.to_string()).await;
    let row = archived(&database).await.remove(0);
    assert!(row.payload.starts_with(b"\x1f\x8b"), "it is still gzip");
    let before = run(&["show", "1"], String::new()).await;
    assert!(before.contains("request before it was edited") && before.contains("\"1.00\""));
    run(&["replay", "1", "--reason", WHY], String::new()).await;
    let generated = world.wait_for_document(&samples::identity(&right)).await;
    assert_eq!(generated.request, right.to_string());
    worker.stop().await;
    let row = archived(&database).await.remove(0);
    assert_eq!(row.status, DeadLetterStatus::Replayed);
}

/// The form of a message that is not understood does not keep it from being repaired.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_of_another_charset_or_encoding_is_edited_to_plain_utf_8() {
    let world = World::new(Options::default()).await;
    let database: Database = database(&world).await;
    let mut worker = world.worker(&[("ARCHIVE_DEAD_LETTERS", "true")]).await;
    let forms = [
        (Some("br"), "application/json"),
        (None, "application/json; charset=utf-16"),
    ];
    for (index, (content_encoding, content_type)) in forms.into_iter().enumerate() {
        let number = index + 1;
        let request = receipt(&format!("odd-{number}"));
        world
            .send(&Message {
                content_encoding,
                content_type,
                ..Message::new(request.to_string())
            })
            .await;
        let row = eventually("the dead letter", async || {
            let rows = archived(&database).await;
            rows.into_iter().nth(index).ok_or("none")
        })
        .await;
        assert_eq!(row.code, "request_malformed");
        // It is found by what is in it all the same.
        assert_eq!(row.order_id, Some(format!("odd-{number}")));
        let id = row.id.to_string();
        let run = async |arguments: &[&str], input: String| {
            let arguments = [&["dead-letters"], arguments].concat();
            let run = world.program(&arguments).input(input).run();
            run.await.succeeded()
        };
        // The same bytes, which are plain UTF-8 from now on.
        run(&["edit", &id, "-", "--reason", WHY], request.to_string()).await;
        let again = run(&["edit", &id, "-", "--reason", WHY], request.to_string()).await;
        assert!(again.contains("has this content already"), "{again}");
        run(&["replay", &id, "--reason", WHY], String::new()).await;
        let generated = world.wait_for_document(&samples::identity(&request)).await;
        assert_eq!(generated.request, request.to_string());
    }
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_may_be_packed_as_well() {
    let world = World::new(Options {
        variables: vec![("REQUEST_MAX_BYTES", "20000".to_owned())],
        ..Options::default()
    })
    .await;
    let mut worker = world.worker(&[]).await;
    let serve = world.serve().await;
    let client = serve.client().header("Content-Type", "application/json");
    let zipped = client.clone().header("Content-Encoding", "gzip");
    let request = receipt("http");
    let body = gzip(request.to_string().as_bytes());
    zipped.call("POST", "/v1/validate", &body).await.is(200);
    zipped.call("POST", "/v1/invoices", &body).await.is(202);
    let row = world.wait_for_document(&samples::identity(&request)).await;
    assert_eq!(row.request, request.to_string());

    let marked = format!("\u{feff}{request}");
    client
        .call("POST", "/v1/validate", marked.as_bytes())
        .await
        .is(200);
    let bomb = gzip(&vec![b' '; 16 << 20]);
    let refused = zipped.call("POST", "/v1/validate", &bomb).await;
    refused.is_problem(413, "request_too_large");
    let refused = zipped.call("POST", "/v1/validate", b"{}").await;
    refused.is_problem(400, "request_malformed");
    for (header, value) in [
        ("Content-Encoding", "br"),
        ("Content-Type", "application/json; charset=utf-16"),
    ] {
        let odd = serve.client().header(header, value);
        let odd = if header == "Content-Encoding" {
            odd.header("Content-Type", "application/json")
        } else {
            odd
        };
        let refused = odd.call("POST", "/v1/validate", &body).await;
        let problem = refused.is_problem(415, "media_type_unsupported");
        let detail = problem["detail"].as_str().expect("a detail");
        let named = value.rsplit('=').next().expect("a name");
        assert!(detail.contains(named), "{detail}");
    }
    worker.stop().await;
}
