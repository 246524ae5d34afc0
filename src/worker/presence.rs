//! A worker reports itself to the database, for `status`, and what it has done, for `activity`. No message waits for that, and
//! nothing depends on it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use document::{PoolState, RestartReason};
use time::OffsetDateTime;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};
use uuid::Uuid;

use super::handling::Context;
use crate::activity::Reporter;
use crate::broker::Lane;
use crate::database::worker::{Away, Model, OldestRetries, OldestRetry, Renderers};
use crate::database::{Database, DatabaseError};
use crate::outages::{self, Server};
use crate::readiness::Phase;
use crate::retry::{self, Retryable as _};

/// Time between two reports, unless the state of the worker changes.
const INTERVAL: Duration = Duration::from_secs(10);

/// How often it is looked whether the state has changed.
const LOOK: Duration = Duration::from_secs(1);

/// Longest wait for the bucket.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest wait when the worker ends.
const FORGET_TIMEOUT: Duration = Duration::from_secs(1);

/// Reports a worker.
pub struct Presence {
    database: Database,
    context: Arc<Context>,
    prefetch: [u16; Lane::ALL.len()],
    id: String,
    host: String,
    started_at: OffsetDateTime,
}

impl Presence {
    pub(super) fn new(
        database: Database,
        context: Arc<Context>,
        prefetch: [u16; Lane::ALL.len()],
    ) -> Self {
        // A name is host:pid.
        let host = context.worker.rsplit_once(':');
        let host = host
            .map_or(context.worker.as_str(), |(host, _)| host)
            .to_owned();
        Self {
            database,
            context,
            prefetch,
            id: Uuid::now_v7().to_string(),
            host,
            started_at: OffsetDateTime::now_utc(),
        }
    }

    /// Reports until the worker has ended, then forgets it and writes the rest of what it has done.
    pub async fn follow(&self, ended: &CancellationToken) {
        let mut reporter = Reporter::new(self.database.clone(), self.id.clone());
        let minutes = &self.context.minutes;
        let reporting = async {
            let mut last: Option<(Phase, Instant)> = None;
            let mut is_logged = false;
            loop {
                let phase = self.context.readiness.look().phase;
                let is_due =
                    last.is_none_or(|(before, at)| before != phase || at.elapsed() >= INTERVAL);
                if is_due {
                    last = Some((phase, Instant::now()));
                    self.probe_bucket().await;
                    let reported = self.database.report_worker(&self.row()).await;
                    retry::note(&reported);
                    match reported {
                        Ok(()) => is_logged = false,
                        Err(error) => is_logged |= log(&error, is_logged),
                    }
                }
                reporter.write(minutes).await;
                sleep(LOOK).await;
            }
        };
        tokio::select! {
            () = ended.cancelled() => {}
            () = reporting => {}
        }
        // Where that fails, it is shown as one that was killed, and forgotten later.
        let forgetting = timeout(FORGET_TIMEOUT, self.database.forget_worker(&self.id));
        let finishing = timeout(FORGET_TIMEOUT, reporter.finish(minutes));
        let (_, _) = tokio::join!(forgetting, finishing);
    }

    /// Ends an outage of the bucket where no message comes that would find out that it is over.
    async fn probe_bucket(&self) {
        if !outages::is_reported(Server::Bucket) {
            return;
        }
        let looking = self.context.processor.storage.reach();
        if let Ok(answer) = timeout(PROBE_TIMEOUT, looking).await {
            retry::note(&answer);
        }
    }

    /// The oldest request in each queue of requests and of retries, as far as this worker knows.
    fn oldest(&self) -> OldestRetries {
        let activity = &self.context.activity;
        let mut oldest = activity.oldest_retries();
        for lane in Lane::ALL {
            let queue = self.context.topology.queue(lane);
            let in_work = activity.oldest_in_work(lane).map(OldestRetry);
            oldest.extend(in_work.map(|it| (queue, it)));
        }
        oldest
    }

    fn row(&self) -> Model {
        let state = self.context.readiness.look();
        let activity = &self.context.activity;
        let in_work = |lane| i64::try_from(activity.in_work(lane)).unwrap_or(i64::MAX);
        let code = match state.phase {
            Phase::HeldBack(code) => Some(code.as_str().to_owned()),
            Phase::Starting | Phase::Working | Phase::Connecting | Phase::Draining => None,
        };
        let outages = outages::current().into_iter().map(|outage| Away {
            server: outage.server.as_str().to_owned(),
            since: outage.since,
            error: outage.error,
            waiting: outage.waiting,
        });
        let outages: Vec<Away> = outages.collect();
        let templates = self.context.processor.templates.current();
        Model {
            id: self.id.clone(),
            host: self.host.clone(),
            pid: std::process::id().into(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.started_at,
            seen_at_ms: 0,
            state: state.phase.as_str().to_owned(),
            state_since: state.since,
            code,
            detail: state.held_back_by,
            ordinary_in_work: in_work(Lane::Ordinary),
            bulk_in_work: in_work(Lane::Bulk),
            prefetch: self.prefetch[Lane::Ordinary as usize].into(),
            bulk_prefetch: self.prefetch[Lane::Bulk as usize].into(),
            outages: json(&outages),
            retries: json(&self.oldest()),
            templates: Some(templates.catalog.digest().to_string()),
            renderers: Some(json(&renderers(templates.pool.state()))),
        }
    }
}

/// The renderers, with the replacements since this process started.
fn renderers(state: PoolState) -> Renderers {
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let restarts = RestartReason::ALL.map(|it| (it.as_str().to_owned(), it.count()));
    let waiting = state.ordinary_waiting.saturating_add(state.bulk_waiting);
    Renderers {
        slots: number(state.renderers),
        idle: number(state.idle),
        busy: number(state.busy),
        starting: number(state.starting),
        waiting: number(waiting),
        restarts: restarts
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .collect(),
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A right or a table that is missing is logged once for people; an outage is reported as such. Returns whether that was done.
fn log(error: &DatabaseError, is_logged: bool) -> bool {
    let is_due = error.is_systemic() && !is_logged;
    if is_due {
        info!(
            event = "worker_not_reported",
            %error,
            "the worker cannot report itself, so `status` does not show it; its work goes on"
        );
    } else {
        debug!(event = "worker_report_failed", %error, "the worker could not report itself");
    }
    is_due
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_right_is_logged_once_also_after_an_outage() {
        let away = DatabaseError::Unreachable("refused".into());
        let missing = DatabaseError::SchemaMissing("worker".into());
        let mut is_logged = false;
        let mut logged = Vec::new();
        for error in [&away, &missing, &away, &missing] {
            let now = log(error, is_logged);
            is_logged |= now;
            logged.push(now);
        }
        assert_eq!(logged, [false, true, false, false]);
    }
}
