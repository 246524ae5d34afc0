//! `Prefer: wait`: the answer comes when the trial or the application is over, and not later than the client prefers.

use serde_json::json;

use super::{as_seen, because, create, store, until, without_totals, world_with};
use crate::dead_letters::wrong;
use crate::harness::Options;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_waits_gets_the_trial_and_then_the_outcomes() {
    let (world, _) = world_with(Options::sqlite(), 2).await;
    let serve = world.serve().await;
    let client = serve.client();
    let body = json!({ "targets": { "all": true }, "patch": without_totals(), "reason": "INC-1" });
    let made = client.post_and_wait("/v1/repairs", &body, 60).await;
    assert_eq!(made.header("preference-applied"), Some("wait=60"));
    assert_eq!(made.header("location"), Some("/v1/repairs/1"));
    let tried = made.is(201);
    assert_eq!(tried["status"], "tried");
    assert_eq!(tried["verdicts"], json!({ "would_issue": 2 }));

    let mut worker = world.worker(&[]).await;
    let apply = as_seen(&tried, &because("now"));
    let applied = client
        .post_and_wait("/v1/repairs/1/apply", &apply, 60)
        .await;
    assert_eq!(applied.header("preference-applied"), Some("wait=60"));
    let done = applied.is(200);
    assert_eq!(done["status"], "done");
    assert_eq!(done["outcome"]["generated"], 2, "{done}");
    worker.stop().await;
}

/// Without a worker there are no outcomes, and the wait has an end.
#[tokio::test(flavor = "multi_thread")]
async fn a_wait_ends_after_its_time_and_what_was_asked_for_is_done() {
    let (world, database) = world_with(Options::sqlite(), 1).await;
    let serve = world.serve().await;
    let client = serve.client();
    let path = create(&client, &without_totals()).await;
    let tried = until(&client, &path, "tried").await;
    let apply = as_seen(&tried, &because("now"));
    let began = std::time::Instant::now();
    let applied = client
        .post_and_wait(&format!("{path}/apply"), &apply, 3)
        .await;
    assert!(began.elapsed().as_secs() < 30, "{:?}", began.elapsed());
    assert_eq!(applied.header("preference-applied"), Some("wait=3"));
    let applied = applied.is(200);
    let goes_on = ["applying", "replaying"].map(|status| json!(status));
    assert!(goes_on.contains(&applied["status"]), "{applied}");
    until(&client, &path, "replaying").await;

    // One that waits for a person is not waited for, and neither is one that is shown without a preference.
    store(&database, 2, &wrong(2)).await;
    let second = create(&client, &without_totals()).await;
    until(&client, &second, "tried").await;
    let waiting = client.clone().header("Prefer", "wait=60");
    let shown = waiting.get(&second).await;
    assert_eq!(shown.header("preference-applied"), Some("wait=60"));
    assert_eq!(shown.is(200)["status"], "tried");
    let shown = client.get(&path).await;
    assert_eq!(shown.header("preference-applied"), None);
    let seen = as_seen(&client.get(&path).await.is(200), &because("again"));
    let refused = waiting.post(&format!("{path}/apply"), &seen).await;
    refused.is_problem(409, "state_conflict");
}
