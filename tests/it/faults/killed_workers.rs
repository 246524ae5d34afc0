//! kill -9 of a worker.

use rustix::process::Signal;

use super::templates::{ENDLESS, Templates};
use super::{assert_in_the_middle, impatient, rows_are_written};
use crate::harness::{DEADLINE, World, samples};

const REQUESTS: usize = 500;

#[tokio::test(flavor = "multi_thread")]
async fn another_worker_finishes_what_a_killed_one_held() {
    let world = World::new(impatient()).await;
    let mut killed = world.worker(&[]).await;
    let mut survivor = world.worker(&[]).await;
    world.publish_many(samples::many(REQUESTS)).await;
    rows_are_written(&world, 50).await;
    killed.signal(Signal::KILL);
    killed.wait_exit(DEADLINE).await;
    assert_in_the_middle(&world, REQUESTS).await;
    assert!(!killed.events("render_started").is_empty());
    killed.has_no_renderers().await;

    world.assert_settled(REQUESTS, 0).await;
    survivor.stop().await;
    world.assert_settled(REQUESTS, 0).await;
}

/// A renderer in the middle of a document looks at nothing but that document.
#[tokio::test(flavor = "multi_thread")]
async fn a_busy_renderer_ends_with_its_worker() {
    let world = World::new(impatient()).await;
    let templates = Templates::with(&[("endless", ENDLESS)]);
    let variables = [
        ("TEMPLATES_DIR", templates.path().to_str().expect("UTF-8")),
        ("RENDER_TIMEOUT_SECONDS", "3600"),
    ];
    let mut worker = world.worker(&variables).await;
    let request = super::templates::request("endless", "1");
    world.publish(request.to_string()).await;
    worker.emits("render_started").await;
    super::killed_renderers::busy_renderer(&worker).await;
    worker.signal(Signal::KILL);
    worker.wait_exit(DEADLINE).await;
    worker.has_no_renderers().await;
}
