//! `bench`: measuring.

use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::bench::lanes;
use crate::bench::pipeline::{self, Options};
use crate::bench::render::{Bench as Renders, Measured};
use crate::bench::requests::{self, Kind};
use document::renderer;
use invoice_worker::config::{EffectiveSettings, Settings, within};
use invoice_worker::output;

/// Measure what documents cost: rendered alone, or in the whole pipeline.
///
/// Processor time is measured, not the clock, so that other work on the machine matters little. No two documents are
/// alike, and their names are Latin, Greek and Cyrillic.
#[derive(Debug, Args)]
pub struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Render documents in this process, without any server
    Render(Render),
    /// Send requests through workers and servers, and measure the workers
    Pipeline(Pipeline),
    /// Measure ordinary requests while many bulk requests wait, and while none do
    Lanes(Lanes),
    /// Print requests, one a line, for other programs to be measured with
    Requests(Requests),
}

#[derive(Debug, Args)]
struct Render {
    /// Only this document
    #[arg(long, value_name = "KIND")]
    kind: Option<Kind>,
    /// Number of documents of each kind [default: 300; 20 of the long one]
    #[arg(long, value_name = "COUNT", value_parser = within(1..=u32::MAX))]
    documents: Option<u32>,
    /// Print JSON on one line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Pipeline {
    /// Number of requests under full load
    #[arg(long, value_name = "COUNT", default_value_t = 2_000, value_parser = within(1..=u32::MAX))]
    requests: u32,
    /// Which document
    #[arg(long, value_name = "KIND", default_value = "invoice")]
    kind: Kind,
    /// Number of worker processes on the one queue
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = within::<u16>(1..=64))]
    #[arg(conflicts_with = "scrape")]
    workers: u16,
    /// Extra time of each answer of the object store, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = within(0..=u16::MAX))]
    storage_delay_ms: u16,
    /// Extra time of each answer of the database, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = within(0..=u16::MAX))]
    database_delay_ms: u16,
    /// Have the one worker serve metrics, and scrape them every second
    #[arg(long)]
    scrape: bool,
    /// Fail if the worker's processor time for an invoice is more than so many times that of rendering it
    #[arg(long, value_name = "RATIO")]
    max_cpu_ratio: Option<f64>,
    /// Folder for the database and the objects where no servers are given
    #[arg(long, value_name = "DIR", default_value = "data/bench")]
    data: PathBuf,
}

#[derive(Debug, Args)]
struct Lanes {
    /// Number of ordinary requests in each measurement
    #[arg(long, value_name = "COUNT", default_value_t = 2_000, value_parser = within(1..=u32::MAX))]
    requests: u32,
    /// Number of bulk requests that wait
    #[arg(long, value_name = "COUNT", default_value_t = 100_000, value_parser = within(1..=u32::MAX))]
    bulk: u32,
    /// Which document
    #[arg(long, value_name = "KIND", default_value = "receipt")]
    kind: Kind,
    /// Number of worker processes on the same queues
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = within::<u16>(1..=64))]
    workers: u16,
    /// Folder for the database and the objects where no servers are given
    #[arg(long, value_name = "DIR", default_value = "data/bench")]
    data: PathBuf,
}

#[derive(Debug, Args)]
struct Requests {
    /// Which document
    #[arg(long, value_name = "KIND", default_value = "invoice")]
    kind: Kind,
    /// Number of requests
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = within(0..=u32::MAX))]
    requests: u32,
    /// Instead of requests, what templates read: with everything formatted
    #[arg(long)]
    view: bool,
}

impl Bench {
    pub(super) async fn run(
        &self,
        settings: Settings,
        effective: &EffectiveSettings,
    ) -> anyhow::Result<()> {
        match &self.what {
            What::Render(command) => command.run(&settings),
            What::Pipeline(command) => command.run(settings, effective).await,
            What::Lanes(command) => command.run(settings, effective).await,
            What::Requests(command) => command.run(&settings),
        }
    }
}

impl Render {
    fn run(&self, settings: &Settings) -> anyhow::Result<()> {
        renderer::render_in_this_thread()?;
        let renders = Renders::new(&settings.documents.source())?;
        let kinds = match &self.kind {
            Some(kind) => std::slice::from_ref(kind),
            None => &Kind::ALL,
        };
        let mut out = output::stream();
        if !self.json {
            writeln!(out, "{}", Measured::HEADER)?;
        }
        let mut results = Vec::new();
        for kind in kinds {
            let documents = self
                .documents
                .unwrap_or(if *kind == Kind::Long { 20 } else { 300 });
            let measured = renders.measure(*kind, usize::try_from(documents)?)?;
            if !self.json {
                writeln!(out, "{}", measured.to_row())?;
            }
            results.push(measured.to_json());
        }
        if self.json {
            writeln!(out, "{}", Value::Array(results))?;
        }
        Ok(())
    }
}

impl Pipeline {
    async fn run(&self, settings: Settings, effective: &EffectiveSettings) -> anyhow::Result<()> {
        let options = Options {
            requests: usize::try_from(self.requests)?,
            workers: self.workers.into(),
            kind: self.kind,
            scrape: self.scrape,
            storage_delay: Duration::from_millis(self.storage_delay_ms.into()),
            database_delay: Duration::from_millis(self.database_delay_ms.into()),
        };
        let result = pipeline::run(settings, effective, &options, &self.data).await?;
        writeln!(output::stdout(), "{result}")?;
        let ratio = result["cpu_ratio"].as_f64();
        if let (Some(ratio), Some(most)) = (ratio, self.max_cpu_ratio) {
            anyhow::ensure!(
                ratio <= most,
                "the worker takes {ratio} times the processor time of rendering the document, expected {most} at most"
            );
        }
        Ok(())
    }
}

impl Lanes {
    async fn run(&self, settings: Settings, effective: &EffectiveSettings) -> anyhow::Result<()> {
        let options = lanes::Options {
            requests: usize::try_from(self.requests)?,
            bulk: usize::try_from(self.bulk)?,
            workers: self.workers.into(),
            kind: self.kind,
        };
        let result = lanes::run(settings, effective, &options, &self.data).await?;
        Ok(writeln!(output::stdout(), "{result}")?)
    }
}

impl Requests {
    fn run(&self, settings: &Settings) -> anyhow::Result<()> {
        let renders = Renders::new(&settings.documents.source())?;
        let mut out = BufWriter::new(output::stream());
        for index in 0..usize::try_from(self.requests)? {
            let line = if self.view {
                let job = renders.prepare(&requests::body(self.kind, index))?.job;
                let mut view: Value = serde_json::from_slice(&job.view)?;
                // For templates it is a file, whose path is in the view.
                if let Some(pixels) = view.pointer_mut("/payment/qr/pixels") {
                    let path = pixels.as_str().unwrap_or_default();
                    let code = job.files.into_iter().find(|file| file.path == path);
                    *pixels = code.map_or(Value::Null, |code| code.bytes.into());
                }
                view.to_string().into_bytes()
            } else {
                requests::body(self.kind, index)
            };
            out.write_all(&line)?;
            out.write_all(b"\n")?;
        }
        Ok(out.flush()?)
    }
}
