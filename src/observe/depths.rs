//! How many messages wait, read rarely. A worker reads them only while somebody looks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::broker::depths::{QueueDepth, QueueDepths};
use crate::outages::{self, Reminder, Server};
use crate::readiness::{Component, Readiness};

/// Time between two readings.
const INTERVAL: Duration = Duration::from_secs(15);

/// What was read longer ago than this is not shown.
const SHOWN_FOR: Duration = Duration::from_secs(60);

/// The connection is closed when no scrape has come for so long.
const IDLE_AFTER: Duration = Duration::from_secs(120);

/// The depths that were read last. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Depths(Arc<Shared>);

#[derive(Default)]
struct Shared {
    wanted: Notify,
    last: Mutex<Reading>,
}

/// When queues were read, and what was found; none before the first time.
type Reading = Option<(Instant, Vec<QueueDepth>)>;

impl Depths {
    /// A scrape has come: the next one shall have new values.
    pub(super) fn wanted(&self) {
        self.0.wanted.notify_one();
    }

    /// The depths, if they are not too old.
    pub(super) fn known(&self) -> Vec<QueueDepth> {
        match &*self.last() {
            Some((at, depths)) if at.elapsed() < SHOWN_FOR => depths.clone(),
            Some(_) | None => Vec::new(),
        }
    }

    /// Reads them until `stop`: after a scrape, or without one where it is reported whether the broker answers.
    pub(super) async fn follow(
        &self,
        mut queues: QueueDepths,
        reported_to: Option<&Readiness>,
        stop: &CancellationToken,
    ) {
        let mut refusals = Reminder::default();
        let reading = async {
            loop {
                if reported_to.is_none()
                    && timeout(IDLE_AFTER, self.0.wanted.notified()).await.is_err()
                {
                    queues.pause().await;
                    self.0.wanted.notified().await;
                }
                let read = queues.read().await;
                if let Some(readiness) = reported_to {
                    readiness.seen(Component::Broker, read.as_ref().map(drop));
                    match &read {
                        Err(error) if error.is_outage() => outages::failed(Server::Broker, error),
                        Ok(_) | Err(_) => outages::works(Server::Broker),
                    }
                }
                match read {
                    Ok(looked) => *self.last() = Some((Instant::now(), looked.found)),
                    Err(error) => {
                        // That the broker is away is reported as an outage.
                        if !error.is_outage() && refusals.is_due() {
                            warn!(event = "queue_depths_refused", %error, "the broker answers, and queues cannot be looked at");
                        }
                        debug!(event = "queue_depths_unknown", %error, "queues cannot be looked at");
                    }
                }
                sleep(INTERVAL).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = reading => {}
        }
        queues.pause().await;
    }

    fn last(&self) -> MutexGuard<'_, Reading> {
        self.0.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
