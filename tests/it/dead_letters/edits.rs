//! One change of many requests.

use std::fs;

use invoice_worker::database::{Database, DeadLetterStatus};
use serde_json::{Value, json};

use super::{ARCHIVING, archived, database, letter, run, wait_for, wrong};
use crate::api::operators::{OPERATE, REQUEST, serve};
use crate::harness::{Message, Options, World, samples};

/// A world with wrong totals in three letters: alone, in a CloudEvent, and beside a wrong currency.
async fn world_with_letters(options: Options) -> (World, Database) {
    let world = World::new(options).await;
    let database = database(&world).await;
    let mut letters: Vec<_> = (1..=3)
        .map(|index| letter(index, "totals_mismatch"))
        .collect();
    let event = json!({
        "specversion": "1.0", "type": "invoice.requested.v1", "source": "/orders", "id": "1", "data": wrong(2)
    });
    letters[1].payload = event.to_string().into_bytes();
    let content_type = "application/cloudevents+json";
    letters[1].properties =
        json!({ "message_id": "message-2", "content_type": content_type }).to_string();
    let mut currency = wrong(3);
    currency["currency"] = "XXY".into();
    letters[2].payload = currency.to_string().into_bytes();
    for letter in letters {
        let stored = database.store_dead_letters(&[letter]).await;
        stored.expect("stored");
    }
    (world, database)
}

fn patch_file(world: &World, patch: &str) -> String {
    let path = world.path("patch.json");
    fs::write(&path, patch).expect("a writable folder");
    path.to_str().expect("UTF-8").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_edits_every_letter_that_becomes_valid_on_postgresql() {
    a_patch_edits_every_letter_that_becomes_valid(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_edits_every_letter_that_becomes_valid_on_sqlite() {
    a_patch_edits_every_letter_that_becomes_valid(Options::sqlite()).await;
}

async fn a_patch_edits_every_letter_that_becomes_valid(options: Options) {
    let (world, database) = world_with_letters(options).await;
    let before = archived(&database).await;
    let file = patch_file(&world, r#"[{"op": "remove", "path": "/totals"}]"#);
    let edit = ["edit", "--code", "totals_mismatch", "--patch", &file];

    let dry = run(&world, &[&edit[..], &["--dry-run"]].concat()).await;
    assert_eq!(dry.code, 1, "{dry:?}");
    assert!(
        dry.stdout.starts_with("would edit 2, would skip 1\n"),
        "{}",
        dry.stdout
    );
    assert!(
        dry.stdout.contains("currency_unknown /currency"),
        "{}",
        dry.stdout
    );
    assert!(
        dry.stdout
            .contains("dead letter 1\n  /totals: {\"gross\":\"1.00\"} -> -\n"),
        "{}",
        dry.stdout
    );
    assert_eq!(archived(&database).await, before);

    let done = run(&world, &[&edit[..], &["--reason", "no totals"]].concat()).await;
    assert_eq!(done.code, 1, "{done:?}");
    assert!(
        done.stdout.starts_with("edited 2, skipped 1\n"),
        "{}",
        done.stdout
    );
    let rows = archived(&database).await;
    let request =
        |row: usize| -> Value { serde_json::from_slice(&rows[row].payload).expect("JSON") };
    assert_eq!(request(0)["totals"], Value::Null);
    // In the envelope, which stays as it was.
    assert_eq!(request(1)["data"]["totals"], Value::Null);
    assert_eq!(request(1)["source"], "/orders");
    assert_eq!(rows[2], before[2]);
    for (row, count) in [(0, 1), (1, 1), (2, 0)] {
        let edits = super::edits_of(&database, rows[row].id).await;
        assert_eq!(edits.len(), count);
        for edit in edits {
            assert_eq!(edit.before, before[row].payload);
            assert_eq!(edit.reason.as_deref(), Some("no totals"));
        }
    }
    let ids = [rows[0].id, rows[1].id].map(|id| id.to_string()).join(" ");
    let list = run(&world, &["list"]).await.succeeded();
    assert_eq!(list.matches("open (edited)").count(), 2, "{list}");
    let edited = run(&world, &["list", "--edited", "--json"])
        .await
        .succeeded();
    let edited: Value = serde_json::from_str(&edited).expect("JSON");
    let edited = edited.as_array().expect("a list");
    assert!(edited.iter().all(|letter| letter["edited"] == true));
    assert_eq!(edited.len(), 2);
    // One change, which counts them.
    let changes = world
        .program(&["changes", "--json"])
        .run()
        .await
        .succeeded();
    let changes: Value = serde_json::from_str(&changes).expect("JSON");
    let targets: Vec<_> = changes.as_array().expect("a list").iter().collect();
    assert_eq!(targets.len(), 1, "{changes}");
    assert_eq!(changes[0]["counts"], json!({ "edited": 2 }));
    assert_eq!(
        changes[0]["target"],
        "dead-letters code totals_mismatch, status open"
    );
    // What was edited has the content already; what is still wrong is skipped again.
    let merge = patch_file(&world, r#"{"totals": null}"#);
    let again = ["edit", "1", "2", "--patch", &merge, "--reason", "no totals"];
    let again = run(&world, &again).await.succeeded();
    let forward = patch_file(&world, r#"{"notes": [{"text": "again"}]}"#);
    let forward = ["edit", "1", "2", "--patch", &forward, "--reason", "a note"];
    let forward = run(&world, &forward).await;
    let command = format!("`invoice-worker dead-letters replay {ids} --reason TEXT`");
    assert!(forward.stderr.contains(&command), "{forward:#?}");
    assert!(
        again.starts_with("edited 0, skipped 0, 2 have this content already\n"),
        "{again}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn patched_requests_become_documents() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    let mut worker = world.worker(&[ARCHIVING]).await;
    let letters = 4;
    for index in 0..letters {
        let event = json!({
            "specversion": "1.0", "type": "invoice.requested.v1", "source": "/orders", "id": "1",
            "data": wrong(index)
        });
        let message = match index {
            0 => Message {
                content_type: "application/cloudevents+json",
                ..Message::new(event.to_string())
            },
            _ => Message::new(wrong(index).to_string()),
        };
        world.send(&message).await;
    }
    super::wait_for_open(&database, letters).await;
    let file = patch_file(&world, r#"{"totals": null}"#);
    let edit = ["edit", "--all", "--patch", &file, "--reason", "no totals"];
    run(&world, &edit).await.succeeded();
    let replay = ["replay", "--all", "--reason", "no totals"];
    run(&world, &replay).await.succeeded();
    for index in 0..letters {
        let identity = samples::identity(&wrong(index));
        world.wait_for_document(&identity).await;
    }
    worker.stop().await;
    wait_for(&database, DeadLetterStatus::Replayed, letters).await;
    world.assert_settled(letters, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_that_is_none_or_has_no_targets_is_refused() {
    let (world, database) = world_with_letters(Options::sqlite()).await;
    let before = archived(&database).await;
    let good = patch_file(&world, r#"{"totals": null}"#);
    let bad = world.path("bad.json");
    fs::write(&bad, "[7]").expect("a writable folder");
    let bad = bad.to_str().expect("UTF-8");
    for arguments in [
        &["edit", "--patch", &good, "--reason", "x"][..],
        &["edit", "--patch", bad, "--all", "--reason", "x"],
        &["edit", "--patch", &good, "--all"],
        &[
            "edit",
            "1",
            &good,
            "--code",
            "totals_mismatch",
            "--reason",
            "x",
        ],
        &["edit", "1", &good, "--reason", "x", "--dry-run"],
        &["edit", "one", &good, "--reason", "x"],
        &["edit", "1", "--reason", "x"],
        &[
            "edit", "--patch", &good, "--all", "--force", "--reason", "x",
        ],
    ] {
        let refused = run(&world, arguments).await;
        assert_eq!(refused.code, 2, "{arguments:?} {refused:?}");
    }
    assert_eq!(archived(&database).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_edits_in_bulk_what_the_command_line_does() {
    let (world, database) = world_with_letters(Options::sqlite()).await;
    let serve = serve(&world).await;
    let client = serve.client_with(OPERATE);
    let body = |patch: Value, dry_run: bool| {
        json!({
            "targets": { "codes": ["totals_mismatch"] }, "patch": patch, "reason": "no totals", "dryRun": dry_run
        })
    };
    let merge = json!({ "totals": null });
    let path = "/v1/dead-letters/edits";
    let before = archived(&database).await;
    let dry = client.post(path, &body(merge.clone(), true)).await.is(200);
    assert_eq!(
        (&dry["dryRun"], &dry["edited"], &dry["skipped"]),
        (&json!(true), &json!(2), &json!(1))
    );
    assert_eq!(dry["letters"][0]["errors"][0]["code"], "currency_unknown");
    assert_eq!(
        dry["letters"][1]["changes"],
        json!([{ "pointer": "/totals", "before": "{\"gross\":\"1.00\"}" }])
    );
    assert_eq!(archived(&database).await, before);
    let done = client.post(path, &body(merge.clone(), false)).await.is(200);
    assert_eq!(
        (&done["dryRun"], &done["edited"], &done["skipped"]),
        (&json!(false), &json!(2), &json!(1))
    );
    let edits = super::edits_of(&database, 1).await;
    assert_eq!(edits[0].edited_by, "ops");

    let wrong = client
        .post(path, &body(json!([{ "op": "set" }]), false))
        .await;
    wrong.is_problem(422, "body_invalid");
    let wrong = client.post(path, &body(json!("x"), false)).await;
    wrong.is_problem(422, "body_invalid");
    let other = serve.client_with(REQUEST);
    let forbidden = other.post(path, &body(merge, false)).await;
    forbidden.is_problem(403, "forbidden");
}
