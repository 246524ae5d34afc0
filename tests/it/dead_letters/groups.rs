//! Groups of dead letters: those that triggers of the database count are those that are counted by reading.

use std::collections::BTreeSet;

use invoice_worker::database::dead_letters::{EditRun, NewContent, Selection};
use invoice_worker::database::{By, Database, DeadLetterStatus};
use invoice_worker::dead_letters::{discard, groups};
use time::{Duration, OffsetDateTime};

use super::{archived, database, letter};
use crate::harness::{Options, World};

/// What both ways have to agree on: count, state, code, stage, detail, and the counts of the trend.
type Group = (u64, &'static str, String, String, String, [u64; 3]);

async fn grouped(database: &Database, selection: &Selection) -> BTreeSet<Group> {
    let groups = groups(database, selection, u64::MAX).await;
    let groups = groups.expect("groups").into_iter().map(|group| {
        let trend = [
            group.trend.last_hour,
            group.trend.last_day,
            group.trend.last_week,
        ];
        (
            group.count,
            group.status,
            group.code,
            group.stage,
            group.detail,
            trend,
        )
    });
    groups.collect()
}

/// The groups, which are the same when they are counted by reading.
async fn agreed(database: &Database) -> BTreeSet<Group> {
    let all = Selection::default();
    let counted = grouped(database, &all).await;
    // The database has no counts for such a filter.
    let read = Selection {
        since: Some(OffsetDateTime::UNIX_EPOCH),
        ..Selection::default()
    };
    assert_eq!(counted, grouped(database, &read).await);
    for (status, name) in [
        (DeadLetterStatus::Open, "open"),
        (DeadLetterStatus::Replayed, "replayed"),
        (DeadLetterStatus::Discarded, "discarded"),
    ] {
        let some = Selection {
            status: Some(status),
            ..Selection::default()
        };
        let expected = counted.iter().filter(|group| group.1 == name).cloned();
        assert_eq!(grouped(database, &some).await, expected.collect(), "{name}");
    }
    counted
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_follow_every_change_of_a_dead_letter() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    let now = OffsetDateTime::now_utc();
    let details = [
        "/lines/3/netAmount: is 1,234.50, must be 12 (BR-CO-15)",
        "/lines/4/netAmount: is 1.50, must be -1 (BR-CO-15)",
        "main.typ:12:5 unknown variable: x2",
        "order-2-3 of 2026-11-21\n\t and  more",
        "--5 12:30 v1.2 .5 3- (-7) Größe 5µ „7“ ü7 7ü",
        "",
        &"long ".repeat(60),
        &"9 ".repeat(300),
        "'); DROP TABLE dead_letter; --",
    ];
    let mut letters = Vec::new();
    for (place, detail) in details.into_iter().enumerate() {
        for age in [
            Duration::ZERO,
            Duration::hours(5),
            Duration::days(3),
            Duration::days(30),
        ] {
            let mut letter = letter(letters.len() + 1, "totals_mismatch");
            letter.detail = detail.into();
            letter.failed_at = now - age;
            if place % 2 == 0 {
                letter.code = "conflict".into();
                letter.stage = "record".into();
            }
            letters.push(letter);
        }
    }
    let stored = database.store_dead_letters(&letters).await;
    stored.expect("stored");
    let groups = agreed(&database).await;
    let first = &groups.iter().find(|group| group.4.starts_with("/lines/#"));
    let (count, .., trend) = first.expect("the details that differ in numbers only");
    assert_eq!((*count, *trend), (4, [1, 2, 3]));
    assert_eq!(groups.iter().map(|group| group.0).sum::<u64>(), 36);

    // The same again changes nothing.
    let again = database.store_dead_letters(&letters[..9]).await;
    again.expect("stored");
    assert_eq!(agreed(&database).await, groups);

    // One fails again, elsewhere and now.
    letters[3].detail = "another cause".into();
    letters[3].failed_at = now;
    let again = database.store_dead_letters(&letters[3..4]).await;
    again.expect("stored");
    let groups = agreed(&database).await;
    assert!(
        groups
            .iter()
            .any(|group| group.4 == "another cause" && group.5 == [1, 1, 1])
    );

    // Replayed, failed again with another code, discarded, edited, deleted.
    let rows = archived(&database).await;
    let marked = database.mark_replayed(&rows[4..20], now, "test").await;
    assert_eq!(marked.expect("marked"), 16);
    agreed(&database).await;
    let mut failed = letters[5].clone();
    failed.code = "template_error".into();
    failed.replay_of = Some(rows[5].id);
    failed.replays = 1;
    failed.failed_at = now + Duration::SECOND;
    let stored = database.store_dead_letters(&[failed]).await;
    stored.expect("stored");
    let groups = agreed(&database).await;
    assert!(
        groups
            .iter()
            .any(|group| group.2 == "template_error" && group.1 == "open")
    );
    let open = Selection {
        codes: vec!["conflict".into()],
        status: Some(DeadLetterStatus::Open),
        ..Selection::default()
    };
    let frozen = database.freeze(&open).await.expect("frozen");
    let discarded = discard(&database, &frozen, "test", "test").await;
    assert!(discarded.expect("discarded") > 0);
    agreed(&database).await;
    let rows = archived(&database).await;
    let row = rows.iter().find(|row| row.status == DeadLetterStatus::Open);
    let row = row.expect("an open one");
    let content = NewContent {
        payload: b"{}",
        properties: None,
        claimed: row.invoice(),
        by: By {
            actor: "test",
            reason: None,
        },
    };
    let mut run = EditRun::of("test".into());
    let edited = database.edit(row, content, &mut run).await;
    edited.expect("edited");
    agreed(&database).await;
    world.execute("DELETE FROM dead_letter_edit").await;
    world
        .execute("DELETE FROM dead_letter WHERE id % 3 = 0")
        .await;
    let left = agreed(&database).await;
    world.execute("DELETE FROM dead_letter").await;
    assert!(!left.is_empty() && agreed(&database).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_change_dead_letters_at_once_count_each_of_them() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    let storing = (0..8).map(|process| {
        let database = database.clone();
        tokio::spawn(async move {
            for round in 0..10 {
                // Each statement has several groups, in another order than the one before.
                let mut letters: Vec<_> = (0..6)
                    .map(|place| {
                        let mut letter = letter(process * 1_000 + round * 10 + place, "conflict");
                        letter.detail = format!("cause {}", ["a", "b", "c"][place % 3]);
                        letter
                    })
                    .collect();
                letters.rotate_left((process + round) % 6);
                let stored = database.store_dead_letters(&letters).await;
                stored.expect("stored");
            }
        })
    });
    for stored in storing.collect::<Vec<_>>() {
        stored.await.expect("no panic");
    }
    let counts = agreed(&database).await.into_iter().map(|group| group.0);
    assert_eq!(counts.collect::<Vec<_>>(), [160, 160, 160]);
}
