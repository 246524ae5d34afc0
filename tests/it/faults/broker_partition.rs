//! The network between worker and broker swallows everything: no reset, no end of the stream.

use super::{impatient, rows_are_written};
use crate::harness::{World, samples};
use crate::proxy::{Mode, Proxy};

const REQUESTS: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_notices_that_the_broker_has_fallen_silent() {
    let world = World::new(impatient()).await;
    let (proxy, url) = Proxy::before(&world.variables["AMQP_URL"]);
    // A heartbeat of two seconds instead of a quarter of a minute.
    let mut worker = world
        .worker(&[("AMQP_URL", &format!("{url}?heartbeat=2"))])
        .await;
    let requests = samples::many(REQUESTS);
    world.publish_many(requests[..REQUESTS / 2].to_vec()).await;
    rows_are_written(&world, 5).await;

    proxy.set(Mode::Stall);
    world.publish_many(requests[REQUESTS / 2..].to_vec()).await;
    worker.emits("connection_lost").await;

    proxy.set(Mode::Pass);
    worker.has_subscribed(2).await;
    world.assert_settled(REQUESTS, 0).await;
    worker.stop().await;
    world.assert_settled(REQUESTS, 0).await;
}
