//! Which process runs a replay: never two, and another one when the first has gone.

use std::time::Duration;

use invoice_worker::app::{self, App};
use invoice_worker::database::{DeadLetterStatus, RunStatus};
use invoice_worker::replays;
use rustix::process::{Pid, Signal, kill_process};
use tokio_util::sync::CancellationToken;

use super::{
    BY, Running, all_are_replayed, archived, count, create, published, replay, replay_process,
    resumption, wait_for_some, wait_until, world_with,
};
use crate::dead_letters::is_locked;
use crate::faults::servers::PrivateServer;
use crate::harness::{Options, eventually, eventually_within};

#[tokio::test(flavor = "multi_thread")]
async fn two_runners_never_publish_a_dead_letter_twice_on_postgresql() {
    two_runners_never_publish_a_dead_letter_twice(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runners_never_publish_a_dead_letter_twice_on_sqlite() {
    two_runners_never_publish_a_dead_letter_twice(Options::sqlite()).await;
}

async fn two_runners_never_publish_a_dead_letter_twice(options: Options) {
    let (world, database) = world_with(options, 240).await;
    let runners = ["one", "two"].map(|name| Running::start(&world, &database, name));
    // More replays than runners, so that they compete for each.
    for first in (1..240).step_by(40) {
        create(&database, first..first + 40, Some(100)).await;
    }
    for id in 1..=6 {
        let row = wait_until(&database, id, RunStatus::Done).await;
        assert_eq!((row.total, row.published, row.marked), (40, 40, 40));
        assert_eq!((row.owner, row.lease, row.error), (None, None, None));
        assert!(row.started_at.is_some() && row.finished_at.is_some());
    }
    for runner in runners {
        runner.stop().await;
    }
    all_are_replayed(&database, 240).await;
    assert_eq!(published(&world).await, (240, 240));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_replay_is_taken_over_when_its_lease_has_ended() {
    let (world, database) = world_with(Options::default(), 120).await;
    let mut process = replay_process(&world, "20");
    eventually("a replay", async || {
        replays::find(&database, 1).await.map(drop)
    })
    .await;
    wait_for_some(&database, 1).await;
    process.kill().await.expect("killed");
    let runner = Running::start(&world, &database, "second");
    let killed = replay(&database, 1).await;
    assert_eq!(killed.status, RunStatus::Running);
    assert!(killed.published < 120, "{killed:?}");
    let resume = resumption("1", "it is fixed");
    let refused = world.program(&resume).run().await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("is run by"), "{refused:?}");

    let row = wait_until(&database, 1, RunStatus::Done).await;
    runner.stop().await;
    assert_eq!(row.started_at, killed.started_at);
    all_are_replayed(&database, 120).await;
    let (messages, letters) = published(&world).await;
    // One batch of the rate may have been published without being recorded.
    assert!((120..=125).contains(&messages), "{messages} messages");
    assert_eq!(letters, 120);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runner_that_stops_gives_its_replay_back_at_once() {
    let (world, database) = world_with(Options::default(), 80).await;
    let runner = Running::start(&world, &database, "one");
    create(&database, [], Some(20)).await;
    wait_for_some(&database, 1).await;
    runner.stop().await;
    let row = replay(&database, 1).await;
    assert_eq!((row.status, &row.owner), (RunStatus::Queued, &None));
    assert!(row.published < 80 && row.finished_at.is_none(), "{row:?}");
    let left = count(&archived(&database).await, DeadLetterStatus::Open);
    assert_eq!(i64::try_from(left).expect("few"), 80 - row.published);

    // Long before a lease would end.
    let taken_over = Running::start(&world, &database, "two");
    let owner = eventually_within(Duration::from_secs(15), "a new owner", async || {
        replay(&database, 1).await.owner.ok_or("none")
    });
    assert_eq!(owner.await, "two");
    wait_until(&database, 1, RunStatus::Done).await;
    taken_over.stop().await;
    all_are_replayed(&database, 80).await;
    assert_eq!(published(&world).await, (80, 80));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_lease_stops_its_former_owner() {
    let (world, database) = world_with(Options::default(), 120).await;
    let process = replay_process(&world, "20");
    eventually("a replay", async || {
        replays::find(&database, 1).await.map(drop)
    })
    .await;
    wait_for_some(&database, 1).await;
    world
        .execute("UPDATE replay SET lease = 'other', owner = 'other:1', lease_until_ms = lease_until_ms + 600000")
        .await;
    let row = replay(&database, 1).await;
    let output = process.wait_with_output().await.expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("was taken over by another process"),
        "{stderr}"
    );
    // The former owner has recorded nothing, but for the dead letters of the batch that it was publishing.
    assert_eq!(replay(&database, 1).await, row);
    let replayed = count(&archived(&database).await, DeadLetterStatus::Replayed);
    let batch = i64::try_from(replayed).expect("few") - row.published;
    assert!((0..=5).contains(&batch), "{batch} in the last batch");
    assert_eq!(published(&world).await, (replayed, replayed));
}

/// Stopped by the system for longer than its lease, a process wakes up in the middle of a batch.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_slept_through_its_lease_publishes_no_further_batch() {
    let (world, database) = world_with(Options::default(), 120).await;
    let process = replay_process(&world, "20");
    let pid = process
        .id()
        .and_then(|pid| Pid::from_raw(pid.cast_signed()));
    let pid = pid.expect("it runs");
    eventually("a replay", async || {
        replays::find(&database, 1).await.map(drop)
    })
    .await;
    wait_for_some(&database, 1).await;
    // Outside of a transaction, whose locks would keep everyone waiting: seen twice, since a statement may be on its way.
    let mut free = 0;
    eventually("a process that holds no locks", async || {
        kill_process(pid, Signal::STOP).expect("stopped");
        if is_locked(&world).await {
            free = 0;
            kill_process(pid, Signal::CONT).expect("woken");
        } else {
            free += 1;
        }
        if free == 2 { Ok(()) } else { Err(free) }
    })
    .await;
    let ended = "UPDATE replay SET lease_until_ms = 1";
    world.execute(ended).await;
    let runner = Running::start(&world, &database, "second");
    wait_until(&database, 1, RunStatus::Done).await;
    kill_process(pid, Signal::CONT).expect("woken");
    let output = process.wait_with_output().await.expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    runner.stop().await;
    all_are_replayed(&database, 120).await;
    let (messages, letters) = published(&world).await;
    assert_eq!(letters, 120);
    assert!((120..=125).contains(&messages), "{messages} messages");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_goes_on_after_an_outage_of_the_database() {
    let postgres = PrivateServer::postgres().await;
    let options = Options {
        postgres_url: Some(postgres.url.clone()),
        ..Options::default()
    };
    let (world, database) = world_with(options, 100).await;
    let runner = Running::start(&world, &database, "one");
    create(&database, [], Some(20)).await;
    wait_for_some(&database, 1).await;
    postgres.kill().await;
    postgres.start().await;
    eventually("the database", async || {
        replays::find(&database, 1).await.map(drop)
    })
    .await;
    assert_ne!(replay(&database, 1).await.status, RunStatus::Done);
    wait_until(&database, 1, RunStatus::Done).await;
    runner.stop().await;
    all_are_replayed(&database, 100).await;
    let (messages, letters) = published(&world).await;
    assert_eq!(letters, 100);
    // What was published when the database went away may not be recorded.
    assert!((100..=105).contains(&messages), "{messages} messages");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_request_to_cancel_outlives_the_process_that_ran_the_replay() {
    let (world, database) = world_with(Options::sqlite(), 3).await;
    create(&database, [], None).await;
    world
        .execute("UPDATE replay SET status = 'running', owner = 'gone:1', lease = 'gone', lease_until_ms = 9999999999999")
        .await;
    let app = App::new(world.settings.clone());
    let service = app.replays().await.expect("a service");
    let stop = CancellationToken::new();
    let cancelling = async {
        let row = replays::cancel(&database, 1, BY).await.expect("requested");
        assert_eq!(row.status, RunStatus::Running);
        create(&database, [3], None).await;
        wait_until(&database, 2, RunStatus::Done).await;
        // Its lease has not ended yet.
        assert_eq!(replay(&database, 1).await, row);
        world
            .execute("UPDATE replay SET lease_until_ms = 1 WHERE id = 1")
            .await;
        wait_until(&database, 1, RunStatus::Cancelled).await;
        stop.cancel();
    };
    let (ended, ()) = tokio::join!(app::run([service], None, &stop), cancelling);
    ended.expect("it ends in order");
    assert_eq!(published(&world).await, (1, 1));
}
