//! A whole repair: its trial changes nothing, and what becomes of the letters is what it said.

use serde_json::{Value, json};

use super::{archived, because, decide, letters, store, tried, until, without_totals, world_with};
use crate::api::operators::right;
use crate::dead_letters::{edits_of, wrong};
use crate::harness::{Options, World, samples};

/// Everything that a trial could change.
async fn state(world: &World) -> (Vec<String>, usize, Option<u32>, usize) {
    let objects = world.objects().await;
    let rows = world.rows().await.len();
    (
        objects,
        rows,
        world.waiting().await,
        world.events().await.len(),
    )
}

/// Of fifty letters, the seventh is about an invoice that was issued for another request, and the thirteenth stays invalid.
const CONFLICT: i64 = 7;
const INVALID: i64 = 13;

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_tried_without_effects_and_becomes_what_the_trial_said() {
    let (world, database) = world_with(Options::default(), 0).await;
    // The document of another request under the identity of a letter.
    let mut issued = right(7);
    issued["buyer"]["name"] = "Someone Else".into();
    let mut worker = world.worker(&[]).await;
    world.publish(issued.to_string()).await;
    world.wait_for_document(&samples::identity(&issued)).await;
    worker.stop().await;
    for index in 1..=50 {
        let mut request = wrong(index);
        if index == 13 {
            request["currency"] = "XXY".into();
        }
        store(&database, index, &request).await;
    }
    let (before, rows) = (state(&world).await, archived(&database).await);

    let mut serve = world.serve().await;
    let client = serve.client();
    let (path, repair) = tried(&client, &without_totals()).await;
    assert_eq!(
        repair["summary"],
        "48 of 50 would be issued, 1 would conflict, 1 would not be valid"
    );
    assert_eq!(
        repair["verdicts"],
        json!({ "would_issue": 48, "conflict": 1, "invalid": 1 })
    );
    let all = letters(&client, &path).await;
    assert_eq!(all.len(), 50);
    let conflict = &all[&CONFLICT];
    assert_eq!(
        (&conflict["verdict"], &conflict["code"]),
        (&json!("conflict"), &json!("conflict"))
    );
    let invalid = &all[&INVALID];
    assert_eq!(invalid["verdict"], "invalid");
    assert_eq!(invalid["errors"][0]["pointer"], "/currency");
    assert_eq!(invalid["errors"][0]["code"], "currency_unknown");
    // Nothing was stored or published, and no letter was changed.
    assert_eq!(state(&world).await, before);
    assert_eq!(archived(&database).await, rows);

    let apply = json!({ "reason": "agreed with accounting", "rate": 500 });
    let applied = decide(&client, &path, "apply", &apply).await.is(200);
    assert_eq!(applied["status"], "applying");
    until(&client, &path, "replaying").await;
    let mut worker = world.worker(&[]).await;
    let done = until(&client, &path, "done").await;
    assert_eq!((&done["edited"], &done["skipped"]), (&json!(48), &json!(0)));
    assert_eq!(done["outcome"]["generated"], 48, "{done}");
    assert_eq!(done["outcome"]["failedAgain"], 0, "{done}");
    for (id, letter) in letters(&client, &path).await {
        if [CONFLICT, INVALID].contains(&id) {
            assert_eq!(letter["applied"], Value::Null, "{letter}");
            assert_eq!(letter["outcome"], Value::Null, "{letter}");
        } else {
            assert_eq!(letter["outcome"], "generated", "{letter}");
            assert_eq!(letter["asTried"], true, "{letter}");
        }
    }
    // The letters that would not be issued stay as they were.
    for row in archived(&database).await {
        let is_left = [CONFLICT, INVALID].contains(&row.id);
        let former = rows.iter().find(|former| former.id == row.id);
        assert_eq!(former == Some(&row), is_left, "{row:?}");
        let edits = edits_of(&database, row.id).await;
        assert_eq!(edits.len(), usize::from(!is_left));
        for edit in edits {
            assert_eq!(edit.reason.as_deref(), Some("agreed with accounting"));
            assert_eq!(edit.edited_by, "local");
        }
    }
    serve.stop().await;
    worker.stop().await;
    world.assert_settled(49, 0).await;
    let changes = world.program(&["changes", "--json"]).run().await;
    let changes: Value = serde_json::from_str(&changes.succeeded()).expect("JSON");
    let changes = changes.as_array().expect("a list");
    let of = |action: &str| {
        let change = changes.iter().find(|change| change["action"] == action);
        change.unwrap_or_else(|| panic!("no {action}: {changes:?}"))
    };
    assert_eq!(of("repair.create")["target"], "repair 1");
    assert_eq!(of("repair.apply")["reason"], "agreed with accounting");
    assert_eq!(of("dead_letter.edit")["target"], "repair 1");
    assert_eq!(of("dead_letter.edit")["counts"], json!({ "edited": 48 }));
    assert_eq!(of("replay.create")["reason"], "agreed with accounting");
}

/// What was generated before is not issued again, and of two letters about one invoice the first one is issued.
#[tokio::test(flavor = "multi_thread")]
async fn letters_about_the_same_invoice_are_told_apart() {
    let (world, database) = world_with(Options::sqlite(), 2).await;
    let mut worker = world.worker(&[]).await;
    let issued = right(1);
    world.publish(issued.to_string()).await;
    world.wait_for_document(&samples::identity(&issued)).await;
    worker.stop().await;
    let mut other = wrong(2);
    other["buyer"]["name"] = "Someone Else".into();
    store(&database, 3, &other).await;
    let mut same = wrong(2);
    same["totals"] = json!({ "gross": "2.00" });
    store(&database, 4, &same).await;
    let serve = world.serve().await;
    let client = serve.client();
    let (path, repair) = tried(&client, &without_totals()).await;
    assert_eq!(
        repair["summary"],
        "1 of 4 would be issued, 1 would conflict, 2 already generated"
    );
    let all = letters(&client, &path).await;
    let verdicts: Vec<&Value> = all.values().map(|letter| &letter["verdict"]).collect();
    assert_eq!(
        verdicts,
        [
            "already_generated",
            "would_issue",
            "conflict",
            "already_generated"
        ]
    );
    let detail = all[&3]["detail"].as_str().expect("a detail");
    assert!(
        detail.starts_with("dead letter 2 of this repair"),
        "{detail}"
    );
    let done = decide(&client, &path, "apply", &because("x")).await;
    done.is(200);
    let done = until(&client, &path, "replaying").await;
    assert_eq!(done["edited"], 1);
}
