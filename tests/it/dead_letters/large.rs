//! Large dead letters, many at once.

use invoice_worker::database::dead_letters::Selection;
use lapin::BasicProperties;

use super::{ARCHIVING, channel, database, publish_raw, text};
use crate::harness::{DEADLINE, Options, World, eventually_within, peak_kib};

const COUNT: usize = 20;

const PAYLOAD_BYTES: usize = 12 << 20;

/// What a worker may take at its peak. One after the other takes 200 to 300 MiB: the allocator keeps for a while what was freed.
/// All at once would take another 228.
const MAX_MEMORY_KIB: u64 = 400 << 10;

/// How many the worker may hold: one, and one whose acknowledgement is on its way.
const MAX_HELD: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn large_dead_letters_are_archived_one_after_the_other() {
    let world = World::new(Options::sqlite()).await;
    let database = database(&world).await;
    let (_connection, channel) = channel(&world).await;
    for index in 0..COUNT {
        let properties = BasicProperties::default().with_message_id(format!("m{index}").into());
        let headers = [("x-error-code", text("some_code"))];
        // JSON of small values is twenty times as large in memory, if it is read as a whole.
        let body = if index % 2 == 0 {
            vec![b'x'; PAYLOAD_BYTES]
        } else {
            format!("[{}7]", "7,".repeat(PAYLOAD_BYTES / 2)).into_bytes()
        };
        let exchange = &world.topology.dead_exchange;
        publish_raw(&channel, exchange, &body, &headers, properties).await;
    }
    let mut worker = world.worker(&[ARCHIVING]).await;
    eventually_within(2 * DEADLINE, "all of them archived", async || {
        // Looked at in this order: what is archived meanwhile makes the difference smaller, not larger.
        let ready = world.queue_len(&world.topology.dead).await as usize;
        let archived = worker.events("archived");
        let counts = archived.iter().filter_map(|entry| entry["count"].as_u64());
        let archived = usize::try_from(counts.sum::<u64>()).expect("a number of letters");
        let held = COUNT.saturating_sub(ready + archived);
        assert!(held <= MAX_HELD, "the worker holds {held} at once");
        if archived >= COUNT {
            Ok(())
        } else {
            Err(archived)
        }
    })
    .await;
    let peak = peak_kib(worker.pid());
    assert!(peak > 0, "the worker has ended");
    worker.stop().await;
    // Whatever reads all of them, as a replay does, has one of them in memory at a time.
    let (all, mut after, mut read) = (Selection::default(), 0, 0);
    loop {
        let page = database.dead_letters(&all, after, 64);
        let page = page.await.expect("the archive can be read");
        let Some(last) = page.last() else {
            break;
        };
        after = last.id;
        read += page.len();
        assert_eq!(page.len(), 1);
    }
    assert_eq!(read, COUNT);
    assert!(peak < MAX_MEMORY_KIB, "{peak} KiB");
}
