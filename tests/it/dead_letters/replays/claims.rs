//! Replays of the same dead letters: one claims each before it publishes it, and the others wait.

use invoice_worker::database::RunStatus;
use invoice_worker::database::dead_letter::Model as Letter;
use invoice_worker::database::leases::Lease;
use invoice_worker::database::replay_runs::End;
use time::OffsetDateTime;

use super::{
    Running, all_are_replayed, archived, create, published, replay, wait_until, world_with,
};
use crate::harness::{Options, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn replays_of_the_same_dead_letters_publish_each_once_on_postgresql() {
    replays_of_the_same_dead_letters_publish_each_once(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replays_of_the_same_dead_letters_publish_each_once_on_sqlite() {
    replays_of_the_same_dead_letters_publish_each_once(Options::sqlite()).await;
}

async fn replays_of_the_same_dead_letters_publish_each_once(options: Options) {
    let (world, database) = world_with(options, 300).await;
    // All have selected all of them before the first one is run.
    for _ in 0..4 {
        create(&database, [], None).await;
    }
    let runners = ["one", "two"].map(|name| Running::start(&world, &database, name));
    let mut sum = 0;
    for id in 1..=4 {
        let row = wait_until(&database, id, RunStatus::Done).await;
        assert_eq!((row.total, row.published), (300, row.marked), "{row:?}");
        sum += row.published;
    }
    for runner in runners {
        runner.stop().await;
    }
    assert_eq!(sum, 300);
    all_are_replayed(&database, 300).await;
    assert_eq!(published(&world).await, (300, 300));
    assert!(
        archived(&database)
            .await
            .iter()
            .all(|row| row.claimed_by.is_none())
    );
}

/// A process was killed while it had claims: another replay waits for the end of its lease, and leaves nothing out.
#[tokio::test(flavor = "multi_thread")]
async fn a_replay_waits_for_what_another_has_claimed() {
    let (world, database) = world_with(Options::sqlite(), 5).await;
    let killed = create(&database, [2, 4], None).await;
    let lease = Lease::new("killed");
    let claimed = database.claim_replay(killed.id, &lease).await;
    claimed.expect("claimed").expect("a row");
    let rows = archived(&database).await;
    let rows: Vec<Letter> = rows.into_iter().filter(|row| row.id % 2 == 0).collect();
    let claimed = database.claim_dead_letters(&rows, &lease).await;
    assert_eq!(claimed.expect("claimed"), [2, 4]);

    // The program, not its library: a mutant of it has to be found.
    let mut serve = world.serve().await;
    let other = create(&database, [], None).await.id;
    eventually("the first dead letter", async || {
        let row = replay(&database, other).await;
        if row.published == 1 { Ok(()) } else { Err(row) }
    })
    .await;
    // Up to what it waits for, nothing is looked at again, and nothing is claimed beyond it.
    eventually("a replay that waits", async || {
        let row = replay(&database, other).await;
        let claimed = archived(&database).await;
        let claimed = claimed.iter().filter(|row| row.claimed_by.is_some());
        let claimed: Vec<i64> = claimed.map(|row| row.id).collect();
        if (row.after_id, claimed.as_slice()) == (1, &[2, 4]) {
            Ok(())
        } else {
            Err((row, claimed))
        }
    })
    .await;
    let row = wait_until(&database, other, RunStatus::Done).await;
    let first = wait_until(&database, killed.id, RunStatus::Done).await;
    serve.stop().await;
    assert_eq!(row.published + first.published, 5, "{row:?} {first:?}");
    all_are_replayed(&database, 5).await;
    assert_eq!(published(&world).await, (5, 5));
}

/// What comes before the first selected dead letter is not read again by every look.
#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_waits_moves_its_position_up_to_what_it_waits_for() {
    let (world, database) = world_with(Options::sqlite(), 9).await;
    let waiting = create(&database, [], None).await.id;
    let killed = create(&database, [7], None).await;
    let rows = archived(&database).await;
    let (first, last) = rows.split_at(6);
    let lease = Lease::new("killed");
    let claimed = database.claim_replay(killed.id, &lease).await;
    claimed.expect("claimed").expect("a row");
    let claimed = database.claim_dead_letters(&last[..1], &lease).await;
    assert_eq!(claimed.expect("claimed"), [7]);
    // Others have replayed what comes before it.
    let now = OffsetDateTime::now_utc();
    let marked = database.mark_replayed(first, now, "a@b").await;
    assert_eq!(marked.expect("marked"), 6);

    let serve = world.serve().await;
    let mut seen = OffsetDateTime::UNIX_EPOCH;
    for _ in 0..3 {
        seen = eventually("a further look", async || {
            let row = replay(&database, waiting).await;
            if row.after_id == 6 && row.updated_at != seen {
                Ok(row.updated_at)
            } else {
                Err(row)
            }
        })
        .await;
    }
    assert_eq!(replay(&database, waiting).await.published, 0);
    let end = End {
        status: RunStatus::Done,
        error: None,
        cancelled_by: None,
    };
    let ended = database.end_replay(killed.id, &lease, end).await;
    assert!(ended.expect("ended"));
    let row = wait_until(&database, waiting, RunStatus::Done).await;
    assert_eq!((row.published, row.marked), (3, 3));
    assert_eq!(published(&world).await, (3, 3));
    // It has said once why it waits.
    let waits = serve.events("replay_waits_for_claim");
    let said = waits.iter().map(|entry| {
        let of = |name: &str| entry[name].as_i64();
        [of("replay"), of("dead_letter"), of("claimed_by")].map(Option::unwrap_or_default)
    });
    assert_eq!(said.collect::<Vec<_>>(), [[waiting, 7, killed.id]]);
}

/// A claim is as good as the lease under which it was made.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_holds_until_its_lease_has_ended() {
    for options in [Options::default(), Options::sqlite()] {
        let (_world, database) = world_with(options, 3).await;
        let rows = archived(&database).await;
        let mut leases = Vec::new();
        for name in ["one", "two"] {
            let replay = create(&database, [], None).await;
            let lease = Lease::new(name);
            let claimed = database.claim_replay(replay.id, &lease).await;
            claimed.expect("claimed").expect("a row");
            leases.push((replay.id, lease));
        }
        let [(one_id, one), (two_id, two)] = leases.as_slice() else {
            panic!("{leases:?}");
        };
        let claim = async |rows: &[Letter], lease: &Lease| {
            let claimed = database.claim_dead_letters(rows, lease).await;
            claimed.expect("claimed")
        };
        assert_eq!(claim(&rows[..2], one).await, [1, 2]);
        // While another has the first one, none is claimed.
        assert_eq!(claim(&rows, two).await, [0; 0]);
        assert_eq!(database.claimant(1).await.expect("found"), Some(*one_id));
        assert_eq!(database.claimant(3).await.expect("found"), None);
        assert_eq!(claim(&rows[2..], two).await, [3]);
        // Its own again, as after an error.
        assert_eq!(claim(&rows, one).await, [1, 2]);
        let end = End {
            status: RunStatus::Queued,
            error: None,
            cancelled_by: None,
        };
        assert!(database.end_replay(*one_id, one, end).await.expect("ended"));
        assert_eq!(database.claimant(1).await.expect("found"), None);
        assert_eq!(claim(&rows, two).await, [1, 2, 3]);
        // What was changed since it was read is not what was selected.
        let before = archived(&database).await;
        let now = OffsetDateTime::now_utc();
        let marked = database.mark_replayed(&before[..1], now, "a@b").await;
        assert_eq!(marked.expect("marked"), 1);
        assert!(database.end_replay(*two_id, two, end).await.expect("ended"));
        let three = create(&database, [], None).await;
        let lease = Lease::new("three");
        let claimed = database.claim_replay(three.id, &lease).await;
        claimed.expect("claimed").expect("a row");
        assert_eq!(claim(&before[..1], &lease).await, [0; 0]);
    }
}
