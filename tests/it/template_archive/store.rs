//! Storing, in the background.

use super::{archived, assert_same_again, record, worker, world};
use crate::harness::{eventually, samples};
use crate::proxy::{Mode, Proxy};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_worker_finds_everything_and_stores_nothing() {
    let world = world().await;
    let mut first = worker(&world, &[]).await;
    let stored = first.events("templates_archived");
    assert_eq!(stored[0]["manifests"], 5, "{stored:#?}");
    let before = archived(&world).await;
    // Shared files and equal ones are there once.
    let files = stored[0]["files"].as_u64().expect("a number");
    assert_eq!(before.len() as u64, files + 5, "{before:#?}");

    let mut second = worker(&world, &[]).await;
    let found = second.events("templates_archived");
    assert_eq!(
        (&found[0]["manifests"], &found[0]["files"]),
        (&0.into(), &0.into())
    );
    assert_eq!(archived(&world).await, before);
    let check = world.program(&["check"]).run().await.succeeded();
    assert!(check.contains("\ntemplate archive: ok\n"), "{check}");
    for worker in [&mut first, &mut second] {
        worker.stop().await;
        assert!(worker.complaints().is_empty(), "{:#?}", worker.complaints());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_that_the_bucket_has_lost_are_stored_again_by_a_worker_that_runs() {
    let world = world().await;
    let mut worker = worker(&world, &[]).await;
    let before: Vec<String> = keys(&archived(&world).await);
    for key in &before {
        let deleting = world.s3.delete_object().bucket(&world.bucket).key(key);
        deleting.send().await.expect("deleted");
    }
    assert_eq!(archived(&world).await.len(), 0);
    eventually("the templates", async || {
        let now = keys(&archived(&world).await);
        if now == before { Ok(()) } else { Err(now) }
    })
    .await;
    // It is said after the last one is there.
    let stored = eventually("the second event", async || {
        let stored = worker.events("templates_archived");
        if stored.len() > 1 {
            Ok(stored)
        } else {
            Err(stored)
        }
    })
    .await;
    assert_eq!(stored[1]["manifests"], 5, "{stored:#?}");
    worker.stop().await;
}

/// Without what changes when an object is written again.
fn keys(archived: &[String]) -> Vec<String> {
    let keys = archived
        .iter()
        .filter_map(|object| object.split(' ').next());
    keys.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_away_delays_no_start_and_gets_the_templates_when_it_is_back() {
    let world = world().await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    proxy.set(Mode::Refuse);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;
    worker.emits("templates_not_archived").await;
    assert_eq!(archived(&world).await.len(), 0);
    proxy.set(Mode::Pass);
    let record = record(&world, &samples::receipt()).await;
    worker.emits("templates_archived").await;
    worker.stop().await;
    assert_same_again(&world, &record).await;
}

/// A server that answers everything with success has stored nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_lies_is_not_believed() {
    const ANYTHING: &[u8] = b"HTTP/1.1 200 OK\r\nETag: \"5d41402abc4b2a76b9719d911017c592\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let world = world().await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    proxy.set(Mode::Refuse);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;
    worker.emits("templates_not_archived").await;
    proxy.set(Mode::Answer(ANYTHING));
    worker
        .emits_where("templates_not_archived", |failed| {
            failed.field_contains("error", "is damaged")
        })
        .await;
    assert_eq!(worker.events("templates_archived").len(), 0);
    proxy.set(Mode::Pass);
    worker.emits("templates_archived").await;
    assert_ne!(archived(&world).await.len(), 0);
    worker.stop().await;
}
