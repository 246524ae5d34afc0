//! Many requests at once: what is wrong with one, or with the moment, is no other's fault.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::receipt_of;
use crate::faults::servers::PrivateServer;
use crate::harness::{Options, World, eventually};

/// Larger than the broker allows in the test.
fn large(mut request: Value) -> Value {
    request["extensions"] = json!({ "filling": "x".repeat(100_000) });
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_the_broker_refuses_is_refused_alone() {
    let rabbitmq = PrivateServer::rabbitmq().await;
    let small_messages = "application:set_env(rabbit, max_message_size, 65536).";
    rabbitmq.eval(small_messages).await;
    let world = World::new(Options {
        amqp_url: Some(rabbitmq.url.clone()),
        ..Options::default()
    })
    .await;
    let serve = world.serve().await;
    let calls = (0..30).map(async |index| {
        let (request, _) = receipt_of(&format!("together-{index}"));
        let is_large = index % 10 == 3;
        let request = if is_large { large(request) } else { request };
        let answer = serve.client().post("/v1/invoices", &request).await;
        (is_large, answer)
    });
    for (is_large, answer) in join_all(calls).await {
        if is_large {
            answer.is_problem(413, "request_too_large");
        } else {
            answer.is(202);
        }
    }
    assert!(world.waiting().await.expect("the broker answers") >= 27);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_wait_are_answered_when_the_program_stops() {
    let world = World::new(Options::default()).await;
    let mut serve = world.serve().await;
    let client = serve.client();
    let waiting = tokio::spawn(async move {
        let (request, _) = receipt_of("stopped");
        client.post_and_wait("/v1/invoices", &request, 60).await
    });
    eventually("a request in the queue", async || {
        match world.waiting().await {
            Some(1) => Ok(()),
            other => Err(other),
        }
    })
    .await;
    let started = Instant::now();
    serve.stop().await;
    waiting.await.expect("an answer").is(202);
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_have_a_limit_together() {
    let world = World::new(Options {
        variables: vec![("REQUEST_MAX_BYTES", (16 << 20).to_string())],
        ..Options::default()
    })
    .await;
    let serve = world.serve().await;
    // Bodies that are announced and do not come hold their memory: there is none left for others.
    let mut silent = Vec::new();
    for _ in 0..4 {
        let mut stream = tokio::net::TcpStream::connect(serve.address())
            .await
            .expect("a connection");
        let client = serve.client().header("Content-Type", "application/json");
        let head = client.head("POST", "/v1/validate", 16 << 20);
        tokio::io::AsyncWriteExt::write_all(&mut stream, &head)
            .await
            .expect("the head is sent");
        silent.push(stream);
    }
    let (request, _) = receipt_of("crowded");
    let crowded = large(request.clone());
    eventually("a refusal", async || {
        let answer = serve.client().post("/v1/validate", &crowded).await;
        match answer.status {
            503 => Ok(answer.is_problem(503, "overloaded")),
            other => Err(other),
        }
    })
    .await;
    drop(silent);
    eventually("memory again", async || {
        match serve.client().post("/v1/validate", &crowded).await.status {
            200 => Ok(()),
            other => Err(other),
        }
    })
    .await;
}
