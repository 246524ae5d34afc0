//! The load of a benchmark: requests that are sent at a rate, and waited for.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::ensure;
use invoice_worker::app::App;
use invoice_worker::broker::Lane;
use invoice_worker::config::Settings;
use invoice_worker::requests::{self as new_requests, NewRequest};
use serde_json::{Value, json};
use uuid::Uuid;

use super::fleet::Fleet;
use super::process::Usage;
use super::requests::{self, Kind};
use super::stages::{Journal, MESSAGE_ID};

/// Requests for each renderer before those that count: connections are open then, renderers warm, and the first message,
/// which a worker takes alone, is through.
const WARM_UP: usize = 100;

/// Gives exchange and queues names of this run's own, so that no other worker on the same broker takes part. Returns the run.
pub(super) fn names_of_its_own(settings: &mut Settings) -> String {
    let run = Uuid::now_v7().simple().to_string();
    settings.broker.amqp_exchange = format!("invoices.bench.{run}");
    settings.broker.amqp_queue = format!("invoice.requests.bench.{run}");
    run
}

/// Sends requests and waits until the workers have acknowledged them.
pub(super) struct Load<'a> {
    app: &'a App,
    kind: Kind,
    /// Makes the identities of this run its own.
    run: &'a str,
    pub(super) journal: Journal,
    pub(super) fleet: Fleet,
    pub(super) memory: Memory,
    /// Most requests that are under way at once.
    backlog: usize,
    next: usize,
}

impl<'a> Load<'a> {
    pub(super) fn new(
        app: &'a App,
        kind: Kind,
        run: &'a str,
        fleet: Fleet,
        workers: usize,
    ) -> Self {
        Self {
            app,
            kind,
            run,
            journal: Journal::default(),
            fleet,
            memory: Memory::default(),
            // Enough that the queue is never empty, however many workers take from it.
            backlog: usize::from(app.settings().worker.prefetch()) * workers * 4,
            next: 0,
        }
    }

    /// Requests before those that count.
    pub(super) async fn warm_up(&mut self) -> anyhow::Result<()> {
        let renderers = self.app.settings().worker.concurrency();
        let requests = WARM_UP * renderers * self.fleet.pids().len();
        self.send(requests, None).await.map(drop)
    }

    /// Sends so many, as fast as the workers take them or so many a second, and waits for all of them; returns which
    /// they were.
    pub(super) async fn send(
        &mut self,
        requests: usize,
        per_second: Option<f64>,
    ) -> anyhow::Result<Range<usize>> {
        let range = self.next..self.next + requests;
        self.next = range.end;
        let started = Instant::now();
        let (mut sent, mut done) = (0, 0);
        while done < requests {
            let due = match per_second {
                None => requests,
                // The number of whole requests that are due.
                Some(rate) => (0..requests)
                    .skip(sent)
                    .find(|index| count(*index) / rate > started.elapsed().as_secs_f64())
                    .unwrap_or(requests),
            };
            let room = (done + self.backlog).min(due).saturating_sub(sent);
            // In batches, since each waits for the broker's confirms.
            if room >= BATCH || (room > 0 && (per_second.is_some() || sent + room == requests)) {
                let batch = room.min(BATCH);
                self.publish(range.start + sent, batch).await?;
                sent += batch;
                continue;
            }
            let line = match per_second {
                Some(_) if sent < requests => {
                    tokio::select! {
                        line = self.fleet.line() => line?,
                        () = tokio::time::sleep(Duration::from_millis(2)) => continue,
                    }
                }
                Some(_) | None => self.fleet.line().await?,
            };
            if self.journal.note(&line) {
                done += 1;
                self.memory.sample(range.start + done, &self.fleet)?;
            }
        }
        Ok(range)
    }

    async fn publish(&mut self, first: usize, number: usize) -> anyhow::Result<()> {
        let mut batch = Vec::with_capacity(number);
        for index in first..first + number {
            let mut request = requests::request(self.kind, index);
            request["marketplace"]["shopId"] = json!(format!("bench-{}", self.run));
            batch.push(NewRequest {
                message_id: format!("{MESSAGE_ID}{index}"),
                body: request.to_string().into_bytes(),
            });
            self.journal.published(index);
        }
        let publisher = self.app.publisher()?;
        let unpublished = new_requests::publish(publisher, Lane::Ordinary, batch, |_| ()).await?;
        ensure!(
            unpublished.is_empty(),
            "the broker did not confirm a request"
        );
        Ok(())
    }
}

/// Requests that are published together.
const BATCH: usize = 16;

/// Resident memory under load, in KiB.
#[derive(Default)]
pub(super) struct Memory {
    early: Option<(u64, u64)>,
    worker: u64,
    renderer: u64,
    last: (u64, u64),
}

impl Memory {
    /// Looks from time to time.
    fn sample(&mut self, done: usize, fleet: &Fleet) -> anyhow::Result<()> {
        if !done.is_multiple_of(100) {
            return Ok(());
        }
        let usage = Usage::of_workers(&fleet.pids())?;
        let largest = usage.renderers_kib.into_iter().max().unwrap_or(0);
        self.last = (usage.own_kib, largest);
        self.worker = self.worker.max(usage.own_kib);
        self.renderer = self.renderer.max(largest);
        if done >= 1_000 && self.early.is_none() {
            self.early = Some(self.last);
        }
        Ok(())
    }

    pub(super) fn to_json(&self) -> Value {
        let pair = |(worker, renderer): (u64, u64)| json!({ "worker": worker / 1024, "renderer": renderer / 1024 });
        json!({
            "after_1000": self.early.map(pair),
            "at_the_end": pair(self.last),
            "largest": pair((self.worker, self.renderer)),
        })
    }
}

/// A number for a division.
#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark")]
pub(super) fn count(number: usize) -> f64 {
    number as f64
}
