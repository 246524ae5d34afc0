//! What happens to one lane does not stop the other, and what must be alone is alone in both.

use invoice_worker::broker::Lane;
use lapin::options::{BasicGetOptions, BasicRejectOptions, QueueDeleteOptions};
use lapin::{Channel, Connection, ConnectionProperties};
use rustix::process::Signal;
use serde_json::Value;

use super::{lane_holds, order, requests, span};
use crate::faults::{impatient, rows_are_written};
use crate::harness::{DEADLINE, Message, World, eventually, samples};

async fn channel(world: &World) -> (Connection, Channel) {
    let url = &world.variables["AMQP_URL"];
    let connection = Connection::connect(url, ConnectionProperties::default()).await;
    let connection = connection.expect("the broker can be reached");
    let channel = connection.create_channel().await.expect("a channel");
    (connection, channel)
}

/// Publishes a request that counts as delivered so often.
async fn publish_delivered(world: &World, message: &Message, times: usize) {
    world.send(message).await;
    let (connection, channel) = channel(world).await;
    let queue = world.topology.queue(message.lane);
    for _ in 0..times {
        let got = channel
            .basic_get(queue.as_str().into(), BasicGetOptions::default())
            .await
            .expect("the queue can be read");
        let options = BasicRejectOptions { requeue: true };
        let delivery = got.expect("the message").delivery;
        let rejected = delivery.acker.reject(options).await;
        rejected.expect("rejected");
    }
    connection.close(200, "done".into()).await.expect("closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspect_of_the_bulk_lane_is_processed_while_nothing_else_is() {
    const ORDINARY: usize = 150;
    const BULK: usize = 20;
    let world = World::new(impatient()).await;
    let body = samples::with_identity(samples::receipt(), "bulk-suspect", "1").to_string();
    let suspect = Message {
        lane: Lane::Bulk,
        ..Message::new(body)
    };
    publish_delivered(&world, &suspect, 3).await;
    world.publish_bulk(requests(Lane::Bulk, BULK)).await;
    world.publish_many(requests(Lane::Ordinary, ORDINARY)).await;
    let mut worker = super::worker(&world, "10").await;
    world.assert_settled(ORDINARY + BULK + 1, 0).await;
    worker.stop().await;

    let log = worker.log();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let is_suspect = |line: &Value| span(line, "message_id").as_ref() == Some(&suspect.message_id);
    let alone = lines
        .iter()
        .position(|line| line["event"] == "suspect_processed_alone");
    let alone = alone.expect("it was processed alone");
    assert_eq!(lines[alone]["lane"], "bulk");
    let of_messages = |lines: &[Value], event: &str| {
        let lines = lines.iter().filter(|line| line["event"] == event);
        lines.filter_map(|line| span(line, "message_id")).count()
    };
    // Others were in work when it came, and were finished.
    let (before, after) = lines.split_at(alone);
    let begun = of_messages(before, "render_started");
    assert!((2..ORDINARY).contains(&begun), "{begun} before it");
    assert_eq!(of_messages(before, "acknowledged"), begun);
    let end = after
        .iter()
        .position(|line| is_suspect(line) && line["event"] == "acknowledged");
    let meanwhile = after[..end.expect("its end")].iter();
    let others: Vec<_> = meanwhile
        .filter(|line| span(line, "message_id").is_some() && !is_suspect(line))
        .collect();
    assert!(others.is_empty(), "{others:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ordinary_requests_go_on_when_the_bulk_queue_is_deleted_and_it_is_declared_again() {
    const AT_ONCE: usize = 20;
    let world = World::new(impatient()).await;
    // However fast the worker is, it has ordinary work as long as the bulk lane is away.
    let mut rest = requests(Lane::Ordinary, usize::MAX);
    let mut ordinary = AT_ONCE;
    world.publish_many(rest.by_ref().take(AT_ONCE)).await;
    let mut worker = super::worker(&world, "10").await;
    worker.emits("bulk_lane_consuming").await;
    rows_are_written(&world, 5).await;
    let (connection, channel) = channel(&world).await;
    let queue = world.topology.queue(Lane::Bulk);
    let deleted = channel.queue_delete(queue.as_str().into(), QueueDeleteOptions::default());
    deleted.await.expect("deleted");
    connection.close(200, "done".into()).await.expect("closed");
    worker.emits("bulk_lane_lost").await;
    let before = order(&world).await.len();
    eventually("a bulk lane that consumes again", async || {
        if world.lane_len(Lane::Ordinary).await < AT_ONCE.try_into().expect("few") {
            ordinary += AT_ONCE;
            world.publish_many(rest.by_ref().take(AT_ONCE)).await;
        }
        match worker.events("bulk_lane_consuming").len() {
            2 => Ok(()),
            other => Err(other),
        }
    })
    .await;
    let done = order(&world).await.len();
    assert!(before < done, "{done} then and {before} before");

    world.publish_bulk(requests(Lane::Bulk, 5)).await;
    world.assert_settled(ordinary + 5, 0).await;
    worker.stop().await;
    world.assert_settled(ordinary + 5, 0).await;
    assert_eq!(worker.events("consuming").len(), 1, "of the ordinary lane");
    assert!(worker.events("connection_lost").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_stops_both_lanes_in_good_order() {
    const EACH: usize = 80;
    let world = World::new(impatient()).await;
    world.publish_many(requests(Lane::Ordinary, EACH)).await;
    world.publish_bulk(requests(Lane::Bulk, EACH)).await;
    let mut worker = super::worker(&world, "50").await;
    rows_are_written(&world, 20).await;
    worker.signal(Signal::TERM);
    let status = worker.wait_exit(DEADLINE).await;
    assert_eq!(status.code(), Some(0), "{}", worker.log());
    let complaints = worker.complaints();
    assert!(complaints.is_empty(), "{complaints:#?}");

    // Each request is settled or in its queue.
    let done = order(&world).await;
    assert!(done.len() < 2 * EACH, "all were done before the signal");
    for lane in Lane::ALL {
        lane_holds(&world, lane, EACH - super::count(&done, lane)).await;
    }
    let mut successor = world.worker(&[]).await;
    world.assert_settled(2 * EACH, 0).await;
    successor.stop().await;
    world.assert_settled(2 * EACH, 0).await;
}

/// No ordinary request comes that could find out whether the cause is fixed.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_holds_back_goes_on_with_bulk_requests_alone() {
    let mut options = impatient();
    options
        .variables
        .push(("RETRY_IN_PLACE_SECONDS", "0".into()));
    let world = World::new(options).await;
    let delete = world.s3.delete_bucket().bucket(&world.bucket).send().await;
    delete.expect("the bucket can be deleted");
    world.publish_bulk(requests(Lane::Bulk, 10)).await;
    let mut worker = super::worker(&world, "10").await;
    worker.emits("held_back").await;
    let create = world.s3.create_bucket().bucket(&world.bucket).send().await;
    create.expect("the bucket can be created");
    world.assert_settled(10, 0).await;
    worker.stop().await;
    world.assert_settled(10, 0).await;
}
