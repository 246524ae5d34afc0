//! What became of replayed requests.

use invoice_worker::broker::Lane;
use invoice_worker::database::Database;
use serde_json::{Value, json};

use super::{ARCHIVING, archived, database, letter, run, wait_for_failures, wait_for_open, wrong};
use crate::api::operators::{OPERATE, serve};
use crate::harness::{Options, World, eventually, samples};

async fn json_of(world: &World, arguments: &[&str]) -> Value {
    let printed = [arguments, &["--json"]].concat();
    let printed = run(world, &printed).await.succeeded();
    serde_json::from_str(&printed).expect("JSON")
}

/// The request of a dead letter without its fault.
fn right(index: usize) -> Value {
    let mut request = wrong(index);
    request.as_object_mut().expect("an object").remove("totals");
    request
}

async fn store(database: &Database, requests: impl IntoIterator<Item = (usize, Value)>) {
    for (index, request) in requests {
        let mut letter = letter(index, "template_error");
        letter.payload = request.to_string().into_bytes();
        let stored = database.store_dead_letters(&[letter]).await;
        stored.expect("stored");
    }
}

const REPLAY: [&str; 4] = ["replay", "--all", "--reason", "it is fixed"];

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_waits_tells_what_was_generated_and_what_failed_again_on_postgresql() {
    a_replay_that_waits_tells_what_was_generated_and_what_failed_again(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_waits_tells_what_was_generated_and_what_failed_again_on_sqlite() {
    a_replay_that_waits_tells_what_was_generated_and_what_failed_again(Options::sqlite()).await;
}

async fn a_replay_that_waits_tells_what_was_generated_and_what_failed_again(options: Options) {
    let world = World::new(options).await;
    let database = database(&world).await;
    store(&database, [(1, right(1)), (2, wrong(2)), (3, right(3))]).await;
    // Another request is issued under the identity of the third one: a conflict, and no document of the letter.
    let mut worker = world.worker(&[ARCHIVING]).await;
    let mut other = right(3);
    other["number"] = "another".into();
    world.publish(other.to_string()).await;
    world.wait_for_document(&samples::identity(&other)).await;

    let done = run(&world, &[&REPLAY[..], &["--wait"]].concat()).await;
    assert_eq!(done.code, 1, "{done:?}");
    assert_eq!(
        done.stdout,
        "replayed 3\n1 generated, 2 failed again: conflict 1, totals_mismatch 1\n"
    );
    let listed = json_of(&world, &["list", "--status", "all"]).await;
    let states = listed.as_array().expect("a list").iter();
    let states: Vec<_> = states
        .map(|it| json!([it["id"], it["status"], it["outcome"]]))
        .collect();
    assert_eq!(
        Value::from(states),
        json!([
            [3, "open", null],
            [2, "open", null],
            [1, "replayed", "generated"]
        ])
    );
    let outcome = json!({
        "generated": 1, "failedAgain": 2, "pending": 0, "unknown": 0,
        "failedCodes": [{ "code": "conflict", "count": 1 }, { "code": "totals_mismatch", "count": 1 }],
    });
    let replays = json_of(&world, &["replays"]).await;
    assert_eq!(replays[0]["outcome"], outcome);
    let shown = run(&world, &["show", "1"]).await.succeeded();
    assert!(
        shown.starts_with("dead letter 1, replayed: generated\n"),
        "{shown}"
    );

    // What was found out about a replay does not change when its letters are replayed again.
    let file = world.path("right.json");
    std::fs::write(&file, right(2).to_string()).expect("a writable folder");
    let file = file.to_str().expect("UTF-8");
    let edit = ["edit", "2", file, "--reason", "no totals"];
    run(&world, &edit).await.succeeded();
    let again = ["replay", "2", "--reason", "no totals", "--wait"];
    let again = run(&world, &again).await.succeeded();
    assert_eq!(again, "replayed 1\n1 generated\n");
    let replays = json_of(&world, &["replays"]).await;
    assert_eq!(replays[1]["outcome"], outcome);
    assert_eq!(replays[0]["outcome"]["generated"], 1);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_worker_the_outcome_is_pending_until_one_comes() {
    let world = World::new(Options::sqlite()).await;
    let database = database(&world).await;
    store(&database, [(1, right(1)), (2, right(2))]).await;
    let wait = [&REPLAY[..], &["--wait", "--wait-timeout", "300ms"]].concat();
    let done = run(&world, &wait).await;
    assert_eq!(done.code, 1, "{done:?}");
    assert_eq!(done.stdout, "replayed 2\n2 pending\n");
    assert!(
        done.stderr
            .contains("requests whose outcome is not known yet: 2"),
        "{done:?}"
    );
    let list = ["list", "--status", "replayed"];
    assert_eq!(json_of(&world, &list).await[0]["outcome"], "pending");
    let serve = serve(&world).await;
    let client = serve.client_with(OPERATE);
    let replay = client.get("/v1/replays/1").await.is(200);
    assert_eq!(replay["outcome"]["pending"], 2, "{replay}");

    let mut worker = world.worker(&[]).await;
    let waiting = client.clone().header("Prefer", "wait=30");
    let waited = waiting.call("GET", "/v1/replays/1", b"").await;
    assert_eq!(waited.header("preference-applied"), Some("wait=30"));
    let outcome = waited.is(200)["outcome"].clone();
    assert_eq!(
        outcome,
        json!({ "generated": 2, "failedAgain": 0, "pending": 0, "unknown": 0, "failedCodes": [] })
    );
    assert_eq!(json_of(&world, &list).await[0]["outcome"], "generated");
    worker.stop().await;
}

/// The row of the message with this code is there already: the message goes on under the number of that row.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_goes_on_under_another_number_has_failed_again_on_postgresql() {
    a_message_that_goes_on_under_another_number_has_failed_again(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_goes_on_under_another_number_has_failed_again_on_sqlite() {
    a_message_that_goes_on_under_another_number_has_failed_again(Options::sqlite()).await;
}

async fn a_message_that_goes_on_under_another_number_has_failed_again(options: Options) {
    let world = World::new(options).await;
    let database = database(&world).await;
    for code in ["template_error", "totals_mismatch"] {
        let stored = database.store_dead_letters(&[letter(1, code)]).await;
        stored.expect("stored");
    }
    let mut worker = world.worker(&[ARCHIVING]).await;
    let replay = ["replay", "1", "--reason", "it is fixed", "--wait"];
    let done = run(&world, &replay).await;
    assert_eq!(done.code, 1, "{done:?}");
    assert_eq!(
        done.stdout.lines().last(),
        Some("1 failed again: totals_mismatch 1"),
        "{done:?}"
    );
    worker.stop().await;
    let rows = archived(&database).await;
    assert_eq!((rows[0].id, rows[0].continued_as), (1, Some(2)));
    assert_eq!(rows[1].status.as_str(), "open");
    let listed = json_of(&world, &["list", "1"]).await;
    assert_eq!(
        (&listed[0]["status"], &listed[0]["outcome"]),
        (&json!("replayed"), &json!("failed-again"))
    );
    let shown = run(&world, &["show", "1"]).await.succeeded();
    assert!(
        shown.contains("its message goes on as dead letter 2"),
        "{shown}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_fails_before_its_replay_has_marked_it_has_failed_again() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    let mut worker = world.worker(&[ARCHIVING]).await;
    world.publish(wrong(1).to_string()).await;
    wait_for_open(&database, 1).await;
    for failures in 2..5 {
        let done = run(&world, &[&REPLAY[..], &["--wait"]].concat()).await;
        assert_eq!(done.code, 1, "{done:?}");
        let last = "1 failed again: totals_mismatch 1";
        assert_eq!(done.stdout.lines().last(), Some(last), "{done:?}");
        wait_for_failures(&database, failures).await;
    }
    worker.stop().await;
    assert_eq!(world.lane_len(Lane::Bulk).await, 0);
    let replays = json_of(&world, &["replays"]).await;
    for replay in replays.as_array().expect("a list") {
        assert_eq!(replay["outcome"]["failedAgain"], 1, "{replay}");
    }
}

/// A version before this one does not note what it publishes.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_version_has_replayed_has_no_outcome() {
    let world = World::new(Options::sqlite()).await;
    let database = database(&world).await;
    store(&database, [(1, right(1))]).await;
    run(&world, &REPLAY).await.succeeded();
    world.execute("DELETE FROM replay_letter").await;
    eventually("a letter without an outcome", async || {
        let listed = json_of(&world, &["list", "--status", "replayed"]).await;
        let outcome = listed[0]["outcome"].clone();
        outcome.is_null().then_some(()).ok_or(outcome)
    })
    .await;
    let replays = run(&world, &["replays"]).await.succeeded();
    assert!(replays.contains("1 unknown"), "{replays}");
    assert!(!replays.contains("generated"), "{replays}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_does_not_wait_for_a_letter_that_was_deleted() {
    let world = World::new(Options::sqlite()).await;
    let database = database(&world).await;
    store(&database, [(1, right(1))]).await;
    run(&world, &REPLAY).await.succeeded();
    let replays = run(&world, &["replays"]).await.succeeded();
    assert!(replays.contains("1 pending"), "{replays}");
    world.execute("DELETE FROM dead_letter").await;
    let replays = run(&world, &["replays"]).await.succeeded();
    assert!(replays.contains("1 unknown"), "{replays}");
}
