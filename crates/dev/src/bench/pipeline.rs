//! The whole pipeline on real servers: how many invoices a second, and what each costs the worker.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::delay;
use super::fleet::Fleet;
use super::load::{Load, count, names_of_its_own};
use super::process::Usage;
use super::render::milliseconds;
use super::requests::Kind;
use invoice_worker::app::App;
use invoice_worker::broker::listener::Listener;
use invoice_worker::config::{EffectiveSettings, Settings};

use crate::environment::{Environment, free_address};

/// What is measured.
#[derive(Clone, Debug)]
pub struct Options {
    /// Number of requests under full load.
    pub requests: usize,
    /// Number of worker processes.
    pub workers: usize,
    /// Which documents.
    pub kind: Kind,
    /// Whether its metrics are read meanwhile.
    pub scrape: bool,
    /// Extra time of each round trip to the object store.
    pub storage_delay: Duration,
    /// Extra time of each round trip to the database.
    pub database_delay: Duration,
}

/// Turns that the bare render and the full load take: the speed of a shared machine changes from minute to minute.
const TURNS: usize = 5;

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
    let settings = app.settings();
    let renderers = settings.worker.concurrency();
    let mut variables = variables(environment, options).await?;
    let mut scraping = JoinSet::new();
    if options.scrape {
        let address = free_address(0)?;
        variables.push(("HTTP_ADDR".to_owned(), address.to_string().into()));
        scraping.spawn(scrape(address));
    }
    let fleet = Fleet::start(options.workers, &variables).await?;
    let pids = fleet.pids();
    let mut load = Load::new(app, options.kind, run, fleet, options.workers);
    load.warm_up().await?;

    let before = Usage::of_workers(&pids)?;
    let mut elapsed = Duration::ZERO;
    let mut bare = bare_render(settings, options.kind, renderers).await?;
    for turn in 0..TURNS {
        let started = Instant::now();
        load.send(share(options.requests, turn), None).await?;
        elapsed += started.elapsed();
        bare += bare_render(settings, options.kind, renderers).await?;
    }
    let bare = bare / count(TURNS + 1);
    let after = Usage::of_workers(&pids)?;
    let per_second = count(options.requests) / elapsed.as_secs_f64();

    // Under full load a request's time is that of the queue before it. Half of it shows the worker's own.
    let calm = load
        .send(
            (options.requests / 4).clamp(50, 1_000),
            Some(per_second / 2.0),
        )
        .await?;
    let Load {
        journal,
        fleet,
        memory,
        ..
    } = load;
    let start = fleet.start;
    fleet.stop().await?;
    finish(app).await?;

    let each = |time: Duration| milliseconds(time) / count(options.requests);
    let own = each(after.own - before.own);
    let set = each(after.renderers.saturating_sub(before.renderers));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let capacity = milliseconds(elapsed) * count(cores.min(renderers * options.workers));
    Ok(json!({
        "document": options.kind.name(),
        "requests": options.requests,
        "workers": options.workers,
        "metrics_scraped": options.scrape,
        "renderers_each": renderers,
        "storage_delay_ms": milliseconds(options.storage_delay),
        "database_delay_ms": milliseconds(options.database_delay),
        "invoices_per_second": rounded(per_second),
        "worker_cpu_ms": rounded(own + set),
        "render_cpu_ms": rounded(bare),
        "cpu_ratio": rounded((own + set) / bare),
        "cpu_ms": { "renderers": rounded(set), "worker_itself": rounded(own) },
        "renderers_share_of_cores": rounded(set * count(options.requests) / capacity),
        "publish_to_ack_ms_at_half_load": journal.latency(calm.clone()),
        "stages_ms_at_half_load": journal.stages(calm),
        "memory_mib": memory.to_json(),
        "start_ms": milliseconds(start),
    }))
}

/// Reads the metrics every second, as an impatient Prometheus would. Ends when it is dropped.
async fn scrape(address: SocketAddr) {
    loop {
        sleep(Duration::from_secs(1)).await;
        let scraping = async {
            let mut stream = TcpStream::connect(address).await?;
            let request = b"GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n";
            stream.write_all(request).await?;
            stream.read_to_end(&mut Vec::new()).await
        };
        // The worker may not listen yet.
        scraping.await.ok();
    }
}

/// How many of the requests are sent in a turn.
fn share(requests: usize, turn: usize) -> usize {
    requests * (turn + 1) / TURNS - requests * turn / TURNS
}

/// The settings of the workers: the servers, perhaps with a proxy before them.
async fn variables(
    environment: &Environment,
    options: &Options,
) -> anyhow::Result<Vec<(String, OsString)>> {
    let mut variables = environment.variables();
    for (variable, value) in &mut variables {
        let delay = match variable.as_str() {
            "AWS_ENDPOINT_URL_S3" => options.storage_delay,
            "DATABASE_URL" => options.database_delay,
            _ => Duration::ZERO,
        };
        if !delay.is_zero() {
            let url = value.to_str().context("a URL that is not UTF-8")?;
            *value = delay::before(url, delay).await?.into();
        }
    }
    Ok(variables)
}

/// Processor time of a document that is only rendered, in milliseconds: in as many processes at once as there are
/// renderers, because cores that share a cache slow each other down in the pipeline too.
async fn bare_render(settings: &Settings, kind: Kind, processes: usize) -> anyhow::Result<f64> {
    let mut running = Vec::with_capacity(processes);
    for _ in 0..processes {
        let child = Command::new("/proc/self/exe")
            .args(["bench", "render", "--json", "--kind", kind.name()])
            .envs((settings.documents.templates_dir.iter()).map(|folder| ("TEMPLATES_DIR", folder)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start a bare render")?;
        running.push(child);
    }
    let mut sum = 0.0;
    for child in running {
        let output = child.wait_with_output().await?;
        let measured: Value = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("a bare render ended with {}", output.status))?;
        sum += measured[0]["cpu_ms_mean"]
            .as_f64()
            .context("a bare render without a figure")?;
    }
    Ok(sum / count(processes))
}

/// Nothing may be left in the queues; then they are deleted.
async fn finish(app: &App) -> anyhow::Result<()> {
    let listener = Listener::start(&app.endpoint()?, app.topology()).await?;
    let waiting = listener.waiting().await?;
    listener.delete_topology().await?;
    ensure!(waiting == 0, "{waiting} messages are still in the queues");
    Ok(())
}

/// Three decimals.
pub(super) fn rounded(figure: f64) -> f64 {
    (figure * 1e3).round() / 1e3
}
