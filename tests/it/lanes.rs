//! The bulk lane: it never keeps ordinary requests waiting, and never stands still.

mod failures;
mod isolation;

use invoice_worker::broker::Lane;
use invoice_worker::database::Status;
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, TransactionTrait as _};
use serde_json::Value;

use crate::faults::templates::{ENDLESS, Templates, request};
use crate::faults::{impatient, rows_are_written};
use crate::harness::{WorkerProcess, World, eventually, samples};

/// So many requests of a lane.
fn requests(lane: Lane, count: usize) -> impl Iterator<Item = Vec<u8>> {
    (0..count).map(move |index| {
        let order = format!("{lane}-{index}");
        let request = samples::with_identity(samples::receipt(), &order, "1");
        request.to_string().into_bytes()
    })
}

/// The lanes of the documents so far, in the order in which they were recorded.
async fn order(world: &World) -> Vec<Lane> {
    let mut rows = world.rows().await;
    rows.retain(|row| row.status == Status::Generated);
    rows.sort_by_key(|row| row.generated_at);
    let lane = |order: &str| match order.starts_with("bulk-") {
        true => Lane::Bulk,
        false => Lane::Ordinary,
    };
    rows.iter().map(|row| lane(&row.order_id)).collect()
}

fn count(order: &[Lane], lane: Lane) -> usize {
    order.iter().filter(|other| **other == lane).count()
}

async fn all_ordinary_are_done(world: &World, expected: usize) {
    eventually(
        &format!("{expected} ordinary documents"),
        async || match count(&order(world).await, Lane::Ordinary) {
            done if done == expected => Ok(()),
            done => Err(done),
        },
    )
    .await;
}

/// Bulk documents between the first ordinary one and the last.
fn bulk_between(order: &[Lane]) -> usize {
    let is_ordinary = |lane: &Lane| *lane == Lane::Ordinary;
    let first = order.iter().position(is_ordinary).expect("ordinary ones");
    let last = order.iter().rposition(is_ordinary).expect("ordinary ones");
    count(&order[first..last], Lane::Bulk)
}

/// Waits until so many requests are in the queue of a lane: what a worker hands back at its end is there a moment later.
async fn lane_holds(world: &World, lane: Lane, expected: usize) {
    eventually(
        &format!("{expected} {lane} requests in their queue"),
        async || {
            let waiting = world.lane_len(lane).await;
            if usize::try_from(waiting) == Ok(expected) {
                Ok(())
            } else {
                Err(waiting)
            }
        },
    )
    .await;
}

/// A worker with one renderer, whose log has debugging events.
async fn worker(world: &World, share: &str) -> WorkerProcess {
    world
        .worker(&[
            ("WORKER_CONCURRENCY", "1"),
            ("BULK_SHARE_PERCENT", share),
            ("RUST_LOG", "info,invoice_worker=debug"),
        ])
        .await
}

/// The same with room for all ordinary requests of a test, so that its renderer never waits for the broker, the bucket or the
/// database while there are ordinary ones: what it renders next is decided by the share alone.
async fn worker_with_room(world: &World, share: &str) -> WorkerProcess {
    world
        .worker(&[
            ("WORKER_CONCURRENCY", "1"),
            ("WORKER_PREFETCH", "400"),
            ("BULK_SHARE_PERCENT", share),
        ])
        .await
}

/// Keeps every request from being looked up, and so from being rendered, until it is dropped or rolled back.
async fn hold_look_ups(world: &World) -> DatabaseTransaction {
    let url = world.variables["DATABASE_URL"].as_str();
    let database = sea_orm::Database::connect(url).await;
    let database = database.expect("the database can be reached");
    let lock = database.begin().await.expect("a transaction");
    let locked = lock.execute_unprepared("LOCK TABLE sales_invoice IN ACCESS EXCLUSIVE MODE");
    locked.await.expect("a lock");
    lock
}

/// The span of a log line, with the fields of its message.
fn span(line: &Value, field: &str) -> Option<String> {
    line["span"][field].as_str().map(ToOwned::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn ordinary_requests_do_not_wait_for_two_thousand_bulk_requests() {
    const BULK: usize = 2_000;
    const ORDINARY: usize = 90;
    let world = World::new(impatient()).await;
    world.publish_bulk(requests(Lane::Bulk, BULK)).await;
    let mut worker = worker_with_room(&world, "10").await;
    rows_are_written(&world, 20).await;
    // The ordinary ones come at once, however long the broker takes for them.
    let held = hold_look_ups(&world).await;
    world.publish_many(requests(Lane::Ordinary, ORDINARY)).await;
    lane_holds(&world, Lane::Ordinary, 0).await;
    held.rollback().await.expect("the lock is free");
    all_ordinary_are_done(&world, ORDINARY).await;
    worker.stop().await;

    let order = order(&world).await;
    // The share of ten percent is ten documents here; some were under way when the ordinary requests came.
    let between = bulk_between(&order);
    assert!(between <= 20, "{between} bulk documents");
    let waiting = BULK - count(&order, Lane::Bulk);
    lane_holds(&world, Lane::Bulk, waiting).await;
    assert!(waiting > BULK / 2, "only {waiting} bulk requests waited");
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_requests_get_their_share_while_ordinary_ones_keep_coming() {
    has_its_share("40", 25..=95).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_share_bulk_requests_wait_for_idle_renderers() {
    has_its_share("0", 0..=12).await;
}

/// How many bulk documents are generated between the first and the last of 100 ordinary ones. A share of 40 percent is 67.
async fn has_its_share(share: &str, expected: std::ops::RangeInclusive<usize>) {
    const EACH: usize = 100;
    let world = World::new(impatient()).await;
    let mut worker = worker_with_room(&world, share).await;
    // After the first one it takes as many of both lanes as it has room for.
    let mut bulk = requests(Lane::Bulk, 1 + EACH);
    world.publish_bulk(bulk.next()).await;
    rows_are_written(&world, 1).await;
    // It has all of them before it begins with one.
    let held = hold_look_ups(&world).await;
    world.publish_many(requests(Lane::Ordinary, EACH)).await;
    world.publish_bulk(bulk).await;
    for lane in Lane::ALL {
        lane_holds(&world, lane, 0).await;
    }
    held.rollback().await.expect("the lock is free");
    all_ordinary_are_done(&world, EACH).await;
    let between = bulk_between(&order(&world).await);
    assert!(
        expected.contains(&between),
        "{between} bulk documents, expected {expected:?}"
    );
    // The rest follows.
    world.assert_settled(1 + 2 * EACH, 0).await;
    worker.stop().await;
    world.assert_settled(1 + 2 * EACH, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_requests_alone_use_all_renderers_and_leave_them_to_an_ordinary_one() {
    let world = World::new(impatient()).await;
    let templates = Templates::with(&[("endless", ENDLESS)]);
    let endless = (0..3).map(|index| request("endless", &format!("bulk-{index}")));
    let endless = endless.map(|request| request.to_string().into_bytes());
    world.publish_bulk(endless).await;
    let mut worker = world
        .worker(&[
            ("WORKER_CONCURRENCY", "2"),
            ("TEMPLATES_DIR", templates.path().to_str().expect("UTF-8")),
            ("RENDER_TIMEOUT_SECONDS", "3600"),
            ("SHUTDOWN_GRACE_SECONDS", "1"),
            ("RUST_LOG", "info,invoice_worker=debug,document=debug"),
        ])
        .await;
    // What occupies a renderer for more than a second makes room for others.
    eventually("two slow documents", async || {
        match worker.events("render_moved").len() {
            2 => Ok(()),
            other => Err(other),
        }
    })
    .await;
    world.publish_many(requests(Lane::Ordinary, 1)).await;
    all_ordinary_are_done(&world, 1).await;
    assert_eq!(
        worker.events("render_moved").len(),
        2,
        "the third one waits"
    );
    worker.stop().await;
    lane_holds(&world, Lane::Bulk, 3).await;
}
