//! The queue is deleted, or was declared with other arguments.

use invoice::digest::Sha256Digest;
use lapin::options::QueueDeleteOptions;
use lapin::{Connection, ConnectionProperties};

use super::templates::{SLOW, Templates, request};
use super::{impatient, rows_are_written};
use crate::harness::{DEADLINE, World, eventually, samples};

/// The messages in a deleted queue are lost with it; later ones are not.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_declares_its_queue_again_when_it_was_deleted() {
    let world = World::new(impatient()).await;
    let mut worker = world.worker(&[]).await;
    let requests = samples::many(320);
    world.publish_many(requests[..300].to_vec()).await;
    // There are messages in work, whose acknowledgements find no queue.
    rows_are_written(&world, 5).await;
    delete_queue(&world).await;
    is_declared(&world).await;

    let later = &requests[300..];
    world.publish_many(later.to_vec()).await;
    eventually("the requests that came later", async || {
        let rows = world.rows().await;
        let bodies = later.iter().map(|body| String::from_utf8_lossy(body));
        let missing = bodies
            .filter(|body| !rows.iter().any(|row| row.request == *body))
            .count();
        if missing == 0 { Ok(()) } else { Err(missing) }
    })
    .await;
    worker.stop().await;
    // What was in work when the queue was deleted is complete as well.
    let rows = world.rows().await;
    assert_eq!(world.objects().await.len(), rows.len());
    for row in rows {
        let key = row.object_key.as_deref().expect("a document has a key");
        let digest = Sha256Digest::of(&world.object(key).await).to_string();
        assert_eq!(row.sha256.as_deref(), Some(&*digest), "{key}");
    }
    assert_eq!(world.queue_len(&world.topology.requests).await, 0);
    assert!(world.dead_letters().await.is_empty());
}

/// Its message exists only in the worker that renders it.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_in_work_is_finished_though_its_queue_was_deleted() {
    let world = World::new(impatient()).await;
    let templates = Templates::with(&[("slow", SLOW)]);
    let folder = templates.path().to_str().expect("UTF-8");
    let variables = [("TEMPLATES_DIR", folder), ("RENDER_TIMEOUT_SECONDS", "300")];
    let mut worker = world.worker(&variables).await;
    let slow = request("slow", "1");
    world.publish(slow.to_string()).await;
    worker.emits("render_started").await;
    delete_queue(&world).await;
    worker.emits("consumer_cancelled").await;
    worker.has_subscribed(2).await;
    world.assert_settled(1, 0).await;
    assert_eq!(world.wait_for_events(1).await.len(), 1);
    world.publish_many(samples::many(5)).await;
    world.assert_settled(6, 0).await;
    worker.stop().await;
    world.assert_settled(6, 0).await;
}

/// By the worker, when it learns that the queue is gone.
async fn is_declared(world: &World) {
    eventually("the queue, declared again", async || {
        let is_there = world.has_queue(&world.topology.requests).await;
        is_there.then_some(()).ok_or("no queue")
    })
    .await;
    // The worker may not have bound it yet.
    world.declare_topology().await;
}

async fn delete_queue(world: &World) {
    let url = &world.variables["AMQP_URL"];
    let connection = Connection::connect(url, ConnectionProperties::default())
        .await
        .expect("the broker can be reached");
    let channel = connection.create_channel().await.expect("a channel");
    let queue = world.topology.requests.as_str();
    let deleted = channel
        .queue_delete(queue.into(), QueueDeleteOptions::default())
        .await;
    deleted.expect("the queue can be deleted");
    connection.close(200, "done".into()).await.expect("closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_with_other_arguments_ends_the_worker_with_a_sentence() {
    let world = World::new(impatient()).await;
    let mut worker = world.start_worker(&[("DELIVERY_LIMIT", "7")]);
    let status = worker.wait_exit(DEADLINE).await;
    assert_eq!(status.code(), Some(2));
    let log = worker.log();
    let sentence = log.lines().find(|line| line.starts_with("error: "));
    let sentence = sentence.unwrap_or_else(|| panic!("no sentence in {log}"));
    for needle in [&*world.topology.requests, "x-delivery-limit"] {
        assert!(sentence.contains(needle), "no {needle} in {sentence}");
    }
    worker.has_no_renderers().await;
}
