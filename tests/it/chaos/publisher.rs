//! Publishes the ledger, evenly over the time there is; what the broker does not confirm is published again.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::time::Instant;

use invoice_worker::broker::{Endpoint, Lane, Outgoing, Publisher};
use tokio_util::sync::CancellationToken;

use super::ledger::Ledger;
use super::settings::Settings;
use crate::harness::World;

/// Publishes everything; each line of the ledger's file is a confirmed publication.
pub(super) async fn publish(world: &World, ledger: &Ledger, settings: &Settings) {
    fs::create_dir_all(settings.folder()).expect("a folder for the ledger");
    let file = File::create(settings.folder().join("ledger.ndjson")).expect("a file");
    let mut file = BufWriter::new(file);
    let endpoint = Endpoint::new(&world.settings.broker).expect("an endpoint");
    let publisher = Publisher::new(endpoint, world.topology.clone());
    let never = CancellationToken::new();
    let started = Instant::now();
    let count = u32::try_from(ledger.sends.len()).expect("some thousands");
    for (turn, place) in (0..count).zip(&ledger.sends) {
        let due = started + settings.publishing * turn / count;
        tokio::time::sleep_until(due.into()).await;
        let entry = &ledger.entries[*place];
        let (exchange, key) = (&world.topology.exchange, lane(turn).routing_key());
        let message = Outgoing::json(exchange, key, entry.body.clone(), &entry.message_id);
        publisher
            .publish_until_confirmed(&message, &never)
            .await
            .expect("the publisher goes on until it succeeds");
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
