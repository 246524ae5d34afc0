//! The object store is away or answers nonsense, and comes back.

use sea_orm::ConnectionTrait as _;

use super::impatient;
use crate::harness::{WorkerProcess, World, eventually, samples};
use crate::proxy::{Mode, Proxy};

const REQUESTS: usize = 20;

const SLOW_DOWN: &[u8] =
    b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nConnection: close\r\n\r\n\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";

/// As self-hosted object stores answer (RFC 4918, 11.5).
const DISK_FULL: &[u8] =
    b"HTTP/1.1 507 Insufficient Storage\r\nContent-Type: application/xml\r\nConnection: close\r\n\r\n\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
<Error><Code>XMinioStorageFull</Code><Message>Storage backend has reached its minimum free drive threshold.</Message></Error>";

#[tokio::test(flavor = "multi_thread")]
async fn requests_wait_while_the_disk_of_the_object_store_is_full() {
    requests_wait_while(Mode::Answer(DISK_FULL), "storage_failed").await;
}

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

/// In a short outage calls are retried in place; in a longer one messages go through the retry queues, repeatedly.
async fn requests_wait_while(mode: Mode, code: &str) {
    let world = World::new(impatient()).await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;

    proxy.set(mode);
    world.publish_many(samples::many(REQUESTS)).await;
    worker
        .emits_where("retry_scheduled", |retry| retry["code"] == code)
        .await;
    worker.reaches_attempt(3).await;
    match mode {
        // One request may be at its third attempt before the others are at their first.
        Mode::LoseReplies => objects_are_stored(&world, REQUESTS).await,
        Mode::Pass
        | Mode::Refuse
        | Mode::Stall
        | Mode::Forget
        | Mode::Choke { .. }
        | Mode::Trickle { .. }
        | Mode::Answer(_) => assert_eq!(world.objects().await.len(), 0),
    }
    assert_eq!(world.rows().await.len(), 0);

    proxy.set(Mode::Pass);
    world.assert_settled(REQUESTS, 0).await;
    worker.stop().await;
    world.assert_settled(REQUESTS, 0).await;
    assert_eq!(world.wait_for_events(REQUESTS).await.len(), REQUESTS);
}

async fn objects_are_stored(world: &World, count: usize) {
    eventually(&format!("{count} objects"), async || {
        let stored = world.objects().await.len();
        if stored == count { Ok(()) } else { Err(stored) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moment_without_any_answer_from_the_object_store_costs_nothing() {
    let (world, proxy, mut worker) = world_behind_a_proxy().await;
    proxy.set(Mode::Stall);
    world.publish_many(backlog()).await;
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
    goes_on(&world, &proxy, &mut worker).await;
    let complaints = worker.complaints();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_to_the_object_store_that_fall_silent_are_given_up() {
    uploads_are_given_up(Mode::Stall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_fall_silent_in_the_middle_of_a_document_are_given_up() {
    uploads_are_given_up(Mode::Choke {
        requests: 8 << 10,
        replies: usize::MAX,
    })
    .await;
}

async fn uploads_are_given_up(mode: Mode) {
    let (world, proxy, mut worker) = world_behind_a_proxy().await;
    proxy.set(mode);
    world.publish_many(backlog()).await;
    worker.emits("retry_scheduled").await;
    assert_eq!(world.objects().await.len(), 1);
    goes_on(&world, &proxy, &mut worker).await;
}

/// A stored document is read where its row is missing, in order to compare it.
#[tokio::test(flavor = "multi_thread")]
async fn a_stored_document_that_falls_silent_while_it_is_read_is_given_up_and_read_again() {
    reading_is_given_up(Mode::Choke {
        requests: usize::MAX,
        replies: 4 << 10,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_document_that_trickles_while_it_is_read_is_given_up_and_read_again() {
    reading_is_given_up(Mode::Trickle { replies: 4 << 10 }).await;
}

async fn reading_is_given_up(mode: Mode) {
    let (world, proxy, mut worker) = world_behind_a_proxy().await;
    let url = world.variables["DATABASE_URL"].as_str();
    let database = sea_orm::Database::connect(url).await;
    let database = database.expect("the database can be reached");
    let deleted = database.execute_unprepared("DELETE FROM sales_invoice");
    deleted.await.expect("deleted");
    proxy.set(mode);
    world.publish_many(samples::many(1)).await;
    worker
        .emits_where("retry_scheduled", |retry| {
            retry["code"] == "storage_unreachable"
        })
        .await;
    assert_eq!(world.rows().await.len(), 0);

    proxy.set(Mode::Pass);
    world.assert_settled(1, 0).await;
    worker.stop().await;
    world.assert_settled(1, 0).await;
}

/// A worker that has just subscribed holds one message at a time until the first is settled. After that there is also a connection to the object store in the client's pool.
async fn world_behind_a_proxy() -> (World, Proxy, WorkerProcess) {
    let world = World::new(impatient()).await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;
    world.publish_many(samples::many(1)).await;
    world.assert_settled(1, 0).await;
    (world, proxy, worker)
}

/// All but the first.
fn backlog() -> Vec<Vec<u8>> {
    samples::many(REQUESTS + 1).split_off(1)
}

async fn goes_on(world: &World, proxy: &Proxy, worker: &mut WorkerProcess) {
    proxy.set(Mode::Pass);
    world.assert_settled(REQUESTS + 1, 0).await;
    worker.stop().await;
    world.assert_settled(REQUESTS + 1, 0).await;
}
