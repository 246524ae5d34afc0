//! Documents in the bucket.

use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{
    BucketVersioningStatus, ObjectLockLegalHold, ObjectLockLegalHoldStatus, ObjectLockRetention,
    ObjectLockRetentionMode, VersioningConfiguration,
};
use dev::s3::Behaviour;
use serde_json::Value;

use super::{erase, erase_with};
use crate::harness::{Options, World, samples};

const DELETE: [&str; 5] = ["--platform", "tiktok", "--documents", "--reason", "GDPR"];

#[tokio::test(flavor = "multi_thread")]
async fn deleted_documents_are_gone_and_no_findings() {
    // An object store without versions, and one that has them and does not use them.
    for seaweedfs in [false, true] {
        let world = World::new(Options {
            sqlite: seaweedfs,
            seaweedfs,
            ..Options::default()
        })
        .await;
        let mut worker = world.worker(&[]).await;
        // Its XML is an object of its own.
        let request = samples::with_e_invoice(samples::invoice(), "peppol-bis-3");
        let identity = samples::identity(&request);
        world.publish(request.to_string()).await;
        world.wait_for_document(&identity).await;
        assert_eq!(world.objects().await.len(), 2);

        let dry = erase(
            &world,
            &["--platform", "tiktok", "--documents", "--dry-run"],
        )
        .await;
        assert_eq!(dry.code, 0, "{dry:#?}");
        assert_eq!(
            dry.records[0]["documents"][1]["outcome"],
            "would-be-deleted"
        );
        assert_eq!(world.objects().await.len(), 2);

        // First the request alone: the documents can follow.
        let report = erase(&world, &["--platform", "tiktok", "--reason", "GDPR"]).await;
        assert_eq!(report.summary["records"], 1, "{report:#?}");
        assert_eq!(world.objects().await.len(), 2);
        // What an erasure with documents leaves that was interrupted.
        let words = "UPDATE sales_invoice SET buyer_words = ' zoë '";
        world.execute(words).await;
        let by_name = erase(&world, &["--buyer", "Zoë", "--reason", "GDPR"]).await;
        assert_eq!(
            (by_name.code, by_name.records.len()),
            (0, 1),
            "{by_name:#?}"
        );
        let row = world.row(&identity).await.expect("a row");
        assert_eq!(row.buyer_words, None);
        // What an attempt has left that lost a race.
        let left = format!("invoices/{identity}/{}.pdf", "ab".repeat(32));
        let put = world.s3.put_object().bucket(&world.bucket).key(&left);
        let put = put.body(b"%PDF-1.7".to_vec().into()).send().await;
        put.expect("stored");
        let report = erase(&world, &DELETE).await;
        assert_eq!(report.code, 0, "{report:#?}");
        assert_eq!(report.records[0]["request"], "erased-before");
        assert_eq!(report.summary["documents"], 3, "{report:#?}");
        assert_eq!(report.records[0]["documents"][2]["objectKey"], left);
        assert_eq!(world.objects().await.len(), 0);
        let again = erase(&world, &DELETE).await;
        assert_eq!((again.code, again.records), (0, vec![]));

        for arguments in [&["audit", "--min-age", "0s"][..], &["audit", "--quick"]] {
            world.program(arguments).run().await.succeeded();
        }
        let url = [&["url"][..], &identity.parts()].concat();
        let url = world.program(&url).run().await;
        assert_eq!(url.code, 1, "{url:#?}");
        assert!(url.stderr.contains("was erased"), "{url:#?}");
        let serve = world.serve().await;
        let client = serve.client();
        for what in ["document", "xml", "request"] {
            let path = format!("/v1/invoices/{identity}/{what}");
            client.get(&path).await.is_problem(410, "erased");
        }
        let record = client.get(&format!("/v1/invoices/{identity}")).await;
        let record = record.is(200);
        assert!(record["documentsErasedAt"].is_string(), "{record}");
        let page = client.get(&format!("/invoices/{identity}")).await;
        assert_eq!(page.status, 200);

        // Published again, it is answered with the same event, and not made again.
        world.publish(request.to_string()).await;
        world.wait_for_events(2).await;
        assert_eq!(world.objects().await.len(), 0);
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_deletes_nothing_is_not_believed() {
    let world = World::new(Options {
        sqlite: true,
        store: Behaviour {
            overlooks_deletions: true,
            ..Behaviour::default()
        },
        ..Options::default()
    })
    .await;
    let mut worker = world.worker(&[]).await;
    let identity = samples::identity(&samples::receipt());
    world.publish(samples::receipt().to_string()).await;
    world.wait_for_document(&identity).await;
    worker.stop().await;

    let report = erase(&world, &DELETE).await;
    assert_eq!(report.code, 3, "{report:#?}");
    let document = &report.records[0]["documents"][0];
    assert_eq!(document["outcome"], "kept", "{report:#?}");
    assert_eq!(document["reason"], "refused", "{report:#?}");
    let row = world.row(&identity).await.expect("a row");
    assert_eq!(row.documents_erased_at, None);
}

/// What a bucket has under any key, versions and delete markers.
async fn versions(world: &World, bucket: &str) -> usize {
    let all = world
        .s3
        .list_object_versions()
        .bucket(bucket)
        .prefix("invoices/tiktok");
    let all = all.send().await.expect("versions");
    all.versions().len() + all.delete_markers().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_document_stays_and_the_report_says_until_when() {
    let world = World::new(Options {
        sqlite: true,
        seaweedfs: true,
        ..Options::default()
    })
    .await;
    let bucket = format!("{}-locked", world.bucket);
    let s3 = &world.s3;
    let create = s3.create_bucket().bucket(&bucket);
    let created = create.object_lock_enabled_for_bucket(true).send().await;
    created.expect("a bucket with object lock");
    let versioning = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled);
    let versioned = s3
        .put_bucket_versioning()
        .bucket(&bucket)
        .versioning_configuration(versioning.build())
        .send()
        .await;
    versioned.expect("a bucket with versions");
    let here = [("AWS_S3_BUCKET_NAME", bucket.as_str())];
    let mut worker = world.worker(&here).await;
    // Its XML, an object of its own, is not locked.
    let request = samples::with_e_invoice(samples::invoice(), "peppol-bis-3");
    let identity = samples::identity(&request);
    world.publish(request.to_string()).await;
    let row = world.wait_for_document(&identity).await;
    worker.stop().await;
    let key = row.object_key.expect("a key");
    // A deletion without a version hides the document, and deletes nothing.
    let hidden = s3.delete_object().bucket(&bucket).key(&key).send().await;
    hidden.expect("hidden");
    assert_eq!(versions(&world, &bucket).await, 3);
    let all = s3.list_object_versions().bucket(&bucket).prefix(&key);
    let all = all.send().await.expect("versions");
    let version = all.versions()[0].version_id().expect("a version");

    let end = row.created_at + time::Duration::days(3);
    let retain = |end: i64| {
        let retention = ObjectLockRetention::builder()
            .mode(ObjectLockRetentionMode::Governance)
            .retain_until_date(DateTime::from_secs(end));
        s3.put_object_retention()
            .bucket(&bucket)
            .key(&key)
            .version_id(version)
            .bypass_governance_retention(true)
            .retention(retention.build())
            .send()
    };
    retain(end.unix_timestamp()).await.expect("retained");
    let stays = async |reason: &str| -> Value {
        let report = erase_with(&world, &here, &DELETE).await;
        assert_eq!(report.code, 3, "{report:#?}");
        let document = &report.records[0]["documents"][0];
        assert_eq!(document["outcome"], "kept", "{report:#?}");
        assert_eq!(document["reason"], reason, "{report:#?}");
        let xml = &report.records[0]["documents"][1];
        assert_eq!(xml["reason"], "other-kept", "{report:#?}");
        assert_eq!(versions(&world, &bucket).await, 3);
        document.clone()
    };
    let document = stays("retention").await;
    let until = document["retainedUntil"].as_str().expect("a time");
    let seconds = invoice_worker::moment::seconds(end);
    assert!(until.starts_with(&seconds[..19]), "{until} {seconds}");
    let row = world.row(&identity).await.expect("a row");
    assert!(row.is_erased(), "the request is erased all the same");
    assert_eq!(row.documents_erased_at, None);

    // In words, too.
    let arguments = [&["erase"][..], &DELETE].concat();
    let words = world.program(&arguments).envs(here).run().await;
    assert_eq!(words.code, 3, "{words:#?}");
    let expected = format!("{key}: stays, retained until {seconds}");
    assert!(words.stdout.contains(&expected), "{words:#?}");

    let hold = |status| {
        let hold = ObjectLockLegalHold::builder().status(status).build();
        s3.put_object_legal_hold()
            .bucket(&bucket)
            .key(&key)
            .version_id(version)
            .legal_hold(hold)
            .send()
    };
    hold(ObjectLockLegalHoldStatus::On).await.expect("held");
    stays("legal-hold").await;
    hold(ObjectLockLegalHoldStatus::Off).await.expect("free");
    // The retention ends in a moment.
    let soon = time::OffsetDateTime::now_utc() + time::Duration::seconds(5);
    retain(soon.unix_timestamp()).await.expect("retained");
    let report = crate::harness::eventually("the end of the retention", async || {
        let report = erase_with(&world, &here, &DELETE).await;
        if report.code == 0 {
            Ok(report)
        } else {
            Err(report)
        }
    })
    .await;
    assert_eq!(report.records[0]["documents"][0]["versions"], 2);
    assert_eq!(versions(&world, &bucket).await, 0);
    let row = world.row(&identity).await.expect("a row");
    assert!(row.documents_erased_at.is_some());
    s3.delete_bucket().bucket(&bucket).send().await.ok();
}
