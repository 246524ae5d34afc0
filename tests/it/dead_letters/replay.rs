//! Replays: from the table back to the exchange.

use std::process::Stdio;

use invoice_worker::broker::Lane;
use invoice_worker::database::{Database, DeadLetterStatus, RunStatus};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::process::{Child, Command};

use super::{
    ARCHIVING, archived, count, database, has_archived, is_locked, letter, resumption, wait_for,
    wait_for_failures, wait_for_open, wrong_ones,
};
use crate::faults::servers::PrivateServer;
use crate::harness::{Message, Options, World, eventually, program, samples};
use crate::proxy::{Mode, Proxy};

/// Too small for any request: a cause that another worker, with another setting, fixes.
const TOO_SMALL: (&str, &str) = ("REQUEST_MAX_BYTES", "1024");

/// A field that the program does not know, long enough for the test.
fn padded(mut request: Value) -> Value {
    request["padding"] = "x".repeat(1_024).into();
    request
}

/// A world with so many good requests in the archive, and no worker.
async fn world_with_dead(count: usize) -> (World, Database) {
    world_with_dead_and(Options::default(), count).await
}

async fn world_with_dead_and(options: Options, count: usize) -> (World, Database) {
    let world = World::new(options).await;
    let database = database(&world).await;
    let mut worker = world.worker(&[ARCHIVING, TOO_SMALL]).await;
    let requests = samples::many(count).into_iter().map(|request| {
        let request = serde_json::from_slice(&request).expect("JSON");
        padded(request).to_string().into_bytes()
    });
    world.publish_many(requests).await;
    wait_for_open(&database, count).await;
    worker.stop().await;
    (world, database)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_after_the_cause_is_fixed_ends_generated() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    let mut worker = world.worker(&[ARCHIVING, TOO_SMALL]).await;
    let request = padded(samples::receipt());
    let message = Message {
        headers: vec![("tenant", "a".to_owned())],
        correlation_id: Some("c1".to_owned()),
        ..Message::new(request.to_string())
    };
    world.send(&message).await;
    wait_for_open(&database, 1).await;
    let replay = [
        "dead-letters",
        "replay",
        "--code",
        "request_too_large",
        "--reason",
        "it is fixed",
    ];
    let done = world.program(&replay).run().await.succeeded();
    assert!(done.starts_with("replayed 1\n"), "{done}");
    // The cause is not fixed yet: the same row is open again.
    wait_for_failures(&database, 2).await;
    worker.stop().await;

    let mut worker = world.worker(&[ARCHIVING]).await;
    world.program(&replay).run().await.succeeded();
    let row = world.wait_for_document(&samples::identity(&request)).await;
    assert_eq!(row.message_id.as_ref(), Some(&message.message_id));
    worker.stop().await;
    let rows = wait_for(&database, DeadLetterStatus::Replayed, 1).await;
    assert!(rows[0].replayed_by.is_some());
    let events = world.events().await;
    let generated = events
        .iter()
        .find(|event| event.routing_key == "invoice.generated");
    let generated = generated.expect("an event");
    assert_eq!(generated.correlation_id.as_deref(), Some("c1"));
    world.assert_settled(1, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_message_has_its_own_headers_and_no_old_ones() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    let mut worker = world.worker(&[ARCHIVING]).await;
    let message = Message {
        headers: vec![("tenant", "a".to_owned())],
        ..Message::new("{}")
    };
    world.send(&message).await;
    wait_for_open(&database, 1).await;
    worker.stop().await;
    world
        .program(&["dead-letters", "replay", "1", "--reason", "it is fixed"])
        .run()
        .await
        .succeeded();
    let taken = world.take_all(&world.topology.queue(Lane::Bulk)).await;
    let [request] = taken.as_slice() else {
        panic!("{taken:?}");
    };
    assert_eq!(request.message_id.as_ref(), Some(&message.message_id));
    assert_eq!(request.body, b"{}");
    assert_eq!(request.routing_key, "invoice.requested.bulk");
    assert_eq!(request.content_type.as_deref(), Some("application/json"));
    let names = request.headers.keys().map(String::as_str);
    // The broker adds this one itself.
    let names: Vec<&str> = names.filter(|name| *name != "x-delivery-count").collect();
    assert_eq!(names, ["tenant", "x-replay", "x-replay-of"]);
}

/// Two of a batch are larger than the broker allows, which it says by closing the channel that all are published on.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_broker_refuses_is_named_and_the_rest_of_its_batch_replayed() {
    let rabbitmq = PrivateServer::rabbitmq().await;
    rabbitmq
        .eval("application:set_env(rabbit, max_message_size, 65536).")
        .await;
    let world = World::new(Options {
        amqp_url: Some(rabbitmq.url.clone()),
        ..Options::default()
    })
    .await;
    let database = database(&world).await;
    let letters: Vec<_> = (0..8)
        .map(|index| {
            let mut letter = letter(index, "totals_mismatch");
            if index % 4 == 1 {
                letter.payload.resize(100_000, b' ');
            }
            letter
        })
        .collect();
    let stored = database.store_dead_letters(&letters).await;
    stored.expect("stored");

    let replay = ["dead-letters", "replay", "--all", "--reason", "it is fixed"];
    let done = world.program(&replay).run().await;
    assert_eq!((done.code, done.stdout.as_str()), (1, "replayed 6\n"));
    for id in ["2 (", "6 ("] {
        assert!(done.stderr.contains(id), "{}", done.stderr);
    }
    let rows = archived(&database).await;
    let open = rows
        .iter()
        .filter(|row| row.status == DeadLetterStatus::Open);
    assert_eq!(open.map(|row| row.id).collect::<Vec<_>>(), [2, 6]);
    assert!(world.lane_len(Lane::Bulk).await >= 6);
    let row = database.replay(1).await.expect("readable").expect("a row");
    let named: Vec<i64> = row.refused_letters().iter().map(|it| it.id).collect();
    assert_eq!((row.refused, named), (2, vec![2, 6]));
    assert_eq!((row.status, row.published), (RunStatus::Done, 6));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_with_another_code_after_a_replay_keeps_its_number() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    let mut worker = world.worker(&[ARCHIVING, TOO_SMALL]).await;
    let mut request = padded(samples::receipt());
    request["totals"] = serde_json::json!({ "gross": "1.00" });
    world.publish(request.to_string()).await;
    wait_for_open(&database, 1).await;
    worker.stop().await;

    let mut worker = world.worker(&[ARCHIVING]).await;
    let replay = ["dead-letters", "replay", "--all", "--reason", "it is fixed"];
    world.program(&replay).run().await.succeeded();
    wait_for_failures(&database, 2).await;
    worker.stop().await;
    let rows = archived(&database).await;
    assert_eq!((rows[0].id, rows[0].code.as_str()), (1, "totals_mismatch"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_replay_finds_nothing_to_do() {
    let (world, _database) = world_with_dead(5).await;
    let replay = ["dead-letters", "replay", "--all", "--reason", "it is fixed"];
    let done = world.program(&replay).run().await.succeeded();
    assert_eq!(done, "replayed 5\n");
    let done = world.program(&replay).run().await.succeeded();
    assert_eq!(done, "replayed 0\n");
    let by_id = world
        .program(&[
            "dead-letters",
            "replay",
            "1",
            "2",
            "--reason",
            "it is fixed",
        ])
        .run()
        .await;
    assert_eq!((by_id.code, by_id.stdout.as_str()), (1, ""), "{by_id:?}");
    for id in [1, 2] {
        let printed = format!("dead letter {id} was replayed at 20");
        assert!(by_id.stderr.contains(&printed), "{by_id:?}");
    }
    let printed = "Z; --status replayed selects it\n";
    assert!(by_id.stderr.contains(printed), "{by_id:?}");
    assert_eq!(world.lane_len(Lane::Bulk).await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_during_a_replay_is_not_swept_in() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    let mut worker = world.worker(&[ARCHIVING]).await;
    world.publish_many(wrong_ones(30)).await;
    wait_for_open(&database, 30).await;
    // The same ones fail again at once, and others fail meanwhile.
    let replay = world.program(&[
        "dead-letters",
        "replay",
        "--all",
        "--rate",
        "20",
        "--reason",
        "it is fixed",
    ]);
    let failing = async {
        eventually("a replay that is under way", async || {
            let rows = archived(&database).await;
            if rows.iter().any(|row| row.failures == 2) {
                Ok(())
            } else {
                Err("none")
            }
        })
        .await;
        for request in wrong_ones(130).skip(30) {
            world.publish(request).await;
        }
    };
    let (done, ()) = tokio::join!(replay.run(), failing);
    let done = done.succeeded();
    assert!(done.starts_with("replayed 30\n"), "{done}");
    let rows = wait_for_open(&database, 130).await;
    has_archived(&worker, 160).await;
    worker.stop().await;
    let twice = rows.iter().filter(|row| row.failures == 2).count();
    assert_eq!((rows.len(), twice), (130, 30));
    assert!(rows.iter().all(|row| row.failures <= 2));
    assert_eq!(world.queue_len(&world.topology.dead).await, 0);
}

/// A replay of everything, slow enough to be interrupted.
fn slow_replay(world: &World) -> Child {
    slow_replay_over(world, &world.variables["AMQP_URL"])
}

/// The same over this way to the broker.
fn slow_replay_over(world: &World, amqp_url: &str) -> Child {
    Command::new(program())
        .args([
            "dead-letters",
            "replay",
            "--all",
            "--rate",
            "40",
            "--reason",
            "it is fixed",
        ])
        .current_dir(world.folder.path())
        .env_clear()
        .envs(&world.variables)
        .env("AMQP_URL", amqp_url)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts")
}

async fn wait_for_some_replayed(database: &Database) {
    eventually("a replay that is under way", async || {
        let replayed = count(&archived(database).await, DeadLetterStatus::Replayed);
        if replayed > 0 { Ok(()) } else { Err("none") }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_was_killed_goes_on_when_it_is_run_again() {
    let (world, database) = world_with_dead(120).await;
    let mut killed = slow_replay(&world);
    wait_for_some_replayed(&database).await;
    killed.kill().await.expect("killed");
    // What it was committing at its end is.
    eventually("free dead letters", async || {
        let locked = is_locked(&world).await;
        if locked { Err("locked") } else { Ok(()) }
    })
    .await;
    let left = count(&archived(&database).await, DeadLetterStatus::Open);
    assert!((1..120).contains(&left), "{left} left");

    let replay = ["dead-letters", "replay", "--all", "--reason", "it is fixed"];
    let done = world.program(&replay).run().await.succeeded();
    assert_eq!(done, format!("replayed {left}\n"));
    let mut worker = world.worker(&[ARCHIVING]).await;
    world.assert_settled(120, 0).await;
    worker.stop().await;
    world.assert_settled(120, 0).await;
    wait_for(&database, DeadLetterStatus::Replayed, 120).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_goes_on_after_a_restart_of_the_broker() {
    let rabbitmq = PrivateServer::rabbitmq().await;
    let options = Options {
        amqp_url: Some(rabbitmq.url.clone()),
        ..Options::default()
    };
    let (world, database) = world_with_dead_and(options, 120).await;
    let (proxy, url) = Proxy::before(&world.variables["AMQP_URL"]);
    let replay = slow_replay_over(&world, &url);
    wait_for_some_replayed(&database).await;
    // A broker takes its time to stop. The replay is not over before that, however fast it is.
    proxy.set(Mode::Stall);
    rabbitmq.stop().await;
    rabbitmq.start().await;
    proxy.set(Mode::Pass);
    let output = replay.wait_with_output().await.expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "replayed 120\n");
    assert!(stderr.contains("replay_unconfirmed"), "{stderr}");
    let mut worker = world.worker(&[]).await;
    world.assert_settled(120, 0).await;
    worker.stop().await;
    world.assert_settled(120, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_stops_a_replay_between_messages() {
    let (world, database) = world_with_dead(120).await;
    let child = slow_replay(&world);
    wait_for_some_replayed(&database).await;
    let pid = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
    kill_process(pid.expect("it runs"), Signal::INT).expect("signalled");
    let output = child.wait_with_output().await.expect("it ends");
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(output.status.code(), Some(1), "{stdout}{stderr}");
    assert!(
        stderr.contains("run the same command again to go on"),
        "{stderr}"
    );
    let sent = count(&archived(&database).await, DeadLetterStatus::Replayed);
    // Exactly what was sent is marked.
    assert_eq!(stdout, format!("replayed {sent}\n"));
    let queued = world.take_all(&world.topology.queue(Lane::Bulk)).await;
    assert_eq!(queued.len(), sent);
    // It was the person that ran it who stopped it: it waits until a person has it go on.
    let row = database.replay(1).await.expect("readable").expect("a row");
    assert_eq!(row.status, RunStatus::Cancelled);
    let resume = resumption("1", "it is fixed");
    let rest = world.program(&resume).run().await.succeeded();
    assert_eq!(rest, format!("replayed {}\n", 120 - sent));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_has_a_limit() {
    let (world, database) = world_with_dead(10).await;
    let replay = [
        "dead-letters",
        "replay",
        "--all",
        "--limit",
        "3",
        "--reason",
        "it is fixed",
    ];
    let done = world.program(&replay).run().await.succeeded();
    assert_eq!(done, "replayed 3\n");
    let rows = archived(&database).await;
    let replayed = rows
        .iter()
        .filter(|row| row.status == DeadLetterStatus::Replayed);
    assert_eq!(replayed.map(|row| row.id).collect::<Vec<_>>(), [1, 2, 3]);
}
