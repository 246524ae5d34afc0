//! Publishing the requests of dead letters again.

use std::collections::BTreeSet;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::broker::replayed::Archived;
use crate::broker::{BrokerError, Lane, Outgoing, Publisher, Topology};
use crate::database::dead_letter::Model;
use crate::database::dead_letters::Selection;
use crate::database::{Database, DatabaseError};
use crate::retry::Delays;

/// Requests whose confirms are awaited together; a kill in between has as many published twice.
const BATCH: u64 = 32;

/// How long there may be no confirm until the broker counts as gone. It may be restarted meanwhile.
const PATIENCE: Duration = Duration::from_secs(120);

/// A replay of dead letters.
pub struct Replay<'a> {
    /// The archive.
    pub database: &'a Database,
    /// Publishes the requests.
    pub publisher: &'a Publisher,
    /// Where they are published to.
    pub topology: &'a Topology,
    /// The lane that they are processed in.
    pub lane: Lane,
    /// Who: user@host.
    pub operator: &'a str,
    /// Requests a second at most; none is as fast as the broker confirms.
    pub rate: Option<u32>,
    /// Stops it between two batches.
    pub shutdown: &'a CancellationToken,
}

/// What a replay did, also where it ended early.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Requests that were published and confirmed.
    pub published: u64,
    /// Of these, the dead letters that are marked as replayed. The others failed again at once, or were changed meanwhile.
    pub marked: u64,
    /// Dead letters whose properties or headers cannot be read; they were not published.
    pub unreadable: Vec<i64>,
    /// Dead letters that the broker does not accept, with its reason; they stay open.
    pub refused: Vec<(i64, String)>,
}

/// What became of a batch.
struct Sent {
    /// Positions of those that were confirmed.
    confirmed: BTreeSet<usize>,
    /// Positions of those that the broker refuses, with its reason.
    refused: Vec<(usize, String)>,
    /// Why the others were not published.
    result: Result<(), BrokerError>,
}

/// Why a replay ended early.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The archive cannot be read or written.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The broker does not confirm.
    #[error(transparent)]
    Broker(#[from] BrokerError),
}

impl Replay<'_> {
    /// Replays the first `total` of a frozen selection; `progress` is called with the number of published requests.
    ///
    /// Each batch is marked before the next one is read: a replay that was stopped or killed can be run again and goes on
    /// where it was. A request that is published twice still gives one document.
    pub async fn run(
        &self,
        selection: &Selection,
        total: u64,
        mut progress: impl FnMut(u64),
    ) -> (Replayed, Result<(), ReplayError>) {
        let mut replayed = Replayed::default();
        let result = self
            .batches(selection, total, &mut replayed, &mut progress)
            .await;
        (replayed, result)
    }

    async fn batches(
        &self,
        selection: &Selection,
        total: u64,
        replayed: &mut Replayed,
        progress: &mut impl FnMut(u64),
    ) -> Result<(), ReplayError> {
        let started = Instant::now();
        let (mut after, mut left) = (0, total);
        while left > 0 && self.wait_for_turn(started, replayed.published).await {
            let size = left.min(self.batch_size());
            let rows = self.database.dead_letters(selection, after, size).await?;
            let Some(last) = rows.last() else {
                break;
            };
            after = last.id;
            left -= rows.len() as u64;
            let result = self.publish_and_mark(rows, replayed).await;
            progress(replayed.published);
            result?;
        }
        Ok(())
    }

    async fn publish_and_mark(
        &self,
        rows: Vec<Model>,
        replayed: &mut Replayed,
    ) -> Result<(), ReplayError> {
        let mut readable = Vec::with_capacity(rows.len());
        let mut messages = Vec::with_capacity(rows.len());
        for row in rows {
            let archived = Archived {
                properties: &row.properties,
                headers: &row.headers,
            };
            let (body, topology) = (row.payload.clone(), self.topology);
            match archived.request(body, row.id, row.failures, topology, self.lane) {
                Ok(message) => {
                    messages.push(message);
                    readable.push(row);
                }
                Err(_) => replayed.unreadable.push(row.id),
            }
        }
        let published_at = OffsetDateTime::now_utc();
        let Sent {
            confirmed,
            refused,
            result,
        } = self.publish(&messages).await;
        let refused = refused.into_iter();
        replayed
            .refused
            .extend(refused.map(|(index, reason)| (readable[index].id, reason)));
        let mut index = 0;
        readable.retain(|_| {
            index += 1;
            confirmed.contains(&(index - 1))
        });
        // What was confirmed is marked even if the rest was not.
        let marked = self
            .database
            .mark_replayed(&readable, published_at, self.operator)
            .await?;
        replayed.published += readable.len() as u64;
        replayed.marked += marked;
        Ok(result?)
    }

    /// Publishes until all are confirmed or refused, or the broker has confirmed none for too long. The broker refuses a
    /// message by closing the channel or the connection, without saying which one it means: from then on each is
    /// published alone.
    async fn publish(&self, messages: &[Outgoing]) -> Sent {
        let mut confirmed = BTreeSet::new();
        let mut refused = Vec::new();
        let mut left: Vec<usize> = (0..messages.len()).collect();
        let mut alone = false;
        let mut delays = Delays::reconnect();
        let mut last_confirm = Instant::now();
        let mut result = Ok(());
        while !left.is_empty() {
            let count = if alone { 1 } else { left.len() };
            let batch = left[..count].iter().map(|index| messages[*index].clone());
            let batch: Vec<Outgoing> = batch.collect();
            let error = match self.publisher.publish_batch(&batch).await {
                Ok(failed) => {
                    let positions: BTreeSet<usize> = failed.iter().map(|(at, _)| *at).collect();
                    let (again, done): (Vec<_>, Vec<_>) =
                        (0..count).partition(|at| positions.contains(at));
                    if !done.is_empty() {
                        last_confirm = Instant::now();
                        delays.reset();
                    }
                    confirmed.extend(done.into_iter().map(|at| left[at]));
                    let again = again.into_iter().map(|at| left[at]);
                    left = again.chain(left[count..].iter().copied()).collect();
                    match first_refusal(failed) {
                        Some(error) => error,
                        None => continue,
                    }
                }
                Err(error) => error,
            };
            if let BrokerError::Refused(reason) = &error {
                last_confirm = Instant::now();
                if alone {
                    refused.push((left.remove(0), reason.clone()));
                }
                alone = true;
                continue;
            }
            let is_gone = last_confirm.elapsed() > PATIENCE;
            if error.is_fatal() || is_gone || self.shutdown.is_cancelled() {
                result = Err(error);
                break;
            }
            warn!(event = "replay_unconfirmed", %error, "requests not confirmed; retrying");
            tokio::select! {
                () = sleep(delays.next_delay()) => {}
                () = self.shutdown.cancelled() => {
                    result = Err(error);
                    break;
                }
            }
        }
        Sent {
            confirmed,
            refused,
            result,
        }
    }

    /// Waits until the rate allows the next batch; `false` when the replay is to stop.
    async fn wait_for_turn(&self, started: Instant, published: u64) -> bool {
        let due = match self.rate {
            Some(rate) => {
                let published = f64::from(u32::try_from(published).unwrap_or(u32::MAX));
                started + Duration::from_secs_f64(published / f64::from(rate))
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

/// The error that says most about a batch: a refusal, or the first one.
fn first_refusal(failed: Vec<(usize, BrokerError)>) -> Option<BrokerError> {
    let mut errors = failed.into_iter().map(|(_, error)| error);
    let first = errors.next()?;
    if matches!(first, BrokerError::Refused(_)) {
        return Some(first);
    }
    let refusal = errors.find(|error| matches!(error, BrokerError::Refused(_)));
    Some(refusal.unwrap_or(first))
}
