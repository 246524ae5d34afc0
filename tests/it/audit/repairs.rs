//! What is repaired, and what is not.

use std::fs;

use invoice::ObjectKey;
use invoice::digest::Sha256Digest;
use invoice_worker::database::dead_letters::Selection;
use invoice_worker::database::{DeadLetterStatus, Failed, Status};
use serde_json::json;

use super::damage::{Damage, archive, replace};
use super::report::{audit, audit_with, text};
use super::stock::{Stock, digest, received};
use crate::faults::templates::Templates;
use crate::harness::{Options, samples};

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_would_be_repaired_and_changes_nothing() {
    let stock = Stock::new(Options::sqlite()).await;
    stock.make(0..2).await;
    stock.write(2..4).await;
    let damage = [
        Damage::Missing,
        Damage::Changed,
        Damage::Orphaned,
        Damage::Open,
    ];
    for (index, damage) in damage.into_iter().enumerate() {
        let row = stock.row(index).await;
        damage.happen_to(&stock, &row).await;
    }
    let file = stock.world.path("requests.ndjson");
    fs::write(&file, format!("\n{}\r\n", stock.request(2))).expect("written");
    let file = file.to_str().expect("UTF-8");
    let state = async || {
        let world = &stock.world;
        let mut objects = Vec::new();
        for key in world.objects().await {
            objects.push((world.object(&key).await, key));
        }
        let letters = Selection::default();
        let letters = stock.database.dead_letters(&letters, 0, 10).await;
        (world.rows().await, objects, letters.expect("the archive"))
    };
    let before = state().await;
    let arguments = ["--repair", "--dry-run", "--requests", file];
    let report = audit(&stock.world, &arguments).await;
    assert_eq!(report.findings.len(), 4, "{report:#?}");
    for finding in &report.findings {
        assert_eq!(finding["repair"], "possible", "{finding}");
        assert!(
            text(finding, "repairDetail").contains("would be"),
            "{finding}"
        );
    }
    assert_eq!(report.code, 3);
    assert!(state().await == before, "a dry run has changed something");

    let report = audit(&stock.world, &["--repair", "--requests", file]).await;
    assert_eq!(report.code, 0, "{report:#?}");
    for finding in &report.findings {
        assert_eq!(finding["repair"], "done", "{finding}");
    }
    assert_eq!(report.summary["repaired"], 4);
    audit(&stock.world, &[]).await.is_clean();
    let letters = Selection::default();
    let letters = stock.database.dead_letters(&letters, 0, 10).await;
    let letters = letters.expect("the archive");
    assert_eq!(letters[0].status, DeadLetterStatus::Discarded);
    let reason = letters[0].discard_reason.as_deref().expect("a reason");
    assert!(reason.contains("generated"), "{reason}");
    assert!(
        letters[0]
            .discarded_by
            .as_deref()
            .expect("who")
            .starts_with("auditor@")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_bucket_is_rebuilt_from_the_records() {
    let stock = Stock::new(Options::default()).await;
    stock.make(0..6).await;
    let world = &stock.world;
    let mut issued = Vec::new();
    for key in world.objects().await {
        issued.push((key.clone(), world.object(&key).await));
        super::damage::delete(&stock, &key).await;
    }
    let report = audit(world, &["--repair"]).await;
    assert_eq!(report.counts(), [("object_missing", 6)].into());
    assert_eq!(report.code, 0, "{report:#?}");
    for (key, bytes) in issued {
        assert!(world.object(&key).await == bytes, "{key} has other bytes");
    }
    audit(world, &[]).await.is_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_table_is_rebuilt_from_the_bucket_the_archive_and_files_of_requests() {
    let stock = Stock::new(Options::default()).await;
    stock.write(0..8).await;
    let mut before = stock.world.rows().await;
    for index in 0..2 {
        archive(&stock, &stock.request(index).to_string()).await;
    }
    stock.world.execute("DELETE FROM sales_invoice").await;
    // One has a row again, of a failure that came later and does not know of the document.
    let request = stock.request(7);
    let identity = samples::identity(&request);
    let failed = Failed {
        code: "database_busy",
        detail: "too old",
        list: None,
        left_key: None,
    };
    let request = request.to_string();
    let received = received(&identity, &request, digest(&stock.request(7)));
    let recorded = stock.database.record_failed(received, failed).await;
    recorded.expect("recorded");

    let folder = stock.world.folder.path();
    let cloud_event = |index| {
        json!({
            "specversion": "1.0", "id": "1", "source": "/orders", "type": "invoice.requested.v1",
            "data": stock.request(index),
        })
    };
    fs::write(
        folder.join("one.ndjson"),
        format!("{}\n{}\n", stock.request(2), stock.request(99)),
    )
    .expect("written");
    fs::write(
        folder.join("two.ndjson"),
        format!(
            "{}\n{}\n{}\n{{\"marketplace\": 1}}",
            cloud_event(3),
            stock.request(4),
            stock.request(5)
        ),
    )
    .expect("written");
    let arguments = [
        "--repair",
        "--requests",
        "one.ndjson",
        "--requests",
        "two.ndjson",
    ];
    let report = audit(&stock.world, &arguments).await;
    let orphans = report.findings.iter();
    let orphans = orphans.filter(|finding| finding["code"] == "object_orphaned");
    let (done, left): (Vec<_>, Vec<_>) = orphans.partition(|finding| finding["repair"] == "done");
    assert_eq!((done.len(), left.len()), (7, 1), "{report:#?}");
    // That of which there is no request.
    let sixth = ObjectKey::for_invoice(&samples::identity(&stock.request(6)));
    assert_eq!(left[0]["objectKey"], sixth.as_str());
    assert!(text(left[0], "repairDetail").contains("publish it again"));
    assert_eq!(report.code, 3);
    // Two dead letters of requests that have their rows again.
    assert_eq!(report.counts()["generated_and_open"], 2);

    let mut after = stock.world.rows().await;
    before.retain(|row| row.object_key.as_deref() != Some(sixth.as_str()));
    for rows in [&mut before, &mut after] {
        rows.sort_by_key(|row| row.object_key.clone());
        for row in rows.iter_mut() {
            // What is of the first time only.
            row.id = uuid::Uuid::nil();
            row.message_id = None;
            row.created_at = time::OffsetDateTime::UNIX_EPOCH;
            row.updated_at = row.created_at;
            row.generated_at = None;
        }
    }
    assert_eq!(after, before);

    // A worker adopts the last one when its request comes again.
    let mut worker = stock.world.worker(&[]).await;
    stock.world.publish(stock.request(6).to_string()).await;
    stock
        .world
        .wait_for_document(&samples::identity(&stock.request(6)))
        .await;
    worker.stop().await;
    audit(&stock.world, &[]).await.is_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_would_have_other_bytes_is_not_stored() {
    let stock = Stock::new(Options::sqlite()).await;
    stock.make(0..1).await;
    let world = &stock.world;
    let row = stock.row(0).await;
    let key = row.object_key.clone().expect("a key");
    replace(&stock, &key, None, |bytes| bytes[9] ^= 1).await;
    let damaged = world.object(&key).await;

    let changed = with_other_titles();
    let templates = changed.path().to_str().expect("UTF-8");
    let variables = [("TEMPLATES_DIR", templates)];
    let report = audit_with(world, &variables, &["--repair", "--min-age", "0s"]).await;
    let finding = report.only();
    assert_eq!(finding["repair"], "impossible", "{finding}");
    let why = text(finding, "repairDetail");
    let digest = row.template_digest.as_deref().expect("a digest");
    assert!(why.contains(digest), "{why}");
    assert!(world.object(&key).await == damaged, "it was replaced");

    let report = audit(world, &["--repair"]).await;
    assert_eq!(report.only()["repair"], "done", "{report:#?}");
    let sha256 = Sha256Digest::of(&world.object(&key).await).to_string();
    assert_eq!(row.sha256.as_deref(), Some(sha256.as_str()));
    assert_eq!(stock.row(0).await, row);
    let finding = report.only();
    assert!(text(finding, "after").contains(&sha256), "{finding}");
    let before = Sha256Digest::of(&damaged).to_string();
    assert!(text(finding, "before").contains(&before), "{finding}");
}

/// Templates whose documents have other titles than those of the repository.
fn with_other_titles() -> Templates {
    let changed = Templates::with(&[]);
    for entry in fs::read_dir(changed.path().join("lib/texts")).expect("texts") {
        let file = entry.expect("an entry").path();
        let texts = fs::read_to_string(&file).expect("a text");
        let other_title = |line: &str| match line.split_once("\": \"") {
            Some((name, text)) if name.contains("title-") => format!("{name}\": \"N {text}\n"),
            Some(_) | None => format!("{line}\n"),
        };
        let texts: String = texts.lines().map(other_title).collect();
        fs::write(&file, texts).expect("written");
    }
    changed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_document_is_rendered_again_with_templates_that_are_only_in_the_bucket() {
    let stock = Stock::new(Options {
        variables: vec![("ARCHIVE_TEMPLATES", "true".to_owned())],
        ..Options::sqlite()
    })
    .await;
    let world = &stock.world;
    let gone = with_other_titles();
    let folder = gone.path().to_str().expect("UTF-8");
    let mut worker = world.worker(&[("TEMPLATES_DIR", folder)]).await;
    worker.emits("templates_archived").await;
    let request = stock.request(0);
    world.publish(request.to_string()).await;
    let row = world.wait_for_document(&samples::identity(&request)).await;
    worker.stop().await;
    drop(gone);

    Damage::Missing.happen_to(&stock, &row).await;
    let report = audit(world, &["--repair"]).await;
    assert_eq!(report.only()["repair"], "done", "{report:#?}");
    let key = row.object_key.as_deref().expect("a key");
    let sha256 = Sha256Digest::of(&world.object(key).await).to_string();
    assert_eq!(row.sha256.as_deref(), Some(sha256.as_str()));
    audit(world, &[]).await.is_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_orphan_is_not_adopted() {
    let stock = Stock::new(Options::sqlite()).await;
    stock.write(0..2).await;
    let (changed, foreign) = (stock.row(0).await, stock.row(1).await);
    let key = changed.object_key.as_deref().expect("a key");
    replace(&stock, key, None, |bytes| bytes[0] ^= 1).await;
    let other = digest(&stock.request(5)).to_string();
    let key = foreign.object_key.as_deref().expect("a key");
    replace(&stock, key, Some(&other), |_| ()).await;
    for index in 0..2 {
        archive(&stock, &stock.request(index).to_string()).await;
    }
    archive(&stock, &stock.request(5).to_string()).await;
    stock.world.execute("DELETE FROM sales_invoice").await;
    let report = audit(&stock.world, &["--repair"]).await;
    assert_eq!(report.counts(), [("object_orphaned", 2)].into());
    for finding in &report.findings {
        assert_eq!(finding["repair"], "impossible", "{finding}");
    }
    let rows = stock.world.rows().await;
    assert!(rows.iter().all(|row| row.status != Status::Generated));
}
