//! No dead letter is lost: not in an outage of the database, not with a worker that dies, not in the queue.

use lapin::BasicProperties;
use lapin::options::BasicGetOptions;
use rustix::process::Signal;

use super::{
    ARCHIVING, archived, channel, database, has_archived, publish_raw, text, wait_for_open,
    wrong_ones,
};
use crate::harness::{DEADLINE, HeldInserts, Options, World, eventually};
use crate::proxy::{Mode, Proxy};

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_wait_while_the_database_is_away() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    let (proxy, url) = Proxy::before(&world.variables["DATABASE_URL"]);
    let mut worker = world.worker(&[ARCHIVING, ("DATABASE_URL", &url)]).await;
    let (_connection, channel) = channel(&world).await;
    let publish = async |from: usize, to: usize| {
        for index in from..to {
            let properties = BasicProperties::default().with_message_id(format!("m{index}").into());
            let headers = [("x-error-code", text("some_code"))];
            let exchange = &world.topology.dead_exchange;
            publish_raw(&channel, exchange, b"{}", &headers, properties).await;
        }
    };
    publish(0, 1).await;
    wait_for_open(&database, 1).await;
    proxy.set(Mode::Refuse);
    publish(1, 100).await;
    worker.emits("archive_waiting").await;
    assert_eq!(archived(&database).await.len(), 1);
    proxy.set(Mode::Pass);
    wait_for_open(&database, 100).await;

    // Rows whose commit was not confirmed to the worker are not stored twice.
    let held_before = worker.events("archive_waiting").len();
    proxy.set(Mode::LoseReplies);
    publish(100, 150).await;
    // Rows, or, where the connection was tested before it was used, only an outage.
    eventually("rows or an outage", async || {
        let rows = archived(&database).await.len();
        let held = worker.events("archive_waiting").len();
        let enough = rows > 100 || held > held_before;
        enough.then_some(()).ok_or((rows, held))
    })
    .await;
    proxy.set(Mode::Pass);
    wait_for_open(&database, 150).await;
    has_archived(&worker, 150).await;
    worker.stop().await;
    assert_eq!(world.queue_len(&world.topology.dead).await, 0);
    let rows = archived(&database).await;
    assert_eq!(rows.len(), 150);
    assert!(rows.iter().all(|row| row.failures == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_while_the_worker_stops_is_acknowledged() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    let held = HeldInserts::into_table(&world.variables["DATABASE_URL"], "dead_letter").await;
    let mut worker = world.worker(&[ARCHIVING]).await;
    world.publish_many(wrong_ones(1)).await;
    held.holds_one().await;
    worker.signal(Signal::TERM);
    worker.emits("signal_received").await;
    held.release().await;
    let ended = worker.wait_exit(DEADLINE).await;
    assert!(ended.success(), "{ended:?}");
    assert_eq!(archived(&database).await.len(), 1);
    assert_eq!(world.queue_len(&world.topology.dead).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_keeps_a_dead_letter_however_often_it_comes_back() {
    let world = World::new(Options::default()).await;
    let queue = world.topology.dead.as_str();
    let (_connection, publishing) = channel(&world).await;
    let exchange = &world.topology.dead_exchange;
    publish_raw(
        &publishing,
        exchange,
        b"{}",
        &[],
        BasicProperties::default(),
    )
    .await;
    // This is what an archiver does that dies repeatedly. Every return is counted, and a delivery limit would drop the message.
    for time in 1..=30 {
        let (connection, channel) = channel(&world).await;
        let got = channel
            .basic_get(queue.into(), BasicGetOptions::default())
            .await;
        assert!(
            got.expect("the queue can be read").is_some(),
            "gone after {time} times"
        );
        connection.close(200, "dead".into()).await.expect("closed");
        eventually("its return", async || match world.queue_len(queue).await {
            1 => Ok(()),
            other => Err((time, other)),
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_outlives_the_expiration_of_its_request() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let (_connection, channel) = channel(&world).await;
    let properties = || {
        BasicProperties::default()
            .with_message_id("m1".into())
            .with_expiration("10000".into())
    };
    publish_raw(&channel, &world.topology.exchange, b"{", &[], properties()).await;
    let dead = eventually("the dead letter", async || {
        let queue = world.topology.dead.as_str().into();
        let got = channel.basic_get(queue, BasicGetOptions::default()).await;
        got.expect("the queue can be read").ok_or("none")
    })
    .await;
    assert_eq!(dead.delivery.properties.expiration(), &None);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_worker_loses_no_dead_letter() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    let worker = world.worker(&[ARCHIVING]).await;
    let mut wrong = wrong_ones(300);
    world.publish_many(wrong.by_ref().take(150)).await;
    wait_for_at_least(&database, 20).await;
    drop(worker);
    // However fast it was, these are for the next one, behind what comes back.
    world.publish_many(wrong).await;
    let mut worker = world.worker(&[ARCHIVING]).await;
    let rows = wait_for_open(&database, 300).await;
    worker.stop().await;
    assert_eq!(world.queue_len(&world.topology.dead).await, 0);
    assert_eq!(rows.len(), 300);
    assert!(rows.iter().all(|row| row.failures == 1));
}

async fn wait_for_at_least(database: &invoice_worker::database::Database, count: usize) {
    eventually("some rows", async || {
        let seen = archived(database).await.len();
        if seen >= count { Ok(()) } else { Err(seen) }
    })
    .await;
}
