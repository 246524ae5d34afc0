//! Sends spans to the collector, in batches, beside the work: in a thread of its own, since writing a batch takes some
//! milliseconds, for which no message may wait. Spans that the collector does not take are dropped, and their number is
//! logged.

use std::time::Duration;
use std::{io, thread};

use opentelemetry_otlp::{Compression, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::client::{Client, Problem};
use super::queue::{Queue, Waiting, queue};
use crate::config::{ConfigError, Tracing};

/// Longest time for the last spans, when the process ends.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(3);

/// How often lost spans are logged.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Sends spans, once it is started.
pub struct Exporting {
    waiting: Waiting,
    exporter: SpanExporter,
    problem: Problem,
    schedule_delay: Duration,
    export_timeout: Duration,
    batch_size: usize,
    losses: Losses,
}

/// Sends spans in the background.
pub struct Export {
    stop: CancellationToken,
    done: oneshot::Receiver<()>,
}

/// Spans that did not reach the collector, and when that was logged.
#[derive(Default)]
struct Losses {
    spans: u64,
    error: Option<String>,
    logged_at: Option<Instant>,
}

/// The queue for a tracer, and what empties it.
pub(super) fn prepare(
    tracing: &Tracing,
    resource: &Resource,
) -> Result<(Queue, Exporting), ConfigError> {
    let client = Client::new(&tracing.endpoint, tracing.timeout)?;
    let problem = client.problem();
    let headers = tracing.headers.iter();
    let headers = headers.map(|(name, value)| (name.clone(), value.expose().to_owned()));
    let mut builder = SpanExporter::builder()
        .with_http()
        .with_endpoint(&tracing.endpoint)
        .with_timeout(tracing.timeout)
        .with_headers(headers.collect())
        .with_http_client(client);
    if tracing.gzip {
        builder = builder.with_compression(Compression::Gzip);
    }
    let mut exporter = builder.build().map_err(|_error| ConfigError {
        // Its own text may quote the URL.
        variable: "OTEL_EXPORTER_OTLP_ENDPOINT",
        problem: "cannot be used: the exporter does not accept it".to_owned(),
    })?;
    exporter.set_resource(resource);
    let (queue, waiting) = queue(tracing.queue_size, tracing.batch_size);
    let exporting = Exporting {
        waiting,
        exporter,
        problem,
        schedule_delay: tracing.schedule_delay,
        export_timeout: tracing.export_timeout,
        batch_size: tracing.batch_size,
        losses: Losses::default(),
    };
    Ok((queue, exporting))
}

impl Exporting {
    /// Starts sending.
    ///
    /// # Errors
    ///
    /// The thread cannot be started.
    pub fn start(self) -> io::Result<Export> {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let (sender, done) = oneshot::channel();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let run = move || {
            runtime.block_on(async {
                self.run(stopped).await;
                // Before the runtime is dropped, which may wait for a name server. The receiver has a time limit.
                sender.send(()).ok();
            });
        };
        thread::Builder::new().name("traces".into()).spawn(run)?;
        Ok(Export { stop, done })
    }

    async fn run(mut self, stop: CancellationToken) {
        let mut is_stopping = false;
        loop {
            if !is_stopping && self.waiting.spans.len() < self.batch_size {
                is_stopping = self.wait(&stop).await;
            }
            let batch = self.take();
            let count = batch.len();
            if count > 0 {
                let sent = self.send(batch).await;
                self.losses.note(sent, count);
            }
            self.losses.spans += self.waiting.state.take_dropped();
            self.losses.log(is_stopping);
            // The collector is away: the rest would not be taken either, and the process is to end.
            let is_away = self.losses.error.is_some();
            if is_stopping && (count == 0 || is_away) {
                break;
            }
        }
    }

    /// Until spans are to be sent; returns whether it is for the last time.
    async fn wait(&self, stop: &CancellationToken) -> bool {
        tokio::select! {
            () = stop.cancelled() => true,
            () = self.waiting.state.batch_waits.notified() => false,
            () = sleep(self.schedule_delay) => false,
        }
    }

    fn take(&mut self) -> Vec<SpanData> {
        let mut batch = Vec::new();
        while batch.len() < self.batch_size
            && let Ok(span) = self.waiting.spans.try_recv()
        {
            batch.push(span);
        }
        batch
    }

    async fn send(&self, batch: Vec<SpanData>) -> Result<(), String> {
        match timeout(self.export_timeout, self.exporter.export(batch)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.problem.take().unwrap_or_else(|| error.to_string())),
            Err(elapsed) => Err(elapsed.to_string()),
        }
    }
}

impl Export {
    /// Sends what is left, for some seconds at most.
    pub async fn finish(self) {
        self.stop.cancel();
        if timeout(FLUSH_TIMEOUT, self.done).await.is_err() {
            warn!(
                event = "spans_not_flushed",
                "the collector did not take the last spans in time; they are lost"
            );
        }
    }
}

impl Losses {
    fn note(&mut self, sent: Result<(), String>, count: usize) {
        match sent {
            Ok(()) => {
                if self.error.take().is_some() {
                    info!(
                        event = "spans_sent_again",
                        "the collector takes spans again"
                    );
                    self.logged_at = None;
                }
            }
            Err(error) => {
                self.error = Some(error);
                self.spans += u64::try_from(count).unwrap_or_default();
            }
        }
    }

    /// Logs what was lost, the first time at once and then once in a while, and at the end.
    fn log(&mut self, is_last: bool) {
        let is_due = self
            .logged_at
            .is_none_or(|logged_at| logged_at.elapsed() >= LOG_INTERVAL);
        if self.spans == 0 || !(is_due || is_last) {
            return;
        }
        warn!(
            event = "spans_lost",
            count = self.spans,
            error = self.error.as_deref().unwrap_or("too many at once"),
            "spans did not reach the collector; messages are not affected"
        );
        self.spans = 0;
        self.logged_at = Some(Instant::now());
    }
}
