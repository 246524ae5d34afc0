//! Several servers, and their end.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{path_of, receipt_of};
use crate::harness::http::read;
use crate::harness::{DEADLINE, Options, World, eventually, samples};

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_give_one_document_to_clients_that_ask_both() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let (one, two) = (world.serve().await, world.serve().await);
    let requests: Vec<_> = (0..5)
        .map(|number| receipt_of(&format!("both-{number}")).0)
        .collect();
    let mut calls = Vec::new();
    for request in &requests {
        for client in [one.client(), two.client(), one.client(), two.client()] {
            calls.push(async move { client.post_and_wait("/v1/invoices", request, 60).await });
        }
    }
    let answers = futures_util::future::join_all(calls).await;
    for (index, answer) in answers.iter().enumerate() {
        assert!([200, 201].contains(&answer.status), "{answer:?}");
        let own = path_of(&samples::identity(&requests[index / 4]));
        assert_eq!(answer.json()["links"]["self"], own);
    }
    world.assert_settled(requests.len(), 0).await;
    worker.stop().await;
    world.assert_settled(requests.len(), 0).await;
    let (seen, same) = (
        one.client().get("/v1/invoices").await,
        two.client().get("/v1/invoices").await,
    );
    assert_eq!(seen.is(200), same.is(200));
}

/// Two requests under one identity at once: one of them is issued, the clients of the other one learn that it was not.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_requests_at_once_one_is_a_conflict() {
    let world = World::new(Options::default()).await;
    let _worker = world.worker(&[]).await;
    let serve = world.serve().await;
    let client = serve.client();
    let (one, path) = receipt_of("either");
    let mut two = one.clone();
    two["buyer"]["name"] = json!("Another Buyer");
    let (first, second) = tokio::join!(
        client.post_and_wait("/v1/invoices", &one, 60),
        client.post_and_wait("/v1/invoices", &two, 60),
    );
    let (issued, refused, request) = if first.status == 201 {
        (first, second, one)
    } else {
        (second, first, two)
    };
    issued.is(201);
    refused.is_problem(409, "conflict");
    assert_eq!(
        client.get(&format!("{path}/request")).await.is(200),
        request
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_in_work_is_finished_before_the_server_ends() {
    let world = World::new(Options::default()).await;
    let mut serve = world.serve().await;
    // One that has not sent anything keeps nothing up.
    let _silent = TcpStream::connect(serve.address())
        .await
        .expect("a connection");
    // Half of its body is there when the program is asked to stop.
    let body = receipt_of("stopping").0.to_string();
    let (first, rest) = body.split_at(body.len() / 2);
    let client = serve.client().header("Content-Type", "application/json");
    let mut head = client.head("POST", "/v1/invoices", body.len());
    head.extend_from_slice(first.as_bytes());
    let mut calling = TcpStream::connect(serve.address())
        .await
        .expect("a connection");
    calling.write_all(&head).await.expect("the head is sent");
    serve.signal(Signal::TERM);
    // Those who send calls see it before a call is refused.
    eventually("503 of /readyz", async || {
        let answer = serve.client().get("/readyz").await;
        if answer.status == 503 {
            Ok(())
        } else {
            Err(answer)
        }
    })
    .await;
    // Who would keep its connection is asked to open another one.
    let keeping = serve.client().header("Connection", "keep-alive");
    let draining = keeping.get("/readyz").await;
    assert_eq!(draining.json()["status"], "draining");
    assert_eq!(draining.header("connection"), Some("close"));
    serve.client().get("/v1/templates").await.is(200);
    eventually("no new connections", async || {
        let connected = TcpStream::connect(serve.address()).await;
        connected.is_err().then_some(()).ok_or("connected")
    })
    .await;
    assert!(serve.ended().is_none());
    let sent = calling.write_all(rest.as_bytes()).await;
    sent.expect("the rest is sent");
    let answer = read(&mut calling).await;
    answer.expect("an answer").is(202);
    assert_eq!(world.waiting().await, Some(1));
    let status = serve.wait_exit(DEADLINE).await;
    assert!(status.success(), "{status:?}\n{}", serve.log());
    assert!(serve.events("http_grace_over").is_empty());
    serve.has_no_renderers().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_calls_ends_at_once_whatever_is_connected() {
    let world = World::new(Options::default()).await;
    let mut serve = world.serve().await;
    let mut connections = Vec::new();
    for _ in 0..20 {
        connections.push(
            TcpStream::connect(serve.address())
                .await
                .expect("a connection"),
        );
    }
    serve.client().get("/v1/templates").await.is(200);
    let started = Instant::now();
    serve.stop().await;
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
}
