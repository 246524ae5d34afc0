//! What publishers may send and RabbitMQ passes on, but the AMQP client cannot read: text that is no UTF-8, and tables
//! in tables without a bottom.

use invoice_worker::broker::topology::REQUESTED;
use invoice_worker::database::Database;
use invoice_worker::database::dead_letters::Selection;

use super::impatient;
use crate::harness::raw_amqp::{RawPublisher, long, short};
use crate::harness::{World, eventually, samples};

/// Others, before and behind it.
const OTHERS: usize = 20;

/// Headers, persistent, correlation id and message id.
fn properties(headers: &[u8], correlation_id: &[u8], message_id: &[u8]) -> Vec<u8> {
    let flags: u16 = 1 << 13 | 1 << 12 | 1 << 10 | 1 << 7;
    [
        flags.to_be_bytes().to_vec(),
        long(headers),
        vec![2],
        short(correlation_id),
        short(message_id),
    ]
    .concat()
}

/// A header whose name, Latin-1, is no text.
fn odd_header() -> Vec<u8> {
    [short(b"K\xe4ufer"), b"S".to_vec(), long(b"Zo\xeb")].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_ids_are_no_text_becomes_a_document_like_any_other() {
    let world = World::new(impatient()).await;
    let mut worker = world.worker(&[]).await;
    let requests = samples::many(OTHERS + 1);
    world.publish_many(requests[..OTHERS / 2].to_vec()).await;
    let mut raw = RawPublisher::connect(&world.variables["AMQP_URL"]).await;
    let odd = properties(&odd_header(), b"c\xff", b"\xffa\xfe");
    let (exchange, body) = (&world.topology.exchange, &requests[OTHERS]);
    raw.publish(exchange, REQUESTED.as_bytes(), &odd, body)
        .await;
    world
        .publish_many(requests[OTHERS / 2..OTHERS].to_vec())
        .await;
    world.assert_settled(OTHERS + 1, 0).await;
    worker.stop().await;
    world.assert_settled(OTHERS + 1, 0).await;

    let rows = world.rows().await;
    let row = rows
        .iter()
        .find(|row| row.request.as_bytes() == body.as_slice());
    let row = row.expect("its row");
    assert_eq!(row.message_id.as_deref(), Some("?a?"));
    let events = world.wait_for_events(OTHERS + 1).await;
    let ids = events.iter().map(|event| event.correlation_id.as_deref());
    assert_eq!(ids.flatten().collect::<Vec<_>>(), ["c?"]);
    let complaints = worker.complaints();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// It is refused, archived and replayed.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_whose_ids_are_no_text_is_archived_and_holds_no_other_up() {
    let world = World::new(impatient()).await;
    let mut worker = world.worker(&[("ARCHIVE_DEAD_LETTERS", "true")]).await;
    let mut raw = RawPublisher::connect(&world.variables["AMQP_URL"]).await;
    let odd = properties(&odd_header(), b"c", b"\xffa\xfe");
    let key = REQUESTED.as_bytes();
    raw.publish(&world.topology.exchange, key, &odd, b"{").await;
    // Straight to the dead letters, by whom ever, under a key that is no text either.
    raw.publish(&world.topology.dead_exchange, b"\xfe", &odd, b"by hand")
        .await;
    world.publish("{ \"documentType\": ").await;

    let url = world.settings.database.url().expect("a URL");
    let database = Database::connect(url, false).await;
    let database = database.expect("the database can be reached");
    let rows = eventually("three rows", async || {
        let rows = database.dead_letters(&Selection::default(), 0, 10).await;
        let rows = rows.expect("the archive can be read");
        if rows.len() == 3 { Ok(rows) } else { Err(rows) }
    })
    .await;
    let odd: Vec<_> = rows
        .iter()
        .filter(|row| row.message_id.as_deref() == Some("?a?"))
        .collect();
    assert_eq!(odd.len(), 2, "{rows:?}");
    for row in odd {
        let headers: serde_json::Value = serde_json::from_str(&row.headers).expect("JSON");
        // The value is a long string, which may be any bytes.
        assert_eq!(headers["K?ufer"]["$text"], "Wm/r", "{headers}");
        let by_hand = row.payload == b"by hand";
        assert_eq!(row.routing_key, if by_hand { "?" } else { REQUESTED });
    }
    let replay = [
        "dead-letters",
        "replay",
        "--code",
        "request_malformed",
        "--reason",
        "it is fixed",
    ];
    let done = world.program(&replay).run().await.succeeded();
    assert!(done.starts_with("replayed 2\n"), "{done}");
    worker.stop().await;
    assert!(worker.events("archive_connection_lost").is_empty());
    assert!(worker.events("connection_lost").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_without_a_bottom_exhausts_no_stack() {
    const DEPTH: usize = 6_000;
    let mut headers = Vec::with_capacity(7 * DEPTH);
    for level in 1..=DEPTH {
        // Each table holds all that are deeper: a name, a type and a length for each.
        let inner = u32::try_from(7 * (DEPTH - level)).expect("short");
        headers.extend([&b"\x01tF"[..], &inner.to_be_bytes()].concat());
    }
    let world = World::new(impatient()).await;
    let mut worker = world.worker(&[("ARCHIVE_DEAD_LETTERS", "true")]).await;
    // From now on dead letters go to the archive, and not to the test that looks whether there are any.
    worker.emits("archiving").await;
    let mut raw = RawPublisher::connect(&world.variables["AMQP_URL"]).await;
    let deep = properties(&headers, b"c", b"deep");
    let key = REQUESTED.as_bytes();
    let requests = samples::many(OTHERS + 1);
    raw.publish(&world.topology.exchange, key, &deep, &requests[0])
        .await;
    raw.publish(&world.topology.exchange, key, &deep, b"{")
        .await;
    world.publish_many(requests[1..].to_vec()).await;
    world.assert_settled(OTHERS + 1, 0).await;
    worker.emits("archived").await;
    worker.stop().await;
    world.assert_settled(OTHERS + 1, 0).await;
}
