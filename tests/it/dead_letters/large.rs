//! Large dead letters, many at once.

use lapin::BasicProperties;

use super::{ARCHIVING, archived, channel, database, publish_raw, text};
use crate::harness::{Options, World, eventually, peak_kib};

const COUNT: usize = 16;

const PAYLOAD_BYTES: usize = 12 << 20;

/// What a worker may take at its peak. One after the other was measured with 200 MiB; all at once take another 180.
const MAX_MEMORY_KIB: u64 = 280 << 10;

#[tokio::test(flavor = "multi_thread")]
async fn large_dead_letters_are_archived_one_after_the_other() {
    let world = World::new(Options::sqlite()).await;
    let database = database(&world).await;
    let (_connection, channel) = channel(&world).await;
    for index in 0..COUNT {
        let properties = BasicProperties::default().with_message_id(format!("m{index}").into());
        let headers = [("x-error-code", text("some_code"))];
        let body = vec![b'x'; PAYLOAD_BYTES];
        let exchange = &world.topology.dead_exchange;
        publish_raw(&channel, exchange, &body, &headers, properties).await;
    }
    let mut worker = world.worker(&[ARCHIVING]).await;
    eventually("an empty queue", async || {
        let archived = worker.events("archived");
        let counts = archived.iter().filter_map(|entry| entry["count"].as_u64());
        let count: u64 = counts.sum();
        if count >= COUNT as u64 {
            Ok(())
        } else {
            Err(count)
        }
    })
    .await;
    let peak = peak_kib(worker.pid());
    assert!(peak > 0, "the worker has ended");
    worker.stop().await;
    assert_eq!(archived(&database).await.len(), COUNT);
    assert!(peak < MAX_MEMORY_KIB, "{peak} KiB");
}
