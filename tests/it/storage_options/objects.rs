//! Encryption, tags, Content-Disposition and Cache-Control.

use std::collections::BTreeMap;

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::ServerSideEncryption;

use super::{key, world};
use crate::e_invoices::{EMBEDDED, request};
use crate::harness::{World, http, samples};

async fn head(world: &World, key: &str) -> HeadObjectOutput {
    let call = world.s3.head_object().bucket(&world.bucket).key(key);
    let found = call.send().await;
    found.unwrap_or_else(|error| panic!("{key}: {error:?}"))
}

async fn tags(world: &World, key: &str) -> BTreeMap<String, String> {
    let call = world.s3.get_object_tagging().bucket(&world.bucket).key(key);
    let found = call.send().await.expect("the tags can be read");
    let tags = found.tag_set().iter();
    tags.map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_encrypted_tagged_and_named_as_the_settings_say() {
    let world = world(&[
        ("S3_ENCRYPTION", "AES256"),
        ("S3_TAGS", "cost center=a+b,kind={documentType}/{issueYear}"),
        ("S3_CONTENT_DISPOSITION", "attachment"),
        ("S3_CACHE_CONTROL", "private, max-age=60"),
        ("STORE_XML", "true"),
    ])
    .await;
    let mut worker = world.worker(&[("ARCHIVE_TEMPLATES", "true")]).await;
    let request = request(EMBEDDED[0], "order-1");
    world.publish(request.to_string()).await;
    world.wait_for_document(&super::identity(&request)).await;
    worker.emits("templates_archived").await;
    worker.stop().await;

    let pdf = key(&request);
    let xml = pdf.replace(".pdf", ".xml");
    let number = request["number"].as_str().expect("a number");
    for (key, extension) in [(&pdf, "pdf"), (&xml, "xml")] {
        let found = head(&world, key).await;
        assert_eq!(
            found.server_side_encryption(),
            Some(&ServerSideEncryption::Aes256),
            "{key}"
        );
        assert_eq!(found.cache_control(), Some("private, max-age=60"), "{key}");
        let disposition = found.content_disposition().expect("a disposition");
        let name = format!("attachment; filename=\"invoice {number}.{extension}\"; ");
        assert!(disposition.starts_with(&name), "{disposition}");
        let expected = [("cost center", "a+b"), ("kind", "invoice/2026")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(tags(&world, key).await, expected.into(), "{key}");
    }
    // A policy may refuse any upload without them.
    let call = world.s3.list_objects_v2().bucket(&world.bucket);
    let listed = call.prefix("invoices/.").send().await.expect("a listing");
    let own: Vec<&str> = listed.contents().iter().filter_map(|it| it.key()).collect();
    assert!(own.contains(&"invoices/.probe-aes256"), "{own:?}");
    assert!(own.len() > 10, "{own:?}");
    for key in own {
        let found = head(&world, key).await;
        assert_eq!(
            found.server_side_encryption(),
            Some(&ServerSideEncryption::Aes256),
            "{key}"
        );
        let expected = [("cost center".to_owned(), "a+b".to_owned())];
        assert_eq!(tags(&world, key).await, expected.into(), "{key}");
    }
    // The bytes are those of the record.
    let audit = world.program(&["audit"]).run().await;
    assert_eq!(audit.code, 0, "{audit:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_encrypted_with_the_key_of_kms() {
    let world = world(&[
        ("S3_ENCRYPTION", "aws:kms"),
        ("S3_KMS_KEY_ID", "alias/invoices"),
        ("S3_KMS_BUCKET_KEY", "true"),
    ])
    .await;
    let checked = world.program(&["check"]).run().await.succeeded();
    assert!(checked.contains("bucket: ok\n"), "{checked}");
    let mut worker = world.worker(&[]).await;
    let request = samples::receipt();
    world.publish(request.to_string()).await;
    world.wait_for_document(&super::identity(&request)).await;
    // The same request is found, and nothing is stored again.
    world.publish(request.to_string()).await;
    world.wait_for_events(2).await;
    worker.stop().await;
    let found = head(&world, &key(&request)).await;
    assert_eq!(
        found.server_side_encryption(),
        Some(&ServerSideEncryption::AwsKms)
    );
    assert_eq!(found.ssekms_key_id(), Some("alias/invoices"));
    assert_eq!(found.content_disposition(), None);
    assert_eq!(found.cache_control(), None);
    let [platform, shop, order, package, sequence] = parts(&request);
    let url = ["url", platform, shop, order, package, sequence];
    let url = world.program(&url).run().await.succeeded();
    let (status, bytes) = http::get(url.trim()).await;
    assert_eq!(status, 200);
    assert!(bytes.starts_with(b"%PDF-"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ignores_the_encryption_is_found_out_before_work_begins() {
    // SeaweedFS stores in the clear what is to be encrypted in two layers.
    let world = world(&[
        ("S3_ENCRYPTION", "aws:kms:dsse"),
        ("S3_KMS_KEY_ID", "alias/invoices"),
    ])
    .await;
    for command in ["worker", "check"] {
        let run = world.program(&[command]).run().await;
        assert_eq!(run.code, 2, "{run:#?}");
        let words = "answered without the encryption of S3_ENCRYPTION";
        assert!(run.stderr.contains(words), "{run:#?}");
    }
}

fn parts(request: &serde_json::Value) -> [&str; 5] {
    invoice::identity::PARTS.map(|part| {
        let part = request["marketplace"][part].as_str();
        part.expect("a part of the identity")
    })
}
