//! Buckets that keep versions: what counts is the newest one, and a delete marker is a missing object.

use super::{identity, key, locked_bucket, world};
use crate::audit::report::{audit_with, text};
use crate::harness::samples;

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_and_an_overwritten_document_are_put_back_as_new_versions() {
    let world = world(&[]).await;
    let bucket = locked_bucket(&world, "GOVERNANCE", "10").await;
    let variables: Vec<_> = bucket.variables().collect();
    let mut worker = world.worker(&variables).await;
    let (deleted, overwritten) = (samples::receipt(), samples::invoice());
    for request in [&deleted, &overwritten] {
        world.publish(request.to_string()).await;
        world.wait_for_document(&identity(request)).await;
    }
    worker.stop().await;
    let (deleted, overwritten) = (key(&deleted), key(&overwritten));
    let issued = bucket.retention(&deleted).await;
    bucket.delete(&deleted).await;
    bucket.overwrite(&overwritten, b"another program's").await;

    let report = audit_with(&world, &variables, &["--min-age", "0s"]).await;
    assert_eq!(report.code, 3, "{report:#?}");
    let mut found = report.found();
    found.sort();
    assert_eq!(
        found,
        [
            ("object_cut".to_owned(), overwritten.clone()),
            ("object_missing".to_owned(), deleted.clone()),
        ]
    );
    let arguments = ["--min-age", "0s", "--repair"];
    let report = audit_with(&world, &variables, &arguments).await;
    assert_eq!(report.code, 0, "{report:#?}");
    for finding in &report.findings {
        assert_eq!(text(finding, "repair"), "done", "{finding}");
    }
    let report = audit_with(&world, &variables, &["--min-age", "0s"]).await;
    report.is_clean();
    // What was there before is there as well, and what was put back is locked as it was.
    assert_eq!(bucket.versions(&deleted).await.len(), 2);
    assert_eq!(bucket.versions(&overwritten).await.len(), 3);
    assert!(issued.is_some());
    assert_eq!(bucket.retention(&deleted).await, issued);
    assert_eq!(bucket.retention(&overwritten).await, issued);
    bucket.empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_adopted_where_its_newest_version_is_its_own() {
    let world = world(&[]).await;
    let bucket = locked_bucket(&world, "GOVERNANCE", "10").await;
    let variables: Vec<_> = bucket.variables().collect();
    let request = samples::receipt();
    let key = key(&request);
    let mut worker = world.worker(&variables).await;
    world.publish(request.to_string()).await;
    world.wait_for_document(&identity(&request)).await;
    // An earlier worker died before it wrote the row: the object is adopted, and no version is added.
    world.execute("DELETE FROM sales_invoice").await;
    world.publish(request.to_string()).await;
    world.wait_for_document(&identity(&request)).await;
    assert_eq!(bucket.versions(&key).await.len(), 1);
    // With a delete marker in front of it there is no object, so one is stored.
    world.execute("DELETE FROM sales_invoice").await;
    bucket.delete(&key).await;
    world.publish(request.to_string()).await;
    world.wait_for_document(&identity(&request)).await;
    assert_eq!(bucket.versions(&key).await.len(), 2);
    // The version of another request stays where it is, and is a conflict.
    world.execute("DELETE FROM sales_invoice").await;
    bucket.overwrite(&key, b"another program's").await;
    world.publish(request.to_string()).await;
    worker
        .emits_where("dead_lettered", |letter| letter["code"] == "conflict")
        .await;
    assert_eq!(bucket.versions(&key).await.len(), 3);
    worker.stop().await;
    bucket.empty().await;
}
