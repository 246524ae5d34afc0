//! The process kills itself at every step of the work, as `kill -9` would. What was done before is done once, and the next
//! worker does the rest.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;

use document::faults;
use invoice::ObjectKey;
use invoice_worker::database::Status;
use rustix::process::Signal;
use serde_json::Value;

use crate::faults::impatient;
use crate::harness::{
    DEADLINE, HeldInserts, Message, Received, WorkerProcess, World, eventually, samples,
};
use crate::proxy::{Mode, Proxy};

/// Other requests, before and behind the one on which the worker dies.
const OTHERS: usize = 20;

/// The order on which workers die.
const FATAL: &str = "fatal-order";

/// What a worker that died at a step must have left behind.
struct Left {
    object: bool,
    row: bool,
    event: bool,
}

const NOTHING: Left = Left {
    object: false,
    row: false,
    event: false,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_after_receiving_leaves_the_document_to_the_next() {
    dies_at("received", NOTHING).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_after_rendering_leaves_the_document_to_the_next() {
    dies_at("rendered", NOTHING).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_whose_worker_died_after_the_upload_is_adopted() {
    let object = Left {
        object: true,
        ..NOTHING
    };
    dies_at("stored", object).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_whose_worker_died_after_the_commit_is_announced_by_the_next() {
    let row = Left {
        object: true,
        row: true,
        event: false,
    };
    dies_at("recorded", row).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_whose_worker_died_before_the_event_is_announced_by_the_next() {
    let row = Left {
        object: true,
        row: true,
        event: false,
    };
    dies_at("publishing", row).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_whose_worker_died_before_the_acknowledgement_is_announced_again() {
    let all = Left {
        object: true,
        row: true,
        event: true,
    };
    dies_at("published", all).await;
}

/// One worker dies at the step; another one starts afterwards.
async fn dies_at(step: &str, left: Left) {
    let world = World::new(impatient()).await;
    let fault = format!("{step}:{FATAL}");
    let mut doomed = world.worker(&[(faults::VARIABLE, &fault)]).await;
    let others = samples::many(OTHERS);
    world.publish_many(others[..OTHERS / 2].to_vec()).await;
    let request = publish_fatal(&world, FATAL).await;
    world.publish_many(others[OTHERS / 2..].to_vec()).await;
    kills_itself(&mut doomed).await;
    doomed.has_no_renderers().await;

    // It died at the step.
    let identity = samples::identity(&request);
    let key = ObjectKey::for_invoice(&identity);
    let objects = world.objects().await;
    assert_eq!(objects.iter().any(|key_| key_ == key.as_str()), left.object);
    assert_eq!(world.row(&identity).await.is_some(), left.row);
    assert_eq!(!events_about(&world, FATAL).await.is_empty(), left.event);

    let mut successor = world.worker(&[]).await;
    world.assert_settled(OTHERS + 1, 0).await;
    successor.stop().await;
    world.assert_settled(OTHERS + 1, 0).await;
    assert_announced(&world, FATAL).await;
}

/// Between which a worker can die.
pub(crate) const STEPS: [&str; 7] = [
    "received",
    "rendered",
    "stored",
    "complete",
    "recorded",
    "publishing",
    "published",
];

/// The same with another worker that is there all the time and takes over while the message is being given back.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_beside_one_that_dies_takes_over_at_every_step() {
    let world = World::new(impatient()).await;
    let mut survivor = world.worker(&[]).await;
    let mut published = 0;
    let mut fatal_orders = Vec::new();
    for step in STEPS {
        let fault = format!("{step}:{FATAL}-{step}");
        let mut doomed = world.worker(&[(faults::VARIABLE, &fault)]).await;
        // The broker decides which of the two gets a message: some go to the survivor.
        eventually("a worker's death", async || {
            let order = format!("{FATAL}-{step}-{published}");
            publish_fatal(&world, &order).await;
            fatal_orders.push(order);
            published += 1;
            doomed.ended().ok_or("it is running")
        })
        .await;
        kills_itself(&mut doomed).await;
    }
    world.assert_settled(published, 0).await;
    survivor.stop().await;
    world.assert_settled(published, 0).await;
    for order in fatal_orders {
        assert_announced(&world, &order).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_between_retry_and_acknowledgement_leaves_two_messages_of_one() {
    let world = World::new(impatient()).await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let s3 = ("AWS_ENDPOINT_URL_S3", &*endpoint);
    let fault = format!("published:{FATAL}");
    let mut doomed = world.worker(&[s3, (faults::VARIABLE, &fault)]).await;
    proxy.set(Mode::Refuse);
    publish_fatal(&world, FATAL).await;
    kills_itself(&mut doomed).await;
    // The message itself and its retry, which comes back after its delay.
    are_waiting(&world, 2).await;

    proxy.set(Mode::Pass);
    let mut successor = world.worker(&[s3]).await;
    world.publish_many(samples::many(OTHERS)).await;
    world.assert_settled(OTHERS + 1, 0).await;
    successor.stop().await;
    world.assert_settled(OTHERS + 1, 0).await;
    assert_announced(&world, FATAL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_before_its_retry_is_confirmed_leaves_the_message() {
    let world = World::new(impatient()).await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let s3 = ("AWS_ENDPOINT_URL_S3", &*endpoint);
    let fault = format!("publishing:{FATAL}");
    let mut doomed = world.worker(&[s3, (faults::VARIABLE, &fault)]).await;
    proxy.set(Mode::Refuse);
    publish_fatal(&world, FATAL).await;
    kills_itself(&mut doomed).await;
    are_waiting(&world, 1).await;

    proxy.set(Mode::Pass);
    let mut successor = world.worker(&[s3]).await;
    world.assert_settled(1, 0).await;
    successor.stop().await;
    assert_announced(&world, FATAL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_between_dead_letter_and_acknowledgement_repeats_the_same_dead_letter() {
    let world = World::new(impatient()).await;
    let fault = format!("published:{FATAL}");
    let mut doomed = world.worker(&[(faults::VARIABLE, &fault)]).await;
    let malformed = Message {
        message_id: FATAL.to_owned(),
        ..Message::new("{ \"documentType\": ")
    };
    world.send(&malformed).await;
    kills_itself(&mut doomed).await;
    assert_eq!(world.dead_letters().await.len(), 1);

    let mut successor = world.worker(&[]).await;
    world.publish_many(samples::many(OTHERS)).await;
    world.assert_settled(OTHERS, 2).await;
    successor.stop().await;
    world.assert_settled(OTHERS, 2).await;
    // Letters with the same id, body and code are one to the archive.
    for letter in world.dead_letters().await {
        assert_eq!(letter.message_id.as_deref(), Some(FATAL));
        assert_eq!(letter.header("x-error-code"), "request_malformed");
        assert_eq!(letter.body, malformed.body);
    }
    let events = world.events().await;
    let failed = events
        .iter()
        .filter(|event| event.routing_key == "invoice.failed");
    let ids: BTreeSet<_> = failed.map(|event| event.message_id.clone()).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
}

/// The broker drops messages that were delivered too often, silently where there is no dead-letter exchange. A dead letter
/// must have no such limit.
#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_outlive_every_worker_that_dies_while_archiving_them() {
    const LETTERS: usize = 5;
    let mut options = impatient();
    options
        .variables
        .push(("ARCHIVE_DEAD_LETTERS", "true".to_owned()));
    let world = World::new(options).await;
    let (database, url) = Proxy::before(&world.variables["DATABASE_URL"]);
    database.set(Mode::Refuse);
    let malformed = (0..LETTERS).map(|number| format!("{{ {number}").into_bytes());
    world.publish_many(malformed).await;
    let all_are_queued = async || {
        eventually("all dead letters in their queue", async || {
            let waiting = world.queue_len(&world.topology.dead).await;
            (usize::try_from(waiting) == Ok(LETTERS))
                .then_some(())
                .ok_or(waiting)
        })
        .await;
    };
    // A worker that does not archive: one that is killed at the first of them would leave the others as requests.
    let mut worker = world.worker(&[("ARCHIVE_DEAD_LETTERS", "false")]).await;
    all_are_queued().await;
    worker.stop().await;
    for _ in 0..3 {
        let mut doomed = world.worker(&[("DATABASE_URL", &url)]).await;
        doomed.emits("archive_waiting").await;
        doomed.signal(Signal::KILL);
        kills_itself(&mut doomed).await;
        all_are_queued().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_kills_its_renderer_twice_is_dead_lettered_with_the_signal() {
    const GOOD: usize = 50;
    let world = World::new(impatient()).await;
    let fault = format!("rendering:{FATAL}");
    let mut worker = world.worker(&[(faults::VARIABLE, &fault)]).await;
    let others = samples::many(GOOD);
    world.publish_many(others[..GOOD / 2].to_vec()).await;
    let request = publish_fatal(&world, FATAL).await;
    world.publish_many(others[GOOD / 2..].to_vec()).await;
    world.assert_settled(GOOD, 1).await;
    worker.stop().await;
    world.assert_settled(GOOD, 1).await;

    let dead = world.dead_letters().await;
    assert_eq!(dead[0].header("x-error-code"), "renderer_crashed");
    assert_eq!(dead[0].header("x-error-stage"), "render");
    let detail = dead[0].header("x-error-detail");
    assert!(detail.contains("signal: 9 (SIGKILL)"), "{detail}");
    let row = world.row(&samples::identity(&request)).await;
    let row = row.expect("the record has the reason");
    assert_eq!(row.status, Status::Failed);
    assert_eq!(row.error_code.as_deref(), Some("renderer_crashed"));
}

/// First the reply to the upload is lost, then the reply to the commit. Both were done, and the retries find that.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_whose_upload_and_commit_went_unanswered_is_stored_once() {
    let world = World::new(impatient()).await;
    let (s3, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    let (database, url) = Proxy::before(&world.variables["DATABASE_URL"]);
    let variables = [
        ("AWS_ENDPOINT_URL_S3", &*endpoint),
        ("DATABASE_URL", &*url),
        ("RETRY_IN_PLACE_SECONDS", "60"),
    ];
    let mut worker = world.worker(&variables).await;
    // The database does not begin to lose replies before it has the statement whose reply is to be lost.
    let held = HeldInserts::into_table(&world.variables["DATABASE_URL"], "sales_invoice").await;

    s3.set(Mode::LoseReplies);
    let request = publish_fatal(&world, FATAL).await;
    worker
        .emits_where("call_retried", |call| call["action"] == "upload")
        .await;
    assert_eq!(world.objects().await.len(), 1);
    s3.set(Mode::Pass);
    held.holds_one().await;
    database.set(Mode::LoseReplies);
    held.release().await;
    worker
        .emits_where("call_retried", |call| call["action"] == "record")
        .await;
    let row = world.row(&samples::identity(&request)).await;
    let row = row.expect("the commit was done");
    assert!(events_about(&world, FATAL).await.is_empty());

    database.set(Mode::Pass);
    world.wait_for_events(1).await;
    worker.stop().await;
    world.assert_settled(1, 0).await;
    assert_announced(&world, FATAL).await;
    assert_eq!(world.row(&samples::identity(&request)).await, Some(row));
}

/// Publishes a request for this order, and under its name as message id; answers the request.
async fn publish_fatal(world: &World, order: &str) -> Value {
    let request = samples::with_identity(samples::receipt(), order, "1");
    let message = Message {
        message_id: order.to_owned(),
        ..Message::new(request.to_string())
    };
    world.send(&message).await;
    request
}

/// Waits until so many messages wait in all queues together.
async fn are_waiting(world: &World, count: u32) {
    eventually(&format!("{count} messages in the queues"), async || {
        let mut waiting = 0;
        for queue in world.topology.queues() {
            waiting += world.queue_len(&queue).await;
        }
        (waiting == count).then_some(()).ok_or(waiting)
    })
    .await;
}

pub(crate) async fn kills_itself(worker: &mut WorkerProcess) {
    let status = worker.wait_exit(DEADLINE).await;
    let signal = status.signal();
    assert_eq!(signal, Some(Signal::KILL.as_raw()), "{}", worker.log());
}

/// The event was published at least once, and always with the same id.
async fn assert_announced(world: &World, order: &str) {
    let events = events_about(world, order).await;
    let ids: BTreeSet<_> = events
        .iter()
        .map(|event| event.message_id.clone())
        .collect();
    assert_eq!(ids.len(), 1, "events about {order}: {events:?}");
}

async fn events_about(world: &World, order: &str) -> Vec<Received> {
    let mut events = world.events().await;
    events.retain(|event| event.json()["data"]["marketplace"]["orderId"] == order);
    events
}
