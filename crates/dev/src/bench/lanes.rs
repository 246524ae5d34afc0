//! What ordinary requests feel of a bulk lane that is full: their time from publishing to the acknowledgement, which follows
//! the confirm of the event, at half the rate that the workers can do.

use std::path::Path;
use std::time::Instant;

use anyhow::ensure;
use invoice_worker::app::App;
use invoice_worker::broker::Lane;
use invoice_worker::broker::listener::Listener;
use invoice_worker::config::{EffectiveSettings, Settings};
use invoice_worker::requests::{self as new_requests, NewRequest};
use serde_json::{Value, json};

use super::fleet::Fleet;
use super::load::{Load, count, names_of_its_own};
use super::pipeline::rounded;
use super::requests::{self, Kind};
use crate::environment::Environment;

/// What is measured.
#[derive(Clone, Debug)]
pub struct Options {
    /// Number of ordinary requests in each measurement.
    pub requests: usize,
    /// Number of bulk requests that wait during the second one.
    pub bulk: usize,
    /// Number of worker processes.
    pub workers: usize,
    /// Which documents.
    pub kind: Kind,
}

/// Runs the benchmark and returns its result.
pub async fn run(
    mut settings: Settings,
    effective: &EffectiveSettings,
    options: &Options,
    data: &Path,
) -> anyhow::Result<Value> {
    let run = names_of_its_own(&mut settings);
    let environment = Environment::start(settings, effective, data).await?;
    let result = measure(&environment, options, &run).await;
    environment.stop().await;
    result
}

async fn measure(environment: &Environment, options: &Options, run: &str) -> anyhow::Result<Value> {
    let app = &environment.app;
    let fleet = Fleet::start(options.workers, &environment.variables()).await?;
    let mut load = Load::new(app, options.kind, run, fleet, options.workers);
    load.warm_up().await?;
    let started = Instant::now();
    load.send(options.requests, None).await?;
    let per_second = count(options.requests) / started.elapsed().as_secs_f64();
    let rate = Some(per_second / 2.0);

    let alone = load.send(options.requests, rate).await?;
    publish_bulk(app, options, run).await?;
    let listener = Listener::start(&app.endpoint()?, app.topology()).await?;
    let before = listener.waiting().await?;
    let started = Instant::now();
    let beside = load.send(options.requests, rate).await?;
    let elapsed = started.elapsed().as_secs_f64();
    let after = listener.waiting().await?;
    let Load { journal, fleet, .. } = load;
    fleet.stop().await?;
    listener.delete_topology().await?;
    ensure!(
        after > 0,
        "no bulk request waited any more at the end; set more with --bulk"
    );
    Ok(json!({
        "document": options.kind.name(),
        "requests": options.requests,
        "workers": options.workers,
        "renderers_each": app.settings().worker.concurrency(),
        "bulk_share_percent": app.settings().worker.bulk_share_percent,
        "full_load_per_second": rounded(per_second),
        "ordinary_per_second": rounded(per_second / 2.0),
        "publish_to_ack_ms_without_bulk": journal.latency(alone),
        "publish_to_ack_ms_with_bulk": journal.latency(beside),
        "bulk_waiting": { "before": before, "after": after },
        "bulk_per_second": rounded(f64::from(before.saturating_sub(after)) / elapsed),
    }))
}

async fn publish_bulk(app: &App, options: &Options, run: &str) -> anyhow::Result<()> {
    let new = (0..options.bulk).map(|index| {
        let mut request = requests::request(options.kind, index);
        request["marketplace"]["shopId"] = json!(format!("bulk-{run}"));
        NewRequest {
            message_id: format!("bulk-{index}"),
            body: request.to_string().into_bytes(),
        }
    });
    let unpublished = new_requests::publish(app.publisher()?, Lane::Bulk, new, |_| ()).await?;
    ensure!(
        unpublished.is_empty(),
        "the broker did not confirm a request"
    );
    Ok(())
}
