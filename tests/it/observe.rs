//! What a worker shows of itself over HTTP, and that looking at it costs no message anything.

mod clients;
mod expiry;
mod metrics;
mod names;
mod readiness;

use serde_json::Value;

use crate::harness::http::Client;
use crate::harness::{DEADLINE, WorkerProcess, eventually_within, http};

/// A free port: the log says which.
const HTTP: (&str, &str) = ("HTTP_ADDR", "127.0.0.1:0");

/// Waits until `/readyz` answers so, and returns its body.
async fn is_ready(url: &str, status: u16, phase: &str) -> Value {
    let url = format!("{url}/readyz");
    eventually_within(DEADLINE, &format!("{status} {phase}"), async || {
        let (code, body) = http::get(&url).await;
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        if (code, body["status"].as_str()) == (status, Some(phase)) {
            Ok(body)
        } else {
            Err(format!("{code} {body}"))
        }
    })
    .await
}

/// Waits until the components have these states.
async fn components_are(url: &str, states: &[(&str, &str)]) {
    let url = format!("{url}/readyz");
    eventually_within(DEADLINE, &format!("{states:?}"), async || {
        let (_, body) = http::get(&url).await;
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        let components = &body["components"];
        let is_so = |(name, state): &(&str, &str)| components[*name]["state"] == *state;
        if states.iter().all(is_so) {
            Ok(())
        } else {
            Err(components.to_string())
        }
    })
    .await;
}

/// One scrape.
async fn scrape(url: &str) -> String {
    let (status, body) = http::get(&format!("{url}/metrics")).await;
    assert_eq!(status, 200);
    String::from_utf8(body).expect("UTF-8")
}

/// One scrape by a client of the API.
pub(crate) async fn scrape_by(client: &Client) -> String {
    let answer = client.get("/metrics").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    String::from_utf8(answer.body).expect("UTF-8")
}

/// Waits until a scrape has a series, as it is written, with this value or a larger one.
async fn shows(worker: &WorkerProcess, series: &str, at_least: f64) -> f64 {
    let url = worker.http_url().await;
    eventually_within(DEADLINE, series, async || {
        let text = scrape(&url).await;
        match value(&text, series) {
            Some(value) if value >= at_least => Ok(value),
            other => Err(other),
        }
    })
    .await
}

/// The value of a series in a scrape.
pub(crate) fn value(text: &str, series: &str) -> Option<f64> {
    let lines = text.lines();
    let mut values = lines.filter_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    values.next()?.parse().ok()
}
