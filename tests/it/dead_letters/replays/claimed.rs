//! What people want to do with dead letters that a replay is publishing: it has read them, and would publish what was changed or
//! erased since.

use std::fs;

use invoice_worker::database::leases::Lease;
use invoice_worker::database::{Database, DeadLetterStatus};
use serde_json::json;

use super::{archived, create, world_with};
use crate::dead_letters::{edits_of, run, wrong};
use crate::erasure::runs;
use crate::harness::{Finished, Options, World};
use crate::ops::{self, ERASE, OPERATE, Page};

/// A world whose open dead letters a replay, number 1, has claimed: under a lease that does not end while a test runs.
async fn world_with_claimed(options: Options, letters: usize) -> (World, Database) {
    let (world, database) = world_with(options, letters).await;
    let replay = create(&database, [], None).await;
    let lease = Lease::new("publishing");
    let claimed = database.claim_replay(replay.id, &lease).await;
    claimed.expect("claimed").expect("a row");
    let rows = archived(&database).await;
    let claimed = database.claim_dead_letters(&rows, &lease).await;
    assert_eq!(claimed.expect("claimed").len(), letters);
    world
        .execute("UPDATE replay SET lease_until_ms = 9999999999999")
        .await;
    (world, database)
}

/// A request that the first dead letter does not have.
fn other() -> String {
    let mut request = wrong(1);
    request["totals"] = json!({ "gross": "2.00" });
    request.to_string()
}

/// Edits the first dead letter.
async fn edit(world: &World) -> Finished {
    let file = world.path("other.json");
    fs::write(&file, other()).expect("a writable folder");
    let file = file.to_str().expect("UTF-8");
    run(world, &["edit", "1", file, "--force", "--reason", "a test"]).await
}

/// Discards the second one.
async fn discard(world: &World) -> Finished {
    run(world, &["discard", "2", "--reason", "a test"]).await
}

/// Erases the third one.
async fn erase(world: &World) -> Finished {
    let order = [
        "--platform",
        "tiktok",
        "--shop",
        "shop123",
        "--order",
        "wrong-3",
    ];
    let erase = ["erase", "--open", "--reason", "a test"];
    world.program(&[&erase[..], &order].concat()).run().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_replay_publishes_is_changed_once_its_lease_is_over_on_postgresql() {
    what_a_replay_publishes_is_changed_once_its_lease_is_over(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_replay_publishes_is_changed_once_its_lease_is_over_on_sqlite() {
    what_a_replay_publishes_is_changed_once_its_lease_is_over(Options::sqlite()).await;
}

async fn what_a_replay_publishes_is_changed_once_its_lease_is_over(options: Options) {
    let (world, database) = world_with_claimed(options, 3).await;
    let before = archived(&database).await;

    let refused = edit(&world).await;
    assert_eq!(refused.code, 1, "{refused:?}");
    let why = "replay 1 is publishing dead letter 1 at this moment; nothing was edited";
    assert!(refused.stderr.contains(why), "{refused:?}");
    assert_eq!(discard(&world).await.succeeded(), "discarded 0\n");
    let kept = erase(&world).await;
    assert_eq!(kept.code, 3, "{kept:?}");
    let why = "stays, since a replay is publishing it";
    assert!(kept.stdout.contains(why), "{kept:?}");
    // What is published is what is there.
    assert_eq!(archived(&database).await, before);
    assert!(edits_of(&database, 1).await.is_empty());

    world.execute("UPDATE replay SET lease_until_ms = 1").await;
    edit(&world).await.succeeded();
    assert_eq!(discard(&world).await.succeeded(), "discarded 1\n");
    erase(&world).await.succeeded();
    let rows = archived(&database).await;
    let [edited, discarded, erased] = rows.as_slice() else {
        panic!("{rows:?}");
    };
    assert_eq!(edited.status, DeadLetterStatus::Open);
    assert_eq!(edited.payload, other().into_bytes());
    assert_eq!(discarded.status, DeadLetterStatus::Discarded);
    assert_eq!(discarded.payload, before[1].payload);
    assert_eq!(erased.status, DeadLetterStatus::Discarded);
    assert!(erased.erased_at.is_some(), "{erased:?}");
    assert!(erased.payload.is_empty(), "{erased:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_and_the_page_say_that_a_replay_is_publishing_a_dead_letter() {
    let (world, database) = world_with_claimed(Options::sqlite(), 3).await;
    let before = archived(&database).await;
    let serve = ops::serve(&world).await;
    let client = serve.client_with(OPERATE);

    let edit = "/v1/dead-letters/1/request?reason=test&force=true";
    let refused = client.call("PUT", edit, other().as_bytes()).await;
    let problem = refused.is_problem(409, "state_conflict");
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(detail.contains("replay 1 is publishing"), "{detail}");
    let discard = json!({ "targets": { "ids": [2] }, "reason": "test" });
    let discarded = client.post("/v1/dead-letters/discard", &discard).await;
    assert_eq!(discarded.is(200)["discarded"], 0);
    let page = Page::sign_in(&serve, OPERATE).await;
    let reason = [("reason", "test")];
    let refused = page.post("/dead-letters/2/discard", &reason).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    refused.shows(&["a replay is publishing it"]);

    let client = serve.client_with(ERASE);
    let filter = json!({ "platform": "tiktok", "shopId": "shop123", "orderId": "wrong-3" });
    let erase = json!({ "filter": filter, "open": true, "reason": "test" });
    let path = runs::create(&client, &erase).await;
    let done = runs::until(&client, &path, "done").await;
    assert_eq!(done["totals"]["deadLetters"], 0, "{done}");
    assert_eq!(done["totals"]["keptDeadLetters"], 1, "{done}");
    let kept = &done["kept"][0];
    assert_eq!(
        (&kept["deadLetter"], &kept["reason"]),
        (&json!(3), &json!("changing"))
    );
    // Whatever its state is: a replay of it publishes it again.
    world
        .execute("UPDATE dead_letter SET status = 'discarded' WHERE id = 3")
        .await;
    let path = runs::create(&client, &erase).await;
    let done = runs::until(&client, &path, "done").await;
    assert_eq!(done["totals"]["keptDeadLetters"], 1, "{done}");
    let after = archived(&database).await;
    assert_eq!(after[..2], before[..2]);
    assert_eq!(after[2].payload, before[2].payload);
}
