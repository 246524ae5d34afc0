//! E-invoices that are objects of their own: what is found of them, and what is repaired.

use std::collections::BTreeMap;
use std::fs;

use invoice_worker::database::sales_invoice::Model;
use serde_json::Value;

use super::damage::{delete, replace};
use super::report::{audit, text};
use super::stock::Stock;
use crate::e_invoices::{EMBEDDED, PEPPOL, request, storing_xml};
use crate::harness::samples;

/// Documents with e-invoices, which a worker makes; their XML is stored.
async fn stock() -> (Stock, Vec<Value>, Vec<Model>) {
    let stock = Stock::new(storing_xml()).await;
    let world = &stock.world;
    let mut worker = world.worker(&[]).await;
    let (mut requests, mut rows) = (Vec::new(), Vec::new());
    for profile in [EMBEDDED[0], EMBEDDED[1], PEPPOL] {
        let request = request(profile, profile);
        world.publish(request.to_string()).await;
        rows.push(world.wait_for_document(&samples::identity(&request)).await);
        requests.push(request);
    }
    worker.stop().await;
    (stock, requests, rows)
}

fn xml_key(row: &Model) -> &str {
    row.xml_object_key.as_deref().expect("a key of the XML")
}

#[tokio::test(flavor = "multi_thread")]
async fn e_invoices_that_are_as_recorded_are_no_findings() {
    let (stock, _, _) = stock().await;
    for arguments in [&[][..], &["--quick"]] {
        let report = audit(&stock.world, arguments).await;
        report.is_clean();
        assert_eq!(report.summary["rows"], 3);
        assert_eq!(report.summary["objects"], 6);
        assert_eq!(report.summary["left"], 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_and_changed_e_invoices_are_found_and_get_their_issued_bytes_back() {
    let (stock, _, rows) = stock().await;
    let world = &stock.world;
    let mut issued = Vec::new();
    for row in &rows {
        issued.push(world.object(xml_key(row)).await);
    }
    delete(&stock, xml_key(&rows[0])).await;
    replace(&stock, xml_key(&rows[1]), None, |bytes| bytes[40] ^= 1).await;
    delete(&stock, xml_key(&rows[2])).await;
    let expected = BTreeMap::from([("xml_changed", 1), ("xml_missing", 2)]);
    let report = audit(world, &[]).await;
    assert_eq!(report.counts(), expected, "{report:#?}");
    for finding in &report.findings {
        assert!(text(finding, "objectKey").ends_with(".xml"), "{finding}");
    }
    let quick = audit(world, &["--quick"]).await;
    assert_eq!(quick.counts(), [("xml_missing", 2)].into());
    let report = audit(world, &["--repair", "--dry-run"]).await;
    assert!(
        report.findings.iter().all(|it| it["repair"] == "possible"),
        "{report:#?}"
    );
    assert_eq!(audit(world, &[]).await.counts(), expected);

    let report = audit(world, &["--repair"]).await;
    assert_eq!(report.code, 0, "{report:#?}");
    for (row, issued) in rows.iter().zip(issued) {
        assert!(
            world.object(xml_key(row)).await == issued,
            "{}",
            xml_key(row)
        );
    }
    audit(world, &[]).await.is_clean();
}

/// Both are made again: the document with its e-invoice in it.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_bucket_is_rebuilt_with_its_e_invoices() {
    let (stock, _, _) = stock().await;
    let world = &stock.world;
    let mut issued = Vec::new();
    for key in world.objects().await {
        issued.push((key.clone(), world.object(&key).await));
        delete(&stock, &key).await;
    }
    let report = audit(world, &["--repair"]).await;
    let expected = [("object_missing", 3), ("xml_missing", 3)].into();
    assert_eq!(report.counts(), expected, "{report:#?}");
    assert_eq!(report.code, 0, "{report:#?}");
    for (key, bytes) in issued {
        assert!(world.object(&key).await == bytes, "{key} has other bytes");
    }
    audit(world, &[]).await.is_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_table_is_rebuilt_with_what_it_said_of_e_invoices() {
    let (stock, requests, mut rows) = stock().await;
    let world = &stock.world;
    let lines: Vec<String> = requests.iter().map(Value::to_string).collect();
    fs::write(world.path("requests.ndjson"), lines.join("\n")).expect("written");
    world.execute("DELETE FROM sales_invoice").await;
    let report = audit(world, &[]).await;
    // Each document is one finding, and its e-invoice is not another one.
    assert_eq!(
        report.counts(),
        [("object_orphaned", 3)].into(),
        "{report:#?}"
    );
    let report = audit(world, &["--repair", "--requests", "requests.ndjson"]).await;
    assert_eq!(report.code, 0, "{report:#?}");
    let of_e_invoice = |row: &Model| {
        let proof = (row.e_invoice_profile.clone(), row.xml_sha256.clone());
        (
            row.order_id.clone(),
            proof,
            row.xml_object_key.clone(),
            row.xml_url.clone(),
        )
    };
    let mut again: Vec<_> = world.rows().await.iter().map(of_e_invoice).collect();
    again.sort();
    rows.sort_by_key(|row| row.order_id.clone());
    assert_eq!(again, rows.iter().map(of_e_invoice).collect::<Vec<_>>());
    audit(world, &[]).await.is_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_e_invoice_without_document_and_row_is_an_orphan_that_its_worker_adopts() {
    let (stock, requests, rows) = stock().await;
    let world = &stock.world;
    let row = &rows[2];
    delete(&stock, row.object_key.as_deref().expect("a key")).await;
    let of_row = format!("WHERE request_digest = '{}'", row.request_digest);
    world
        .execute(&format!("DELETE FROM sales_invoice {of_row}"))
        .await;
    let report = audit(world, &["--repair"]).await;
    let finding = report.only();
    assert_eq!(text(finding, "code"), "object_orphaned");
    assert_eq!(text(finding, "objectKey"), xml_key(row));
    assert_eq!(text(finding, "repair"), "impossible");

    let mut worker = world.worker(&[]).await;
    world.publish(requests[2].to_string()).await;
    let again = world
        .wait_for_document(&samples::identity(&requests[2]))
        .await;
    worker.stop().await;
    assert_eq!(again.xml_sha256, row.xml_sha256);
    audit(world, &[]).await.is_clean();
}
