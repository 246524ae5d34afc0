//! A publisher that does not read its reply queue.

use std::collections::BTreeSet;

use document::faults;

use super::impatient;
use crate::harness::{DEADLINE, Message, Received, World, eventually, samples};
use crate::proxy::{Mode, Proxy};

/// Requests that ask for an answer. The queue has room for one of them.
const ASKING: usize = 4;

/// Other requests, behind them.
const OTHERS: usize = 20;

const ACCESS_DENIED: &[u8] =
    b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Takes what arrives in a queue until this many messages have.
async fn taken(world: &World, queue: &str, count: usize) -> Vec<Received> {
    let mut all = Vec::new();
    eventually(&format!("{count} answers"), async || {
        all.extend(world.take_all(queue).await);
        (all.len() >= count).then_some(()).ok_or(all.len())
    })
    .await;
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_reply_queue_delays_no_other_request_and_gets_every_event_in_the_end() {
    let world = World::new(impatient()).await;
    let replies = format!("{}.replies", world.topology.requests);
    world.declare_short_queue(&replies, 1).await;
    // As many as the worker holds, all of which wait for the same queue.
    let prefetch = ASKING.to_string();
    let requests = samples::many(ASKING + OTHERS);
    for request in &requests[..ASKING] {
        world
            .send(&Message {
                reply_to: Some(replies.clone()),
                ..Message::new(request.clone())
            })
            .await;
    }
    let malformed = Message {
        reply_to: Some(replies.clone()),
        ..Message::new("{")
    };
    world.send(&malformed).await;
    let mut worker = world.worker(&[("WORKER_PREFETCH", &prefetch)]).await;
    worker
        .emits_where("retry_scheduled", |retry| retry["code"] == "event_refused")
        .await;
    world.publish_many(requests[ASKING..].to_vec()).await;
    // The exchange has its copy of every event, those for the full queue among them.
    let all = ASKING + OTHERS + 1;
    world.wait_for_events(all).await;

    let answers = taken(&world, &replies, ASKING + 1).await;
    world.assert_settled(ASKING + OTHERS, 1).await;
    worker.stop().await;
    // The requests were retried for the full queue alone.
    let events = world.events().await;
    let ids: BTreeSet<_> = events.iter().map(|event| &event.message_id).collect();
    assert_eq!((ids.len(), events.len()), (all, all));
    let failed = answers.iter().map(|answer| answer.json()["type"].clone());
    let failed = failed.filter(|name| name == "invoice.failed.v1");
    assert_eq!(failed.count(), 1);
}

/// The copies that wait for the queue are not processed: each would kill more workers.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_killed_its_workers_is_not_processed_again_while_its_event_is_refused() {
    const DELIVERY_LIMIT: usize = 4;
    let mut options = impatient();
    options
        .variables
        .push(("DELIVERY_LIMIT", DELIVERY_LIMIT.to_string()));
    let world = World::new(options).await;
    let replies = format!("{}.replies", world.topology.requests);
    world.declare_short_queue(&replies, 1).await;
    let asking = |request: Vec<u8>| Message {
        reply_to: Some(replies.clone()),
        ..Message::new(request)
    };
    let kills = [(faults::VARIABLE, "received:killer")];
    let mut worker = world.worker(&kills).await;
    // Its event fills the queue.
    world.send(&asking(samples::many(1).remove(0))).await;
    world.assert_settled(1, 0).await;
    let killer = samples::with_identity(samples::receipt(), "killer", "1");
    world.send(&asking(killer.to_string().into_bytes())).await;
    for _ in 0..DELIVERY_LIMIT / 2 {
        worker.wait_exit(DEADLINE).await;
        worker = world.start_worker(&kills);
    }
    worker
        .emits_where("retry_scheduled", |retry| retry["code"] == "event_refused")
        .await;
    worker.reaches_attempt(3).await;

    let answers = taken(&world, &replies, 2).await;
    assert_eq!(answers[1].json()["data"]["code"], "crash_suspect");
    world.assert_settled(1, 1).await;
    worker.stop().await;
    let dead = world.dead_letters().await;
    assert_eq!(dead[0].header("x-error-code"), "crash_suspect");
    assert!(!dead[0].headers.contains_key("x-crash-suspect"));
}

/// It is old since the bucket was away, which says nothing of its event.
#[tokio::test(flavor = "multi_thread")]
async fn the_event_of_an_old_request_waits_for_a_full_queue_as_any_other() {
    let world = World::new(impatient()).await;
    let replies = format!("{}.replies", world.topology.requests);
    world.declare_short_queue(&replies, 1).await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let variables = [
        ("AWS_ENDPOINT_URL_S3", &*endpoint),
        ("RETRY_MAX_AGE_SECONDS", "3"),
    ];
    let mut worker = world.worker(&variables).await;
    let asking = samples::many(2).into_iter().map(|request| Message {
        reply_to: Some(replies.clone()),
        ..Message::new(request)
    });
    let asking: Vec<Message> = asking.collect();
    // Its event fills the queue.
    world.send(&asking[0]).await;
    world.assert_settled(1, 0).await;
    // What only a person can fix dead-letters nothing, however long it takes.
    proxy.set(Mode::Answer(ACCESS_DENIED));
    world.send(&asking[1]).await;
    worker.reaches_attempt(4).await;
    proxy.set(Mode::Pass);
    worker
        .emits_where("retry_scheduled", |retry| retry["code"] == "event_refused")
        .await;
    taken(&world, &replies, 2).await;
    world.assert_settled(2, 0).await;
    worker.stop().await;
    assert!(worker.events("event_given_up").is_empty());
}
