//! The broker restarts while the worker consumes.

use super::servers::PrivateServer;
use super::{assert_in_the_middle, impatient, rows_are_written};
use crate::harness::{Options, World, samples};
use crate::proxy::{Mode, Proxy};

const REQUESTS: usize = 500;

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_goes_on_after_the_broker_was_stopped_and_started() {
    a_worker_goes_on_after_a_restart(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_goes_on_after_the_broker_was_killed_and_started() {
    a_worker_goes_on_after_a_restart(true).await;
}

async fn a_worker_goes_on_after_a_restart(crash: bool) {
    let rabbitmq = PrivateServer::rabbitmq().await;
    let world = World::new(Options {
        amqp_url: Some(rabbitmq.url.clone()),
        ..impatient()
    })
    .await;
    if crash {
        // RabbitMQ 3.10 syncs what it must remember of a new quorum queue only seconds after it has confirmed the
        // declaration. A node that is killed before leaves the queue without a leader; that is not the subject here.
        rabbitmq.stop().await;
        rabbitmq.start().await;
    }
    let (storage, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;
    world.publish_many(samples::many(REQUESTS)).await;
    rows_are_written(&world, 20).await;
    if crash {
        rabbitmq.kill().await;
    } else {
        // A broker takes its time to stop. However fast the worker is, it has documents in work until then.
        storage.set(Mode::Stall);
        rabbitmq.stop().await;
    }
    worker.emits("connection_lost").await;
    assert_in_the_middle(&world, REQUESTS).await;
    storage.set(Mode::Pass);

    rabbitmq.start().await;
    worker.has_subscribed(2).await;
    world.assert_settled(REQUESTS, 0).await;
    worker.stop().await;
    world.assert_settled(REQUESTS, 0).await;
}
