//! Clients that read slowly, or not at all.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::{HTTP, scrape, value};
use crate::harness::{Options, World, eventually, samples};

const MESSAGES: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_cost_no_message_anything() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[HTTP]).await;
    let url = worker.http_url().await;
    let address = url.strip_prefix("http://").expect("an http URL").to_owned();
    let connect = async || TcpStream::connect(&address).await.expect("a connection");

    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(connect().await);
    }
    // These ask without end and read nothing of the answers.
    let mut deaf = JoinSet::new();
    for _ in 0..4 {
        let mut stream = connect().await;
        deaf.spawn(async move {
            let requests = "GET /metrics HTTP/1.1\r\nHost: worker\r\n\r\n".repeat(100);
            while stream.write_all(requests.as_bytes()).await.is_ok() {}
        });
    }
    // And these never finish their requests.
    for _ in 0..20 {
        let mut stream = connect().await;
        stream.write_all(b"GET /met").await.expect("sent");
        idle.push(stream);
    }

    let began = Instant::now();
    world.publish_many(samples::many(MESSAGES)).await;
    world.assert_settled(MESSAGES, 0).await;
    // Each takes some tens of milliseconds, also in a build that is not optimised.
    assert!(began.elapsed() < Duration::from_secs(30));
    // The event of the last one comes after its row, and a scrape may be as old as a second.
    let in_flight = "invoice_worker_messages_in_flight{lane=\"ordinary\"}";
    eventually("no message in flight", async || {
        let text = scrape(&url).await;
        match value(&text, in_flight) {
            Some(0.0) => Ok(()),
            _ => Err(text),
        }
    })
    .await;
    deaf.abort_all();
    worker.stop().await;
}
