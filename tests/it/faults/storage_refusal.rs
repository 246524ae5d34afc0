//! The object store answers, but the installation is wrong: no request is at fault.

use super::{holds_back_twice, impatient};
use crate::harness::{World, samples};
use crate::proxy::{Mode, Proxy};

const REQUESTS: usize = 20;

/// An answer that the program does not know.
const UNHEARD_OF: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/xml\r\nConnection: close\r\n\r\n\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
<Error><Code>NotToday</Code><Message>Come again tomorrow.</Message></Error>";

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_answer_dead_letters_nothing() {
    let world = World::new(impatient()).await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;
    proxy.set(Mode::Answer(UNHEARD_OF));
    world.publish_many(samples::many(REQUESTS)).await;
    worker
        .emits_where("retry_scheduled", |retry| {
            retry.field_contains("detail", "400 NotToday")
        })
        .await;
    worker.reaches_attempt(2).await;
    proxy.set(Mode::Pass);
    world.assert_settled(REQUESTS, 0).await;
    worker.stop().await;
    world.assert_settled(REQUESTS, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_with_a_wrong_secret_dead_letters_nothing() {
    let world = World::new(impatient()).await;
    let mut worker = world.worker(&[("AWS_SECRET_ACCESS_KEY", "wrong")]).await;
    world.publish_many(samples::many(REQUESTS)).await;
    worker
        .emits_where("held_back", |held| held["code"] == "storage_access_denied")
        .await;
    holds_back_twice(&mut worker).await;
    worker.stop().await;
    let log = worker.log();
    assert!(!log.contains(&world.variables["AWS_SECRET_ACCESS_KEY"]));

    let mut worker = world.worker(&[]).await;
    world.assert_settled(REQUESTS, 0).await;
    worker.stop().await;
    world.assert_settled(REQUESTS, 0).await;
}
