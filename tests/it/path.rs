//! A good request, from the message to the object, the row and the event.

use document::Catalog;
use document::catalog::Template;
use invoice::digest::Sha256Digest;
use invoice_worker::database::Status;
use invoice_worker::database::sales_invoice::Model;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::harness::{Message, Options, Received, World, http, samples};

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[tokio::test(flavor = "multi_thread")]
async fn both_examples_become_documents_with_postgresql_and_the_embedded_object_store() {
    both_examples_become_documents(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_examples_become_documents_with_sqlite_and_the_embedded_object_store() {
    both_examples_become_documents(Options::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_examples_become_documents_with_postgresql_and_seaweedfs() {
    both_examples_become_documents(Options {
        seaweedfs: true,
        ..Options::default()
    })
    .await;
}

async fn both_examples_become_documents(options: Options) {
    let world = World::new(options).await;
    let mut worker = world.worker(&[]).await;
    a_receipt_announced_to_everyone(&world).await;
    an_invoice_announced_to_who_asked(&world).await;
    worker.stop().await;
    world.assert_settled(2, 0).await;
}

async fn a_receipt_announced_to_everyone(world: &World) {
    let body = samples::sample_bytes("receipt/samples/receipt-minimal.json");
    let message = Message {
        headers: vec![("traceparent", TRACE.to_owned())],
        ..Message::new(body.clone())
    };
    world.send(&message).await;
    let row = world
        .wait_for_document(&samples::identity(&samples::receipt()))
        .await;

    let key = "invoices/tiktok/shop123/order456/pkg789/12345.pdf";
    let pdf = world.object(key).await;
    let expected = Model {
        platform: "tiktok".into(),
        shop_id: "shop123".into(),
        order_id: "order456".into(),
        package_id: "pkg789".into(),
        sequence_number: "12345".into(),
        status: Status::Generated,
        file_path: Some(format!(
            "{}/{}/{key}",
            world.variables["AWS_ENDPOINT_URL_S3"], world.bucket
        )),
        object_key: Some(key.into()),
        sha256: Some(Sha256Digest::of(&pdf).to_string()),
        size_bytes: i64::try_from(pdf.len()).ok(),
        pages: Some(1),
        document_type: Some("receipt".into()),
        number: Some("12345".into()),
        currency: Some("USD".into()),
        gross_minor: Some(5_000),
        template_name: Some("receipt".into()),
        template_version: Some(template("receipt").version()),
        template_digest: Some(template("receipt").digest.to_string()),
        e_invoice_profile: None,
        e_invoice_rules: None,
        xml_sha256: None,
        xml_object_key: None,
        xml_url: None,
        request: String::from_utf8(body.clone()).expect("UTF-8"),
        request_digest: digest_of(&body),
        message_id: Some(message.message_id.clone()),
        trace_id: Some("0af7651916cd43dd8448eb211c80319c".into()),
        attempts: 1,
        error_code: None,
        error_detail: None,
        ..row.clone()
    };
    assert_eq!(row, expected);
    assert!(row.brand_digest.is_some(), "the default brand");
    assert_eq!(row.generated_at, Some(row.created_at));
    let age = OffsetDateTime::now_utc() - row.created_at;
    assert!(
        (0..3_600).contains(&age.whole_seconds()),
        "the timestamps are UTC: {}",
        row.created_at
    );

    assert_private_pdf(world, &row).await;

    let events = world.wait_for_events(1).await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].routing_key, "invoice.generated");
    assert_eq!(events[0].correlation_id, None);
    let event = assert_event(&events[0], &row, &world.bucket);
    assert_eq!(event["traceparent"], TRACE);
}

async fn an_invoice_announced_to_who_asked(world: &World) {
    let body = samples::sample_bytes("invoice/samples/invoice-de.json");
    let replies = format!("{}.replies", world.topology.requests);
    world.declare_queue(&replies).await;
    let message = Message {
        reply_to: Some(replies.clone()),
        correlation_id: Some("order-service-42".into()),
        ..Message::new(body)
    };
    world.send(&message).await;
    let row = world
        .wait_for_document(&samples::identity(&samples::invoice()))
        .await;
    assert_eq!(row.number.as_deref(), Some("RE-2026-004711"));
    assert_eq!(
        (row.document_type.as_deref(), row.template_name.as_deref()),
        (Some("invoice"), Some("invoice"))
    );
    assert_eq!(
        (row.currency.as_deref(), row.gross_minor),
        (Some("EUR"), Some(27_820))
    );
    assert_eq!(row.trace_id, None);
    assert_private_pdf(world, &row).await;

    let reply = crate::harness::eventually("a reply", async || {
        world.take_all(&replies).await.pop().ok_or("none")
    })
    .await;
    assert_eq!(reply.correlation_id.as_deref(), Some("order-service-42"));
    let event = assert_event(&reply, &row, &world.bucket);
    assert_eq!(event.get("traceparent"), None);
    // The other one on the exchange is the receipt's.
    let events = world.wait_for_events(2).await;
    let copies = events.iter().filter(|event| event.body == reply.body);
    assert_eq!(copies.count(), 1);
}

/// The object is what the row says, is a PDF to browsers, and cannot be read without a signature.
async fn assert_private_pdf(world: &World, row: &Model) {
    let key = row.object_key.as_deref().expect("a key");
    let pdf = world.object(key).await;
    assert!(pdf.starts_with(b"%PDF-"));
    let head = world.s3.head_object().bucket(&world.bucket).key(key);
    let head = head.send().await.expect("the object is there");
    assert_eq!(head.content_type(), Some("application/pdf"));

    let url = row.file_path.as_deref().expect("a URL");
    let (status, body) = http::get(url).await;
    assert_eq!(status, 403, "{}", String::from_utf8_lossy(&body));
    assert!(!body.starts_with(b"%PDF-"));
}

/// A structured CloudEvent about this document.
fn assert_event(received: &Received, row: &Model, bucket: &str) -> Value {
    assert_eq!(
        received.content_type.as_deref(),
        Some("application/cloudevents+json")
    );
    let event = received.json();
    let subject = row.identity().expect("a valid identity").to_string();
    for (name, value) in [
        ("specversion", "1.0"),
        ("type", "invoice.generated.v1"),
        ("source", "/invoice-worker"),
        ("datacontenttype", "application/json"),
        ("subject", &subject),
    ] {
        assert_eq!(event[name], value, "{name}");
    }
    assert_eq!(received.message_id.as_deref(), event["id"].as_str());
    let time = event["time"].as_str().expect("a time");
    assert_eq!(
        OffsetDateTime::parse(time, &Rfc3339).ok(),
        row.generated_at,
        "{time}"
    );
    assert_eq!(
        event["data"],
        json!({
            "marketplace": {
                "platform": row.platform,
                "shopId": row.shop_id,
                "orderId": row.order_id,
                "packageId": row.package_id,
                "sequenceNumber": row.sequence_number,
            },
            "documentType": row.document_type,
            "number": row.number,
            "currency": row.currency,
            "grossMinor": row.gross_minor,
            "url": row.file_path,
            "bucket": bucket,
            "objectKey": row.object_key,
            "sha256": row.sha256,
            "sizeBytes": row.size_bytes,
            "pages": row.pages,
            "template": {
                "name": row.template_name,
                "version": row.template_version,
                "digest": row.template_digest,
                "brandDigest": row.brand_digest,
            },
            "eInvoice": null,
            "requestDigest": row.request_digest,
            "requestMessageId": row.message_id,
            "warnings": [],
        })
    );
    event
}

fn template(name: &str) -> Template {
    let catalog = Catalog::load(&samples::templates()).expect("the templates can be read");
    let mut templates = catalog.templates();
    let found = templates.find(|found| found.name == name);
    found.expect("the template is there").clone()
}

fn digest_of(body: &[u8]) -> String {
    let parsed = invoice::parse(body, 1 << 20).expect("the request is JSON");
    parsed.digest.to_string()
}
