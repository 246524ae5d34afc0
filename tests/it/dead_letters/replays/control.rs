//! What people do with replays, and what a replay reports.

use invoice_worker::database::RunStatus;
use invoice_worker::replays::{self, ControlError, Followed};
use serde_json::Value;

use super::{
    BY, Running, all_are_replayed, create, published, replay, resumption, wait_for_some,
    wait_until, world_with,
};
use crate::harness::Options;

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_replay_stops_soon_and_goes_on_where_it_was() {
    let (world, database) = world_with(Options::default(), 120).await;
    let runner = Running::start(&world, &database, "one");
    create(&database, [], Some(20)).await;
    wait_for_some(&database, 1).await;
    let cancel = [
        "dead-letters",
        "replays",
        "--cancel",
        "1",
        "--reason",
        "enough",
    ];
    let cancelled = world.program(&cancel).run().await.succeeded();
    assert!(
        cancelled.contains("is being cancelled: one stops"),
        "{cancelled}"
    );
    let row = wait_until(&database, 1, RunStatus::Cancelled).await;
    let sent = row.published;
    assert!((1..120).contains(&sent), "{row:?}");
    assert!(row.finished_at.is_some() && row.cancel_requested_at.is_none());
    // Nothing goes on with it.
    create(&database, [120], None).await;
    wait_until(&database, 2, RunStatus::Done).await;
    assert_eq!(replay(&database, 1).await, row);
    runner.stop().await;

    let resume = resumption("1", "after all");
    let resumed = world.program(&resume).run().await.succeeded();
    assert_eq!(resumed, format!("replayed {}\n", 119 - sent));
    let row = replay(&database, 1).await;
    assert_eq!((row.status, row.published), (RunStatus::Done, 119));
    all_are_replayed(&database, 120).await;
    assert_eq!(published(&world).await, (120, 120));

    let changes = ["changes", "--target", "replay 1", "--json"];
    let changes = world.program(&changes).run().await.succeeded();
    let changes: Vec<Value> = serde_json::from_str(&changes).expect("JSON");
    let seen = changes.iter().map(|change| {
        let of = |name: &str| change[name].as_str().expect("a text").to_owned();
        (of("action"), of("reason"))
    });
    let expected = [
        ("replay.resume", "after all"),
        ("replay.cancel", "enough"),
        ("replay.create", "the cause is fixed"),
    ];
    let expected = expected.map(|(action, reason)| (action.to_owned(), reason.to_owned()));
    assert_eq!(seen.collect::<Vec<_>>(), expected);
    assert_eq!(changes[2]["actor"], "tester@here");
    assert_eq!(changes[1]["counts"]["total"], 120);
}

/// A person takes over a replay that waits, or whose process was killed: that is recorded too.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_resumed_says_who_did_it_and_why() {
    let (world, database) = world_with(Options::sqlite(), 2).await;
    for id in [1, 2] {
        create(&database, [id], None).await;
    }
    world
        .execute(
            "UPDATE replay SET status = 'running', owner = 'gone:1', lease = 'gone', lease_until_ms = 1 \
             WHERE id = 2",
        )
        .await;
    for id in ["1", "2"] {
        let resume = resumption(id, "by hand");
        let resumed = world.program(&resume).run().await.succeeded();
        assert_eq!(resumed, "replayed 1\n");
        let target = format!("replay {id}");
        let changes = ["changes", "--target", &target, "--json"];
        let changes = world.program(&changes).run().await.succeeded();
        let changes: Vec<Value> = serde_json::from_str(&changes).expect("JSON");
        let seen = changes
            .iter()
            .map(|change| (&change["action"], &change["reason"]));
        let expected = [
            (&"replay.resume".into(), &"by hand".into()),
            (&"replay.create".into(), &"the cause is fixed".into()),
        ];
        assert_eq!(seen.collect::<Vec<_>>(), expected);
        // One that is done is refused, and leaves no change.
        let again = world.program(&resume).run().await;
        assert!(again.stderr.contains("is done"), "{again:?}");
        let changes = ["changes", "--target", &target, "--json"];
        let changes = world.program(&changes).run().await.succeeded();
        let changes: Vec<Value> = serde_json::from_str(&changes).expect("JSON");
        assert_eq!(changes.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_named_and_the_rest_replayed() {
    let (world, _database) = world_with(Options::sqlite(), 3).await;
    world
        .execute("UPDATE dead_letter SET headers = 'none' WHERE id = 2")
        .await;
    let replay = ["dead-letters", "replay", "--all", "--reason", "it is fixed"];
    let done = world.program(&replay).run().await;
    assert_eq!((done.code, done.stdout.as_str()), (1, "replayed 2\n"));
    assert!(done.stderr.contains("not replayed: [2]"), "{done:?}");
    let listed = ["dead-letters", "replays", "1", "--json"];
    let listed = world.program(&listed).run().await.succeeded();
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    let row = &listed[0];
    assert_eq!(
        (&row["status"], &row["published"]),
        (&"done".into(), &2.into())
    );
    assert_eq!(row["unreadable"]["count"], 1);
    assert_eq!(row["unreadable"]["letters"][0]["id"], 2);
    assert_eq!(published(&world).await, (2, 2));
}

/// A queue has other arguments than this process wants: no waiting helps.
#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_has_failed_says_why_and_can_be_resumed() {
    let (world, database) = world_with(Options::sqlite(), 3).await;
    let replay_all = ["dead-letters", "replay", "--all", "--reason", "it is fixed"];
    let wrong = world.program(&replay_all).envs([("DELIVERY_LIMIT", "77")]);
    let failed = wrong.run().await;
    assert_eq!((failed.code, failed.stdout.as_str()), (1, "replayed 0\n"));
    assert!(failed.stderr.contains("--resume 1"), "{failed:?}");
    let row = replay(&database, 1).await;
    assert_eq!((row.status, row.after_id), (RunStatus::Failed, 0));
    let error = row.error.expect("a reason");
    assert!(error.contains("other arguments"), "{error}");
    let resume = resumption("1", "it is fixed");
    let resumed = world.program(&resume).run().await.succeeded();
    assert_eq!(resumed, "replayed 3\n");
    let row = replay(&database, 1).await;
    assert_eq!((row.status, row.error), (RunStatus::Done, None));
    let again = world.program(&resume).run().await;
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.stderr.contains("replay 1 is done"), "{again:?}");
    assert_eq!(published(&world).await, (3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn replays_are_controlled_on_postgresql() {
    replays_are_controlled(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replays_are_controlled_on_sqlite() {
    replays_are_controlled(Options::sqlite()).await;
}

async fn replays_are_controlled(options: Options) {
    let (world, database) = world_with(options, 5).await;
    for id in 1..=4 {
        create(&database, [id], None).await;
    }
    let status_of = async |id| replay(&database, id).await.status;
    // One that waits is cancelled at once, and once.
    for _ in 0..2 {
        let row = replays::cancel(&database, 1, BY).await.expect("cancelled");
        assert_eq!(row.status, RunStatus::Cancelled);
    }
    let unknown = replays::cancel(&database, 99, BY).await;
    assert!(
        matches!(unknown, Err(ControlError::Unknown(99))),
        "{unknown:?}"
    );
    // A filter of a later version: left alone, while others go on.
    world
        .execute(r#"UPDATE replay SET selection = '{"country":"DE"}' WHERE id = 2"#)
        .await;
    let runner = Running::start(&world, &database, "one");
    for id in [3, 4] {
        wait_until(&database, id, RunStatus::Done).await;
    }
    assert_eq!(status_of(1).await, RunStatus::Cancelled);
    assert_eq!(status_of(2).await, RunStatus::Queued);
    let over = replays::cancel(&database, 3, BY).await;
    assert!(
        matches!(over, Err(ControlError::Over { id: 3, .. })),
        "{over:?}"
    );
    for id in [2, 3] {
        let not_stopped = replays::resume(&database, id, BY).await;
        let is_it = matches!(not_stopped, Err(ControlError::NotStopped { .. }));
        assert!(is_it, "{not_stopped:?}");
    }
    let row = replays::resume(&database, 1, BY).await.expect("resumed");
    assert_eq!((row.status, row.finished_at), (RunStatus::Queued, None));
    wait_until(&database, 1, RunStatus::Done).await;
    runner.stop().await;

    let first = replays::list(&database, None, None, 3)
        .await
        .expect("a page");
    let ids = |rows: &[Followed]| rows.iter().map(|it| it.row.id).collect::<Vec<_>>();
    assert_eq!((ids(&first.items), first.next), (vec![4, 3, 2], Some(2)));
    let last = replays::list(&database, None, first.next, 3).await;
    let last = last.expect("a page");
    assert_eq!((ids(&last.items), last.next), (vec![1], None));
    let queued = replays::list(&database, Some(RunStatus::Queued), None, 3).await;
    assert_eq!(ids(&queued.expect("a page").items), [2]);
    let listed = ["dead-letters", "replays", "--json"];
    let listed = world.program(&listed).run().await.succeeded();
    let listed: Vec<Value> = serde_json::from_str(&listed).expect("JSON");
    assert_eq!(listed[0]["selection"]["ids"], serde_json::json!([4]));
    assert_eq!(listed[0]["reason"], "the cause is fixed");
    assert_eq!(listed[2]["selection"], Value::Null);
    assert_eq!(published(&world).await, (3, 3));
}
