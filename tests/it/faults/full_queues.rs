//! A publisher that does not read its reply queue.

use std::collections::BTreeSet;

use super::impatient;
use crate::harness::{Message, World, eventually, samples};

/// Requests that ask for an answer. The queue has room for one of them.
const ASKING: usize = 4;

/// Other requests, behind them.
const OTHERS: usize = 20;

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

    let mut answers = Vec::new();
    eventually("an answer for each", async || {
        answers.extend(world.take_all(&replies).await);
        if answers.len() > ASKING {
            Ok(())
        } else {
            Err(answers.len())
        }
    })
    .await;
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
