//! An outage is reported once, however many messages meet it.

use std::collections::BTreeSet;

use crate::dead_letters::wrong;
use crate::harness::{Entry, Options, WorkerProcess, World, eventually, samples};
use crate::proxy::{Mode, Proxy};

/// Requests that meet the outage.
const REQUESTS: usize = 20;

/// Of these, those that have met it before it ends.
const MET: usize = 10;

/// What operators see.
const QUIET: (&str, &str) = ("RUST_LOG", "info");

/// The same, and each call that is repeated.
const QUIET_BUT_CALLS: (&str, &str) = ("RUST_LOG", "info,invoice_worker::retry=debug");

async fn world() -> World {
    World::new(Options {
        variables: vec![
            // So that the outage is reported before the first attempt ends.
            ("RETRY_IN_PLACE_SECONDS", "2".to_owned()),
            ("RETRY_DELAYS_SECONDS", "1,2".to_owned()),
            ("ARCHIVE_DEAD_LETTERS", "true".to_owned()),
        ],
        ..Options::default()
    })
    .await
}

/// Waits for the end of an outage, and checks that nothing else was reported of it. Answers its end.
async fn reported_once(worker: &WorkerProcess, server: &str) -> Entry {
    worker.emits("outage_over").await;
    let complaints = worker.complaints();
    assert_eq!(complaints.len(), 1, "{complaints:#?}");
    assert!(complaints[0].is("outage_began"), "{complaints:#?}");
    assert_eq!(complaints[0]["server"], server, "{complaints:#?}");
    assert!(complaints[0]["error"].is_string(), "{complaints:#?}");
    assert!(worker.processed("retried").is_empty());
    assert!(worker.events("upload_failed").is_empty());
    let over = worker.events("outage_over");
    assert_eq!(over.len(), 1, "{over:#?}");
    assert_eq!(over[0]["server"], server);
    over[0].clone()
}

/// Whether it counts each of the messages once that have been tried meanwhile; a worker holds fewer than all of them.
fn have_waited(over: &Entry) -> bool {
    over["waited"]
        .as_u64()
        .and_then(|waited| usize::try_from(waited).ok())
        .is_some_and(|waited| (MET..=REQUESTS).contains(&waited))
}

/// Waits until enough messages have met the outage, however long their documents take to render.
async fn have_met_it(worker: &WorkerProcess) {
    eventually("messages that meet the outage", async || {
        let calls = worker.events("call_retried");
        let messages = calls.iter().map(|call| call["span"]["message_id"].as_str());
        let met = messages.flatten().collect::<BTreeSet<_>>().len();
        if met >= MET { Ok(()) } else { Err(met) }
    })
    .await;
}

/// Waits until this many messages wait in retry queues.
async fn wait_in_retry_queues(world: &World, count: u32) {
    eventually("messages in retry queues", async || {
        let mut waiting = 0;
        for queue in world.topology.queues() {
            if queue.contains(".retry.") {
                waiting += world.queue_len(&queue).await;
            }
        }
        if waiting >= count {
            Ok(())
        } else {
            Err(waiting)
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_the_object_store_is_reported_once_with_what_waited() {
    let world = world().await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let variables = [QUIET_BUT_CALLS, ("AWS_ENDPOINT_URL_S3", endpoint.as_str())];
    let mut worker = world.worker(&variables).await;
    let requests = samples::many(REQUESTS + 1);
    world.publish_many(requests[..1].to_vec()).await;
    world.assert_settled(1, 0).await;

    proxy.set(Mode::Refuse);
    world.publish_many(requests[1..].to_vec()).await;
    worker.emits("outage_began").await;
    have_met_it(&worker).await;
    wait_in_retry_queues(&world, 3).await;
    proxy.set(Mode::Pass);
    world.assert_settled(REQUESTS + 1, 0).await;
    let over = reported_once(&worker, "bucket").await;
    assert!(have_waited(&over), "{over}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_over_also_while_no_message_comes() {
    let world = World::new(Options {
        variables: vec![
            ("RETRY_IN_PLACE_SECONDS", "2".to_owned()),
            ("RETRY_DELAYS_SECONDS", "600".to_owned()),
        ],
        ..Options::default()
    })
    .await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let mut worker = world
        .worker(&[("AWS_ENDPOINT_URL_S3", endpoint.as_str())])
        .await;
    proxy.set(Mode::Refuse);
    world.publish_many(samples::many(1)).await;
    worker.emits("outage_began").await;
    wait_in_retry_queues(&world, 1).await;
    proxy.set(Mode::Pass);
    worker.emits("outage_over").await;
    let over = worker.events("outage_over");
    assert_eq!(over[0]["waiting"], 1, "{over:#?}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_the_database_is_reported_once_by_worker_and_archiver_together() {
    let world = world().await;
    let (proxy, url) = Proxy::before(&world.variables["DATABASE_URL"]);
    let mut worker = world.worker(&[QUIET, ("DATABASE_URL", &url)]).await;
    let requests = samples::many(REQUESTS + 1);
    world.publish_many(requests[..1].to_vec()).await;
    // Its record is confirmed to the worker then.
    world.wait_for_events(1).await;

    proxy.set(Mode::Refuse);
    world.publish_many(requests[1..].to_vec()).await;
    // It has no identity, so that nothing of it is recorded before it is dead-lettered.
    world.publish(b"{".to_vec()).await;
    worker.emits("outage_began").await;
    wait_in_retry_queues(&world, 3).await;
    proxy.set(Mode::Pass);
    crate::faults::rows_are_written(&world, REQUESTS + 1).await;
    worker.emits("archived").await;
    worker.emits("outage_over").await;
    let complaints = worker.complaints();
    let others = complaints.iter().filter(|it| !it.is("dead_lettered"));
    let others: Vec<_> = others.collect();
    assert_eq!(others.len(), 1, "{complaints:#?}");
    assert_eq!(others[0]["server"], "database");
    assert!(have_waited(&worker.events("outage_over")[0]));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_the_broker_is_reported_once_by_all_connections_together() {
    let world = world().await;
    let (proxy, url) = Proxy::before(&world.variables["AMQP_URL"]);
    let mut worker = world.worker(&[QUIET, ("AMQP_URL", &url)]).await;
    world.publish_many(samples::many(1)).await;
    world.publish(wrong(1).to_string()).await;
    worker.emits("archived").await;
    let before = worker.complaints().len();

    proxy.set(Mode::Refuse);
    worker.emits("outage_began").await;
    let attempts = proxy.accepted();
    eventually("several attempts to connect", async || {
        let more = proxy.accepted() - attempts;
        if more >= 4 { Ok(()) } else { Err(more) }
    })
    .await;
    proxy.set(Mode::Pass);
    worker.has_subscribed(2).await;
    worker.emits("outage_over").await;
    let complaints = worker.complaints();
    assert_eq!(complaints.len(), before + 1, "{complaints:#?}");
    let began = &complaints[before];
    assert!(
        began.is("outage_began") && began["server"] == "broker",
        "{began}"
    );
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_holds_a_worker_back_is_reported_once_and_when_it_is_over() {
    let world = world().await;
    let delete = world.s3.delete_bucket().bucket(&world.bucket).send().await;
    delete.expect("the bucket is empty");
    let mut worker = world.worker(&[QUIET]).await;
    world.publish_many(samples::many(REQUESTS)).await;
    worker.emits("held_back").await;
    worker.has_subscribed(4).await;
    let complaints = worker.complaints();
    let reported = complaints.iter().filter(|it| !it.is("storage_unavailable"));
    let reported: Vec<_> = reported.collect();
    assert_eq!(reported.len(), 1, "{complaints:#?}");
    let bucket = format!("bucket \"{}\" at ", world.bucket);
    assert!(
        reported[0].field_contains("detail", &bucket),
        "{reported:#?}"
    );

    let made = world.program(&["setup"]).run().await.succeeded();
    assert!(made.contains("made the bucket"), "{made}");
    world.assert_settled(REQUESTS, 0).await;
    worker.emits("held_back_over").await;
    assert_eq!(worker.events("held_back_over").len(), 1);
    worker.stop().await;
}
