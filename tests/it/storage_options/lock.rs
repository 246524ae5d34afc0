//! Object lock: documents that nobody can delete for as long as the law wants them.

use aws_sdk_s3::types::ObjectLockRetentionMode;
use invoice_worker::config::ObjectSettings;
use invoice_worker::retry::Retryable as _;
use invoice_worker::storage::{Content, NewObject, Storage, Subject};
use time::macros::datetime;

use super::{identity, key, locked_bucket, world};
use crate::audit::report::{audit_with, text};
use crate::e_invoices::{PEPPOL, request};
use crate::harness::samples;

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_locked_for_the_years_of_their_type() {
    let world = world(&[]).await;
    let bucket = locked_bucket(&world, "GOVERNANCE", "10,receipt=1").await;
    let checked = world.program(&["check"]).envs(bucket.variables());
    let checked = checked.run().await.succeeded();
    assert!(checked.contains("bucket: ok\n"), "{checked}");
    let again = world.program(&["setup"]).envs(bucket.variables());
    let again = again.run().await.succeeded();
    let line = format!("bucket {}: was there\n", bucket.name);
    assert!(again.contains(&line), "{again}");

    let variables: Vec<_> = bucket.variables().collect();
    let mut worker = world.worker(&variables).await;
    let (receipt, invoice) = (samples::receipt(), samples::invoice());
    for request in [&receipt, &invoice] {
        world.publish(request.to_string()).await;
        world.wait_for_document(&identity(request)).await;
    }
    worker.stop().await;
    for (request, until) in [
        (&receipt, datetime!(2028-01-01 0:00 UTC)),
        (&invoice, datetime!(2037-01-01 0:00 UTC)),
    ] {
        let key = key(request);
        let expected = (ObjectLockRetentionMode::Governance, until.unix_timestamp());
        assert_eq!(bucket.retention(&key).await, Some(expected), "{key}");
        let versions = bucket.versions(&key).await;
        let [version] = &versions[..] else {
            panic!("expected one version of {key}: {versions:?}");
        };
        let call = world.s3.delete_object().bucket(&bucket.name).key(&key);
        let deleted = call.version_id(version).send().await;
        let error = deleted.expect_err("it is locked");
        let status = error.raw_response().map(|answer| answer.status().as_u16());
        assert_eq!(status, Some(403), "{error:?}");
    }
    // What no law is about can be deleted.
    assert_eq!(bucket.retention("invoices/.probe").await, None);
    bucket.empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_were_stored_before_are_found_and_locked() {
    let world = world(&[("STORE_XML", "true")]).await;
    let bucket = locked_bucket(&world, "GOVERNANCE", "10,receipt=1").await;
    // Workers that do not lock, or for a shorter time.
    let request = request(PEPPOL, "order-1");
    let xml = key(&request).replace(".pdf", ".xml");
    for (request, years) in [(&samples::receipt(), "9"), (&request, "receipt=1")] {
        let mut variables: Vec<_> = bucket.variables().collect();
        variables.push(("S3_OBJECT_LOCK_YEARS", years));
        let mut worker = world.worker(&variables).await;
        world.publish(request.to_string()).await;
        world.wait_for_document(&identity(request)).await;
        worker.stop().await;
    }
    // The lock of the receipt is longer than it has to be, and stays so.
    let longer = bucket.retention(&key(&samples::receipt())).await;
    let variables: Vec<_> = bucket.variables().collect();
    let report = audit_with(&world, &variables, &["--min-age", "0s"]).await;
    let mut found = report.found();
    found.sort();
    let expected = [
        ("object_unlocked".to_owned(), key(&request)),
        ("xml_unlocked".to_owned(), xml.clone()),
    ];
    assert_eq!(found, expected, "{report:#?}");
    let unlocked = text(&report.findings[0], "detail");
    let words = "the object is not locked, expected GOVERNANCE until 2037-01-01";
    assert_eq!(unlocked, words);
    let dry = ["--min-age", "0s", "--repair", "--dry-run"];
    let dry = audit_with(&world, &variables, &dry).await;
    assert_eq!(dry.code, 3, "{dry:#?}");
    assert_eq!(
        bucket.retention(&xml).await,
        None,
        "a dry run locks nothing"
    );
    let repair = ["--min-age", "0s", "--repair"];
    let repaired = audit_with(&world, &variables, &repair).await;
    assert_eq!(repaired.code, 0, "{repaired:#?}");
    assert_eq!(repaired.findings.len(), 2, "{repaired:#?}");
    let until = datetime!(2037-01-01 0:00 UTC).unix_timestamp();
    let expected = Some((ObjectLockRetentionMode::Governance, until));
    for key in [&key(&request), &xml] {
        assert_eq!(bucket.retention(key).await, expected, "{key}");
        assert_eq!(bucket.versions(key).await.len(), 1, "{key}");
    }
    assert_eq!(bucket.retention(&key(&samples::receipt())).await, longer);
    let report = audit_with(&world, &variables, &["--min-age", "0s"]).await;
    report.is_clean();
    bucket.empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_without_object_lock_is_refused_before_work_begins() {
    let world = world(&[
        ("S3_OBJECT_LOCK", "COMPLIANCE"),
        ("S3_OBJECT_LOCK_YEARS", "10"),
    ])
    .await;
    let words = format!("bucket \"{}\" at ", world.bucket);
    for (command, code) in [("worker", 2), ("check", 2), ("setup", 1)] {
        let run = world.program(&[command]).run().await;
        assert_eq!(run.code, code, "{run:#?}");
        let printed = format!("{}{}", run.stdout, run.stderr);
        assert!(printed.contains(&words), "{run:#?}");
        assert!(printed.contains("has no object lock"), "{run:#?}");
    }
    let started = world.program(&["worker"]).run().await;
    let error = "error: S3_OBJECT_LOCK (the environment) cannot be used: ";
    assert!(started.stderr.contains(error), "{started:#?}");
    assert_eq!(world.objects().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_the_bucket_cannot_lock_holds_back_and_stores_nothing() {
    let world = world(&[
        ("S3_OBJECT_LOCK", "COMPLIANCE"),
        ("S3_OBJECT_LOCK_YEARS", "10"),
    ])
    .await;
    // A worker whose keys may not ask for the lock finds it out in this way.
    let storage = Storage::connect(&world.settings.storage).await;
    let storage = storage.expect("a client");
    let request = samples::invoice().to_string();
    let parsed = invoice::parse(request.as_bytes(), usize::MAX).expect("JSON");
    let invoice = parsed.invoice.expect("a valid request");
    let key = invoice::ObjectKey::for_invoice(&invoice.identity);
    let rendered_with = document::RenderedWith {
        template: "invoice".into(),
        version: "1".into(),
        digest: "d".into(),
        brand_digest: None,
    };
    let object = NewObject {
        key: &key,
        bytes: b"%PDF-1.7",
        sha256: invoice::Sha256Digest::of(b"%PDF-1.7"),
        request_digest: parsed.digest,
        content: Content::Pdf {
            pages: 1,
            rendered_with: &rendered_with,
            e_invoice: None,
        },
        subject: Some(Subject::from(&invoice)),
    };
    let error = storage.put_new(object).await.expect_err("no lock");
    assert!(error.is_systemic() && error.is_transient(), "{error}");
    assert_eq!(error.code().as_str(), "storage_misconfigured", "{error}");
    assert_eq!(storage.look(&key).await.expect("an answer"), None);
    // Without the lock, the same object is stored.
    let mut settings = world.settings.storage.clone();
    settings.objects = ObjectSettings {
        s3_object_lock: None,
        s3_object_lock_years: Vec::new(),
        ..settings.objects
    };
    let storage = Storage::connect(&settings).await.expect("a client");
    storage.put_new(object).await.expect("stored");
}
