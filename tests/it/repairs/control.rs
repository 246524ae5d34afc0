//! Repairs that are cancelled and resumed.

use serde_json::{Value, json};

use super::{because, create, decide, tried, until, without_totals, world_with};
use crate::harness::{Options, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_is_cancelled_and_resumed_in_each_state() {
    let (world, _) = world_with(Options::sqlite(), 12).await;
    let serve = world.serve().await;
    let client = serve.client();
    let (path, first) = tried(&client, &without_totals()).await;
    let (cancel, resume) = (format!("{path}/cancel"), format!("{path}/resume"));
    let reason = because("wait");

    let cancelled = client.post(&cancel, &reason).await.is(200);
    assert_eq!(
        (&cancelled["status"], &cancelled["goesOnAs"]),
        (&json!("cancelled"), &json!("tried"))
    );
    let refused = decide(&client, &path, "apply", &reason).await;
    refused.is_problem(409, "state_conflict");
    // Once more is no error.
    client.post(&cancel, &reason).await.is(200);
    let resumed = client.post(&resume, &reason).await.is(200);
    assert_eq!(resumed["status"], "tried");
    assert_eq!(resumed["verdicts"], first["verdicts"]);
    assert_eq!(resumed["finishedAt"], json!(null));

    let apply = json!({ "reason": "now", "rate": 4 });
    decide(&client, &path, "apply", &apply).await.is(200);
    let replaying = until(&client, &path, "replaying").await;
    let replay = format!("/v1/replays/{}", replaying["replay"]);
    let asked = client.post(&cancel, &reason).await.is(200);
    let is_stopping = asked["status"] == "replaying" && asked["cancelRequestedAt"].is_string();
    assert!(is_stopping || asked["status"] == "cancelled", "{asked}");
    client.post(&cancel, &reason).await.is(200);
    // It is cancelled when its replay is.
    let cancelled = until(&client, &path, "cancelled").await;
    assert_eq!(cancelled["goesOnAs"], "replaying", "{cancelled}");
    let stopped = client.get(&replay).await.is(200);
    assert_eq!(stopped["status"], "cancelled", "{stopped}");
    assert!(stopped["published"].as_i64() < Some(12), "{stopped}");
    client.post(&resume, &reason).await.is(200);
    let mut worker = world.worker(&[]).await;
    let done = until(&client, &path, "done").await;
    assert_eq!(done["outcome"]["generated"], 12, "{done}");
    worker.stop().await;
    for action in [cancel, resume] {
        let refused = client.post(&action, &reason).await;
        refused.is_problem(409, "state_conflict");
    }
}

/// The selection is fixed when the repair is made, and a letter that somebody edits or closes is left alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_was_changed_since_the_trial_is_skipped() {
    let (world, database) = world_with(Options::sqlite(), 4).await;
    let serve = world.serve().await;
    let client = serve.client();
    let (path, _) = tried(&client, &without_totals()).await;
    let mut other = crate::api::operators::right(2);
    other["buyer"]["name"] = "Someone Else".into();
    let edit = "/v1/dead-letters/2/request?reason=by%20hand";
    let edited = client.call("PUT", edit, other.to_string().as_bytes()).await;
    edited.is(200);
    let discard = json!({ "targets": { "ids": [3] }, "reason": "not needed" });
    client
        .post("/v1/dead-letters/discard", &discard)
        .await
        .is(200);
    super::store(&database, 9, &crate::dead_letters::wrong(9)).await;

    decide(&client, &path, "apply", &because("now"))
        .await
        .is(200);
    let replaying = until(&client, &path, "replaying").await;
    assert_eq!(
        (&replaying["edited"], &replaying["skipped"]),
        (&json!(2), &json!(2))
    );
    let letters = super::letters(&client, &path).await;
    assert_eq!(letters.len(), 4, "a later failure is not part of it");
    for (id, reason) in [
        (2, "it was changed since the trial"),
        (
            3,
            "dead letter 3 is discarded; only open ones can be edited",
        ),
    ] {
        assert_eq!(letters[&id]["applied"], "skipped");
        assert_eq!(letters[&id]["skipReason"], reason);
    }
    let rows = super::archived(&database).await;
    let kept: Value = serde_json::from_slice(&rows[1].payload).expect("JSON");
    assert_eq!(kept, other);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_under_way_is_cancelled_and_goes_on_where_it_was() {
    let (world, _) = world_with(Options::default(), 150).await;
    let serve = world.serve().await;
    let client = serve.client();
    let path = create(&client, &without_totals()).await;
    eventually("a trial under way", async || {
        let repair = client.get(&path).await.is(200);
        if repair["tried"].as_i64() > Some(0) {
            Ok(())
        } else {
            Err(repair)
        }
    })
    .await;
    client
        .post(&format!("{path}/cancel"), &because("wait"))
        .await
        .is(200);
    let stopped = until(&client, &path, "cancelled").await;
    let before = stopped["tried"].as_i64().expect("a number");
    if stopped["goesOnAs"] == "trying" {
        assert!(before < 150, "{stopped}");
    }
    client
        .post(&format!("{path}/resume"), &because("go on"))
        .await
        .is(200);
    let repair = until(&client, &path, "tried").await;
    assert_eq!(repair["verdicts"], json!({ "would_issue": 150 }));
    assert_eq!(super::letters(&client, &path).await.len(), 150);
}

/// A person may stop and resume the replay itself. The state of the repair is that of its replay, whichever of the two was changed.
#[tokio::test(flavor = "multi_thread")]
async fn a_repair_follows_its_replay_that_is_stopped_and_resumed_by_itself() {
    let (world, _) = world_with(Options::sqlite(), 12).await;
    let serve = world.serve().await;
    let client = serve.client();
    let (path, _) = tried(&client, &without_totals()).await;
    // It takes twelve seconds.
    let apply = json!({ "reason": "now", "rate": 1 });
    decide(&client, &path, "apply", &apply).await.is(200);
    let replaying = until(&client, &path, "replaying").await;
    let replay = format!("/v1/replays/{}", replaying["replay"]);
    let (cancel, resume) = (format!("{path}/cancel"), format!("{path}/resume"));

    let reason = because("wait");
    let stopped = client.post(&format!("{replay}/cancel"), &reason).await;
    stopped.is(200);
    until(&client, &path, "cancelled").await;
    // The replay goes on, and the repair with it, without a step of its own.
    let resumed = client.post(&format!("{replay}/resume"), &reason).await;
    resumed.is(200);
    let going_on = until(&client, &path, "replaying").await;
    assert_eq!(
        (&going_on["goesOnAs"], &going_on["finishedAt"]),
        (&json!(null), &json!(null))
    );
    let refused = client.post(&resume, &reason).await;
    refused.is_problem(409, "state_conflict");

    // Both ends are recorded with the repair's own steps.
    client.post(&cancel, &reason).await.is(200);
    until(&client, &path, "cancelled").await;
    let resumed = client.post(&resume, &reason).await.is(200);
    assert_eq!(resumed["status"], "replaying");
    let status = client.get(&replay).await.is(200)["status"].clone();
    assert!(
        ["queued", "running"].map(|it| json!(it)).contains(&status),
        "{status}"
    );
    let changes = client.get("/v1/changes?target=repair%201").await.is(200);
    let actions: Vec<&Value> = changes["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|change| &change["action"])
        .collect();
    assert_eq!(actions[..2], ["repair.resume", "repair.cancel"]);
}
