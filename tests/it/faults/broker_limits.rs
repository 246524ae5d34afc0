//! The broker defends itself: it blocks publishers, and it closes channels that do not acknowledge.

use super::servers::PrivateServer;
use super::templates::{ENDLESS, Templates, request};
use super::{assert_in_the_middle, impatient, rows_are_written};
use crate::harness::{Options, World, eventually, samples};

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_of_the_broker_delays_what_is_published_and_loses_nothing() {
    const REQUESTS: usize = 60;
    let rabbitmq = PrivateServer::rabbitmq().await;
    let world = world(&rabbitmq).await;
    world.publish_many(samples::many(REQUESTS)).await;
    rabbitmq
        .eval("rabbit_alarm:set_alarm({{resource_limit, memory, node()}, []}).")
        .await;

    let filter = ("RUST_LOG", "info,invoice_worker=debug");
    let mut worker = world.worker(&[filter]).await;
    worker
        .emits_where("publish_failed", |failed| {
            failed.field_contains("error", "broker blocks publishers")
        })
        .await;
    // Documents are rendered meanwhile, but their messages wait for the confirm of the event.
    rows_are_written(&world, 1).await;
    // Each of them is published again and again; only the first one is logged as a warning.
    eventually("several messages that wait", async || {
        let tried = worker.events("publish_failed_again").len();
        if tried >= 3 { Ok(()) } else { Err(tried) }
    })
    .await;
    assert_eq!(worker.events("publish_failed").len(), 1);
    assert_in_the_middle(&world, REQUESTS).await;

    rabbitmq
        .eval("rabbit_alarm:clear_alarm({resource_limit, memory, node()}).")
        .await;
    world.assert_settled(REQUESTS, 0).await;
    worker.stop().await;
    world.assert_settled(REQUESTS, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_goes_on_after_the_broker_closed_its_channel_for_a_slow_document() {
    let rabbitmq = PrivateServer::rabbitmq().await;
    // Milliseconds; the second is how often the broker looks.
    let patience = |milliseconds: u32| {
        format!(
            "application:set_env(rabbit, consumer_timeout, {milliseconds}), \
             application:set_env(rabbit, channel_tick_interval, 1000)."
        )
    };
    rabbitmq.eval(&patience(3_000)).await;
    let world = world(&rabbitmq).await;
    let templates = Templates::with(&[("endless", ENDLESS)]);
    let folder = templates.path().to_str().expect("UTF-8");
    let variables = [("TEMPLATES_DIR", folder), ("RENDER_TIMEOUT_SECONDS", "6")];
    let mut worker = world.worker(&variables).await;
    let slow = request("endless", "endless").to_string().into_bytes();
    world.publish_many([slow]).await;
    worker
        .emits_where("connection_lost", |lost| {
            lost.field_contains("error", "timed out")
        })
        .await;
    worker.has_subscribed(2).await;

    // Long enough for this document, which then fails for a reason of its own.
    rabbitmq.eval(&patience(600_000)).await;
    world.publish_many(samples::many(3)).await;
    world.assert_settled(3, 1).await;
    worker.stop().await;
    let dead = world.dead_letters().await;
    assert_eq!(dead[0].header("x-error-code"), "render_timeout");
}

async fn world(rabbitmq: &PrivateServer) -> World {
    World::new(Options {
        amqp_url: Some(rabbitmq.url.clone()),
        ..impatient()
    })
    .await
}
