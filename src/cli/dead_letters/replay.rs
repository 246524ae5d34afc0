//! `dead-letters replay`

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use time::OffsetDateTime;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::filter::Targets;
use super::groups;
use super::operator::operator;
use crate::app;
use crate::broker::{BrokerError, Outgoing, Publisher, Topology, dead_letter};
use crate::config::{Settings, within};
use crate::database::Database;
use crate::database::archive::Selection;
use crate::database::dead_letter::Model;
use crate::output;
use crate::retry::Delays;

/// Publish the requests of dead letters again.
///
/// What is selected is fixed at the start: what fails while the replay runs, or because of it, waits for the next one.
/// Each request goes to the exchange under its first message id, is confirmed by the broker, and is then marked. A
/// replay that was stopped or killed can be run again and goes on where it was. Sending a request twice is harmless: a
/// document is only ever made once.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// Show what would be replayed, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Requests a second at most [default: as fast as the broker confirms]
    #[arg(long, value_name = "COUNT", value_parser = within(1..=u32::MAX))]
    rate: Option<u32>,
    /// Requests at most, those with the lowest numbers
    #[arg(long, value_name = "COUNT", value_parser = within(1..=u64::MAX))]
    limit: Option<u64>,
    // Last: its heading holds for all that follows.
    #[command(flatten)]
    targets: Targets,
}

/// Requests whose confirms are awaited together; a kill in between sends as many twice.
const BATCH: u64 = 32;

/// How long there may be no confirm until the broker counts as gone. It may be restarted meanwhile.
const PATIENCE: Duration = Duration::from_secs(120);

impl Replay {
    pub(super) async fn run(&self, settings: &Settings, database: &Database) -> anyhow::Result<()> {
        let frozen = self.targets.freeze(database).await?;
        self.targets.tell_left_out(&frozen);
        let total = frozen.count.min(self.limit.unwrap_or(u64::MAX));
        if self.dry_run {
            let mut out = output::stream();
            writeln!(out, "would replay {total}")?;
            let groups = groups::count(database, &frozen.selection, total).await?;
            return Ok(groups::write_table(&mut out, &groups)?);
        }
        let shutdown = app::shutdown_signal()?;
        let mut run = Run {
            database,
            publisher: app::publisher(settings)?,
            topology: app::topology(settings),
            operator: operator(),
            bar: bar(total),
            shutdown,
            rate: self.rate,
            started: Instant::now(),
            tally: Tally::default(),
        };
        let result = run.replay(&frozen.selection, total).await;
        run.bar.finish_and_clear();
        run.publisher.close().await;
        let told = run.tally.tell();
        result?;
        told?;
        anyhow::ensure!(
            run.tally.unreadable.is_empty(),
            "the headers of these dead letters cannot be read, they were not replayed: {:?}",
            run.tally.unreadable
        );
        anyhow::ensure!(
            !run.shutdown.is_cancelled() || run.tally.sent >= total,
            "stopped; run the same command again to go on"
        );
        Ok(())
    }
}

struct Run<'a> {
    database: &'a Database,
    publisher: Publisher,
    topology: Topology,
    operator: String,
    bar: ProgressBar,
    shutdown: CancellationToken,
    rate: Option<u32>,
    started: Instant,
    tally: Tally,
}

#[derive(Default)]
struct Tally {
    sent: u64,
    marked: u64,
    unreadable: Vec<i64>,
}

impl Tally {
    fn tell(&self) -> io::Result<()> {
        let mut out = output::stdout();
        writeln!(out, "replayed {}", self.sent)?;
        let again = self.sent - self.marked;
        if again > 0 {
            writeln!(
                out,
                "{again} of them failed again at once, or were changed meanwhile, and stay as they are"
            )?;
        }
        Ok(())
    }
}

impl Run<'_> {
    /// Batch after batch, each marked before the next one is read.
    async fn replay(&mut self, selection: &Selection, total: u64) -> anyhow::Result<()> {
        let (mut after, mut left) = (0, total);
        while left > 0 && self.wait_for_turn().await {
            let size = left.min(self.batch_size());
            let rows = self.database.dead_letters(selection, after, size).await?;
            let Some(last) = rows.last() else {
                break;
            };
            after = last.id;
            left -= rows.len() as u64;
            self.send_and_mark(rows).await?;
        }
        Ok(())
    }

    async fn send_and_mark(&mut self, rows: Vec<Model>) -> anyhow::Result<()> {
        let mut readable = Vec::with_capacity(rows.len());
        let mut messages = Vec::with_capacity(rows.len());
        for row in rows {
            match dead_letter::replay(&row, &self.topology) {
                Ok(message) => {
                    messages.push(message);
                    readable.push(row);
                }
                Err(_) => self.tally.unreadable.push(row.id),
            }
        }
        let sent_at = OffsetDateTime::now_utc();
        let (confirmed, result) = self.send(&messages).await;
        let mut index = 0;
        readable.retain(|_| {
            index += 1;
            confirmed.contains(&(index - 1))
        });
        // What was confirmed is marked even if the rest was not.
        let marked = self
            .database
            .mark_replayed(&readable, sent_at, &self.operator)
            .await?;
        self.tally.sent += readable.len() as u64;
        self.tally.marked += marked;
        self.bar.set_position(self.tally.sent);
        Ok(result?)
    }

    /// Publishes until all are confirmed or the broker does not confirm a single one any more; answers which were.
    async fn send(&self, messages: &[Outgoing]) -> (BTreeSet<usize>, Result<(), BrokerError>) {
        let mut confirmed = BTreeSet::new();
        let mut left: Vec<usize> = (0..messages.len()).collect();
        let mut delays = Delays::reconnect();
        let mut last_confirm = Instant::now();
        while !left.is_empty() {
            let batch: Vec<Outgoing> = left.iter().map(|index| messages[*index].clone()).collect();
            let error = match self.publisher.publish_batch(&batch).await {
                Ok(failed) => {
                    let positions: BTreeSet<usize> = failed.iter().map(|(at, _)| *at).collect();
                    let (again, done): (Vec<_>, Vec<_>) =
                        (0..left.len()).partition(|at| positions.contains(at));
                    if !done.is_empty() {
                        last_confirm = Instant::now();
                        delays.reset();
                    }
                    confirmed.extend(done.into_iter().map(|at| left[at]));
                    left = again.into_iter().map(|at| left[at]).collect();
                    match failed.into_iter().next() {
                        Some((_, error)) => error,
                        None => break,
                    }
                }
                Err(error) => error,
            };
            let is_gone = last_confirm.elapsed() > PATIENCE;
            if error.is_fatal() || is_gone || self.shutdown.is_cancelled() {
                return (confirmed, Err(error));
            }
            tracing::warn!(event = "replay_unconfirmed", %error, "not confirmed; trying again");
            tokio::select! {
                () = sleep(delays.next_delay()) => {}
                () = self.shutdown.cancelled() => return (confirmed, Err(error)),
            }
        }
        (confirmed, Ok(()))
    }

    /// Waits until the rate allows the next batch; `false` when asked to stop.
    async fn wait_for_turn(&self) -> bool {
        let due = match self.rate {
            Some(rate) => {
                let gone = f64::from(u32::try_from(self.tally.sent).unwrap_or(u32::MAX));
                self.started + Duration::from_secs_f64(gone / f64::from(rate))
            }
            None => Instant::now(),
        };
        tokio::select! {
            biased;
            () = self.shutdown.cancelled() => false,
            () = sleep_until(due) => true,
        }
    }

    /// A quarter of a second's worth, so that a rate is a steady stream.
    fn batch_size(&self) -> u64 {
        let rate = self.rate.map_or(u64::MAX, u64::from);
        (rate / 4).clamp(1, BATCH)
    }
}

fn bar(total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} ({per_sec}, {eta} left)");
    ProgressBar::new(total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
