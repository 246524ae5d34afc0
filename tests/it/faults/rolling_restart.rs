//! Workers are replaced one after the other while requests keep coming.

use std::sync::atomic::{AtomicBool, Ordering};

use super::impatient;
use crate::harness::{World, eventually, samples};

/// More requests than are published before the last worker is replaced.
const REQUESTS: usize = 3_000;

/// Requests that are published at once.
const BATCH: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_while_workers_are_replaced() {
    let world = World::new(impatient()).await;
    let replaced = AtomicBool::new(false);
    let replacing = async {
        let mut workers = [world.worker(&[]).await, world.worker(&[]).await];
        for _round in 0..2 {
            for worker in &mut workers {
                worker.stop().await;
                let complaints = worker.complaints();
                assert!(complaints.is_empty(), "{complaints:#?}");
                *worker = world.worker(&[]).await;
            }
        }
        replaced.store(true, Ordering::Relaxed);
        workers
    };
    let publishing = async {
        let mut published = 0;
        for batch in samples::many(REQUESTS).chunks(BATCH) {
            if replaced.load(Ordering::Relaxed) {
                break;
            }
            world.publish_many(batch.to_vec()).await;
            published += batch.len();
            backlog_is_short(&world).await;
        }
        published
    };
    let (mut workers, published) = tokio::join!(replacing, publishing);
    world.assert_settled(published, 0).await;
    for worker in &mut workers {
        worker.stop().await;
    }
    world.assert_settled(published, 0).await;
}

/// The publisher keeps the workers busy, and the test short.
async fn backlog_is_short(world: &World) {
    eventually("a short backlog", async || {
        let waiting = world.queue_len(&world.topology.requests).await;
        if waiting < 50 { Ok(()) } else { Err(waiting) }
    })
    .await;
}
