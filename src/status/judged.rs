//! What of a state is wrong, in words.

use invoice::FailureCode;

use crate::contract::{
    LaneStatus, QueueStatus, RetryQueueStatus, ServerStatus, Status, StatusProblem, WorkerStatus,
};

/// The problems of a state, the gravest first.
pub(super) fn problems(status: &Status) -> Vec<StatusProblem> {
    let workers = status.workers.as_deref().unwrap_or_default();
    let lanes = status.lanes.as_deref().unwrap_or_default();
    let servers = status.servers.iter().filter_map(server_down);
    let mut problems: Vec<StatusProblem> = servers.collect();
    problems.extend(workers.iter().filter_map(held_back));
    problems.extend(lanes.first().and_then(|lane| no_consumer(lane, workers)));
    let queues = queues(status);
    problems.extend(missing(&queues));
    problems.extend(queues.iter().filter_map(unavailable));
    problems.extend(workers.iter().flat_map(outages));
    problems
}

/// What was found of a queue.
struct Queue<'a> {
    name: &'a str,
    ready: Option<u32>,
    error: Option<&'a str>,
}

impl<'a> Queue<'a> {
    fn of(status: &'a QueueStatus) -> Self {
        Self {
            name: &status.queue,
            ready: status.ready,
            error: status.error.as_deref(),
        }
    }

    fn of_retries(status: &'a RetryQueueStatus) -> Self {
        Self {
            name: &status.queue,
            ready: status.ready,
            error: status.error.as_deref(),
        }
    }

    fn is_missing(&self) -> bool {
        self.ready.is_none() && self.error.is_none()
    }
}

fn queues(status: &Status) -> Vec<Queue<'_>> {
    let mut all = Vec::new();
    for lane in status.lanes.iter().flatten() {
        all.push(Queue::of(&lane.requests));
        all.extend(lane.retries.iter().map(Queue::of_retries));
    }
    all.extend(status.dead_letter_queue.iter().map(Queue::of));
    all
}

fn missing(queues: &[Queue<'_>]) -> Option<StatusProblem> {
    let missing: Vec<_> = queues.iter().filter(|queue| queue.is_missing()).collect();
    let first = missing.first()?;
    Some(StatusProblem {
        code: "queue_missing",
        detail: format!(
            "there is no queue {}{}: make what is missing with `invoice-worker setup`",
            first.name,
            match missing.len() {
                1 => String::new(),
                count => format!(", and {} others are missing", count - 1),
            }
        ),
    })
}

fn unavailable(queue: &Queue<'_>) -> Option<StatusProblem> {
    let error = queue.error?;
    Some(StatusProblem {
        code: "queue_unavailable",
        detail: format!("the queue {} cannot be looked at: {error}", queue.name),
    })
}

fn server_down(server: &ServerStatus) -> Option<StatusProblem> {
    let error = server.error.as_ref()?;
    Some(StatusProblem {
        code: "server_down",
        detail: format!("{}: {error}", server.name),
    })
}

/// Bulk requests are consumed by the same workers, and paused now and then.
fn no_consumer(ordinary: &LaneStatus, workers: &[WorkerStatus]) -> Option<StatusProblem> {
    let QueueStatus {
        queue,
        ready,
        consumers,
        ..
    } = &ordinary.requests;
    let ready = ready.filter(|_| *consumers == 0)?;
    let running = workers
        .iter()
        .filter(|worker| worker.state != "lost")
        .count();
    let (code, detail) = match running {
        0 => (
            "no_worker",
            format!(
                "no worker is consuming {queue}, and {ready} requests wait there: start one with `invoice-worker worker`"
            ),
        ),
        1 => (
            "not_consuming",
            format!(
                "1 worker runs and does not consume {queue} now, and {ready} requests wait there"
            ),
        ),
        _ => (
            "not_consuming",
            format!(
                "{running} workers run and none consumes {queue} now, and {ready} requests wait there"
            ),
        ),
    };
    Some(StatusProblem { code, detail })
}

fn held_back(worker: &WorkerStatus) -> Option<StatusProblem> {
    let code = worker
        .code
        .as_ref()
        .filter(|_| worker.state == "held_back")?;
    let detail = worker.detail.iter().map(|detail| format!(": {detail}"));
    let action = FailureCode::named(code).map(|code| format!("; to do: {}", code.explain().action));
    Some(StatusProblem {
        code: "held_back",
        detail: format!(
            "worker {}:{} holds back since {}, since no request can be processed: {code}{}{}",
            worker.host,
            worker.pid,
            seconds(worker.since),
            detail.collect::<String>(),
            action.unwrap_or_default(),
        ),
    })
}

fn outages(worker: &WorkerStatus) -> impl Iterator<Item = StatusProblem> {
    worker.outages.iter().map(|outage| StatusProblem {
        code: "outage",
        detail: format!(
            "worker {}:{}: the {} is away since {}, and {} of its messages wait: {}",
            worker.host,
            worker.pid,
            outage.server,
            seconds(outage.since),
            outage.waiting,
            outage.error,
        ),
    })
}

fn seconds(moment: time::OffsetDateTime) -> String {
    let format = &time::format_description::well_known::Rfc3339;
    let moment = moment.to_offset(time::UtcOffset::UTC).truncate_to_second();
    moment.format(format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;

    fn queue(name: &str, ready: Option<u32>, error: Option<&str>) -> QueueStatus {
        QueueStatus {
            queue: name.to_owned(),
            ready,
            error: error.map(str::to_owned),
            consumers: 0,
        }
    }

    fn worker(state: &str, code: Option<&str>) -> WorkerStatus {
        WorkerStatus {
            host: "a".to_owned(),
            pid: 1,
            version: "1".to_owned(),
            state: state.to_owned(),
            since: OffsetDateTime::UNIX_EPOCH,
            code: code.map(str::to_owned),
            detail: None,
            started_at: OffsetDateTime::UNIX_EPOCH,
            last_seen_at: OffsetDateTime::UNIX_EPOCH,
            unacknowledged: 0,
            prefetch: 1,
            templates: None,
            renderers: None,
            outages: Vec::new(),
        }
    }

    /// Without a consumer, and with this queue of dead letters.
    fn status(workers: Vec<WorkerStatus>, dead_letters: QueueStatus) -> Status {
        Status {
            at: OffsetDateTime::UNIX_EPOCH,
            problems: Vec::new(),
            servers: Vec::new(),
            lanes: Some(vec![LaneStatus {
                lane: "ordinary",
                requests: queue("requests", Some(3), None),
                unacknowledged: None,
                oldest_in_work_at: None,
                retries: Vec::new(),
            }]),
            dead_letter_queue: Some(dead_letters),
            workers: Some(workers),
            templates: None,
            dead_letters: None,
            documents: None,
        }
    }

    fn codes(status: &Status) -> Vec<&'static str> {
        problems(status).iter().map(|it| it.code).collect()
    }

    #[test]
    fn workers_that_run_are_not_called_absent() {
        let dead = || queue("dead", Some(0), None);
        let held = || worker("held_back", Some("storage_bucket_missing"));
        for (workers, expected) in [
            (vec![], vec!["no_worker"]),
            (vec![worker("lost", None)], vec!["no_worker"]),
            (vec![held()], vec!["held_back", "not_consuming"]),
            (vec![worker("connecting", None)], vec!["not_consuming"]),
        ] {
            let status = status(workers, dead());
            assert_eq!(codes(&status), expected, "{:?}", status.workers);
        }
        let two = status(vec![held(), worker("connecting", None)], dead());
        let detail = &problems(&two)[1].detail;
        assert!(
            detail.starts_with("2 workers run and none consumes requests now, and 3 requests"),
            "{detail}"
        );
    }

    #[test]
    fn a_queue_that_cannot_be_looked_at_is_not_called_missing() {
        for (dead, expected) in [
            (queue("dead", None, None), "queue_missing"),
            (
                queue("dead", None, Some("its node is down")),
                "queue_unavailable",
            ),
        ] {
            let found = codes(&status(Vec::new(), dead));
            assert_eq!(found, ["no_worker", expected]);
        }
    }
}
