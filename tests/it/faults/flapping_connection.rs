//! Connections to the broker that break again and again, while requests take longer than a connection lasts. The broker
//! counts each time as a delivery, as it does when a worker dies.

use super::templates::{ENDLESS, Templates, request};
use crate::harness::{Options, WorkerProcess, World, eventually, samples};
use crate::proxy::{Mode, Proxy};

/// Requests that are processed when a connection breaks.
const REQUESTS: usize = 2;

/// What shows that a request has met the outage.
const CALLED: &[&str] = &["call_retried", "retry_scheduled"];

/// What shows that a request has reached a worker.
const RENDERED: &[&str] = &["render_started", "retry_scheduled"];

async fn world() -> World {
    World::new(Options {
        variables: vec![
            ("DELIVERY_LIMIT", "8".to_owned()),
            ("RETRY_IN_PLACE_SECONDS", "120".to_owned()),
        ],
        ..Options::default()
    })
    .await
}

/// Waits until there are more of these events than there were.
async fn more(worker: &WorkerProcess, events: &[&str], before: usize) {
    eventually(&format!("more of {events:?}"), async || {
        let count = count(worker, events);
        if count > before { Ok(()) } else { Err(count) }
    })
    .await;
}

fn count(worker: &WorkerProcess, events: &[&str]) -> usize {
    events.iter().map(|event| worker.events(event).len()).sum()
}

/// Cuts the connections of a worker, lets it connect again, and waits until a request that comes back shows one of these events.
async fn cut(broker: &Proxy, worker: &mut WorkerProcess, events: &[&str]) {
    let (lost, subscribed) = (
        count(worker, &["connection_lost"]),
        count(worker, &["consuming"]),
    );
    broker.set(Mode::Refuse);
    more(worker, &["connection_lost"], lost).await;
    // Nothing comes back before the way is open again.
    let before = count(worker, events);
    broker.set(Mode::Pass);
    worker.has_subscribed(subscribed + 1).await;
    more(worker, events, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_connections_during_an_outage_of_the_object_store_dead_letter_nothing() {
    let world = world().await;
    let (broker, amqp_url) = Proxy::before(&world.variables["AMQP_URL"]);
    let (storage, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    storage.set(Mode::Refuse);
    let variables = [
        ("AMQP_URL", amqp_url.as_str()),
        ("AWS_ENDPOINT_URL_S3", &endpoint),
    ];
    let mut worker = world.worker(&variables).await;
    world.publish_many(samples::many(REQUESTS)).await;
    // Far more often than half the delivery limit, and without the time that calls are repeated for.
    more(&worker, CALLED, 0).await;
    for _ in 0..8 {
        cut(&broker, &mut worker, CALLED).await;
    }
    worker
        .emits_where("retry_scheduled", |retry| {
            retry["code"] == "storage_unreachable"
        })
        .await;
    storage.set(Mode::Pass);
    world.assert_settled(REQUESTS, 0).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_takes_longer_than_connections_last_is_no_crash_suspect() {
    let world = world().await;
    let (broker, amqp_url) = Proxy::before(&world.variables["AMQP_URL"]);
    let templates = Templates::with(&[("endless", ENDLESS)]);
    let folder = templates.path().to_str().expect("UTF-8");
    let variables = [
        ("AMQP_URL", amqp_url.as_str()),
        ("TEMPLATES_DIR", folder),
        ("RENDER_TIMEOUT_SECONDS", "10"),
    ];
    let mut worker = world.worker(&variables).await;
    let endless = request("endless", "endless").to_string().into_bytes();
    world.publish_many([endless]).await;
    more(&worker, RENDERED, 0).await;
    for _ in 0..4 {
        cut(&broker, &mut worker, RENDERED).await;
    }
    worker
        .emits_where("retry_scheduled", |retry| {
            retry["code"] == "connection_lost"
        })
        .await;
    world.assert_settled(0, 1).await;
    worker.stop().await;
    let dead = world.dead_letters().await;
    assert_eq!(dead[0].header("x-error-code"), "render_timeout");
}
