//! Headers that fill a frame. The broker adds its own to what it delivers again or dead-letters, and the frame is longer
//! than agreed then.

use futures_util::StreamExt as _;
use invoice_worker::broker::Lane;
use invoice_worker::broker::topology::REQUESTED;
use invoice_worker::database::Database;
use invoice_worker::database::dead_letter::Model;
use invoice_worker::database::dead_letters::Selection;
use lapin::options::BasicConsumeOptions;
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};

use super::impatient;
use crate::harness::raw_amqp::{RawPublisher, long, short};
use crate::harness::{World, eventually, samples};

/// The longest payload of a frame that the broker accepts from a publisher.
const LONGEST_PAYLOAD: usize = (128 << 10) - 8;

/// Class, weight and body size, which precede the properties.
const BEFORE_PROPERTIES: usize = 12;

/// Other requests, behind it.
const OTHERS: usize = 5;

/// Properties that fill a frame: two headers, one of them large, a message id, and an expiration where there is one.
pub(crate) fn filling(message_id: &[u8], expiration: Option<&[u8]>) -> Vec<u8> {
    let without = properties(0, message_id, expiration).len() + BEFORE_PROPERTIES;
    let all = properties(LONGEST_PAYLOAD - without, message_id, expiration);
    assert_eq!(all.len() + BEFORE_PROPERTIES, LONGEST_PAYLOAD);
    all
}

fn properties(padding: usize, message_id: &[u8], expiration: Option<&[u8]>) -> Vec<u8> {
    let expires: u16 = if expiration.is_some() { 1 << 8 } else { 0 };
    let flags: u16 = 1 << 13 | 1 << 12 | expires | 1 << 7;
    let tenant = [short(b"tenant"), b"S".to_vec(), long(b"a")].concat();
    let large = [short(b"padding"), b"S".to_vec(), long(&vec![b'x'; padding])].concat();
    [
        flags.to_be_bytes().to_vec(),
        long(&[large, tenant].concat()),
        vec![2],
        expiration.map(short).unwrap_or_default(),
        short(message_id),
    ]
    .concat()
}

async fn raw(world: &World) -> RawPublisher {
    RawPublisher::connect(&world.variables["AMQP_URL"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_headers_fill_a_frame_is_delivered_again_and_stops_no_worker() {
    let world = World::new(impatient()).await;
    let requests = samples::many(OTHERS + 1);
    let (exchange, key) = (&world.topology.exchange, REQUESTED.as_bytes());
    let all = filling(b"large", None);
    let mut raw = raw(&world).await;
    raw.publish(exchange, key, &all, &requests[0]).await;
    raw.publish(exchange, key, &filling(b"wrong", None), b"{")
        .await;
    // A consumer that receives both, and goes away.
    let url = &world.variables["AMQP_URL"];
    let consumer = Connection::connect(url, ConnectionProperties::default()).await;
    let consumer = consumer.expect("the broker can be reached");
    let channel = consumer.create_channel().await.expect("a channel");
    let consuming = channel.basic_consume(
        world.topology.requests.as_str().into(),
        "".into(),
        BasicConsumeOptions::default(),
        FieldTable::default(),
    );
    let mut deliveries = consuming.await.expect("a consumer");
    for _ in 0..2 {
        let delivery = deliveries.next().await.expect("a delivery");
        delivery.expect("the first delivery fits into a frame");
    }
    consumer.close(200, "".into()).await.expect("closed");

    let mut worker = world.worker(&[]).await;
    world.publish_many(requests[1..].to_vec()).await;
    world.assert_settled(OTHERS + 1, 1).await;
    worker.stop().await;
    assert!(worker.events("connection_lost").is_empty());
    let dead = world.dead_letters().await;
    assert_eq!(dead[0].header("x-headers-dropped"), "padding");
    assert_eq!(dead[0].header("tenant"), "a");
    assert_eq!(dead[0].header("x-error-code"), "request_malformed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_of_the_broker_whose_headers_fill_a_frame_is_archived_and_replayed() {
    let world = World::new(impatient()).await;
    let (exchange, key) = (&world.topology.exchange, REQUESTED.as_bytes());
    let mut raw = raw(&world).await;
    let expired = filling(b"large", Some(b"1"));
    let request = samples::receipt().to_string().into_bytes();
    raw.publish(exchange, key, &expired, &request).await;
    let expired = properties(10, b"small", Some(b"1"));
    raw.publish(exchange, key, &expired, b"{").await;
    dead_letters_wait(&world, 2).await;

    let mut worker = world.worker(&[("ARCHIVE_DEAD_LETTERS", "true")]).await;
    let rows = archived(&world, 2).await;
    let large = rows
        .iter()
        .find(|row| row.message_id.as_deref() == Some("large"));
    let large = large.expect("its row");
    assert_eq!(large.code, "expired");
    let headers: serde_json::Value = serde_json::from_str(&large.headers).expect("JSON");
    assert_eq!(headers["x-headers-dropped"], "padding", "{headers}");
    assert_eq!(headers["tenant"], "a", "{headers}");
    let replay = [
        "dead-letters",
        "replay",
        "--code",
        "expired",
        "--reason",
        "it is fixed",
    ];
    let done = world.program(&replay).run().await.succeeded();
    assert!(done.starts_with("replayed 2\n"), "{done}");
    world
        .wait_for_document(&samples::identity(&samples::receipt()))
        .await;
    worker.stop().await;
    assert!(worker.events("archive_connection_lost").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_fits_headers_into_a_frame_with_its_own() {
    let world = World::new(impatient()).await;
    let mut raw = raw(&world).await;
    for id in [&b"m1"[..], b"m2"] {
        let all = filling(id, None);
        raw.publish(&world.topology.dead_exchange, b"", &all, b"{")
            .await;
    }
    let mut worker = world.worker(&[("ARCHIVE_DEAD_LETTERS", "true")]).await;
    let rows = archived(&world, 2).await;
    worker.stop().await;
    // What the broker has delivered only once is in the archive as it was.
    assert!(rows.iter().all(|row| row.headers.len() > 100_000));
    let replay = ["dead-letters", "replay", "--all", "--reason", "it is fixed"];
    let done = world.program(&replay).run().await.succeeded();
    assert_eq!(done, "replayed 2\n");
    let replayed = world.take_all(&world.topology.queue(Lane::Bulk)).await;
    assert_eq!(replayed.len(), 2);
    for request in replayed {
        assert_eq!(request.header("x-headers-dropped"), "padding");
        assert_eq!(request.header("x-replay"), "1");
    }
}

async fn dead_letters_wait(world: &World, count: u32) {
    eventually("dead letters of the broker", async || {
        match world.queue_len(&world.topology.dead).await {
            waiting if waiting == count => Ok(()),
            waiting => Err(waiting),
        }
    })
    .await;
}

async fn archived(world: &World, count: usize) -> Vec<Model> {
    let url = world.settings.database.url().expect("a URL");
    let database = Database::connect(url, false).await;
    let database = database.expect("the database can be reached");
    eventually("rows of the archive", async || {
        let rows = database.dead_letters(&Selection::default(), 0, 10).await;
        let rows = rows.expect("the archive can be read");
        if rows.len() == count {
            Ok(rows)
        } else {
            Err(rows.len())
        }
    })
    .await
}
