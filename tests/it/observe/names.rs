//! Names in the list of metrics, in alerts and in dashboards are those of real scrapes.

use std::collections::BTreeSet;
use std::path::Path;

use invoice_worker::telemetry::metrics::{self, Kind, Metric};
use regex::Regex;
use serde_json::json;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::{HTTP, scrape, shows};
use crate::api::tokens::entry;
use crate::harness::http::{Client, exchange};
use crate::harness::{Authority, Message, Options, Serve, World, eventually, samples};
use crate::proxy::{Mode, Proxy};

/// What operators apply.
const FILES: [&str; 3] = [
    "deploy/prometheus/alerts.yaml",
    "deploy/grafana/operations.json",
    "deploy/grafana/service.json",
];

const TOKEN: &str = "read-token-0123456789-0123456789";

/// The names of the series of a metric.
fn series(metric: &Metric) -> Vec<String> {
    match metric.kind {
        Kind::Counter | Kind::Gauge => vec![metric.name.to_owned()],
        Kind::Histogram(_) => ["_bucket", "_sum", "_count"]
            .map(|end| format!("{}{end}", metric.name))
            .to_vec(),
    }
}

/// All names that a sample is looked for.
fn names() -> BTreeSet<String> {
    let mut names: BTreeSet<String> = metrics::ALL.iter().flat_map(series).collect();
    let name = Regex::new(r"\b(?:invoice_worker|process)_[a-z_]+\b").expect("a pattern");
    for file in FILES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"));
        let found = name.find_iter(&text).map(|name| name.as_str().to_owned());
        let found: BTreeSet<String> = found.collect();
        assert!(found.len() > 10, "{file}: {found:?}");
        names.extend(found);
    }
    names
}

/// The names of the samples of a scrape.
fn sampled(text: &str) -> BTreeSet<&str> {
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect()
}

/// An answer over TLS to a caller with the token.
async fn get(authority: &Authority, serve: &Serve, path: &str) -> String {
    let client = Client::new(serve.address())
        .header("Host", "localhost")
        .header("Authorization", &format!("Bearer {TOKEN}"));
    let mut stream = authority.connect(serve.address()).await.expect("TLS");
    let answer = exchange(&mut stream, &client.head("GET", path, 0)).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    String::from_utf8(answer.body).expect("UTF-8")
}

/// None is left out: a metric that no test has seen is not known to be written.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_and_serve_show_every_metric_and_every_name_of_alerts_and_dashboards() {
    let world = World::new(Options {
        variables: vec![("RETRY_IN_PLACE_SECONDS", "0".to_owned())],
        ..Options::default()
    })
    .await;
    let (storage, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let mut worker = world
        .worker(&[HTTP, ("AWS_ENDPOINT_URL_S3", &endpoint)])
        .await;
    // Retried, then generated; its age is known.
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let mut message = Message::new(samples::receipt().to_string());
    message.timestamp = Some(u64::try_from(now).expect("a moment after 1970"));
    storage.set(Mode::Refuse);
    world.send(&message).await;
    let retries = "invoice_worker_retries_total{lane=\"ordinary\",delay=\"1s\"}";
    shows(&worker, retries, 1.0).await;
    storage.set(Mode::Pass);
    // Dead-lettered.
    let mut bad = samples::invoice();
    bad["currency"] = json!("???");
    world.publish(bad.to_string()).await;
    world.assert_settled(1, 1).await;

    let authority = Authority::new();
    let files = authority.write(&world);
    let ends = OffsetDateTime::now_utc() + Duration::days(1);
    let ends = json!({ "expires": ends.format(&Rfc3339).expect("a time") });
    let tokens = json!([entry("a", TOKEN, &["read"], &ends)]).to_string();
    let serve = world
        .serve_with(&[
            (
                "HTTP_TLS_CERT_FILE",
                files.certificate.to_str().expect("UTF-8"),
            ),
            ("HTTP_TLS_KEY_FILE", files.key.to_str().expect("UTF-8")),
            ("HTTP_TOKENS", &tokens),
        ])
        .await;
    get(&authority, &serve, "/v1/templates").await;

    let names = names();
    let url = worker.http_url().await;
    // A scrape may be as old as a second, and queues are asked after the first one.
    eventually("a sample of each name", async || {
        let mut text = scrape(&url).await;
        text.push_str(&get(&authority, &serve, "/metrics").await);
        let sampled = sampled(&text);
        let missing = names.iter().filter(|name| !sampled.contains(name.as_str()));
        let missing: Vec<String> = missing.cloned().collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(missing)
        }
    })
    .await;
    worker.stop().await;
}
