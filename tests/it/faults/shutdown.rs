//! Stopping a worker that has work.

use rustix::process::Signal;

use super::templates::{ENDLESS, Templates};
use super::{assert_in_the_middle, impatient, rows_are_written};
use crate::harness::{DEADLINE, Entry, World, eventually, samples};
use crate::proxy::{Mode, Proxy};

const REQUESTS: usize = 300;

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_finishes_what_is_in_work_and_leaves_the_rest_in_the_queue() {
    a_signal_stops_in_good_order(Signal::TERM).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sigint_finishes_what_is_in_work_and_leaves_the_rest_in_the_queue() {
    a_signal_stops_in_good_order(Signal::INT).await;
}

async fn a_signal_stops_in_good_order(signal: Signal) {
    let world = World::new(impatient()).await;
    // Before the worker starts: however long this takes, it is at the beginning then.
    world.publish_many(samples::many(REQUESTS)).await;
    let mut worker = world.worker(&[]).await;
    rows_are_written(&world, 20).await;
    worker.signal(signal);
    let status = worker.wait_exit(DEADLINE).await;
    assert_eq!(status.code(), Some(0), "{}", worker.log());
    worker.has_no_renderers().await;
    assert_in_the_middle(&world, REQUESTS).await;

    // Each request is settled or in the queue: what was in work is finished.
    let rows = world.rows().await.len();
    queue_holds(&world, REQUESTS - rows).await;
    assert_eq!(world.objects().await.len(), rows);
    assert_eq!(world.wait_for_events(rows).await.len(), rows);
    let complaints = worker.complaints();
    assert!(complaints.is_empty(), "{complaints:#?}");

    let mut successor = world.worker(&[]).await;
    world.assert_settled(REQUESTS, 0).await;
    successor.stop().await;
    world.assert_settled(REQUESTS, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_outlasts_the_grace_period_goes_back_to_the_queue() {
    goes_back_after_a_grace_of("1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_grace_period_what_is_in_work_goes_back_to_the_queue() {
    goes_back_after_a_grace_of("0").await;
}

async fn goes_back_after_a_grace_of(seconds: &str) {
    let world = World::new(impatient()).await;
    let templates = Templates::with(&[("endless", ENDLESS)]);
    let variables = [
        ("TEMPLATES_DIR", templates.path().to_str().expect("UTF-8")),
        ("RENDER_TIMEOUT_SECONDS", "3600"),
        ("SHUTDOWN_GRACE_SECONDS", seconds),
    ];
    let mut worker = world.worker(&variables).await;
    let request = super::templates::request("endless", "1");
    world.publish(request.to_string()).await;
    worker.emits("render_started").await;
    worker.stop().await;

    queue_holds(&world, 1).await;
    assert!(world.dead_letters().await.is_empty());
    assert!(world.rows().await.is_empty());
    assert!(!worker.complaints().iter().any(Entry::is_error));
}

/// The process used to cancel what threads of the AMQP client waited for; in one of ten such ends they then panicked.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_stopped_while_it_connects_ends_without_a_panic() {
    let world = World::new(impatient()).await;
    let (proxy, url) = Proxy::before(&world.variables["AMQP_URL"]);
    proxy.set(Mode::Refuse);
    for _ in 0..20 {
        let mut worker = world.start_worker(&[("AMQP_URL", &url)]);
        worker.emits("templates_loaded").await;
        worker.stop().await;
        assert!(!worker.log().contains("panicked"), "{}", worker.log());
    }
}

async fn queue_holds(world: &World, expected: usize) {
    eventually(&format!("{expected} requests in the queue"), async || {
        let waiting = world.queue_len(&world.topology.requests).await;
        if usize::try_from(waiting) == Ok(expected) {
            Ok(())
        } else {
            Err(waiting)
        }
    })
    .await;
}
