//! Running one replay under its lease.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::batch::{Batch, Destination, publish_batch};
use super::job::Job;
use crate::broker::{BrokerError, Publisher, Topology};
use crate::database::batches::{Position, Sent};
use crate::database::dead_letter::Model;
use crate::database::leases::Hold;
use crate::database::replay::NotReplayed;
use crate::database::replay_runs::End;
use crate::database::{By, Database, DatabaseError, RunStatus};
use crate::held::{Held, Interruption, Row};
use crate::pace::{Pace, batch_size, wait_for_turn};
use crate::retry::{Retryable as _, in_place};

/// How long the database may be away when a batch is to be recorded: what is not marked is published again.
const RECORDING: Duration = Duration::from_secs(15);

/// The same for the end of a replay, which another process would go on with.
const ENDING: Duration = Duration::from_secs(5);

/// Time between two looks at a dead letter that another replay has claimed.
const CLAIMED_PAUSE: Duration = Duration::from_secs(1);

/// Most dead letters of one kind that a row names.
const MAX_NAMED: usize = 100;

/// Most dead letters of one kind that a run reports.
const MAX_REPORTED: usize = 1_000;

/// Longest reason that a row keeps, in characters.
const REASON_CHARS: usize = 300;

/// Runs replays.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// The archive, and the replays.
    pub database: &'a Database,
    /// Publishes the requests.
    pub publisher: &'a Publisher,
    /// Where they are published to.
    pub topology: &'a Topology,
    /// Whose replay it is.
    pub keeper: Keeper<'a>,
    /// Stops it between two batches.
    pub shutdown: &'a CancellationToken,
}

/// What an interrupted replay becomes.
#[derive(Clone, Copy, Debug)]
pub enum Keeper<'a> {
    /// A person runs it: with a signal they cancel it, and an error ends it as failed. They can resume it.
    Person(&'a str),
    /// A service runs it: another process goes on at once when this one stops, and after an outage.
    Service,
}

/// What one run of a replay did, also where it ended early.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Requests that were published and confirmed.
    pub published: u64,
    /// Of these, the dead letters that are marked as replayed. The others failed again at once, or were changed meanwhile.
    pub marked: u64,
    /// The first thousand dead letters whose properties or headers cannot be read; they were not published.
    pub unreadable: Vec<i64>,
    /// The first thousand dead letters that the broker does not accept, with its reason; they stay open.
    pub refused: Vec<(i64, String)>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything that was selected has been processed.
    Done,
    /// A person has cancelled the replay.
    Cancelled,
    /// This process is stopping.
    Stopped,
    /// Another process has taken the replay over.
    Lost,
}

impl Ended {
    /// The name in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Stopped => "stopped",
            Self::Lost => "lost",
        }
    }
}

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The database cannot be read or written.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The broker does not confirm.
    #[error(transparent)]
    Broker(#[from] BrokerError),
}

impl ReplayError {
    /// Whether the same replay may succeed later, without a change by a person.
    fn is_transient(&self) -> bool {
        match self {
            Self::Database(error) => error.is_transient(),
            Self::Broker(error) => !error.is_fatal(),
        }
    }
}

impl Run<'_> {
    /// Runs a replay to its end, from its position on; `progress` is called with the number of requests that this run has
    /// published.
    ///
    /// Each batch is marked and recorded before the next one is read. A process that is killed in between has published one
    /// batch that is published again; a request that is published twice still gives one document.
    pub async fn run(
        &self,
        job: &Job,
        mut progress: impl FnMut(u64),
    ) -> (Replayed, Result<Ended, ReplayError>) {
        let row = Row::Replay(job.row.id);
        let held = Held::new(
            self.database,
            row,
            &job.lease,
            job.claimed_at,
            self.shutdown,
        );
        if job.row.cancel_requested_at.is_some() {
            held.note(job.claimed_at, Hold::CancelRequested);
        }
        let finished = CancellationToken::new();
        let mut replayed = Replayed::default();
        let running = async {
            let result = self.batches(job, &held, &mut replayed, &mut progress).await;
            finished.cancel();
            result
        };
        let (result, ()) = tokio::join!(running, held.keep(&finished));
        let result = match (held.interruption(), result) {
            // Whatever happens after that is for the other process.
            (Some(Interruption::Lost), _) => Ok(Ended::Lost),
            (_, Ok(true)) => Ok(Ended::Done),
            // Requests that were not confirmed are published when it goes on.
            (Some(Interruption::Cancelled), _) => Ok(Ended::Cancelled),
            (_, Err(error)) => Err(error),
            (Some(Interruption::Shutdown) | None, Ok(false)) => Ok(Ended::Stopped),
        };
        let result = match self.settle(job, &result).await {
            Ok(true) => result,
            Ok(false) => Ok(Ended::Lost),
            Err(error) => result.and(Err(error.into())),
        };
        (replayed, result)
    }

    /// Returns whether everything has been processed.
    async fn batches(
        &self,
        job: &Job,
        held: &Held<'_>,
        replayed: &mut Replayed,
        progress: &mut impl FnMut(u64),
    ) -> Result<bool, ReplayError> {
        let orders = &job.orders;
        let destination = Destination {
            publisher: self.publisher,
            topology: self.topology,
            lane: orders.lane,
        };
        let mut pace = Pace::new(orders.rate, Instant::now());
        let size = batch_size(orders.rate);
        let mut position = Position::from(&job.row);
        let mut waited_for = BTreeSet::new();
        loop {
            let (after, last) = (position.after_id, orders.selection.max_id);
            if last.is_some_and(|last| after >= last) {
                return Ok(true);
            }
            if !wait_for_turn(pace.due, &held.stop).await {
                return Ok(false);
            }
            let began = Instant::now();
            let database = self.database;
            let rows = database
                .dead_letters(&orders.selection, after, size)
                .await?;
            let Some(first) = rows.first().map(|row| row.id) else {
                return Ok(true);
            };
            let gaps = held.gaps();
            let (rows, claimed) = self.claim(job, rows).await?;
            // Claims end with the lease.
            if !held.is_sure().await? {
                return Ok(false);
            }
            if held.gaps() != gaps {
                continue;
            }
            if rows.is_empty() {
                self.wait_for(job, first, &mut waited_for).await?;
                pace.wait_until(Instant::now() + CLAIMED_PAUSE);
            }
            // None of those before it is selected: a replay that waits does not look through them again and again.
            let after = first - 1;
            let batch = publish_batch(rows, claimed, after, destination, &held.stop).await;
            self.record(job, held, &batch, &mut position, replayed)
                .await?;
            pace.spend(batch.published.len(), began);
            progress(replayed.published);
            batch.result?;
        }
    }

    /// Claims dead letters; the first ones, as far as all of them are claimed, and the numbers of all that are. One that another
    /// replay has claimed, or that was changed since it was read, is read again: until then that replay has published it, or has
    /// lost its lease. Those behind it wait, since a position cannot leave one out, and are free for others meanwhile.
    async fn claim(
        &self,
        job: &Job,
        rows: Vec<Model>,
    ) -> Result<(Vec<Model>, Vec<i64>), DatabaseError> {
        let claiming = in_place(RECORDING, "claim_dead_letters", || {
            self.database.claim_dead_letters(&rows, &job.lease)
        });
        let claimed = claiming.await?;
        let rows = rows.into_iter();
        let first = rows.take_while(|row| claimed.contains(&row.id)).collect();
        Ok((first, claimed))
    }

    /// Says for which dead letter this replay waits: once for each replay that has claimed one.
    async fn wait_for(
        &self,
        job: &Job,
        letter: i64,
        waited_for: &mut BTreeSet<i64>,
    ) -> Result<(), DatabaseError> {
        let looking = in_place(RECORDING, "find_claimant", || {
            self.database.claimant(letter)
        });
        // It may have been released, or changed, meanwhile.
        if let Some(claimed_by) = looking.await?
            && waited_for.insert(claimed_by)
        {
            info!(
                event = "replay_waits_for_claim",
                replay = job.row.id,
                dead_letter = letter,
                claimed_by,
                "waits for dead letter {letter}, claimed by replay {claimed_by}"
            );
        }
        Ok(())
    }

    /// Marks what was confirmed, even if the rest was not, and records how far the replay has come.
    async fn record(
        &self,
        job: &Job,
        held: &Held<'_>,
        batch: &Batch,
        position: &mut Position,
        replayed: &mut Replayed,
    ) -> Result<(), DatabaseError> {
        let sent = Sent {
            letters: &batch.published,
            digests: &batch.digests,
            at: batch.published_at,
            by: &job.row.actor,
            claimed: &batch.claimed,
        };
        advance(position, batch);
        let (id, lease) = (job.row.id, &job.lease);
        let recorded = in_place(RECORDING, "record_replayed", || async {
            let sent_at = Instant::now();
            let recorded = self.database.record_batch(id, lease, sent, position);
            recorded.await.map(|recorded| (sent_at, recorded))
        });
        let (sent_at, (marked, hold)) = recorded.await?;
        held.note(sent_at, hold);
        position.marked += marked;
        replayed.published += batch.published.len() as u64;
        replayed.marked += marked;
        let unreadable = batch.unreadable.iter().map(|(id, _)| *id);
        replayed.unreadable.extend(unreadable);
        replayed.unreadable.truncate(MAX_REPORTED);
        replayed.refused.extend(batch.refused.iter().cloned());
        replayed.refused.truncate(MAX_REPORTED);
        Ok(())
    }

    /// Lets go of the replay; `false` where another process has it already.
    async fn settle(
        &self,
        job: &Job,
        result: &Result<Ended, ReplayError>,
    ) -> Result<bool, DatabaseError> {
        let problem = result.as_ref().err().map(ToString::to_string);
        let signal = |actor| By {
            actor,
            reason: Some("stopped by a signal"),
        };
        let (status, cancelled_by) = match (result, self.keeper) {
            (Ok(Ended::Lost), _) => return Ok(false),
            (Ok(Ended::Done), _) => (RunStatus::Done, None),
            (Ok(Ended::Cancelled), _) => (RunStatus::Cancelled, None),
            (_, Keeper::Person(actor)) if self.shutdown.is_cancelled() => {
                (RunStatus::Cancelled, Some(signal(actor)))
            }
            (Ok(Ended::Stopped), _) => (RunStatus::Queued, None),
            (Err(error), Keeper::Service) if error.is_transient() => (RunStatus::Queued, None),
            (Err(_), Keeper::Service | Keeper::Person(_)) => (RunStatus::Failed, None),
        };
        let end = End {
            status,
            error: problem.as_deref(),
            cancelled_by,
        };
        let (id, lease) = (job.row.id, &job.lease);
        let ended = in_place(ENDING, "end_replay", || {
            self.database.end_replay(id, lease, end)
        });
        ended.await
    }
}

/// Adds a batch to how far a replay has come, but for what was marked. Beyond the position, only what was published counts:
/// the rest is read again.
fn advance(position: &mut Position, batch: &Batch) {
    let passed = |letters: &[(i64, String)]| -> Vec<(i64, String)> {
        let passed = letters.iter().filter(|(id, _)| *id <= batch.position);
        passed.cloned().collect()
    };
    let (refused, unreadable) = (passed(&batch.refused), passed(&batch.unreadable));
    position.after_id = batch.position;
    position.published += batch.published.len() as u64;
    position.refused += refused.len() as u64;
    name(&mut position.refused_letters, refused);
    position.unreadable += unreadable.len() as u64;
    name(&mut position.unreadable_letters, unreadable);
}

/// Adds to a list that a row keeps, which is bounded.
fn name(named: &mut Vec<NotReplayed>, letters: Vec<(i64, String)>) {
    let left = MAX_NAMED.saturating_sub(named.len());
    named.extend(letters.into_iter().take(left).map(|(id, reason)| {
        NotReplayed {
            id,
            reason: reason
                .replace('\0', "")
                .chars()
                .take(REASON_CHARS)
                .collect(),
        }
    }));
}

#[cfg(test)]
mod tests;
