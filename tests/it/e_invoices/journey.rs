//! Good requests.

use invoice::model::EInvoiceProfile;
use invoice_worker::database::Status;
use serde_json::json;

use super::{EMBEDDED, PEPPOL, generated, path, request, storing_xml, xml_in};
use crate::harness::{Options, World, samples};

#[tokio::test(flavor = "multi_thread")]
async fn a_document_carries_its_e_invoice_and_everything_names_it() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let serve = world.serve().await;
    let client = serve.client();
    for (number, profile) in (1..).zip(EMBEDDED) {
        let row = generated(&world, &request(profile, profile)).await;
        let xml = xml_in(&world, &row).await;
        let text = String::from_utf8(xml.clone()).expect("UTF-8");
        assert!(
            text.contains("RE-2026-004711") && text.contains("278.20"),
            "{text}"
        );

        let name = row.e_invoice_profile.clone().expect("a profile");
        assert!(name.starts_with(profile), "{name}");
        let known = EInvoiceProfile::from_name(&name).expect("a known profile");
        assert_eq!(
            row.e_invoice_rules.as_deref(),
            Some(einvoice::rules_version(known))
        );
        assert_eq!((&row.xml_object_key, &row.xml_url), (&None, &None));
        let recorded = json!({
            "profile": name, "sha256": row.xml_sha256, "rulesVersion": row.e_invoice_rules,
        });
        let resource = client.get(&format!("/v1/invoices/{}", path(&row))).await;
        let resource = resource.is(200);
        assert_eq!(resource["eInvoice"], recorded);
        // It follows the record.
        let events = world.wait_for_events(number).await;
        let event = events.last().expect("an event").json();
        assert_eq!(event["data"]["eInvoice"], recorded);
        let parts = path(&row);
        let parts: Vec<&str> = parts.split('/').collect();
        let shown = world.program(&[&["show"], &parts[..]].concat()).run().await;
        let shown = shown.succeeded();
        assert!(shown.contains(&name), "{shown}");

        // Made again from the stored request.
        let link = resource["links"]["xml"].as_str().expect("a link");
        let answer = client.get(link).await;
        assert_eq!((answer.status, &answer.body), (200, &xml));
        assert_eq!(answer.header("content-type"), Some("application/xml"));
        let etag = answer.header("etag").expect("an ETag").to_owned();
        let again = client
            .clone()
            .header("If-None-Match", &etag)
            .get(link)
            .await;
        assert_eq!(again.status, 304);
        let printed = world.program(&[&["show"], &parts[..], &["--xml"]].concat());
        assert_eq!(printed.bytes().await.0, xml);
    }
    worker.stop().await;
    world.assert_settled(2, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn xml_is_stored_beside_the_document_where_the_setting_asks_for_it() {
    let world = World::new(storing_xml()).await;
    let mut worker = world.worker(&[]).await;
    let serve = world.serve().await;
    let mut rows = Vec::new();
    for profile in EMBEDDED {
        let row = generated(&world, &request(profile, profile)).await;
        let key = row.object_key.clone().expect("a key");
        let beside = key.replace(".pdf", ".xml");
        assert_eq!(row.xml_object_key.as_deref(), Some(&*beside));
        let url = row
            .file_path
            .as_deref()
            .expect("a URL")
            .replace(".pdf", ".xml");
        assert_eq!(row.xml_url.as_deref(), Some(&*url));
        assert_eq!(world.object(&beside).await, xml_in(&world, &row).await);
        let head = world.s3.head_object().bucket(&world.bucket).key(&beside);
        let head = head.send().await.expect("the object");
        assert_eq!(head.content_type(), Some("application/xml"));
        let metadata = head.metadata().expect("metadata");
        assert_eq!(metadata["request-digest"], row.request_digest);
        rows.push(row);
    }
    let events = world.wait_for_events(2).await;
    let event = events[0].json();
    assert_eq!(
        event["data"]["eInvoice"]["objectKey"],
        json!(rows[0].xml_object_key)
    );
    assert_eq!(event["data"]["eInvoice"]["url"], json!(rows[0].xml_url));
    let answer = serve
        .client()
        .get(&format!("/v1/invoices/{}/xml", path(&rows[0])))
        .await;
    assert_eq!(
        (answer.status, answer.body),
        (200, xml_in(&world, &rows[0]).await)
    );
    worker.stop().await;
    world.assert_settled(2, 0).await;
}

/// UBL has no place in a PDF, so without the file there would be no e-invoice at all.
#[tokio::test(flavor = "multi_thread")]
async fn an_e_invoice_of_peppol_is_ubl_and_is_stored_without_any_setting() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let row = generated(&world, &request(PEPPOL, "peppol")).await;
    let key = row.xml_object_key.clone().expect("a key");
    let xml = world.object(&key).await;
    let text = String::from_utf8(xml.clone()).expect("UTF-8");
    assert!(
        text.contains("urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"),
        "{text}"
    );
    let pdf = world
        .object(row.object_key.as_deref().expect("a key"))
        .await;
    assert_eq!(einvoice::extracted(&pdf), None);
    let serve = world.serve().await;
    let answer = serve
        .client()
        .get(&format!("/v1/invoices/{}/xml", path(&row)))
        .await;
    assert_eq!((answer.status, answer.body), (200, xml));
    worker.stop().await;
    world.assert_settled(1, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_gives_the_same_bytes_and_another_profile_is_another_request() {
    let world = World::new(storing_xml()).await;
    let mut worker = world.worker(&[]).await;
    let request = request(EMBEDDED[0], "twice");
    let row = generated(&world, &request).await;
    let key = row.object_key.clone().expect("a key");
    let pdf = world.object(&key).await;

    // The record is lost, so that everything is made once more, and adopted.
    world.execute("DELETE FROM sales_invoice").await;
    let again = generated(&world, &request).await;
    assert_eq!(
        (&again.sha256, &again.xml_sha256),
        (&row.sha256, &row.xml_sha256)
    );
    assert_eq!(world.object(&key).await, pdf);

    let other = samples::with_e_invoice(request.clone(), EMBEDDED[1]);
    world.publish(other.to_string()).await;
    worker
        .emits_where("processed", |event| event["code"] == "conflict")
        .await;
    worker.stop().await;
    world.assert_settled(1, 1).await;
    assert_eq!(world.object(&key).await, pdf);
    let row = world
        .row(&samples::identity(&request))
        .await
        .expect("a row");
    assert_eq!(row.e_invoice_profile.as_deref(), Some(EMBEDDED[0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_without_an_e_invoice_has_no_xml() {
    let world = World::new(storing_xml()).await;
    let mut worker = world.worker(&[]).await;
    let serve = world.serve().await;
    let row = generated(&world, &samples::receipt()).await;
    assert_eq!(
        (row.status, &row.e_invoice_profile),
        (Status::Generated, &None)
    );
    let xml = format!("/v1/invoices/{}/xml", path(&row));
    let answer = serve.client().get(&xml).await;
    let problem = answer.is_problem(404, "not_found");
    assert!(
        problem["detail"]
            .as_str()
            .expect("a text")
            .contains("no e-invoice")
    );
    let record = format!("/v1/invoices/{}", path(&row));
    let record = serve.client().get(&record).await.is(200);
    assert_eq!(record["links"].get("xml"), None, "{record}");
    let unknown = serve.client().get("/v1/invoices/a/b/c/d/e/xml").await;
    unknown.is_problem(404, "not_found");
    worker.stop().await;
    world.assert_settled(1, 0).await;
}
