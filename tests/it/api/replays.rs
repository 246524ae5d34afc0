//! Replays that run in servers: cancelled, resumed, taken over, and never run twice.

use std::collections::BTreeSet;
use std::time::Duration;

use invoice_worker::broker::Lane;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::operators::{ids, wait_until_done, world_with};
use crate::dead_letters::archived;
use crate::harness::http::Client;
use crate::harness::{DEADLINE, Options, World, eventually, eventually_within};

/// Longest wait for a lease to end, and for what comes after.
const AFTER_A_LEASE: Duration = Duration::from_secs(90);

/// Creates a replay and answers its path.
async fn create(client: &Client, body: &Value) -> String {
    let created = client.post("/v1/replays", body).await;
    let replay = created.is(201);
    let path = created.header("location").expect("Location").to_owned();
    assert_eq!(path, format!("/v1/replays/{}", replay["id"]));
    path
}

async fn wait_for_some(client: &Client, path: &str) -> Value {
    eventually("a replay that is under way", async || {
        let replay = client.get(path).await.is(200);
        if replay["published"].as_i64() > Some(0) {
            Ok(replay)
        } else {
            Err(replay)
        }
    })
    .await
}

/// How many requests were published, and of how many dead letters.
async fn published(world: &World) -> (usize, usize) {
    let taken = world.take_all(&world.topology.queue(Lane::Bulk)).await;
    let of = taken.iter().map(|message| message.header("x-replay-of"));
    let of: BTreeSet<&str> = of.collect();
    (taken.len(), of.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_replay_is_cancelled_and_resumed() {
    let (world, database) = world_with(Options::sqlite(), 16).await;
    let serve = world.serve().await;
    let client = serve.client();
    let reason = json!({ "reason": "too early" });
    let path = create(
        &client,
        &json!({ "targets": { "all": true }, "rate": 4, "reason": "fixed" }),
    )
    .await;
    let running = wait_for_some(&client, &path).await;
    assert_eq!(
        (&running["status"], &running["total"], &running["rate"]),
        (&json!("running"), &json!(16), &json!(4))
    );
    // One that runs is not resumed.
    let refused = client.post(&format!("{path}/resume"), &reason).await;
    refused.is_problem(409, "state_conflict");
    for _ in 0..2 {
        let cancelled = client.post(&format!("{path}/cancel"), &reason).await;
        cancelled.is(200);
    }
    let stopped = eventually("a replay that is cancelled", async || {
        let replay = client.get(&path).await.is(200);
        if replay["status"] == "cancelled" {
            Ok(replay)
        } else {
            Err(replay)
        }
    })
    .await;
    let before = stopped["published"].as_u64().expect("a number");
    assert!(before < 16, "{stopped}");
    assert_eq!(
        u64::from(world.queue_len(&world.topology.queue(Lane::Bulk)).await),
        before
    );
    client
        .post(&format!("{path}/cancel"), &reason)
        .await
        .is(200);

    let resumed = client.post(&format!("{path}/resume"), &reason).await;
    assert_eq!(resumed.is(200)["status"], "queued");
    let done = wait_until_done(&client, &path).await;
    assert_eq!(
        (&done["published"], &done["marked"]),
        (&json!(16), &json!(16))
    );
    assert_eq!(published(&world).await, (16, 16));
    assert!(
        archived(&database)
            .await
            .iter()
            .all(|row| row.replayed_by.as_deref() == Some("local"))
    );
    for action in ["cancel", "resume"] {
        let refused = client.post(&format!("{path}/{action}"), &reason).await;
        refused.is_problem(409, "state_conflict");
    }
    let changes = client.get("/v1/changes").await.is(200);
    let items = changes["items"].as_array().expect("a list");
    let actions: Vec<_> = items
        .iter()
        .map(|change| change["action"].clone())
        .collect();
    assert_eq!(actions, ["replay.resume", "replay.cancel", "replay.create"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_goes_on_with_the_replay_of_one_that_was_killed() {
    let (world, _) = world_with(Options::default(), 24).await;
    let (mut one, mut two) = (world.serve().await, world.serve().await);
    let body = json!({ "targets": { "all": true }, "rate": 4, "reason": "fixed" });
    let path = create(&one.client(), &body).await;
    let running = wait_for_some(&one.client(), &path).await;
    let owner = running["owner"].as_str().expect("an owner").to_owned();
    let is_first = owner.ends_with(&format!(":{}", one.pid().as_raw_nonzero()));
    let (killed, left) = if is_first {
        (&mut one, &two)
    } else {
        (&mut two, &one)
    };
    killed.signal(Signal::KILL);
    killed.wait_exit(DEADLINE).await;
    let client = left.client();
    let done = eventually_within(AFTER_A_LEASE, "the end of the replay", async || {
        let replay = client.get(&path).await.is(200);
        if replay["status"] == "done" {
            Ok(replay)
        } else {
            Err(replay)
        }
    })
    .await;
    assert_eq!(done["published"], 24, "{done}");
    let (messages, letters) = published(&world).await;
    // A batch has one message at this rate; what was published and not recorded is published again.
    assert!(
        (24..=25).contains(&messages) && letters == 24,
        "{messages} {letters}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_run_each_replay_once_and_give_it_back_when_they_stop() {
    let (world, _) = world_with(Options::default(), 60).await;
    let (mut one, two) = (world.serve().await, world.serve().await);
    let client = two.client();
    let mut paths = Vec::new();
    for first in [1, 11, 21, 31, 41, 51] {
        let numbers: Vec<i64> = (first..first + 10).collect();
        // The one that is the first to look runs four, for longer than the other one waits until its next look.
        let body = json!({ "targets": { "ids": numbers }, "rate": 4, "reason": "fixed" });
        paths.push(create(&client, &body).await);
    }
    eventually("a replay of the first server", async || {
        let replays = client.get("/v1/replays?status=running").await.is(200);
        let suffix = format!(":{}", one.pid().as_raw_nonzero());
        let items = replays["items"].as_array().expect("a list").clone();
        let is_there = items.iter().any(|replay| {
            let owner = replay["owner"].as_str().unwrap_or_default();
            owner.ends_with(&suffix)
        });
        if is_there { Ok(()) } else { Err(replays) }
    })
    .await;
    one.stop().await;
    for path in &paths {
        wait_until_done(&client, path).await;
    }
    assert_eq!(published(&world).await, (60, 60));
    let done = client.get("/v1/replays?status=done").await.is(200);
    assert_eq!(ids(&done), [6, 5, 4, 3, 2, 1]);
    assert_eq!(
        ids(&client.get("/v1/replays?status=failed").await.is(200)),
        [0; 0]
    );
}
