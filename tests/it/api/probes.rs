//! Probes and metrics of a process that serves the API.

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::receipt_of;
use super::tokens::entry;
use crate::harness::http::{Answer, Client};
use crate::harness::{Options, World, eventually};
use crate::proxy::{Mode, Proxy};

const READ: &str = "read-token-0123456789-0123456789";
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// The answer of `/readyz` in which a component has this state.
async fn shows(client: &Client, component: &str, state: &str) -> Answer {
    eventually(&format!("{component} is {state}"), async || {
        let answer = client.get("/readyz").await;
        if answer.json()["components"][component]["state"] == state {
            Ok(answer)
        } else {
            Err(answer)
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_are_protected_as_calls_are_and_not_logged() {
    let world = World::new(Options::default()).await;
    let serve = world.serve().await;
    let client = serve.client();
    for path in PROBES {
        let answer = client.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}: {answer:?}");
        }
        let foreign = client.clone().header("Host", "evil.example");
        foreign.get(path).await.is_problem(403, "forbidden");
        let refused = client.post(path, &json!({})).await;
        refused.is_problem(405, "method_not_allowed");
    }
    let address = serve.address().to_string();
    let health = world
        .program(&["health"])
        .envs([("HTTP_ADDR", &*address)])
        .run()
        .await;
    assert_eq!(health.code, 0, "{health:#?}");
    // The event of a call comes after those of the probes.
    client.get("/v1/templates").await.is(200);
    let calls = serve.events("http_answered");
    assert_eq!(calls.len(), 1, "{calls:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_tokens_metrics_and_errors_are_for_callers_only() {
    let world = World::new(Options::default()).await;
    let (database, url) = Proxy::before(&world.variables["DATABASE_URL"]);
    let list = json!([entry("r", READ, &["read"], &json!({}))]).to_string();
    let serve = world
        .serve_with(&[("HTTP_TOKENS", &list), ("DATABASE_URL", &url)])
        .await;
    let (caller, anyone) = (serve.client_with(READ), serve.client());
    database.set(Mode::Refuse);

    let error = |answer: &Answer| answer.json()["components"]["database"]["lastError"].clone();
    let seen = error(&shows(&caller, "database", "down").await);
    assert!(seen["detail"].is_string(), "{seen}");
    for client in [&anyone, &serve.client_with("another-0123456789-0123456789")] {
        let answer = client.get("/readyz").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let hidden = error(&answer);
        assert!(hidden["at"].is_string(), "{answer:?}");
        assert_eq!(hidden["detail"], Value::Null, "{answer:?}");
        let refused = client.get("/metrics").await;
        refused.is_problem(401, "unauthorized");
        assert!(refused.header("www-authenticate").is_some(), "{refused:?}");
        assert_eq!(client.get("/healthz").await.status, 200);
    }
    assert_eq!(caller.get("/metrics").await.status, 200);
    let address = serve.address().to_string();
    let health = world
        .program(&["health"])
        .envs([("HTTP_ADDR", &*address)])
        .run()
        .await;
    assert_eq!(health.code, 0, "{health:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_calls_shows_whether_the_broker_is_there() {
    let world = World::new(Options::default()).await;
    let (broker, url) = Proxy::before(&world.variables["AMQP_URL"]);
    let serve = world.serve_with(&[("AMQP_URL", &url)]).await;
    let client = serve.client();
    shows(&client, "broker", "up").await;
    broker.set(Mode::Refuse);
    let answer = shows(&client, "broker", "down").await;
    assert_eq!(answer.status, 200, "calls that need no broker are answered");
    broker.set(Mode::Pass);
    shows(&client, "broker", "up").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_client_goes_away_is_counted() {
    let world = World::new(Options::default()).await;
    let serve = world
        .serve_with(&[("RUST_LOG", "info,invoice_worker=debug")])
        .await;
    let (request, _) = receipt_of("gone");
    let body = request.to_string();
    let client = serve.client().header("Content-Type", "application/json");
    let head = client.clone().header("Prefer", "wait=60");
    let head = head.head("POST", "/v1/invoices", body.len());
    let mut stream = TcpStream::connect(serve.address())
        .await
        .expect("a connection");
    let sent = stream.write_all(&[head, body.into_bytes()].concat()).await;
    sent.expect("it is sent");
    eventually("the message", async || {
        let waiting = world.waiting().await;
        (waiting == Some(1)).then_some(()).ok_or(waiting)
    })
    .await;
    drop(stream);
    serve.emits("http_abandoned").await;
    let series = "invoice_worker_http_request_duration_seconds_count{method=\"POST\",route=\"/v1/invoices\",status=\"gone\"} 1";
    eventually("the metric", async || {
        let answer = client.get("/metrics").await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        text.lines()
            .any(|line| line == series)
            .then_some(())
            .ok_or(text)
    })
    .await;
    assert!(serve.events("http_answered").is_empty());
}
