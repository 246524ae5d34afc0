//! The object store is away or answers nonsense, and comes back.

use super::impatient;
use crate::harness::{World, eventually, samples};
use crate::proxy::{Mode, Proxy};

const REQUESTS: usize = 20;

const SLOW_DOWN: &[u8] =
    b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nConnection: close\r\n\r\n\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";

#[tokio::test(flavor = "multi_thread")]
async fn requests_wait_while_the_object_store_refuses_connections() {
    requests_wait_while(Mode::Refuse, "storage_unreachable").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_wait_while_the_object_store_asks_to_slow_down() {
    requests_wait_while(Mode::Answer(SLOW_DOWN), "storage_failed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_reply_was_lost_is_recognised_as_done() {
    requests_wait_while(Mode::LoseReplies, "storage_unreachable").await;
}

/// Short ones are bridged in place, longer ones go through the delay queues, again and again.
async fn requests_wait_while(mode: Mode, code: &str) {
    let world = World::new(impatient()).await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;

    proxy.set(mode);
    world.publish_many(samples::many(REQUESTS)).await;
    worker.logs(&format!("code=\"{code}\"")).await;
    worker.logs("attempt=3").await;
    assert_eq!(world.rows().await.len(), 0);
    let stored = world.objects().await.len();
    match mode {
        Mode::LoseReplies => assert_eq!(stored, REQUESTS),
        Mode::Pass | Mode::Refuse | Mode::Stall | Mode::Answer(_) => assert_eq!(stored, 0),
    }

    proxy.set(Mode::Pass);
    world.assert_settled(REQUESTS, 0).await;
    worker.stop().await;
    world.assert_settled(REQUESTS, 0).await;
    assert_eq!(world.wait_for_events(REQUESTS).await.len(), REQUESTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moment_without_any_answer_from_the_object_store_costs_nothing() {
    let world = World::new(impatient()).await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;

    let requests = samples::many(REQUESTS + 1);
    one_is_generated(&world, &requests).await;

    proxy.set(Mode::Stall);
    world.publish_many(requests[1..].to_vec()).await;
    eventually("an upload of every document", async || {
        let uploads = proxy.accepted();
        if uploads >= REQUESTS {
            Ok(())
        } else {
            Err(uploads)
        }
    })
    .await;
    assert_eq!(world.rows().await.len(), 1);

    proxy.set(Mode::Pass);
    world.assert_settled(REQUESTS + 1, 0).await;
    worker.stop().await;
    world.assert_settled(REQUESTS + 1, 0).await;
    let log = worker.log();
    assert!(!log.contains("WARN") && !log.contains("ERROR"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_to_the_object_store_that_fall_silent_are_given_up() {
    let world = World::new(impatient()).await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;
    let requests = samples::many(REQUESTS + 1);
    one_is_generated(&world, &requests).await;

    proxy.set(Mode::Stall);
    world.publish_many(requests[1..].to_vec()).await;
    worker.logs("it will be tried again").await;

    proxy.set(Mode::Pass);
    world.assert_settled(REQUESTS + 1, 0).await;
    worker.stop().await;
    world.assert_settled(REQUESTS + 1, 0).await;
}

/// A worker that has just subscribed holds one message at a time until the first has gone all the way; after that
/// there is also a connection to the object store in the client's pool.
async fn one_is_generated(world: &World, requests: &[Vec<u8>]) {
    world.publish_many([requests[0].clone()]).await;
    world.assert_settled(1, 0).await;
}
