//! Repairs outlive the processes that work on them, and no two processes work on one.

use std::collections::{BTreeSet, HashSet};

use rustix::process::Signal;
use serde_json::json;

use super::{
    AFTER_A_LEASE, archived, because, create, decide, letters, until, until_within, without_totals,
    world_with,
};
use crate::dead_letters::edits_of;
use crate::harness::{DEADLINE, Options, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn another_server_goes_on_with_the_trial_of_one_that_was_killed() {
    let (world, database) = world_with(Options::default(), 100).await;
    let mut first = world.serve().await;
    let path = create(&first.client(), &without_totals()).await;
    let client = first.client();
    eventually("a trial under way", async || {
        let repair = client.get(&path).await.is(200);
        if repair["tried"].as_i64() > Some(0) {
            Ok(())
        } else {
            Err(repair)
        }
    })
    .await;
    first.signal(Signal::KILL);
    first.wait_exit(DEADLINE).await;
    let rows = archived(&database).await;
    let second = world.serve().await;
    let client = second.client();
    let repair = until_within(AFTER_A_LEASE, &client, &path, "tried").await;
    assert_eq!(repair["verdicts"], json!({ "would_issue": 100 }));
    assert_eq!(letters(&client, &path).await.len(), 100);
    assert_eq!(archived(&database).await, rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_goes_on_with_the_edits_of_one_that_was_killed() {
    let (world, database) = world_with(Options::default(), 100).await;
    let mut first = world.serve().await;
    let client = first.client();
    let path = create(&client, &without_totals()).await;
    until(&client, &path, "tried").await;
    decide(&client, &path, "apply", &because("now"))
        .await
        .is(200);
    eventually("edits", async || {
        let repair = client.get(&path).await.is(200);
        if repair["edited"].as_i64() > Some(0) {
            Ok(())
        } else {
            Err(repair)
        }
    })
    .await;
    first.signal(Signal::KILL);
    first.wait_exit(DEADLINE).await;
    let second = world.serve().await;
    let client = second.client();
    let repair = until_within(AFTER_A_LEASE, &client, &path, "replaying").await;
    assert_eq!(
        (&repair["edited"], &repair["skipped"]),
        (&json!(100), &json!(0))
    );
    for row in archived(&database).await {
        let edits = edits_of(&database, row.id).await;
        assert_eq!(edits.len(), 1, "dead letter {}", row.id);
    }
    let mut worker = world.worker(&[]).await;
    let done = until_within(AFTER_A_LEASE, &client, &path, "done").await;
    assert_eq!(done["outcome"]["generated"], 100, "{done}");
    worker.stop().await;
    let replays = client.get("/v1/replays").await.is(200);
    assert_eq!(replays["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_try_each_repair_once() {
    let (world, _) = world_with(Options::default(), 60).await;
    let (one, two) = (world.serve().await, world.serve().await);
    let client = one.client();
    let mut paths = Vec::new();
    for first in [1, 11, 21, 31, 41, 51] {
        let numbers: Vec<i64> = (first..first + 10).collect();
        let body = json!({
            "targets": { "ids": numbers }, "patch": without_totals(), "reason": "INC-1"
        });
        let repair = client.post("/v1/repairs", &body).await.is(201);
        paths.push(format!("/v1/repairs/{}", repair["id"]));
    }
    for path in &paths {
        let repair = until(&client, path, "tried").await;
        assert_eq!(repair["verdicts"], json!({ "would_issue": 10 }), "{path}");
    }
    let mut begun = Vec::new();
    for serve in [&one, &two] {
        let events = serve.events("repair_started");
        begun.extend(events.iter().map(|event| event["repair"].as_i64()));
    }
    let different: BTreeSet<_> = begun.iter().collect();
    assert_eq!((begun.len(), different.len()), (6, 6), "{begun:?}");
}

/// A trial has renderers of its own, which end with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_trial_has_renderers_of_the_lowest_priority_which_end_with_it() {
    let (world, _) = world_with(Options::sqlite(), 60).await;
    let serve = world.serve().await;
    let usual: HashSet<_> = serve.renderers().into_iter().collect();
    assert_eq!(usual.len(), 1);
    let client = serve.client();
    let path = create(&client, &without_totals()).await;
    let nice = eventually("a renderer of the trial", async || {
        let all = serve.renderers().into_iter();
        let mut own = all.filter(|pid| !usual.contains(pid));
        let priority = own
            .next()
            .and_then(|pid| rustix::process::getpriority_process(Some(pid)).ok());
        match priority {
            Some(19) => Ok(19),
            other => Err(other),
        }
    })
    .await;
    assert_eq!(nice, 19);
    until(&client, &path, "tried").await;
    eventually("the end of the trial's renderers", async || {
        let left: HashSet<_> = serve.renderers().into_iter().collect();
        if left == usual { Ok(()) } else { Err(left) }
    })
    .await;
}
