//! What is a finding, and what is none.

use invoice::ObjectKey;
use invoice_worker::database::Failed;
use serde_json::json;

use super::damage::{archive, delete};
use super::report::{audit, text};
use super::stock::{Stock, digest, received};
use crate::harness::{Options, samples};

fn on(sqlite: bool) -> Options {
    Options {
        sqlite,
        seaweedfs: sqlite,
        ..Options::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_are_as_recorded_are_no_findings_on_every_server() {
    for sqlite in [false, true] {
        let stock = Stock::new(on(sqlite)).await;
        audit(&stock.world, &[]).await.is_clean();
        stock.write(0..30).await;
        for arguments in [&[][..], &["--quick"]] {
            let report = audit(&stock.world, arguments).await;
            report.is_clean();
            assert_eq!(report.summary["rows"], 30);
            assert_eq!(report.summary["objects"], 30);
        }
        // Somebody else's request under the identity of an issued one.
        let mut other = stock.request(3);
        other["seller"]["name"] = json!("Another seller");
        archive(&stock, &other.to_string()).await;
        // The program's own objects.
        let put = stock.world.s3.put_object().bucket(&stock.world.bucket);
        let put = put
            .key("invoices/.templates/0123")
            .body(b"{}".to_vec().into());
        put.send().await.expect("put");
        let report = audit(&stock.world, &[]).await;
        report.is_clean();
        assert_eq!(report.summary["deadLetters"], 1);

        let row = stock.row(7).await;
        delete(&stock, row.object_key.as_deref().expect("a key")).await;
        let report = audit(&stock.world, &[]).await;
        assert_eq!(report.only()["code"], "object_missing");
        assert_eq!(report.code, 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_was_never_issued_is_no_orphan() {
    let stock = Stock::new(Options::default()).await;
    let refused = stock.request(0);
    let identity = samples::identity(&refused);
    let usual = ObjectKey::for_invoice(&identity);
    stock.upload(&refused, &usual, b"%PDF refused").await;
    let text = refused.to_string();
    let failed = Failed {
        code: "database_refused",
        detail: "refused",
        list: None,
        left_key: Some(usual.as_str()),
    };
    let received = received(&identity, &text, digest(&refused));
    let recorded = stock.database.record_failed(received, failed).await;
    recorded.expect("recorded");
    let report = audit(&stock.world, &["--repair"]).await;
    report.is_clean();
    assert_eq!(report.summary["left"], 1);

    // The corrected request is stored beside it.
    let mut corrected = refused.clone();
    corrected["seller"]["name"] = json!("Corrected");
    let beside = ObjectKey::beside(&identity, digest(&corrected));
    stock.upload(&corrected, &beside, b"%PDF corrected").await;
    // Its worker has died before it was recorded.
    let report = audit(&stock.world, &[]).await;
    assert_eq!(report.only()["code"], "object_orphaned");
    stock.record(&corrected, &beside, b"%PDF corrected").await;
    let report = audit(&stock.world, &["--repair"]).await;
    report.is_clean();
    assert_eq!(report.summary["left"], 1);
    assert_eq!(report.summary["rows"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_other_programs_and_rows_with_other_keys_are_named() {
    let stock = Stock::new(Options::default()).await;
    stock.write(0..4).await;
    let world = &stock.world;
    for key in [
        "invoices/readme.txt",
        "invoices/a/b/c/d/e.pdf",
        "other/a.pdf",
    ] {
        let put = world.s3.put_object().bucket(&world.bucket).key(key);
        put.body(b"text".to_vec().into()).send().await.expect("put");
    }
    let row = stock.row(1).await;
    let of_row = format!("WHERE request_digest = '{}'", row.request_digest);
    let other = stock.row(2).await.object_key.expect("a key");
    let statement = format!("UPDATE sales_invoice SET object_key = '{other}' {of_row}");
    world.execute(&statement).await;
    let row = stock.row(3).await;
    let of_row = format!("WHERE request_digest = '{}'", row.request_digest);
    let statement = format!("UPDATE sales_invoice SET object_key = NULL {of_row}");
    world.execute(&statement).await;

    let report = audit(world, &["--repair"]).await;
    let mut found = report.found();
    found.sort();
    let expected = [
        ("object_unknown", "invoices/a/b/c/d/e.pdf"),
        ("object_unknown", "invoices/readme.txt"),
        ("row_key_mismatch", other.as_str()),
        ("row_without_proof", ""),
    ];
    let expected = expected.map(|(code, key)| (code.to_owned(), key.to_owned()));
    assert_eq!(found, expected);
    for finding in &report.findings {
        assert_eq!(text(finding, "repair"), "impossible", "{finding}");
    }
    assert_eq!(report.code, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_leave_out_other_shops_and_other_times() {
    let stock = Stock::new(Options::default()).await;
    stock.write(0..6).await;
    let mut other = stock.request(6);
    other["marketplace"]["shopId"] = json!("shop-audit-2");
    let identity = samples::identity(&other);
    let key = ObjectKey::for_invoice(&identity);
    stock.upload(&other, &key, b"%PDF").await;
    stock.record(&other, &key, b"%PDF").await;
    let row = stock.row(0).await;
    let statement = format!(
        "UPDATE sales_invoice SET generated_at = '2020-02-02 00:00:00+00:00' WHERE request_digest = '{}'",
        row.request_digest
    );
    stock.world.execute(&statement).await;
    for index in 0..6 {
        let row = stock.row(index).await;
        delete(&stock, row.object_key.as_deref().expect("a key")).await;
    }
    let platform = samples::identity(&other).platform().to_owned();
    let found = async |arguments: &[&str]| audit(&stock.world, arguments).await;
    assert_eq!(found(&[]).await.findings.len(), 6);
    assert_eq!(found(&["--since", "1h"]).await.findings.len(), 5);
    assert_eq!(
        found(&["--until", "2020-12-31T00:00:00Z"])
            .await
            .findings
            .len(),
        1
    );
    let shop = ["--platform", &platform, "--shop", "shop-audit-2"];
    let report = found(&shop).await;
    report.is_clean();
    assert_eq!(report.summary["rows"], 1);
    assert_eq!(report.summary["objects"], 1);
    let all_of_platform = found(&["--platform", &platform]).await;
    let of_platform =
        (0..6).filter(|index| samples::identity(&stock.request(*index)).platform() == platform);
    assert_eq!(all_of_platform.findings.len(), of_platform.count());
}
