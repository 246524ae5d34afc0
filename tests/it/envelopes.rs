//! Requests in the envelopes of other systems: the same documents, results that name the publisher's ids.

use serde_json::{Value, json};

use crate::harness::{Message, Options, World, eventually, samples};

const CLOUD_EVENT: &str = "application/cloudevents+json; charset=utf-8";
const MASS_TRANSIT: &str = "application/vnd.masstransit+json";
const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn receipt(sequence_number: &str) -> Value {
    samples::with_identity(samples::receipt(), "order456", sequence_number)
}

fn cloud_event(data: &Value) -> Value {
    json!({
        "specversion": "1.0", "type": "com.example.invoice.requested.v1", "source": "/orders", "id": "event-1",
        "traceparent": TRACE, "data": data
    })
}

fn mass_transit(message: &Value) -> Value {
    json!({
        "messageId": "mass-1", "correlationId": "saga-1",
        "messageType": ["urn:message:Orders.Contracts:InvoiceRequested"], "message": message,
        "host": { "machineName": "orders-1" }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_envelope_holds_the_same_request() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let binary = [
        ("cloudEvents:specversion", "1.0"),
        ("cloudEvents:type", "invoice.requested.v1"),
    ];
    let messages = [
        Message {
            content_type: CLOUD_EVENT,
            ..Message::new(cloud_event(&receipt("1")).to_string())
        },
        Message {
            content_type: MASS_TRANSIT,
            ..Message::new(mass_transit(&receipt("2")).to_string())
        },
        Message {
            headers: binary.map(|(name, value)| (name, value.to_owned())).into(),
            ..Message::new(receipt("3").to_string())
        },
        // The first request again, as it is: no second document, and no conflict.
        Message::new(receipt("1").to_string()),
    ];
    for message in &messages {
        world.send(message).await;
    }
    let events = world.wait_for_events(messages.len()).await;
    for sequence_number in ["1", "2", "3"] {
        let row = world
            .wait_for_document(&samples::identity(&receipt(sequence_number)))
            .await;
        let request: Value = serde_json::from_str(&row.request).expect("JSON");
        assert_eq!(
            request,
            receipt(sequence_number),
            "the request is recorded without its envelope"
        );
        if sequence_number == "1" {
            assert_eq!(
                row.trace_id.as_deref(),
                Some("0af7651916cd43dd8448eb211c80319c")
            );
        }
    }
    let saga = events
        .iter()
        .find(|event| event.correlation_id.as_deref() == Some("saga-1"));
    let saga = saga
        .expect("the event answers to the publisher's correlation id")
        .json();
    assert_eq!(saga["data"]["marketplace"]["sequenceNumber"], "2");
    worker.stop().await;
    world.assert_settled(3, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_of_another_version_is_dead_lettered_as_it_came() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[("ARCHIVE_DEAD_LETTERS", "false")]).await;
    let mut event = cloud_event(&receipt("1"));
    event["type"] = json!("invoice.requested.v2");
    let message = Message {
        content_type: CLOUD_EVENT,
        ..Message::new(event.to_string())
    };
    world.send(&message).await;
    let dead = eventually("a dead letter", async || {
        world.dead_letters().await.pop().ok_or(())
    })
    .await;
    assert_eq!(dead.header("x-error-code"), "event_type_unsupported");
    assert!(
        dead.header("x-error-detail")
            .contains("invoice.requested.v2"),
        "{dead:?}"
    );
    assert_eq!(dead.content_type.as_deref(), Some(CLOUD_EVENT));
    assert!(dead.body == message.body, "the body changed");
    worker.stop().await;
}

/// AMQP's own correlation ids have 255 bytes at most.
#[tokio::test(flavor = "multi_thread")]
async fn a_correlation_id_that_is_too_long_for_the_broker_is_left_out() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let mut envelope = mass_transit(&receipt("1"));
    envelope["correlationId"] = json!("c".repeat(256));
    world
        .send(&Message {
            content_type: MASS_TRANSIT,
            ..Message::new(envelope.to_string())
        })
        .await;
    let events = world.wait_for_events(1).await;
    assert_eq!(events[0].correlation_id, None);
    worker.stop().await;
    world.assert_settled(1, 0).await;
}

/// Some clients send every property, and an empty one where there is nothing to say.
#[tokio::test(flavor = "multi_thread")]
async fn empty_properties_count_as_absent() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    for body in [receipt("1").to_string(), "{".to_owned()] {
        let message = Message {
            message_id: String::new(),
            reply_to: Some(String::new()),
            correlation_id: Some(String::new()),
            ..Message::new(body)
        };
        world.send(&message).await;
    }
    let events = world.wait_for_events(2).await;
    worker.stop().await;
    for event in events {
        assert_eq!(event.correlation_id, None);
        assert_eq!(event.json()["data"]["requestMessageId"], Value::Null);
    }
    world.assert_settled(1, 1).await;
    assert_eq!(world.rows().await[0].message_id, None);
}
