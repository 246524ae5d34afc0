//! A queue that never confirms and answers nothing: a quorum queue without a majority, or on a node that is down. Here the
//! process of its only replica is suspended.

use std::time::Duration;

use invoice_worker::broker::Lane;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::servers::PrivateServer;
use super::{impatient, rows_are_written};
use crate::api::receipt_of;
use crate::harness::{Message, Options, World, eventually, samples};
use crate::status::{shows, status};

/// Requests that ask for an answer, as many as the worker holds.
const ASKING: usize = 4;

/// Other requests, behind them.
const OTHERS: usize = 10;

struct Suspended {
    rabbitmq: PrivateServer,
    world: World,
    queue: String,
}

impl Suspended {
    /// With a quorum queue of this name, bound to this routing key if there is one, whose replica does nothing.
    async fn new(name: &str, key: Option<&str>) -> Self {
        let rabbitmq = PrivateServer::rabbitmq().await;
        let world = World::new(Options {
            amqp_url: Some(rabbitmq.url.clone()),
            ..impatient()
        })
        .await;
        let queue = format!("{}.{name}", world.topology.requests);
        world.declare_quorum_queue(&queue, key).await;
        let suspended = Self {
            rabbitmq,
            world,
            queue,
        };
        suspended.replica("suspend").await;
        suspended
    }

    async fn replica(&self, action: &str) {
        let process = format!("whereis('%2F_{}')", self.queue);
        let call = format!("ok = sys:{action}({process}).");
        self.rabbitmq.eval(&call).await;
    }

    async fn ask(&self, requests: &[Vec<u8>]) {
        for request in requests {
            let message = Message {
                reply_to: Some(self.queue.clone()),
                ..Message::new(request.clone())
            };
            self.world.send(&message).await;
        }
    }

    async fn answers(&self, count: usize) {
        let mut answers = Vec::new();
        eventually("an answer for each", async || {
            answers.extend(self.world.take_all(&self.queue).await);
            let mut ids: Vec<_> = answers.iter().map(|answer| &answer.message_id).collect();
            ids.sort_unstable();
            ids.dedup();
            if ids.len() == count {
                Ok(())
            } else {
                Err(ids.len())
            }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_queue_that_never_confirms_delays_no_other_request() {
    let suspended = Suspended::new("replies", None).await;
    let world = &suspended.world;
    let prefetch = ASKING.to_string();
    let requests = samples::many(ASKING + OTHERS);
    suspended.ask(&requests[..ASKING]).await;
    let mut worker = world.worker(&[("WORKER_PREFETCH", &prefetch)]).await;
    rows_are_written(world, ASKING).await;
    world.publish_many(requests[ASKING..].to_vec()).await;
    worker
        .emits_where("retry_scheduled", |retry| retry["code"] == "event_refused")
        .await;
    // The exchange has its copies of those that the queue does not confirm.
    world.wait_for_events(ASKING + OTHERS).await;

    suspended.replica("resume").await;
    suspended.answers(ASKING).await;
    world.assert_settled(ASKING + OTHERS, 0).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_queue_for_all_events_that_never_confirms_stops_no_document() {
    let suspended = Suspended::new("listener", Some("invoice.generated")).await;
    let world = &suspended.world;
    let prefetch = ASKING.to_string();
    world.publish_many(samples::many(ASKING + OTHERS)).await;
    let mut worker = world.worker(&[("WORKER_PREFETCH", &prefetch)]).await;
    rows_are_written(world, ASKING + OTHERS).await;

    suspended.replica("resume").await;
    suspended.answers(ASKING + OTHERS).await;
    world.assert_settled(ASKING + OTHERS, 0).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_waits_for_a_confirm_stops_within_its_grace_period() {
    // From this length on, all the time that closing two connections may take is kept for it, of which it needs half: the
    // other half is for a busy machine.
    const GRACE: Duration = Duration::from_secs(12);
    let suspended = Suspended::new("replies", None).await;
    let world = &suspended.world;
    let requests = samples::many(ASKING);
    suspended.ask(&requests).await;
    let grace = GRACE.as_secs().to_string();
    let mut worker = world.worker(&[("SHUTDOWN_GRACE_SECONDS", &grace)]).await;
    rows_are_written(world, 1).await;
    worker.signal(Signal::TERM);
    let status = worker.wait_exit(GRACE).await;
    assert!(status.success(), "{status:?}");

    suspended.replica("resume").await;
    let mut worker = world.worker(&[]).await;
    world.assert_settled(ASKING, 0).await;
    worker.stop().await;
}

/// RabbitMQ itself answers that such a queue is empty. Then an autoscaler would end the workers that it needs.
#[tokio::test(flavor = "multi_thread")]
async fn a_queue_whose_leader_is_silent_is_not_shown_as_empty() {
    let mut suspended = Suspended::new("listener", None).await;
    let requests = suspended.world.topology.requests.clone();
    suspended.world.publish_many(samples::many(ASKING)).await;
    suspended.queue = requests.clone();
    suspended.replica("suspend").await;
    let looked = status(&suspended.world).await;
    assert_eq!(
        looked["lanes"][0]["requests"]["ready"],
        Value::Null,
        "{looked:#}"
    );
    let detail = format!(
        "the queue {requests} cannot be looked at: its leader has not answered within 250ms"
    );
    let problems = looked["problems"].as_array().expect("a list");
    assert!(
        problems.contains(&json!({ "code": "queue_unavailable", "detail": detail })),
        "{looked:#}"
    );

    suspended.replica("resume").await;
    shows(&suspended.world, "the queue's length", |seen| {
        seen["lanes"][0]["requests"]["ready"] == ASKING
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_queue_that_never_confirms_delays_no_ordinary_request_over_http() {
    let mut suspended = Suspended::new("listener", None).await;
    suspended.queue = suspended.world.topology.queue(Lane::Bulk);
    suspended.replica("suspend").await;
    let serve = suspended.world.serve().await;
    let client = serve.client();
    let bulk = receipt_of("bulk").0;
    let ordinary = async {
        for number in 1..=ASKING {
            let (request, _) = receipt_of(&format!("ordinary-{number}"));
            client.post("/v1/invoices", &request).await.is(202);
        }
    };
    let (refused, ()) = tokio::join!(client.post("/v1/invoices?lane=bulk", &bulk), ordinary);
    refused.is_problem(503, "broker_unavailable");
    // The broker is there.
    client.get("/readyz").await.is(200);
}
