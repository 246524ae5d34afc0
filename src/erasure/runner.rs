//! A service that runs the erasures that no process has.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::{Erasure, ErasureError, Item, LetterRequest, ObjectOutcome, RequestOutcome, Retention};
use crate::database::RunStatus;
use crate::database::changes::By;
use crate::database::erasure::Model;
use crate::database::leases::{Hold, Lease};
use crate::database::{Database, DatabaseError, ErasureFilter, rights};
use crate::duration::milliseconds;
use crate::held::{Held, Interruption, Row};
use crate::outages::Reminder;
use crate::retry::{self, Delays, Retryable as _};
use crate::storage::Storage;
use crate::telemetry::metrics::{self, Erased, ErasureCause, ErasureEnd, ErasureInWork};

/// How often the database is asked for an erasure: a person waits for it to begin. The query reads a short index.
const POLL: Duration = Duration::from_secs(1);

/// How often it is looked whether the retention is due.
const RETENTION_LOOK: Duration = Duration::from_secs(60);

/// Free erasures that are read at once.
const PAGE: u64 = 8;

/// How long the database may be away when the end of an erasure is recorded, which another process would go on with.
const ENDING: Duration = Duration::from_secs(5);

/// What a runner works with.
pub struct Parts {
    /// The records, the archive and the erasures.
    pub database: Database,
    /// The bucket.
    pub storage: Storage,
    /// How long a failing call to the bucket is repeated.
    pub patience: Duration,
    /// What is erased by itself, if anything.
    pub retention: Option<Retention>,
    /// This process, for people: host:pid.
    pub name: String,
}

/// Runs erasures, one after the other, until it is stopped. Any number of processes may have one: a lease makes sure that each
/// erasure is run once.
pub struct Runner {
    parts: Parts,
    /// Erasures of other versions.
    unreadable: Vec<i64>,
    retention_at: Instant,
    refusals: Reminder,
}

/// How a step has ended.
enum Step {
    /// An erasure is over, or another process has it.
    Left,
    /// It is tried again in a moment.
    Waiting,
}

impl Runner {
    /// Wires a runner; nothing is connected yet.
    pub fn new(parts: Parts) -> Self {
        Self {
            parts,
            unreadable: Vec::new(),
            retention_at: Instant::now(),
            refusals: Reminder::default(),
        }
    }

    /// Runs erasures until `shutdown` is cancelled. One that is not complete then is given back after the row that is in work, so
    /// that another process goes on with it at once.
    pub async fn run(mut self, shutdown: &CancellationToken) {
        let mut delays = Delays::reconnect();
        while !shutdown.is_cancelled() {
            let step = self.step(shutdown).await;
            retry::note(&step);
            let pause = match step {
                Ok(Some(Step::Left)) => {
                    delays.reset();
                    continue;
                }
                Ok(Some(Step::Waiting)) => delays.next_delay(),
                Ok(None) => POLL,
                Err(error) => {
                    let delay = delays.next_delay();
                    if !error.is_outage() && self.refusals.is_due() {
                        warn!(event = "erasures_refused", %error, "the database answers, and erasures cannot be read; they wait until they can");
                    }
                    debug!(event = "erasures_waiting", %error, delay_ms = milliseconds(delay), "erasures cannot be read; they wait for the database");
                    delay
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = sleep(pause) => {}
            }
        }
    }

    /// Runs the oldest erasure that is free and can go on; none where there is none.
    async fn step(&mut self, shutdown: &CancellationToken) -> Result<Option<Step>, DatabaseError> {
        let database = &self.parts.database;
        if let Some(retention) = &self.parts.retention
            && Instant::now() >= self.retention_at
        {
            retention.apply(database).await?;
            self.retention_at = Instant::now() + RETENTION_LOOK;
        }
        let free = database.free_erasures(&self.unreadable, PAGE).await?;
        let Some(first) = free.first() else {
            return Ok(None);
        };
        let missing = database.missing_grants(rights::ERASE).await?;
        if !missing.is_empty() {
            metrics::erasure_ended(cause(first), ErasureEnd::NotPermitted);
            // Another process may have another user.
            if self.refusals.is_due() {
                let missing = missing.join("; ");
                warn!(
                    event = "erasures_not_permitted",
                    missing, "the user of the database may not erase, and an erasure waits"
                );
            }
            return Ok(Some(Step::Waiting));
        }
        for row in free {
            let filter = match row.filter() {
                Ok(filter) => filter,
                Err(error) => {
                    self.unreadable.push(row.id);
                    warn!(event = "erasure_unreadable", %error, "an erasure is left to another version of the program");
                    continue;
                }
            };
            let (claimed_at, lease) = (Instant::now(), Lease::new(&self.parts.name));
            if let Some(row) = database.claim_erasure(row.id, &lease).await? {
                let step = self.run_one(&row, filter, &lease, claimed_at, shutdown);
                return Ok(Some(step.await));
            }
        }
        Ok(None)
    }

    /// Runs an erasure that was claimed at that time, to its end, or until nothing further may be begun.
    async fn run_one(
        &self,
        row: &Model,
        filter: ErasureFilter,
        lease: &Lease,
        claimed_at: Instant,
        shutdown: &CancellationToken,
    ) -> Step {
        let erasure = row.id;
        let database = &self.parts.database;
        info!(
            event = "erasure_started",
            erasure,
            records = row.records,
            dead_letters = row.dead_letters,
            "an erasure begins or goes on"
        );
        let held = Held::new(database, Row::Erasure(erasure), lease, claimed_at, shutdown);
        let (is_complete, result) = if row.cancel_requested_at.is_some() {
            held.note(claimed_at, Hold::CancelRequested);
            (false, Ok(()))
        } else {
            self.erase(row, filter, &held).await
        };
        let problem = result.as_ref().err().map(ToString::to_string);
        let status = match (held.interruption(), &result) {
            (Some(Interruption::Lost), _) => return Step::Left,
            (_, Ok(())) if is_complete => RunStatus::Done,
            (Some(Interruption::Cancelled), _) => RunStatus::Cancelled,
            (_, Err(error)) if !error.is_outage() => RunStatus::Failed,
            (_, Ok(()) | Err(_)) => RunStatus::Queued,
        };
        let ended = retry::in_place(ENDING, "end_erasure", || {
            database.let_erasure_go(row, lease, status, problem.as_deref())
        });
        match ended.await {
            Ok(true) => {
                if let Some(end) = end(status, problem.is_some()) {
                    metrics::erasure_ended(cause(row), end);
                }
            }
            // Another process has it, and counts its end.
            Ok(false) => {}
            Err(error) => {
                warn!(event = "erasure_unrecorded", erasure, %error, "the end of an erasure could not be recorded; it goes on when its lease has ended");
            }
        }
        let outcome = status.as_str();
        match problem {
            None => info!(
                event = "erasure_ended",
                erasure, outcome, "an erasure has ended here"
            ),
            Some(problem) => {
                warn!(event = "erasure_interrupted", erasure, outcome, error = %problem, "an erasure cannot go on now");
            }
        }
        match status {
            RunStatus::Queued | RunStatus::Running => Step::Waiting,
            RunStatus::Cancelled | RunStatus::Done | RunStatus::Failed => Step::Left,
        }
    }

    async fn erase(
        &self,
        row: &Model,
        filter: ErasureFilter,
        held: &Held<'_>,
    ) -> (bool, Result<(), ErasureError>) {
        let cause = cause(row);
        let _in_work = ErasureInWork::begin(cause);
        let parts = &self.parts;
        let erasure = Erasure {
            database: &parts.database,
            documents: row.documents.then_some(&parts.storage),
            filter,
            with_open: row.with_open,
            dry_run: false,
            rate: row.rate.and_then(|rate| rate.try_into().ok()),
            at_most: row.at_most.and_then(|most| most.try_into().ok()),
            by: By {
                actor: &row.actor,
                reason: row.reason.as_deref(),
            },
            row: Some((row, held)),
            patience: parts.patience,
            shutdown: &held.stop,
        };
        let finished = CancellationToken::new();
        let erasing = async {
            let erased = erasure
                .run(|item| {
                    count(cause, item);
                    Ok(())
                })
                .await;
            finished.cancel();
            erased
        };
        let ((_, is_complete, result), ()) = tokio::join!(erasing, held.keep(&finished));
        (is_complete, result)
    }
}

/// Why something is erased.
fn cause(row: &Model) -> ErasureCause {
    if row.is_automatic() {
        ErasureCause::Retention
    } else {
        ErasureCause::Demand
    }
}

/// How a run has ended that leaves the erasure in this state; none where the process stops and gives it back.
fn end(status: RunStatus, has_problem: bool) -> Option<ErasureEnd> {
    match status {
        RunStatus::Done => Some(ErasureEnd::Done),
        RunStatus::Cancelled => Some(ErasureEnd::Cancelled),
        RunStatus::Failed => Some(ErasureEnd::Failed),
        RunStatus::Queued | RunStatus::Running => has_problem.then_some(ErasureEnd::Interrupted),
    }
}

/// Counts what became of a row.
fn count(cause: ErasureCause, item: &Item) {
    match item {
        Item::Record(record) => {
            if record.request == RequestOutcome::Erased {
                metrics::erased(Erased::Record, cause);
            }
            for (_, object) in &record.objects {
                if matches!(object, ObjectOutcome::Deleted { .. }) {
                    metrics::erased(Erased::Document, cause);
                }
            }
        }
        Item::Letter(letter) => {
            if letter.request == LetterRequest::Erased {
                metrics::erased(Erased::DeadLetter, cause);
            }
        }
    }
}
