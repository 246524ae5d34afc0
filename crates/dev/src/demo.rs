//! The demo: sample requests from the queue to the bucket, with a check of the result.

mod page;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use uuid::Uuid;

use invoice::digest::Sha256Digest;
use invoice::identity::PARTS;
use invoice::{InvoiceIdentity, ObjectKey};
use invoice_worker::app::App;
use invoice_worker::broker::Lane;
use invoice_worker::broker::listener::Listener;
use invoice_worker::config::{EffectiveSettings, Settings};
use invoice_worker::contract::InvoiceRecord;
use invoice_worker::database::Status;
use invoice_worker::database::dead_letters::Selection;
use invoice_worker::database::sales_invoice::Model;
use invoice_worker::output;
use invoice_worker::requests::{self, NewRequest};

use crate::environment::Environment;
use crate::http;
use crate::running::{Log, Running};
use crate::samples::Samples;

/// The demo has failed when nothing happens for this long.
const PATIENCE: Duration = Duration::from_secs(120);

/// Codes of the two requests that are wrong on purpose.
const EXPECTED_DEAD: [&str; 2] = ["request_malformed", "totals_mismatch"];

/// One in so many requests is a bulk request.
const BULK_EVERY: usize = 3;

/// Runs the demo with so many requests; fails if anything differs from what it should be. With `page`, the page shows the result
/// until Ctrl-C.
pub async fn run(
    mut settings: Settings,
    effective: &EffectiveSettings,
    requests: u32,
    data: &Path,
    page: bool,
) -> anyhow::Result<()> {
    // Names of its own, so that neither an earlier demo nor a worker on the same broker gets in the way.
    let run = Uuid::now_v7().simple().to_string();
    settings.broker.amqp_exchange = format!("invoices.demo.{run}");
    settings.broker.amqp_queue = format!("invoice.requests.demo.{run}");
    settings.worker.archive_dead_letters = true;
    clear(data)?;
    let environment = Environment::start(settings, effective, data).await?;
    let demo = Demo::new(&environment, &run, requests).await?;
    let result = demo.run(data, page).await;
    environment.stop().await;
    result
}

/// Removes what an earlier demo left, and nothing else.
fn clear(data: &Path) -> anyhow::Result<()> {
    for name in [
        "s3",
        "invoices.db",
        "invoices.db-wal",
        "invoices.db-shm",
        SAMPLE,
    ] {
        let path = data.join(name);
        let removed = if path.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", path.display()));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// The document that is left for the reader.
const SAMPLE: &str = "sample.pdf";

struct Demo<'a> {
    environment: &'a Environment,
    app: &'a App,
    samples: Samples,
    requests: usize,
}

/// What the events reported.
#[derive(Default)]
struct Outcome {
    generated: usize,
    /// Number of dead letters by code.
    failed: BTreeMap<String, usize>,
}

/// The invoice that was requested over HTTP.
struct OverHttp {
    url: String,
    elapsed: Duration,
}

impl<'a> Demo<'a> {
    async fn new(environment: &'a Environment, run: &str, requests: u32) -> anyhow::Result<Self> {
        let catalog = environment.app.catalog()?;
        Ok(Self {
            environment,
            app: &environment.app,
            samples: Samples::new(&catalog, &format!("demo-{run}"))?,
            requests: requests.try_into()?,
        })
    }

    async fn run(&self, data: &Path, page: bool) -> anyhow::Result<()> {
        let mut listener = Listener::start(&self.app.endpoint()?, self.app.topology()).await?;
        let mut worker = Running::start("worker", self.environment.quiet_variables(), Log::Shown)?;
        worker.ready().await?;
        writeln!(
            output::stdout(),
            "a worker with {} renderer processes is running; publishing {} requests",
            self.app.settings().worker.concurrency(),
            self.requests
        )?;

        let bodies = self.bodies();
        let started = Instant::now();
        let drive = async {
            self.publish(bodies).await?;
            let outcome = self.watch(&mut listener).await?;
            let seconds = started.elapsed().as_secs_f64();
            let records = self.audit(&listener, &outcome).await?;
            let over_http = self.over_http().await?;
            anyhow::Ok((outcome, seconds, records, over_http))
        };
        let result = tokio::select! {
            result = drive => result,
            ended = worker.ended() => Err(anyhow::anyhow!("the worker ended with {}", ended?)),
        };
        let result = match result {
            Ok((outcome, seconds, records, over_http)) => {
                self.print(&outcome, seconds, &records, &over_http, data)
                    .await
            }
            Err(error) => Err(error),
        };
        let result = match result {
            Ok(()) if page => page::show(self.environment, &mut worker).await,
            Ok(()) | Err(_) => result,
        };
        let stopped = worker.stop().await;
        listener.delete_topology().await?;
        result.and(stopped)
    }

    /// Requests one more invoice as a client of the API does, waits for it, and opens its document.
    async fn over_http(&self) -> anyhow::Result<OverHttp> {
        let (serve, address) = page::serve(self.environment, page::ANY_PORT).await?;
        // The request with a wrong sum had the place before.
        let body = self.samples.request(self.good() + 1).to_string();
        let started = Instant::now();
        let invoice = http::post(&format!("http://{address}/v1/invoices"), body).await?;
        let elapsed = started.elapsed();
        let document = invoice["links"]["document"].as_str();
        let document = document.context("an answer without a link to the document")?;
        let url = http::location(&format!("http://{address}{document}")).await?;
        let pdf = http::get(&url).await?;
        let stored = Sha256Digest::of(&pdf).to_string();
        ensure!(
            invoice["sha256"].as_str() == Some(&stored),
            "the answer and the document of {document} differ"
        );
        serve.stop().await?;
        let url = invoice["url"].as_str().unwrap_or_default().to_owned();
        Ok(OverHttp { url, elapsed })
    }

    /// All requests: good ones, and at fixed places a duplicate and two that are wrong.
    fn bodies(&self) -> Vec<Vec<u8>> {
        let mut bodies: Vec<Vec<u8>> = (0..self.good())
            .map(|index| self.samples.request(index).to_string().into_bytes())
            .collect();
        let duplicate = bodies[0].clone();
        let mut wrong_totals = self.samples.request(self.good());
        wrong_totals["totals"] = json!({ "gross": "1.00" });
        bodies.insert(
            self.good() / 3,
            b"{\"documentType\": \"receipt\", ".to_vec(),
        );
        bodies.insert(self.good() / 2, wrong_totals.to_string().into_bytes());
        bodies.push(duplicate);
        bodies
    }

    /// Number of documents that there must be in the end.
    fn good(&self) -> usize {
        self.requests - 1 - EXPECTED_DEAD.len()
    }

    async fn publish(&self, bodies: Vec<Vec<u8>>) -> anyhow::Result<()> {
        let mut lanes = Lane::ALL.map(|lane| (lane, Vec::new()));
        for (index, body) in bodies.into_iter().enumerate() {
            let (_, requests) = &mut lanes[usize::from(index % BULK_EVERY == 1)];
            requests.push(NewRequest {
                message_id: Uuid::now_v7().to_string(),
                body,
            });
        }
        for (lane, requests) in lanes {
            let publisher = self.app.publisher()?;
            let unpublished = requests::publish(publisher, lane, requests, |_| ()).await?;
            ensure!(
                unpublished.is_empty(),
                "{} requests were not confirmed by the broker",
                unpublished.len()
            );
        }
        Ok(())
    }

    /// Counts events until there is one for each request.
    async fn watch(&self, listener: &mut Listener) -> anyhow::Result<Outcome> {
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} ({per_sec})")?;
        let bar = ProgressBar::new(self.requests as u64).with_style(style);
        let mut outcome = Outcome::default();
        while bar.position() < self.requests as u64 {
            let event = listener.next(PATIENCE).await?;
            let event = event.with_context(|| {
                format!(
                    "only {} of {} requests were finished, then nothing for {PATIENCE:?}",
                    bar.position(),
                    self.requests
                )
            })?;
            bar.inc(1);
            match event["type"].as_str() {
                Some("invoice.generated.v1") => outcome.generated += 1,
                _ => {
                    let code = event["data"]["code"]
                        .as_str()
                        .unwrap_or("unknown")
                        .to_owned();
                    *outcome.failed.entry(code).or_default() += 1;
                }
            }
        }
        bar.finish_and_clear();
        Ok(outcome)
    }

    /// Compares everything with what it should be.
    async fn audit(&self, listener: &Listener, outcome: &Outcome) -> anyhow::Result<Vec<Model>> {
        let dead: Vec<&str> = outcome.failed.keys().map(String::as_str).collect();
        ensure!(
            dead == EXPECTED_DEAD,
            "dead letters {dead:?}, expected {EXPECTED_DEAD:?}"
        );
        // The duplicate has an event too.
        let expected = self.good() + 1;
        ensure!(
            outcome.generated == expected,
            "{} generated events, expected {expected}",
            outcome.generated
        );

        let mut records = Vec::with_capacity(self.good());
        for index in 0..self.good() {
            let identity =
                identity(&self.samples.request(index)).context("a sample without an identity")?;
            let record = self
                .app
                .database()
                .await?
                .find(&identity)
                .await?
                .with_context(|| format!("no record of {identity}"))?;
            ensure!(
                record.status == Status::Generated,
                "the record of {identity} is not one of a document"
            );
            let pdf = self
                .app
                .storage()
                .await?
                .get(&ObjectKey::for_invoice(&identity))
                .await?;
            let stored = Sha256Digest::of(&pdf).to_string();
            ensure!(
                record.sha256.as_deref() == Some(&stored),
                "record and object of {identity} differ"
            );
            ensure!(
                pdf.starts_with(b"%PDF-"),
                "the object of {identity} is no PDF"
            );
            records.push(record);
        }

        let codes = self.archived().await?;
        ensure!(
            codes == EXPECTED_DEAD,
            "the archive of dead letters holds {codes:?}, expected {EXPECTED_DEAD:?}"
        );
        let waiting = listener.waiting().await?;
        ensure!(waiting == 0, "{waiting} messages are still in the queues");
        Ok(records)
    }

    /// The codes in the archive, once there are as many as expected: the archiver may be a moment behind the events.
    async fn archived(&self) -> anyhow::Result<Vec<String>> {
        // The database may be one that others use too.
        let ours = Selection {
            exchange: Some(self.app.topology().dead_exchange),
            ..Selection::default()
        };
        let started = Instant::now();
        loop {
            let rows = self
                .app
                .database()
                .await?
                .dead_letters(&ours, 0, 100)
                .await?;
            let mut codes: Vec<String> = rows.into_iter().map(|row| row.code).collect();
            codes.sort();
            if codes.len() >= EXPECTED_DEAD.len() || started.elapsed() > PATIENCE {
                return Ok(codes);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn print(
        &self,
        outcome: &Outcome,
        seconds: f64,
        records: &[Model],
        over_http: &OverHttp,
        data: &Path,
    ) -> anyhow::Result<()> {
        let sample = self.write_sample(data).await?;
        let mut out = output::stdout();
        writeln!(
            out,
            "generated       {:>7}  (and 1 duplicate, found generated)",
            records.len()
        )?;
        for (code, count) in &outcome.failed {
            writeln!(out, "dead-lettered   {count:>7}  {code}")?;
        }
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let per_second = self.requests as f64 / seconds;
        writeln!(
            out,
            "per second      {per_second:>7.1}  ({seconds:.2} s from the first publish to the last event)"
        )?;
        writeln!(
            out,
            "checked                  every record against its object, by SHA-256; the queues are empty"
        )?;
        let OverHttp { url, elapsed } = over_http;
        writeln!(
            out,
            "over HTTP             1  requested with `POST /v1/invoices`, generated after {} ms:\n                         {url}",
            elapsed.as_millis()
        )?;
        writeln!(out, "a document               {}", sample.display())?;
        if let Some(record) = records.first() {
            writeln!(
                out,
                "its record\n{}",
                serde_json::to_string_pretty(&InvoiceRecord::new(record, &[], None)?)?
            )?;
        }
        writeln!(out, "data folder              {}", data.display())?;
        Ok(())
    }

    async fn write_sample(&self, data: &Path) -> anyhow::Result<PathBuf> {
        let identity =
            identity(&self.samples.request(0)).context("a sample without an identity")?;
        let path = data.join(SAMPLE);
        let storage = self.app.storage().await?;
        let pdf = storage.get(&ObjectKey::for_invoice(&identity)).await?;
        output::file::write(&path, &pdf)
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }
}

fn identity(request: &Value) -> Option<InvoiceIdentity> {
    let marketplace = &request["marketplace"];
    InvoiceIdentity::from_parts(PARTS.map(|name| marketplace[name].as_str().unwrap_or_default()))
        .ok()
}
