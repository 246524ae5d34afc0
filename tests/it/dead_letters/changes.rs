//! The record of what people change.

use serde_json::{Value, json};

use super::{database, letter, wrong};
use crate::harness::{Options, World};

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_listed_on_postgresql() {
    changes_are_listed(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_listed_on_sqlite() {
    changes_are_listed(Options::sqlite()).await;
}

async fn changes_are_listed(options: Options) {
    let world = World::new(options).await;
    let database = database(&world).await;
    let letters: Vec<_> = (1..=5)
        .map(|index| letter(index, "totals_mismatch"))
        .collect();
    database.store_dead_letters(&letters).await.expect("stored");
    let changes = async |filters: &[&str]| -> Vec<Value> {
        let arguments = [&["changes", "--json"], filters].concat();
        let listed = world.program(&arguments).run().await.succeeded();
        serde_json::from_str(&listed).expect("JSON")
    };
    assert_eq!(changes(&[]).await, [Value::Null; 0]);
    let none = world.program(&["changes"]).run().await.succeeded();
    assert_eq!(none, "no changes\n");
    let run = async |arguments: &[&str], input: String| {
        let arguments = [&["dead-letters"], arguments].concat();
        let run = world.program(&arguments).input(input).run().await;
        run.succeeded();
    };
    let content = wrong(9).to_string();
    let edit = [
        "edit",
        "1",
        "-",
        "--force",
        "--change-identity",
        "--reason",
        "wrong \u{1b}total",
    ];
    run(&edit, content.clone()).await;
    // It has this content already: nothing changes.
    run(&edit, content).await;
    run(
        &["discard", "2", "3", "--reason", "sold twice"],
        String::new(),
    )
    .await;
    let again = ["dead-letters", "discard", "2", "3", "--reason", "again"];
    assert_eq!(world.program(&again).run().await.code, 1);
    run(&["discard", "4", "--reason", "cancelled"], String::new()).await;
    run(&["replay", "5", "--dry-run"], String::new()).await;
    for target in ["4", "dead-letter 4"] {
        let of_target = changes(&["--target", target]).await;
        assert_eq!(of_target.len(), 1, "{target}: {of_target:?}");
    }
    assert_eq!(changes(&["--target", "44"]).await, [Value::Null; 0]);

    let all = changes(&[]).await;
    let seen = all.iter().map(|change| {
        json!([
            change["id"],
            change["action"],
            change["target"],
            change["reason"],
            change["counts"]
        ])
    });
    let discard = "dead_letter.discard";
    let two = "dead-letters 2, 3, status open";
    assert_eq!(
        seen.collect::<Vec<_>>(),
        [
            json!([3, discard, "dead-letter 4", "cancelled", { "discarded": 1 }]),
            json!([2, discard, two, "sold twice", { "discarded": 2 }]),
            json!([1, "dead_letter.edit", "dead-letter 1", "wrong \u{1b}total", { "edited": 1 }]),
        ]
    );
    let actor = all[0]["actor"].as_str().expect("an actor");
    assert!(actor.contains('@'), "{actor}");
    for (filters, expected) in [
        (&["--action", "dead_letter.edit"][..], &[1][..]),
        (&["--target", "dead-letter 4"], &[3]),
        (&["--actor", actor], &[3, 2, 1]),
        (&["--actor", "other@host"], &[]),
        (&["--limit", "2"], &[3, 2]),
    ] {
        let listed = changes(filters).await;
        let ids = listed.iter().filter_map(|change| change["id"].as_i64());
        assert_eq!(ids.collect::<Vec<_>>(), expected, "{filters:?}");
    }
    let table = world.program(&["changes"]).run().await.succeeded();
    assert!(table.contains("wrong \\u{1b}total"), "{table}");
}
