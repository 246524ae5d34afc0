//! Requests that kill or occupy their worker, and the ordinary requests around them.

use std::os::unix::process::ExitStatusExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use document::faults;
use invoice_worker::broker::Lane;
use rustix::process::Signal;
use serde_json::Value;

use crate::faults::templates::{ENDLESS, Templates, request};
use crate::faults::{impatient, rows_are_written};
use crate::harness::{DEADLINE, Options, World, eventually, samples};

/// Requests in front of the poisonous one, and as many behind it.
const INNOCENT: usize = 15;

/// The order that kills workers.
const POISON: &str = "poison-order";

/// Deliveries before the broker gives a message up; a worker does after half of them.
const DELIVERY_LIMIT: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_kills_its_worker_each_time_is_quarantined_and_harms_no_other() {
    a_killer_is_quarantined(1, Lane::Ordinary).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_kills_two_replicas_in_turn_is_quarantined_and_harms_no_other() {
    a_killer_is_quarantined(2, Lane::Ordinary).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_request_that_kills_its_worker_each_time_is_quarantined_and_harms_no_other() {
    a_killer_is_quarantined(1, Lane::Bulk).await;
}

/// In front of it, behind it and in the other lane are harmless requests.
async fn a_killer_is_quarantined(replicas: usize, lane: Lane) {
    let mut options = impatient();
    options
        .variables
        .push(("DELIVERY_LIMIT", DELIVERY_LIMIT.to_string()));
    let world = World::new(options).await;
    let mut requests = samples::many(2 * INNOCENT);
    let poison = samples::with_identity(samples::receipt(), POISON, "1");
    requests.insert(INNOCENT, poison.to_string().into_bytes());
    let other = samples::many(3 * INNOCENT).split_off(2 * INNOCENT);
    let (ordinary, bulk) = match lane {
        Lane::Ordinary => (requests, other),
        Lane::Bulk => (other, requests),
    };
    world.publish_many(ordinary).await;
    world.publish_bulk(bulk).await;

    let deaths = AtomicUsize::new(0);
    let settled = tokio_util::sync::CancellationToken::new();
    let supervising = (0..replicas).map(|_| supervise(&world, &deaths, &settled));
    let finishing = async {
        world.assert_settled(3 * INNOCENT, 1).await;
        // The last death may not have been seen yet.
        eventually("as many deaths", async || {
            let seen = deaths.load(Ordering::Relaxed);
            (seen == DELIVERY_LIMIT / 2).then_some(()).ok_or(seen)
        })
        .await;
        settled.cancel();
    };
    tokio::join!(futures_util::future::join_all(supervising), finishing);
    world.assert_settled(3 * INNOCENT, 1).await;

    let dead = world.dead_letters().await;
    assert_eq!(dead[0].header("x-error-code"), "crash_suspect");
    assert_eq!(dead[0].header("x-error-stage"), "receive");
    assert_eq!(dead[0].json(), poison);
    assert_eq!(deaths.into_inner(), DELIVERY_LIMIT / 2);
}

/// Keeps a worker running as a supervisor would, that is to say without looking at why it ended.
async fn supervise(
    world: &World,
    deaths: &AtomicUsize,
    until: &tokio_util::sync::CancellationToken,
) {
    let fault = format!("received:{POISON}");
    let mut worker = world.start_worker(&[(faults::VARIABLE, &fault)]);
    loop {
        tokio::select! {
            status = worker.wait_exit(2 * DEADLINE) => {
                assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "{}", worker.log());
                deaths.fetch_add(1, Ordering::Relaxed);
                worker.has_no_renderers().await;
                worker = world.start_worker(&[(faults::VARIABLE, &fault)]);
            }
            () = until.cancelled() => {
                // A process that has just started has no handler for the signal yet.
                worker.is_consuming().await;
                return worker.stop().await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_hangs_delays_no_other() {
    nothing_waits_for_a_document_that_hangs(1).await;
}

/// A worker holds one message at first, in case the workers before died of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_hangs_delays_no_other_even_where_it_is_the_first() {
    nothing_waits_for_a_document_that_hangs(0).await;
}

async fn nothing_waits_for_a_document_that_hangs(in_front: usize) {
    const BEHIND: usize = 40;
    let world = World::new(Options::default()).await;
    let templates = Templates::with(&[("endless", ENDLESS)]);
    let folder = ("TEMPLATES_DIR", templates.path().to_str().expect("UTF-8"));
    let one = ("WORKER_CONCURRENCY", "1");
    // The others are not done after it was given up, however long they take on a busy machine.
    let patient = [
        folder,
        one,
        ("RENDER_TIMEOUT_SECONDS", "3600"),
        ("SHUTDOWN_GRACE_SECONDS", "1"),
    ];
    let mut requests = samples::many(in_front + BEHIND);
    let endless = request("endless", "endless");
    requests.insert(in_front, endless.to_string().into_bytes());
    world.publish_many(requests).await;
    let mut worker = world.worker(&patient).await;
    rows_are_written(&world, in_front + BEHIND).await;
    worker.stop().await;

    // The next worker gives it up.
    let hasty = [folder, one, ("RENDER_TIMEOUT_SECONDS", "1")];
    let mut worker = world.worker(&hasty).await;
    world.assert_settled(in_front + BEHIND, 1).await;
    worker.stop().await;
    world.assert_settled(in_front + BEHIND, 1).await;
    let dead = world.dead_letters().await;
    assert_eq!(dead[0].header("x-error-code"), "render_timeout");
}

/// Documents of 300 lines and more have a lane of their own, in which they wait for each other.
#[tokio::test(flavor = "multi_thread")]
async fn ordinary_documents_overtake_a_crowd_of_big_ones() {
    const BIG: usize = 12;
    const ORDINARY: usize = 12;
    let world = World::new(Options::default()).await;
    let variables = [("WORKER_CONCURRENCY", "1"), ("WORKER_PREFETCH", "64")];
    let ordinary = samples::many(1 + ORDINARY);
    let big = (0..BIG).map(|index| big_request(index).to_string().into_bytes());
    // The first one only has the worker take more than one message.
    world.publish_many(ordinary[..1].to_vec()).await;
    world.publish_many(big).await;
    world.publish_many(ordinary[1..].to_vec()).await;
    let mut worker = world.worker(&variables).await;
    world.assert_settled(1 + BIG + ORDINARY, 0).await;
    worker.stop().await;

    let (mut last_ordinary, mut last_big) = (None, None);
    for row in world.rows().await {
        let last = if row.order_id.starts_with("big") {
            &mut last_big
        } else {
            &mut last_ordinary
        };
        *last = (*last).max(row.generated_at);
    }
    assert!(last_ordinary < last_big, "{last_ordinary:?} {last_big:?}");
}

fn big_request(index: usize) -> Value {
    const LINES: usize = 300;
    let mut request = samples::with_identity(samples::receipt(), &format!("big-{index}"), "1");
    let line = request["lines"][0].clone();
    let lines = (1..=LINES).map(|number| {
        let mut line = line.clone();
        line["id"] = number.to_string().into();
        line
    });
    request["lines"] = lines.collect();
    request
}
