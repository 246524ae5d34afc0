//! Makes the fixtures of this version, by running it.

use std::collections::BTreeMap;

use invoice_worker::broker::Lane;
use serde_json::{Value, json};

use super::fixture::{Expected, Fixture, Message, Object, Place};
use super::populate::{ADOPTED, populate, request, wrong};
use super::rows;
use super::wire::{Wire, retry_queue};
use crate::harness::{Options, World, eventually};
use crate::proxy::{Mode, Proxy};

pub(super) async fn record() -> Fixture {
    let world = World::new(Options {
        variables: vec![
            // Long enough to be taken out of the queue.
            ("RETRY_DELAYS_SECONDS", "600".to_owned()),
            ("RETRY_IN_PLACE_SECONDS", "0".to_owned()),
        ],
        ..Options::default()
    })
    .await;
    let wire = Wire::new(&world).await;
    let mut messages = requests();
    messages.extend(republished(&world, &wire).await);
    populate(&world).await;
    let replayed = Expected::FailsAgain { id: 4 };
    let bulk = world.topology.queue(Lane::Bulk);
    messages.push(wire.take("replayed", &bulk, Place::Bulk, replayed).await);
    let object = world
        .objects()
        .await
        .into_iter()
        .find(|key| key.contains(ADOPTED));

    let sqlite = World::new(Options::sqlite()).await;
    populate(&sqlite).await;
    Fixture {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        migrations: rows::migrations(&world).await,
        messages,
        objects: vec![read_object(&world, &object.expect("its object")).await],
        postgres: rows::dump(&world, ADOPTED).await,
        sqlite: rows::dump(&sqlite, ADOPTED).await,
    }
}

/// Retries and dead letters, as this version publishes them.
async fn republished(world: &World, wire: &Wire<'_>) -> Vec<Message> {
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let mut worker = world.worker(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;
    let waits = async |queue: &str| {
        eventually(&format!("a message in {queue}"), async || {
            let count = world.queue_len(queue).await;
            (count == 1).then_some(()).ok_or(count)
        })
        .await;
    };
    let mut taken = Vec::new();
    proxy.set(Mode::Refuse);
    for mut message in requests().into_iter().take(2) {
        let order = format!("{}-retried", message.name);
        message.body = message.body.replace(&order_of(&message), &order);
        wire.publish(&message).await;
        let queue = retry_queue(world);
        waits(&queue).await;
        let name = format!("{} retried", message.name);
        let expected = Expected::Generated { order };
        taken.push(wire.take(&name, &queue, Place::Retry, expected).await);
    }
    proxy.set(Mode::Pass);
    let malformed = "{ \"documentType\": ".to_owned();
    for (name, body, code) in [
        ("malformed", malformed, "request_malformed"),
        (
            "refused",
            wrong("fixture-refused").to_string(),
            "totals_mismatch",
        ),
    ] {
        let mut message = plain(name, "");
        message.body = body;
        wire.publish(&message).await;
        let queue = &world.topology.dead;
        waits(queue).await;
        let code = code.to_owned();
        let name = format!("{name}, dead");
        taken.push(
            wire.take(&name, queue, Place::Dead, Expected::Dead { code })
                .await,
        );
    }
    worker.stop().await;
    taken
}

fn order_of(message: &Message) -> String {
    match &message.expected {
        Expected::Generated { order } => order.clone(),
        Expected::Dead { .. } | Expected::FailsAgain { .. } => panic!("it has no document"),
    }
}

/// Every kind of request that this version takes. The first two are also retried.
fn requests() -> Vec<Message> {
    let mut raw = plain("raw", "fixture-raw");
    raw.headers = with_all_types();
    for (name, value) in [
        ("correlationId", json!("fixture-correlation")),
        ("timestamp", json!(1_795_000_000)),
        ("type", json!("Shop.InvoiceRequested")),
        ("appId", json!("shop")),
        ("priority", json!(1)),
    ] {
        raw.properties.insert(name.to_owned(), value);
    }
    let mut event = plain("event", "fixture-event");
    let data: Value = serde_json::from_str(&event.body).expect("JSON");
    event.body = json!({
        "specversion": "1.0", "type": "com.example.invoice.requested.v1", "source": "/shop", "id": "fixture-event-id",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "data": data,
    })
    .to_string();
    typed(&mut event, "application/cloudevents+json");
    let mut binary = plain("binary event", "fixture-binary-event");
    for (name, value) in [
        ("specversion", "1.0"),
        ("type", "invoice.requested.v1"),
        ("source", "/shop"),
        ("id", "fixture-binary-event-id"),
    ] {
        let name = format!("cloudEvents:{name}");
        binary.headers.insert(name, json!({ "S": value }));
    }
    let mut bus = plain("MassTransit", "fixture-mass-transit");
    let message: Value = serde_json::from_str(&bus.body).expect("JSON");
    bus.body = json!({
        "messageId": "fixture-mass-transit-id", "correlationId": "fixture-bus", "message": message,
        "messageType": ["urn:message:Shop:InvoiceRequested"],
    })
    .to_string();
    typed(&mut bus, "application/vnd.masstransit+json");
    let mut bulk = plain("bulk", "fixture-bulk");
    bulk.to = Place::Bulk;
    vec![raw, event, binary, bus, bulk, plain("adopted", ADOPTED)]
}

fn plain(name: &str, order: &str) -> Message {
    let properties = [
        ("contentType", json!("application/json")),
        ("deliveryMode", json!(2)),
        ("messageId", json!(format!("fixture {name}"))),
    ];
    let properties = properties.map(|(name, value)| (name.to_owned(), value));
    Message {
        name: name.to_owned(),
        to: Place::Requests,
        expected: Expected::Generated {
            order: order.to_owned(),
        },
        properties: properties.into(),
        headers: BTreeMap::new(),
        body: request(order).to_string(),
    }
}

fn typed(message: &mut Message, content_type: &str) {
    let value = json!(content_type);
    message.properties.insert("contentType".to_owned(), value);
}

/// A header of each type that RabbitMQ passes on.
fn with_all_types() -> BTreeMap<String, Value> {
    let values = [
        json!({ "t": true }),
        json!({ "b": -8 }),
        json!({ "B": 8 }),
        json!({ "s": -16 }),
        json!({ "u": 16 }),
        json!({ "I": -32 }),
        json!({ "i": 32 }),
        json!({ "l": -64 }),
        json!({ "f": 0.5 }),
        json!({ "d": 0.25 }),
        json!({ "D": [2, 1999] }),
        json!({ "S": "a text" }),
        json!({ "S64": "/w==" }),
        json!({ "A": [{ "S": "a" }, { "I": 1 }] }),
        json!({ "T": 1_795_000_000 }),
        json!({ "F": { "inner": { "S": "b" } } }),
        json!({ "x": "AP8=" }),
        json!({ "V": null }),
    ];
    let names = (0..values.len()).map(|index| format!("header-{index:02}"));
    names.zip(values).collect()
}

async fn read_object(world: &World, key: &str) -> Object {
    let get = world.s3.get_object().bucket(&world.bucket).key(key);
    let object = get.send().await.expect("the object");
    let metadata = object.metadata().expect("metadata").clone();
    Object {
        key: key.to_owned(),
        content_type: object.content_type().expect("a type").to_owned(),
        metadata: metadata.into_iter().collect(),
        file: "adopted.pdf".to_owned(),
        bytes: world.object(key).await,
    }
}
