//! A service that tries and applies the repairs that no process has.

use std::sync::Arc;
use std::time::Duration;

use document::{LiveTemplates, PoolSettings};
use invoice::RequestLimits;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::control_error::ControlError;
use super::following::settle;
use super::room::Room;
use super::run::{Ended, run};
use super::work::Work;
use crate::database::leases::Lease;
use crate::database::{Database, DatabaseError};
use crate::duration::milliseconds;
use crate::outages::Reminder;
use crate::retry::{self, Delays, Retryable as _};
use crate::storage::Storage;

/// How often the database is asked for a repair: a person waits for it to begin. The query reads a short index.
const POLL: Duration = Duration::from_secs(1);

/// Free repairs, and repairs that are replaying, that are read at once.
const PAGE: u64 = 8;

/// Shortest time between two looks at the outcomes of replays, and its share of the time: a look may read many rows.
const FOLLOWED_AFTER: Duration = Duration::from_secs(2);
const FOLLOWED_SHARE: u32 = 10;

/// What a runner works with.
pub struct Parts {
    /// The archive, the records and the repairs.
    pub database: Database,
    /// The bucket, which is only read.
    pub storage: Storage,
    /// The templates in use.
    pub templates: Arc<LiveTemplates>,
    /// The renderers of the runner's own, which it starts when it has something to try.
    pub renderers: PoolSettings,
    /// Limits of a request.
    pub limits: RequestLimits,
    /// Whether changes need the approval of a person who has neither made nor applied the repair.
    pub needs_approval: bool,
    /// This process, for people: host:pid.
    pub name: String,
}

/// Works on repairs, one after the other, until it is stopped. Any number of processes may have one: a lease makes sure that
/// each repair is worked on once.
pub struct Runner {
    work: Work,
    room: Room,
    name: String,
    /// Repairs of other versions.
    unreadable: Vec<i64>,
    /// The last repair whose replay was looked at.
    followed: i64,
    follow_at: Instant,
}

impl Runner {
    /// Wires a runner; nothing is connected or started yet.
    pub fn new(parts: Parts) -> Self {
        Self {
            work: Work {
                database: parts.database,
                storage: parts.storage,
                limits: parts.limits,
                needs_approval: parts.needs_approval,
            },
            room: Room::new(parts.templates, parts.renderers),
            name: parts.name,
            unreadable: Vec::new(),
            followed: 0,
            follow_at: Instant::now(),
        }
    }

    /// Works on repairs until `shutdown` is cancelled. One that is not complete then is given back after its letter, so that
    /// another process goes on with it at once.
    pub async fn run(mut self, shutdown: &CancellationToken) {
        let mut delays = Delays::reconnect();
        let mut refusals = Reminder::default();
        while !shutdown.is_cancelled() {
            let step = self.step(shutdown).await;
            retry::note(&step);
            let pause = match step {
                Ok(Some(Ended::Left)) => {
                    delays.reset();
                    continue;
                }
                Ok(Some(Ended::Waiting)) => delays.next_delay(),
                Ok(Some(Ended::Interrupted | Ended::Unreadable) | None) => POLL,
                Err(error) => {
                    let delay = delays.next_delay();
                    if !error.is_outage() && refusals.is_due() {
                        warn!(event = "repairs_refused", %error, "the database answers, and repairs cannot be read; they wait until they can");
                    }
                    debug!(event = "repairs_waiting", %error, delay_ms = milliseconds(delay), "repairs cannot be read; they wait for the database");
                    delay
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = sleep(pause) => {}
            }
        }
    }

    /// Works on the oldest repair that is free and can go on; none where there is none. One that has to wait keeps no other one
    /// waiting.
    async fn step(&mut self, shutdown: &CancellationToken) -> Result<Option<Ended>, DatabaseError> {
        self.follow().await?;
        let mut passed = self.unreadable.clone();
        let mut waiting = None;
        loop {
            let free = self.work.database.free_repairs(&passed, PAGE).await?;
            if free.is_empty() || shutdown.is_cancelled() {
                break;
            }
            for id in free {
                passed.push(id);
                match self.work_on(id, shutdown).await? {
                    None => {}
                    Some(Ended::Waiting) => waiting = Some(Ended::Waiting),
                    Some(ended @ (Ended::Left | Ended::Interrupted | Ended::Unreadable)) => {
                        return Ok(Some(ended));
                    }
                }
            }
        }
        if waiting.is_none() {
            self.room.leave();
        }
        Ok(waiting)
    }

    /// Works on one repair; none where another process has it.
    async fn work_on(
        &mut self,
        id: i64,
        shutdown: &CancellationToken,
    ) -> Result<Option<Ended>, DatabaseError> {
        let (claimed_at, lease) = (Instant::now(), Lease::new(&self.name));
        let Some(row) = self.work.database.claim_repair(id, &lease).await? else {
            return Ok(None);
        };
        let (repair, status) = (row.id, row.status.as_str());
        info!(
            event = "repair_started",
            repair,
            status,
            total = row.total,
            after_id = row.after_id,
            "work on a repair begins or goes on"
        );
        let (work, room) = (&self.work, &mut self.room);
        let (ended, result) = run(work, room, &row, &lease, claimed_at, shutdown).await;
        match result {
            Ok(()) => info!(
                event = "repair_stopped",
                repair, status, "work on a repair has ended here"
            ),
            Err(error) => {
                warn!(event = "repair_interrupted", repair, status, %error, "a repair cannot go on now");
            }
        }
        if ended == Ended::Unreadable {
            self.unreadable.push(id);
        }
        Ok(Some(ended))
    }

    /// Looks at the replays of some repairs, and gives these the state that follows from it.
    async fn follow(&mut self) -> Result<(), DatabaseError> {
        let began = Instant::now();
        if began < self.follow_at {
            return Ok(());
        }
        let database = &self.work.database;
        let replaying = database.replaying_repairs(self.followed, PAGE).await?;
        self.followed = replaying.last().map_or(0, |last| last.id);
        for row in replaying {
            match settle(database, row).await {
                Ok(_)
                | Err(
                    ControlError::Unknown(_)
                    | ControlError::State { .. }
                    | ControlError::Changed { .. }
                    | ControlError::OwnApproval(_)
                    | ControlError::Outdated(_)
                    | ControlError::Nothing(_)
                    | ControlError::Replay(_),
                ) => {}
                Err(ControlError::Database(error)) => return Err(error),
            }
        }
        let took = began.elapsed().saturating_mul(FOLLOWED_SHARE);
        self.follow_at = Instant::now() + took.max(FOLLOWED_AFTER);
        Ok(())
    }
}
