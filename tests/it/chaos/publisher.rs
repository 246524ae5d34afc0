//! Publishes the ledger, evenly over the time there is; what the broker does not confirm is published again.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::time::{Duration, Instant};

use invoice_worker::broker::{Endpoint, Lane, Publisher};
use tokio_util::sync::CancellationToken;

use super::ledger::{Entry, Ledger, Properties};
use super::settings::Settings;
use crate::faults::oversized_headers::filling;
use crate::harness::World;
use crate::harness::raw_amqp::RawPublisher;

/// Longest time for a message that no client library would publish, which has no time limits of its own.
const PATIENCE: Duration = Duration::from_secs(10);

/// The queue that some publishers name for their events.
pub(super) fn reply_queue(world: &World) -> String {
    format!("{}.replies", world.topology.requests)
}

/// Publishes everything; each line of the ledger's file is a confirmed publication.
pub(super) async fn publish(world: &World, ledger: &Ledger, settings: &Settings) {
    let file = File::create(settings.folder().join("ledger.ndjson")).expect("a file");
    let mut file = BufWriter::new(file);
    let endpoint = Endpoint::new(&world.settings.broker).expect("an endpoint");
    let publisher = Publisher::new(endpoint, world.topology.clone());
    let started = Instant::now();
    let count = u32::try_from(ledger.sends.len()).expect("some thousands");
    for (turn, place) in (0..count).zip(&ledger.sends) {
        let due = started + settings.publishing * turn / count;
        tokio::time::sleep_until(due.into()).await;
        let entry = &ledger.entries[*place];
        match entry.properties {
            Properties::LargeHeaders => publish_raw(world, entry, lane(turn)).await,
            Properties::Ordinary | Properties::ReplyTo => {
                publish_one(world, &publisher, entry, lane(turn)).await
            }
        }
        writeln!(file, "{}", entry.to_json()).expect("a line");
    }
    file.flush().expect("written");
    publisher.close().await;
}

/// A third of the publications use the bulk lane. What is published twice uses either lane or both.
fn lane(turn: u32) -> Lane {
    if turn.is_multiple_of(3) {
        Lane::Bulk
    } else {
        Lane::Ordinary
    }
}

async fn publish_one(world: &World, publisher: &Publisher, entry: &Entry, lane: Lane) {
    let mut message = publisher.request(lane, &entry.message_id, entry.body.clone());
    if entry.properties == Properties::ReplyTo {
        let queue = reply_queue(world).into();
        message.properties = message.properties.with_reply_to(queue);
    }
    publisher
        .publish_until_confirmed(&message, &CancellationToken::new())
        .await
        .expect("the publisher goes on until it succeeds");
}

async fn publish_raw(world: &World, entry: &Entry, lane: Lane) {
    loop {
        let publishing = tokio::time::timeout(PATIENCE, try_publish_raw(world, entry, lane));
        if let Ok(Ok(())) = publishing.await {
            return;
        }
        // The broker is away.
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn try_publish_raw(world: &World, entry: &Entry, lane: Lane) -> io::Result<()> {
    let mut raw = RawPublisher::try_connect(&world.variables["AMQP_URL"]).await?;
    let (exchange, key) = (&world.topology.exchange, lane.routing_key().as_bytes());
    let filling = filling(entry.message_id.as_bytes(), None);
    raw.try_publish(exchange, key, &filling, &entry.body).await
}
