//! Worker processes to measure.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use invoice_worker::output;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::stages::LogLine;
use crate::running::{Log, Running};

/// The events of every request, the acknowledgement included. That the database paused to write its pages spoils a
/// figure, not the run.
const LOG: &str = "info,sqlx=error,invoice_worker=debug";

/// Longest wait for anything that a worker should do.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Several workers and what they log.
pub(super) struct Fleet {
    workers: Vec<Running>,
    lines: mpsc::UnboundedReceiver<LogLine>,
    /// From starting the first worker until it was ready.
    pub(super) start: Duration,
}

impl Fleet {
    /// Starts so many workers with these variables, and waits until all consume.
    pub(super) async fn start(
        workers: usize,
        variables: &[(String, OsString)],
    ) -> anyhow::Result<Self> {
        let (sender, lines) = mpsc::unbounded_channel();
        let mut fleet = Self {
            workers: Vec::with_capacity(workers),
            lines,
            start: Duration::ZERO,
        };
        let log = [("LOG_FORMAT", "json"), ("RUST_LOG", LOG)]
            .map(|(variable, value)| (variable.to_owned(), OsString::from(value)));
        let variables: Vec<_> = variables.iter().cloned().chain(log).collect();
        for index in 0..workers {
            let started = Instant::now();
            let mut worker = Running::start("worker", variables.iter().cloned(), Log::Read)?;
            let errors = worker.take_log().context("a worker without a log")?;
            let sender = sender.clone();
            tokio::spawn(async move {
                let mut lines = BufReader::new(errors).lines();
                while let Ok(Some(line)) = lines.next_line().await {
                    match serde_json::from_str(&line) {
                        Ok(line) => drop(sender.send(line)),
                        Err(_) => output::note(line),
                    }
                }
            });
            worker.ready().await?;
            fleet.workers.push(worker);
            if index == 0 {
                fleet.start = started.elapsed();
            }
        }
        Ok(fleet)
    }

    /// The next line of any worker's log; an error if one complains, or none says anything for too long.
    pub(super) async fn line(&mut self) -> anyhow::Result<LogLine> {
        let line = timeout(PATIENCE, self.lines.recv()).await;
        let line = line
            .ok()
            .flatten()
            .with_context(|| format!("the workers have logged nothing for {PATIENCE:?}"))?;
        anyhow::ensure!(
            !matches!(line.level.as_str(), "WARN" | "ERROR"),
            "a worker says: {}",
            line.message
        );
        Ok(line)
    }

    /// Process ids.
    pub(super) fn pids(&self) -> Vec<u32> {
        self.workers.iter().filter_map(Running::pid).collect()
    }

    /// Ends all workers in good order.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        for worker in self.workers {
            worker.stop().await?;
        }
        Ok(())
    }
}
