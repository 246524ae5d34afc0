//! Worker processes to measure: this very program, started as an operator would start it.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::stages::LogLine;
use crate::output;

/// What every worker logs, and the moment of the acknowledgement. That the database paused to write its pages spoils a
/// figure, not the run.
const LOG: &str = "info,sqlx=error,invoice_worker::broker::handling=debug";

/// Longest wait for anything that a worker should do.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Several workers and what they log.
pub(super) struct Fleet {
    workers: Vec<Child>,
    lines: mpsc::UnboundedReceiver<LogLine>,
    /// From starting the first worker to its subscription.
    pub(super) start: Duration,
}

impl Fleet {
    /// Starts so many workers with these variables, and waits until all consume.
    pub(super) async fn start(
        workers: usize,
        variables: &[(&'static str, String)],
    ) -> anyhow::Result<Self> {
        let (sender, lines) = mpsc::unbounded_channel();
        let mut fleet = Self {
            workers: Vec::with_capacity(workers),
            lines,
            start: Duration::ZERO,
        };
        for index in 0..workers {
            let started = Instant::now();
            let mut worker = Command::new("/proc/self/exe")
                .arg("worker")
                .envs(variables.iter().map(|(name, value)| (name, value)))
                .env("LOG_FORMAT", "json")
                .env("RUST_LOG", LOG)
                .stdin(Stdio::null())
                .stderr(Stdio::piped())
                .kill_on_drop(true)
                .spawn()
                .context("cannot start a worker")?;
            let errors = worker.stderr.take().context("a worker without a log")?;
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
            fleet.workers.push(worker);
            while fleet.line().await?.message != "consuming" {}
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
        self.workers.iter().filter_map(Child::id).collect()
    }

    /// Ends all workers in good order.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        for worker in &mut self.workers {
            if let Some(pid) = worker.id().and_then(|pid| Pid::from_raw(pid.cast_signed())) {
                kill_process(pid, Signal::TERM)?;
            }
            let ended = timeout(PATIENCE, worker.wait()).await;
            let status = ended.context("a worker does not stop")??;
            anyhow::ensure!(status.success(), "a worker ended with {status}");
        }
        Ok(())
    }
}
