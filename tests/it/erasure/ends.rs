//! What a scrape says of how erasures end.

use serde_json::json;

use super::issue_one;
use super::runs::{create, until};
use crate::harness::http::Client;
use crate::harness::{Options, World, eventually};
use crate::observe::{scrape_by, value};
use crate::proxy::{Mode, Proxy};

/// Waits until a scrape has counted so many erasures on demand with this outcome at least. A scrape may be as old as a second.
async fn counts(client: &Client, outcome: &str, at_least: f64) {
    let series =
        format!("invoice_worker_erasure_runs_total{{cause=\"demand\",outcome=\"{outcome}\"}}");
    eventually(&series, async || {
        let text = scrape_by(client).await;
        match value(&text, &series) {
            Some(found) if found >= at_least => Ok(()),
            Some(_) | None => Err(text),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scrape_counts_erasures_that_fail_wait_and_are_done() {
    let world = World::new(Options::sqlite()).await;
    issue_one(&world).await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let serve = world
        .serve_with(&[("AWS_ENDPOINT_URL_S3", endpoint.as_str())])
        .await;
    let client = serve.client();
    counts(&client, "failed", 0.0).await;

    let refusal = "CREATE TRIGGER refusal BEFORE UPDATE ON sales_invoice BEGIN SELECT RAISE(ABORT, 'refused'); END";
    world.execute(refusal).await;
    let body = json!({ "filter": { "platform": "tiktok" }, "documents": true, "reason": "GDPR" });
    let path = create(&client, &body).await;
    until(&client, &path, "failed").await;
    counts(&client, "failed", 1.0).await;
    world.execute("DROP TRIGGER refusal").await;

    proxy.set(Mode::Refuse);
    let path = create(&client, &body).await;
    counts(&client, "interrupted", 1.0).await;
    proxy.set(Mode::Pass);
    until(&client, &path, "done").await;
    counts(&client, "done", 1.0).await;
}
