//! Promises about identity: the same request again changes nothing, a different one under the same identity is a conflict,
//! and an issued document never changes.

use invoice::digest::Sha256Digest;
use invoice::{self, ObjectKey};
use invoice_worker::database::{Database, Generated, Received, Status};
use rustix::process::Signal;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::harness::{self, DEADLINE, Options, World, eventually, samples};
use crate::proxy::{Mode, Proxy};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_delivered_twice_is_stored_once_and_rendered_once() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let request = samples::receipt();
    world.publish(request.to_string()).await;
    let first = world.wait_for_document(&samples::identity(&request)).await;
    world.publish(request.to_string()).await;

    let events = world.wait_for_events(2).await;
    let ids = events.iter().map(|event| event.message_id.clone());
    let ids: Vec<_> = ids.collect();
    assert_eq!(ids[0], ids[1], "receivers recognise repetitions by the id");
    worker.stop().await;
    assert_eq!(worker.processed("already_generated").len(), 1);
    assert_eq!(worker.events("render_started").len(), 1);
    world.assert_settled(1, 0).await;
    assert_eq!(world.rows().await, [first], "the row stays as it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_only_spelled_differently_is_the_same_request() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let body = samples::sample_bytes("invoice/samples/invoice-de.json");
    world.publish(body).await;
    let request = samples::invoice();
    world.wait_for_document(&samples::identity(&request)).await;
    world.publish(spelled_differently(&request)).await;
    world.wait_for_events(2).await;
    worker.stop().await;
    assert_eq!(worker.processed("already_generated").len(), 1);
    world.assert_settled(1, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_copies_at_once_on_two_workers_become_one_document() {
    let world = World::new(Options::default()).await;
    let mut workers = [world.worker(&[]).await, world.worker(&[]).await];
    let body = samples::invoice().to_string().into_bytes();
    world.publish_many(vec![body; 20]).await;
    let events = world.wait_for_events(20).await;
    for worker in &mut workers {
        worker.stop().await;
    }
    world.assert_settled(1, 0).await;
    let sha256 = world.rows().await[0].sha256.clone();
    for event in &events {
        assert_eq!(event.routing_key, "invoice.generated");
        assert_eq!(event.message_id, events[0].message_id);
        assert_eq!(event.json()["data"]["sha256"].as_str(), sha256.as_deref());
    }
}

/// What happens at the database when two workers have rendered the same document at the same time.
#[tokio::test(flavor = "multi_thread")]
async fn the_second_to_record_a_document_finds_the_first_ones_record() {
    for sqlite in [false, true] {
        let world = World::new(Options {
            sqlite,
            ..Options::default()
        })
        .await;
        let request = samples::receipt();
        let identity = samples::identity(&request);
        let request = request.to_string();
        let parsed = invoice::parse(request.as_bytes(), 1 << 20).expect("JSON");
        let url = world.settings.database.url().expect("a URL");
        let database = Database::connect(url, false).await.expect("connected");
        let received = Received {
            identity: &identity,
            request: &request,
            request_digest: parsed.digest,
            message_id: None,
            trace_id: None,
            attempt: 1,
            received_at: None,
            failed_attempts: None,
        };
        let generated = Generated {
            invoice: &parsed.invoice.expect("valid"),
            rendered_with: None,
            sha256: Sha256Digest::of(b""),
            size_bytes: 0,
            pages: 1,
            object_key: "",
            url: "",
            e_invoice: None,
        };
        let first = database.record_generated(received, generated).await;
        assert!(matches!(first, Ok(Some(_))), "{first:?}");
        let second = database.record_generated(received, generated).await;
        assert!(matches!(second, Ok(None)), "sqlite {sqlite}: {second:?}");
        assert_eq!(world.rows().await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_request_under_the_same_identity_is_a_conflict_and_changes_nothing() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let request = samples::receipt();
    world.publish(request.to_string()).await;
    let row = world.wait_for_document(&samples::identity(&request)).await;
    let key = row.object_key.clone().expect("a key");
    let pdf = world.object(&key).await;

    let mut other = request.clone();
    other["lines"][0]["quantity"] = json!("3");
    world.publish(other.to_string()).await;
    let dead = one_dead_letter(&world).await;
    assert_eq!(dead.header("x-error-code"), "conflict");
    let detail = dead.header("x-error-detail");
    let (_, moment) = detail.split_once(" at ").expect("a moment");
    let (moment, _) = moment.split_once(';').expect("its end");
    OffsetDateTime::parse(moment, &Rfc3339).expect("RFC 3339");
    assert_eq!(dead.json(), other);
    let events = world.wait_for_events(2).await;
    let failed = events
        .iter()
        .find(|event| event.routing_key == "invoice.failed");
    let failed = failed.expect("an event about the conflict").json();
    let identity = samples::identity(&request);
    assert_eq!(failed["subject"], identity.to_string());
    assert_eq!(
        failed["data"]["marketplace"],
        serde_json::to_value(&identity).expect("JSON")
    );
    assert_eq!(failed["data"]["documentType"], "receipt");
    assert_eq!(
        failed["data"]["number"],
        row.number.clone().expect("a number")
    );
    let issued = json!({
        "url": row.file_path,
        "objectKey": row.object_key,
        "sha256": row.sha256,
        "requestDigest": row.request_digest,
        "requestMessageId": row.message_id,
        "generatedAt": moment,
    });
    assert_eq!(failed["data"]["issued"], issued);

    worker.stop().await;
    world.assert_settled(1, 1).await;
    assert_eq!(world.rows().await, [row]);
    assert!(world.object(&key).await == pdf, "the document changed");
}

/// The look-up of the slower one finds nothing, and its upload another document.
#[tokio::test(flavor = "multi_thread")]
async fn the_slower_of_two_requests_at_once_is_told_which_document_was_issued() {
    let world = World::new(Options::default()).await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let mut slow = world
        .worker(&[
            ("AWS_ENDPOINT_URL_S3", endpoint.as_str()),
            ("SHUTDOWN_GRACE_SECONDS", "120"),
        ])
        .await;
    let request = samples::receipt();
    let mut other = request.clone();
    other["lines"][0]["quantity"] = json!("3");
    proxy.set(Mode::Stall);
    world.publish(other.to_string()).await;
    slow.emits("rendered").await;
    // It takes no further request, and finishes this one.
    slow.signal(Signal::TERM);
    slow.emits("draining").await;

    let mut fast = world.worker(&[]).await;
    world.publish(request.to_string()).await;
    let row = world.wait_for_document(&samples::identity(&request)).await;
    proxy.set(Mode::Pass);
    let dead = one_dead_letter(&world).await;
    assert_eq!(dead.header("x-error-code"), "conflict");
    assert_eq!(dead.json(), other);
    let events = world.wait_for_events(2).await;
    let failed = events
        .iter()
        .find(|event| event.routing_key == "invoice.failed");
    let failed = failed.expect("an event about the conflict").json();
    assert_eq!(failed["data"]["issued"]["url"], json!(row.file_path));
    assert_eq!(failed["data"]["issued"]["sha256"], json!(row.sha256));
    let ended = slow.wait_exit(DEADLINE).await;
    assert!(ended.success(), "{ended:?}");
    fast.stop().await;
    assert_eq!(world.rows().await, [row]);
}

/// Whole numbers from 2^64 and long fractions are rounded where a request is read as numbers.
#[tokio::test(flavor = "multi_thread")]
async fn requests_that_differ_in_a_number_only_are_a_conflict_however_long_it_is() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let receipt = samples::receipt();
    let with_number = |number: &str| {
        let rest = receipt.to_string().split_off(1);
        format!(r#"{{"extensions":{{"n":{number}}},{rest}"#)
    };
    let request = with_number("12345678901234567890123");
    world.publish(request.as_str()).await;
    world.wait_for_document(&samples::identity(&receipt)).await;
    world.publish(with_number("12345678901234567890124")).await;
    let dead = one_dead_letter(&world).await;
    assert_eq!(dead.header("x-error-code"), "conflict");

    // An earlier version has computed another digest of the same request.
    let url = world.variables["DATABASE_URL"].as_str();
    let database = sea_orm::Database::connect(url).await.expect("connected");
    let earlier = "UPDATE sales_invoice SET request_digest = 'of an earlier version'";
    let updated = database.execute_unprepared(earlier).await;
    assert_eq!(updated.expect("updated").rows_affected(), 1);
    world.publish(request).await;
    worker
        .emits_where("processed", |end| end["outcome"] == "already_generated")
        .await;
    worker.stop().await;
    world.assert_settled(1, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_request_under_the_identity_of_a_document_changes_nothing() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let request = samples::invoice();
    world.publish(request.to_string()).await;
    let row = world.wait_for_document(&samples::identity(&request)).await;
    world.publish(with_wrong_total(&request).to_string()).await;
    let dead = one_dead_letter(&world).await;
    assert_eq!(dead.header("x-error-code"), "totals_mismatch");
    worker.stop().await;
    world.assert_settled(1, 1).await;
    assert_eq!(world.rows().await, [row]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_was_stored_but_not_recorded_is_adopted() {
    let world = World::new(Options::default()).await;
    // A worker that dies between the upload and the commit leaves the document without its row.
    let request = samples::receipt();
    let file = world.path("request.json");
    std::fs::write(&file, request.to_string()).expect("written");
    let arguments = ["render", "request.json", "-o", "left.pdf"];
    world.program(&arguments).run().await.succeeded();
    let pdf = std::fs::read(world.path("left.pdf")).expect("rendered");
    put(&world, &request, &pdf, None).await;

    let row = adopted(&world, &request).await;
    assert_eq!(row, Some(Sha256Digest::of(&pdf).to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_of_the_same_request_by_another_template_version_is_adopted_as_it_is() {
    let world = World::new(Options::default()).await;
    let request = samples::receipt();
    let parsed = invoice::parse(request.to_string().as_bytes(), 1 << 20).expect("JSON");
    let old = b"%PDF-1.7 by the template of last year";
    put(&world, &request, old, Some(&parsed.digest.to_string())).await;

    let sha256 = adopted(&world, &request).await;
    assert_eq!(sha256, Some(Sha256Digest::of(old).to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_object_under_the_key_is_a_conflict_and_stays() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let request = samples::receipt();
    let foreign = b"a foreign file";
    put(&world, &request, foreign, None).await;
    world.publish(request.to_string()).await;
    let dead = one_dead_letter(&world).await;
    assert_eq!(dead.header("x-error-code"), "conflict");
    assert_eq!(dead.header("x-error-stage"), "store");
    worker.stop().await;
    let key = ObjectKey::for_invoice(&samples::identity(&request));
    assert_eq!(world.object(key.as_str()).await, foreign);
    assert_eq!(world.rows().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_of_a_failure_gives_way_to_a_corrected_request() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let request = samples::invoice();
    world.publish(with_wrong_total(&request).to_string()).await;
    one_dead_letter(&world).await;
    let failed = world.row(&samples::identity(&request)).await;
    let failed = failed.expect("the failure is recorded");
    assert_eq!(failed.status, Status::Failed);

    world.publish(request.to_string()).await;
    let row = world.wait_for_document(&samples::identity(&request)).await;
    assert_eq!((row.error_code, row.error_detail), (None, None));
    assert_eq!((row.id, row.created_at), (failed.id, failed.created_at));
    worker.stop().await;
    world.assert_settled(1, 1).await;
}

/// Has a worker process the request; answers the digest of the document that it recorded, after seeing that there is
/// still the one that was there.
async fn adopted(world: &World, request: &Value) -> Option<String> {
    let mut worker = world.worker(&[]).await;
    world.publish(request.to_string()).await;
    let row = world.wait_for_document(&samples::identity(request)).await;
    worker.stop().await;
    // Compares the object with its row as well.
    world.assert_settled(1, 0).await;
    row.sha256
}

/// Puts an object under the key of the request's document.
async fn put(world: &World, request: &Value, bytes: &[u8], request_digest: Option<&str>) {
    let key = ObjectKey::for_invoice(&samples::identity(request));
    let put = world
        .s3
        .put_object()
        .bucket(&world.bucket)
        .key(key.as_str());
    let put = put.body(bytes.to_vec().into());
    let put = match request_digest {
        Some(digest) => put
            .metadata("request-digest", digest)
            .metadata("sha256", Sha256Digest::of(bytes).to_string())
            .metadata("pages", "1"),
        None => put,
    };
    put.send().await.expect("the object can be put");
}

async fn one_dead_letter(world: &World) -> harness::Received {
    eventually("a dead letter", async || {
        world.dead_letters().await.pop().ok_or("none")
    })
    .await
}

fn with_wrong_total(request: &Value) -> Value {
    let mut request = request.clone();
    request["totals"]["gross"] = json!("1.00");
    request
}

/// The same content with every object's members in the opposite order, other white space and escapes.
fn spelled_differently(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members = members.iter().rev().map(|(name, value)| {
                format!(" {} :\n{}", escaped(name), spelled_differently(value))
            });
            format!("{{{}\t}}", members.collect::<Vec<_>>().join(" ,"))
        }
        Value::Array(items) => {
            let items = items.iter().map(spelled_differently);
            format!("[ {} ]", items.collect::<Vec<_>>().join(",\n"))
        }
        Value::String(text) => escaped(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A JSON string in which every character is an escape.
fn escaped(text: &str) -> String {
    let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
    format!("\"{}\"", units.collect::<String>())
}
