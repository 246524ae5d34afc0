//! The state of the whole: what waits, who works on it, and whether the servers answer. Broker, bucket and database are asked
//! at once, each with a short deadline; no message waits for it.

mod judged;
mod loaded;
mod servers;

use std::sync::Arc;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::sync::Mutex;

use self::servers::{Answers, Recorded};
use crate::broker::depths::{Looked, QueueDepths};
use crate::broker::{Endpoint, Lane, Topology};
use crate::contract::{
    GeneratedDocuments, LaneStatus, OpenDeadLetterCode, OpenDeadLetters, OutageStatus, QueueStatus,
    RendererRestarts, RendererStatus, RetryQueueStatus, Status, WorkerStatus,
};
use crate::database::worker::Renderers;
use crate::database::workers::Reported;
use crate::database::{Database, DatabaseError};
use crate::storage::Storage;

/// How long an answer is given again. Pages and people ask as often as they like.
const FRESH: Duration = Duration::from_secs(1);

/// A worker that has not reported for so long is lost. It reports every ten seconds.
const LOST_AFTER: Duration = Duration::from_secs(30);

/// What is looked at.
pub struct StatusLook {
    topology: Topology,
    storage: Storage,
    database: Result<Database, Arc<DatabaseError>>,
    /// Who asks meanwhile waits for the same answer.
    last: Mutex<Last>,
}

struct Last {
    queues: QueueDepths,
    answer: Option<(Instant, Arc<Status>)>,
}

impl StatusLook {
    /// Looks at these; nothing is asked yet. A database that cannot be opened is shown as one that is away.
    pub fn new(
        endpoint: Endpoint,
        topology: Topology,
        storage: Storage,
        database: Result<Database, DatabaseError>,
    ) -> Self {
        let queues = QueueDepths::new(endpoint, &topology);
        let answer = None;
        Self {
            topology,
            storage,
            database: database.map_err(Arc::new),
            last: Mutex::new(Last { queues, answer }),
        }
    }

    /// The state now, or that of a second ago. Takes five seconds at most.
    pub async fn look(&self) -> Arc<Status> {
        let mut last = self.last.lock().await;
        if let Some((at, answer)) = &last.answer
            && at.elapsed() < FRESH
        {
            return Arc::clone(answer);
        }
        let answers = servers::ask(&mut last.queues, &self.storage, &self.database).await;
        let answer = Arc::new(self.status(answers));
        last.answer = Some((Instant::now(), Arc::clone(&answer)));
        answer
    }

    /// Closes the connection to the broker.
    pub async fn close(&self) {
        self.last.lock().await.queues.pause().await;
    }

    fn status(&self, answers: Answers) -> Status {
        let Answers {
            servers,
            queues,
            recorded,
        } = answers;
        let now = OffsetDateTime::now_utc().truncate_to_microsecond();
        let reported = recorded
            .as_ref()
            .map(|recorded| recorded.workers.as_slice());
        let queues = queues.as_ref();
        let lanes = queues.map(|queues| self.lanes(queues, reported));
        let mut status = Status {
            at: now,
            problems: Vec::new(),
            servers,
            lanes,
            dead_letter_queue: queues.map(|queues| queue(queues, self.topology.dead.clone())),
            templates: reported.map(|reported| loaded::templates(running(reported))),
            workers: reported.map(|reported| workers(reported, now)),
            dead_letters: recorded.as_ref().map(open_letters),
            documents: recorded.map(|recorded| GeneratedDocuments {
                last_minute: recorded.last_minute,
                last_five_minutes: recorded.last_five_minutes,
            }),
        };
        status.problems = judged::problems(&status);
        status
    }

    fn lanes(&self, queues: &Looked, reported: Option<&[Reported]>) -> Vec<LaneStatus> {
        let running: Vec<&Reported> = running(reported.unwrap_or_default()).collect();
        let oldest_of = |queue: &str| {
            let oldest = running.iter();
            let oldest = oldest.filter_map(|it| Some(it.worker.retries().get(queue)?.0));
            oldest.min()
        };
        let lane = |lane| {
            let delays = self.topology.delays().into_iter();
            let retries = delays.map(|delay| {
                let name = self.topology.retry_queue(lane, delay);
                let oldest_request_at = oldest_of(&name);
                let QueueStatus {
                    queue,
                    ready,
                    error,
                    ..
                } = queue(queues, name.clone());
                RetryQueueStatus {
                    queue,
                    delay_seconds: delay.as_secs(),
                    ready,
                    error,
                    // What was put there may have left early, when its queue was emptied by a person.
                    oldest_request_at: oldest_request_at.filter(|_| ready.is_some_and(|it| it > 0)),
                }
            });
            let in_work = running.iter().map(|it| match lane {
                Lane::Ordinary => it.worker.ordinary_in_work,
                Lane::Bulk => it.worker.bulk_in_work,
            });
            let in_work: i64 = in_work.sum();
            LaneStatus {
                lane: lane.as_str(),
                requests: queue(queues, self.topology.queue(lane)),
                unacknowledged: (!running.is_empty()).then(|| in_work.try_into().unwrap_or(0)),
                oldest_in_work_at: oldest_of(&self.topology.queue(lane)),
                retries: retries.collect(),
            }
        };
        Lane::ALL.map(lane).into()
    }
}

/// Those that have reported lately.
fn running(reported: &[Reported]) -> impl Iterator<Item = &Reported> {
    reported.iter().filter(|it| it.age < LOST_AFTER)
}

fn queue(queues: &Looked, name: String) -> QueueStatus {
    let found = queues.found.iter().find(|depth| depth.queue == name);
    let unreadable = queues.unreadable.iter().find(|it| it.queue == name);
    QueueStatus {
        queue: name,
        error: unreadable.map(|it| it.error.clone()),
        ready: found.map(|depth| depth.ready),
        consumers: found.map_or(0, |depth| depth.consumers),
    }
}

fn workers(reported: &[Reported], now: OffsetDateTime) -> Vec<WorkerStatus> {
    let workers = reported.iter().map(|Reported { worker, age }| {
        let last_seen_at = (now - *age).truncate_to_second();
        let is_lost = *age >= LOST_AFTER;
        let (state, since) = if is_lost {
            ("lost", last_seen_at)
        } else {
            (worker.state.as_str(), worker.state_since)
        };
        let in_work = worker.ordinary_in_work + worker.bulk_in_work;
        let outages = worker.outages().into_iter().map(|away| OutageStatus {
            server: away.server,
            since: away.since,
            error: away.error,
            waiting: away.waiting,
        });
        WorkerStatus {
            host: worker.host.clone(),
            pid: worker.pid,
            version: worker.version.clone(),
            state: state.to_owned(),
            since,
            code: worker.code.clone(),
            detail: worker.detail.clone(),
            started_at: worker.started_at,
            last_seen_at,
            unacknowledged: in_work.try_into().unwrap_or(0),
            prefetch: worker.prefetch,
            templates: worker.templates.clone(),
            renderers: worker.renderers().filter(|_| !is_lost).map(renderers),
            outages: outages.filter(|_| !is_lost).collect(),
        }
    });
    workers.collect()
}

fn renderers(reported: Renderers) -> RendererStatus {
    let restarts = reported.restarts.into_iter();
    RendererStatus {
        slots: reported.slots,
        idle: reported.idle,
        busy: reported.busy,
        starting: reported.starting,
        waiting: reported.waiting,
        restarts: restarts
            .map(|(reason, count)| RendererRestarts { reason, count })
            .collect(),
    }
}

fn open_letters(recorded: &Recorded) -> OpenDeadLetters {
    let codes = recorded.letters.iter().map(|letters| OpenDeadLetterCode {
        code: letters.code.clone(),
        open: letters.count,
        oldest_at: letters.oldest,
        newest_at: letters.newest,
    });
    OpenDeadLetters {
        open: recorded.letters.iter().map(|letters| letters.count).sum(),
        codes: codes.collect(),
    }
}
