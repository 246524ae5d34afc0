//! A service that runs the replays that no process has.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use super::job::{Job, Orders};
use super::run::{Ended, Keeper, ReplayError, Run};
use crate::broker::{Publisher, Topology};
use crate::database::leases::Lease;
use crate::database::{Database, DatabaseError};
use crate::duration::milliseconds;
use crate::outages::Reminder;
use crate::retry::{self, Delays, Retryable as _};

/// Replays at once in one process. They share a channel to the broker, so more would only wait for each other.
const AT_ONCE: usize = 4;

/// How often the database is asked for a replay: a person waits for it to begin. The query reads an index that is short.
const POLL: Duration = Duration::from_secs(1);

/// Free replays that are read at once.
const PAGE: u64 = 8;

/// Runs replays until it is stopped. Any number of processes may have one: a lease makes sure that each replay is run once.
pub struct Runner {
    shared: Arc<Shared>,
}

struct Shared {
    database: Database,
    publisher: Publisher,
    topology: Topology,
    /// This process: host:pid.
    name: String,
}

impl Runner {
    /// Wires a runner; nothing is connected yet. `name` is that of this process, for people.
    pub fn new(database: Database, publisher: Publisher, topology: Topology, name: String) -> Self {
        Self {
            shared: Arc::new(Shared {
                database,
                publisher,
                topology,
                name,
            }),
        }
    }

    /// Runs replays until `shutdown` is cancelled. Those that are not done then are given back after their batch, so that
    /// another process goes on with them at once.
    pub async fn run(&self, shutdown: &CancellationToken) {
        let mut running = JoinSet::new();
        let mut unreadable = Vec::new();
        let mut delays = Delays::reconnect();
        let mut refusals = Reminder::default();
        let mut next_claim = Instant::now();
        while !shutdown.is_cancelled() {
            if running.len() < AT_ONCE && Instant::now() >= next_claim {
                let claimed = self.shared.claim(&mut unreadable).await;
                retry::note(&claimed);
                match claimed {
                    Ok(Some(job)) => {
                        let (shared, shutdown) = (Arc::clone(&self.shared), shutdown.clone());
                        running.spawn(async move { shared.run(&job, &shutdown).await });
                        continue;
                    }
                    Ok(None) => next_claim = Instant::now() + POLL,
                    Err(error) => {
                        let delay = delays.next_delay();
                        next_claim = Instant::now() + delay;
                        if !error.is_outage() && refusals.is_due() {
                            warn!(event = "replays_refused", %error, "the database answers, and replays cannot be read; they wait until they can");
                        }
                        debug!(event = "replays_waiting", %error, delay_ms = milliseconds(delay), "replays cannot be read; they wait for the database");
                    }
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep_until(next_claim), if running.len() < AT_ONCE => {}
                Some(ended) = running.join_next(), if !running.is_empty() => match ended {
                    Ok(Ok(Ended::Done | Ended::Cancelled)) => delays.reset(),
                    Ok(Ok(Ended::Stopped | Ended::Lost)) => {}
                    // The cause concerns the others too.
                    Ok(Err(_)) => next_claim = Instant::now() + delays.next_delay(),
                    Err(panic) => error!(event = "replay_panicked", %panic, "the task of a replay panicked; it goes on when its lease has ended"),
                }
            }
        }
        while running.join_next().await.is_some() {}
        self.shared.publisher.close().await;
    }
}

impl Shared {
    /// Claims the oldest replay that is free and that this version can run. Others are added to `unreadable`.
    async fn claim(&self, unreadable: &mut Vec<i64>) -> Result<Option<Job>, DatabaseError> {
        for row in self.database.free_replays(unreadable, PAGE).await? {
            let orders = match Orders::of(&row) {
                Ok(orders) => orders,
                Err(error) => {
                    unreadable.push(row.id);
                    warn!(event = "replay_unreadable", %error, "a replay is left to another version of the program");
                    continue;
                }
            };
            let (claimed_at, lease) = (Instant::now(), Lease::new(&self.name));
            let claimed = self.database.claim_replay(row.id, &lease).await?;
            if let Some(row) = claimed {
                return Ok(Some(Job {
                    row,
                    orders,
                    lease,
                    claimed_at,
                }));
            }
        }
        Ok(None)
    }

    async fn run(&self, job: &Job, shutdown: &CancellationToken) -> Result<Ended, ReplayError> {
        let replay = job.row.id;
        info!(
            event = "replay_started",
            replay,
            total = job.row.total,
            after_id = job.row.after_id,
            "a replay begins or goes on"
        );
        let run = Run {
            database: &self.database,
            publisher: &self.publisher,
            topology: &self.topology,
            keeper: Keeper::Service,
            shutdown,
        };
        let (replayed, result) = run.run(job, |_| {}).await;
        let published = replayed.published;
        match &result {
            Ok(ended) => {
                let outcome = ended.as_str();
                info!(
                    event = "replay_ended",
                    replay, outcome, published, "a replay has ended here"
                );
            }
            Err(error) => {
                warn!(event = "replay_interrupted", replay, %error, published, "a replay cannot go on now");
            }
        }
        result
    }
}
