//! Holding on to a lease while a replay runs, and noticing its end.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::job::Job;
use crate::database::leases::{Hold, LEASE};
use crate::database::{Database, DatabaseError};

/// How often a lease is renewed beside the batches, which renew it too: some renewals may fail before it ends.
const RENEWAL: Duration = Duration::from_secs(8);

/// A lease with less time than this is renewed before a batch is published.
const MARGIN: Duration = Duration::from_secs(5);

/// The lease of a replay that is run.
pub(super) struct Held<'a> {
    database: &'a Database,
    job: &'a Job,
    /// Cancelled when no further batch may begin: by a shutdown, a request, or because the lease is lost.
    pub(super) stop: CancellationToken,
    state: Mutex<State>,
}

struct State {
    /// The lease holds until then. The clock of this process does not matter: the time is measured from before the lease was
    /// asked for.
    until: Instant,
    /// How often it was renewed after it may have ended.
    gaps: u64,
    /// Why no further batch may begin, unless the process is stopping.
    ended: Option<Interruption>,
}

impl State {
    /// Takes in a renewal that was sent at that time and has been answered now.
    fn renewed(&mut self, sent_at: Instant, now: Instant) {
        if now > self.until {
            self.gaps += 1;
        }
        self.until = sent_at + LEASE;
    }
}

/// Why a replay stops before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interruption {
    /// The process is stopping.
    Shutdown,
    /// A person has asked for it.
    Cancelled,
    /// Another process has the replay.
    Lost,
}

impl<'a> Held<'a> {
    pub(super) fn new(database: &'a Database, job: &'a Job, shutdown: &CancellationToken) -> Self {
        let held = Self {
            database,
            job,
            stop: shutdown.child_token(),
            state: Mutex::new(State {
                until: job.claimed_at + LEASE,
                gaps: 0,
                ended: None,
            }),
        };
        if job.row.cancel_requested_at.is_some() {
            held.note(job.claimed_at, Hold::CancelRequested);
        }
        held
    }

    /// Takes in what an update has shown, which was sent at that time.
    pub(super) fn note(&self, sent_at: Instant, hold: Hold) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match hold {
            Hold::Held => state.renewed(sent_at, Instant::now()),
            Hold::CancelRequested => {
                state.renewed(sent_at, Instant::now());
                state.ended.get_or_insert(Interruption::Cancelled);
                self.stop.cancel();
            }
            Hold::Lost => {
                state.ended = Some(Interruption::Lost);
                self.stop.cancel();
            }
        }
    }

    /// How often the lease was renewed after it may have ended. If this has changed since claims were made, they may have ended
    /// meanwhile, and others may have made and used claims of the same dead letters.
    pub(super) fn gaps(&self) -> u64 {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.gaps
    }

    /// Renews the lease where little of it is left. `false` if no further batch may begin.
    pub(super) async fn is_sure(&self) -> Result<bool, DatabaseError> {
        if self.left() < MARGIN {
            self.renew().await?;
        }
        Ok(!self.stop.is_cancelled())
    }

    /// Renews the lease from time to time until `finished`: the broker may keep a batch waiting for longer than it lasts.
    pub(super) async fn keep(&self, finished: &CancellationToken) {
        loop {
            tokio::select! {
                () = finished.cancelled() => return,
                () = sleep(RENEWAL) => {}
            }
            let renewed = tokio::select! {
                () = finished.cancelled() => return,
                renewed = self.renew() => renewed,
            };
            if let Err(error) = renewed {
                let replay = self.job.row.id;
                warn!(event = "replay_lease_unrenewed", replay, %error, "the lease of a replay could not be renewed");
                if self.left().is_zero() {
                    self.note(Instant::now(), Hold::Lost);
                }
            }
        }
    }

    /// Why the replay stops, if it does.
    pub(super) fn interruption(&self) -> Option<Interruption> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let shutdown = self.stop.is_cancelled().then_some(Interruption::Shutdown);
        state.ended.or(shutdown)
    }

    async fn renew(&self) -> Result<(), DatabaseError> {
        let sent_at = Instant::now();
        let Job { row, lease, .. } = self.job;
        let hold = self.database.renew_replay(row.id, lease).await?;
        self.note(sent_at, hold);
        Ok(())
    }

    fn left(&self) -> Duration {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.until.saturating_duration_since(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renewal_after_the_end_of_a_lease_is_a_gap() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut state = State {
            until: start + LEASE,
            gaps: 0,
            ended: None,
        };
        // When it was sent, when it was answered, and how many gaps there are then.
        for (sent, answered, gaps) in [
            (10, 11, 0),
            (39, 40, 0),
            // The database may have renewed it too late: nothing says when it did.
            (60, 70, 1),
            (80, 81, 1),
            // The process was stopped for minutes.
            (300, 301, 2),
        ] {
            state.renewed(after(sent), after(answered));
            assert_eq!(state.gaps, gaps, "{sent}");
            assert_eq!(state.until, after(sent) + LEASE);
        }
    }
}
