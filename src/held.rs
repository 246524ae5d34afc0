//! Holding on to a lease while this process works on a replay, a repair or an erasure, and noticing that it has to stop.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::database::leases::{Hold, LEASE, Lease};
use crate::database::{Database, DatabaseError};

/// How often a lease is renewed beside what is recorded, which renews it too: some renewals may fail before it ends.
const RENEWAL: Duration = Duration::from_secs(8);

/// A lease with less time than this is renewed before a batch of a replay is published.
const MARGIN: Duration = Duration::from_secs(5);

/// What a process holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// The replay of this number.
    Replay(i64),
    /// The repair of this number.
    Repair(i64),
    /// The erasure of this number.
    Erasure(i64),
}

/// The lease of a row that this process works on. Without it every record is refused, so that nothing is recorded twice.
pub(crate) struct Held<'a> {
    database: &'a Database,
    row: Row,
    pub(crate) lease: &'a Lease,
    /// Cancelled when no further batch or letter may be begun: by a shutdown, a request, or because the lease is lost.
    pub(crate) stop: CancellationToken,
    state: Mutex<State>,
}

struct State {
    /// The lease holds until then. The clock of this process does not matter: the time is measured from before the lease was
    /// asked for.
    until: Instant,
    /// How often it was renewed after it may have ended.
    gaps: u64,
    /// Why nothing further may be begun, unless the process is stopping.
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

/// Why the work stops before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// The process is stopping.
    Shutdown,
    /// A person has asked for it.
    Cancelled,
    /// Another process has the row.
    Lost,
}

impl<'a> Held<'a> {
    /// A lease of this row that was asked for at that time.
    pub(crate) fn new(
        database: &'a Database,
        row: Row,
        lease: &'a Lease,
        claimed_at: Instant,
        shutdown: &CancellationToken,
    ) -> Self {
        Self {
            database,
            row,
            lease,
            stop: shutdown.child_token(),
            state: Mutex::new(State {
                until: claimed_at + LEASE,
                gaps: 0,
                ended: None,
            }),
        }
    }

    /// Takes in what an update has shown, which was sent at that time. `false` where nothing further may be begun.
    pub(crate) fn note(&self, sent_at: Instant, hold: Hold) -> bool {
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
        !self.stop.is_cancelled()
    }

    /// How often the lease was renewed after it may have ended. If this has changed since claims were made, they may have ended
    /// meanwhile, and others may have made and used claims of the same dead letters.
    pub(crate) fn gaps(&self) -> u64 {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.gaps
    }

    /// Renews the lease where little of it is left. `false` where nothing further may be begun.
    pub(crate) async fn is_sure(&self) -> Result<bool, DatabaseError> {
        if self.left() < MARGIN {
            self.renew().await?;
        }
        Ok(!self.stop.is_cancelled())
    }

    /// Renews the lease from time to time until `finished`: a broker may keep a batch waiting, and a document may take to render, for
    /// longer than it lasts.
    pub(crate) async fn keep(&self, finished: &CancellationToken) {
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
                match self.row {
                    Row::Replay(replay) => {
                        warn!(event = "replay_lease_unrenewed", replay, %error, "the lease of a replay could not be renewed");
                    }
                    Row::Repair(repair) => {
                        warn!(event = "repair_lease_unrenewed", repair, %error, "the lease of a repair could not be renewed");
                    }
                    Row::Erasure(erasure) => {
                        warn!(event = "erasure_lease_unrenewed", erasure, %error, "the lease of an erasure could not be renewed");
                    }
                }
                if self.left().is_zero() {
                    self.note(Instant::now(), Hold::Lost);
                }
            }
        }
    }

    /// Why the work stops, if it does.
    pub(crate) fn interruption(&self) -> Option<Interruption> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let shutdown = self.stop.is_cancelled().then_some(Interruption::Shutdown);
        state.ended.or(shutdown)
    }

    async fn renew(&self) -> Result<(), DatabaseError> {
        let sent_at = Instant::now();
        let hold = match self.row {
            Row::Replay(id) => self.database.renew_replay(id, self.lease).await?,
            Row::Repair(id) => self.database.renew_repair(id, self.lease).await?,
            Row::Erasure(id) => self.database.renew_erasure(id, self.lease).await?,
        };
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
