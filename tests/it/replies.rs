//! Events for the queue that a request names in `reply_to`.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use lapin::BasicProperties;
use lapin::options::{BasicConsumeOptions, BasicPublishOptions};
use lapin::types::FieldTable;

use crate::dead_letters::channel;
use crate::harness::{Message, Options, Received, World, eventually, http, samples};

fn asking(queue: &str, sequence_number: &str) -> Message {
    let request = samples::with_identity(samples::receipt(), "order456", sequence_number);
    Message {
        reply_to: Some(queue.to_owned()),
        correlation_id: Some(format!("asked-{sequence_number}")),
        ..Message::new(request.to_string())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_queue_that_does_not_exist_is_logged_and_counted_and_nothing_is_retried() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[("HTTP_ADDR", "127.0.0.1:0")]).await;
    let absent = format!("{}.absent", world.topology.requests);
    world.send(&asking(&absent, "1")).await;
    // A failure is published in the same way.
    let malformed = Message {
        body: b"{".into(),
        ..asking(&absent, "2")
    };
    world.send(&malformed).await;
    let events = world.wait_for_events(2).await;
    for event in &events {
        let correlation_id = event.correlation_id.as_deref().expect("an id");
        worker
            .emits_where("reply_unroutable", |entry| {
                entry.field_contains("queue", &absent)
                    && entry.field_contains("correlation_id", correlation_id)
                    && entry.field_contains("event_id", event.message_id.as_deref().expect("an id"))
            })
            .await;
    }
    let url = format!("{}/metrics", worker.http_url().await);
    let counted = "invoice_worker_replies_unroutable_total 2";
    eventually(counted, async || {
        let (_, body) = http::get(&url).await;
        let text = String::from_utf8(body).expect("UTF-8");
        if text.lines().any(|line| line == counted) {
            Ok(())
        } else {
            Err(text)
        }
    })
    .await;
    worker.stop().await;
    world.assert_settled(1, 1).await;
    assert_eq!(worker.events("retry_scheduled").len(), 0);
    assert_eq!(worker.events("reply_unroutable").len(), 2);
}

/// A receiver that drops events whose id it has seen would otherwise lose an answer.
#[tokio::test(flavor = "multi_thread")]
async fn failures_of_messages_with_the_same_body_have_ids_of_their_own() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let senders = [
        ("a", None),
        ("b", None),
        ("", Some("asked-1")),
        ("", Some("asked-2")),
        // The same message once more.
        ("", Some("asked-2")),
        ("", None),
    ];
    for (message_id, correlation_id) in senders {
        let message = Message {
            message_id: message_id.to_owned(),
            correlation_id: correlation_id.map(ToOwned::to_owned),
            ..Message::new(b"{".to_vec())
        };
        world.send(&message).await;
    }
    let events = world.wait_for_events(senders.len()).await;
    let ids: BTreeSet<_> = events.iter().map(|event| &event.message_id).collect();
    assert_eq!(ids.len(), senders.len() - 1, "{events:?}");
    let of_second = |event: &&Received| event.correlation_id.as_deref() == Some("asked-2");
    let repeated: BTreeSet<_> = events
        .iter()
        .filter(of_second)
        .map(|event| &event.message_id)
        .collect();
    assert_eq!(repeated.len(), 1, "{events:?}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_go_to_the_reply_queue_alone_where_the_setting_says_so() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[("REPLIES_TO_EXCHANGE", "false")]).await;
    let replies = format!("{}.replies", world.topology.requests);
    world.declare_queue(&replies).await;
    world.send(&asking(&replies, "1")).await;
    let reply = eventually("a reply", async || {
        world.take_all(&replies).await.pop().ok_or("none")
    })
    .await;
    assert_eq!(reply.correlation_id.as_deref(), Some("asked-1"));
    worker.stop().await;
    world.assert_settled(1, 0).await;
    assert_eq!(world.events().await.len(), 0);
}

/// The pseudo-queue of RabbitMQ: there is no queue of the name that the broker gives to the worker.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_direct_reply_to_gets_its_event_and_nothing_is_reported() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let (_connection, channel) = channel(&world).await;
    let options = BasicConsumeOptions {
        no_ack: true,
        ..BasicConsumeOptions::default()
    };
    let consuming = channel.basic_consume(
        "amq.rabbitmq.reply-to".into(),
        "asking".into(),
        options,
        FieldTable::default(),
    );
    let mut replies = consuming.await.expect("the broker has direct reply-to");
    let properties = BasicProperties::default()
        .with_reply_to("amq.rabbitmq.reply-to".into())
        .with_correlation_id("asked-1".into());
    let body = samples::receipt().to_string();
    let published = channel.basic_publish(
        world.topology.exchange.as_str().into(),
        "invoice.requested".into(),
        BasicPublishOptions::default(),
        body.as_bytes(),
        properties,
    );
    published
        .await
        .expect("published")
        .await
        .expect("confirmed");
    let reply = replies.next().await.expect("a reply").expect("a delivery");
    let event: serde_json::Value = serde_json::from_slice(&reply.data).expect("JSON");
    assert_eq!(event["type"], "invoice.generated.v1");
    let copies = world.wait_for_events(1).await;
    assert_eq!(copies[0].body, reply.data);
    worker.stop().await;
    world.assert_settled(1, 0).await;
    assert_eq!(worker.events("reply_unroutable").len(), 0);
}
