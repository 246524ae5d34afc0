//! Looking at dead letters, and changing them.

use std::fs;

use invoice_worker::broker::Lane;
use invoice_worker::database::{Database, DeadLetterStatus};
use serde_json::Value;
use time::OffsetDateTime;

use super::{
    ARCHIVING, archived, database, letter, run, wait_for, wait_for_failures, wait_for_open, wrong,
};
use crate::harness::{Message, Options, World, samples};

/// A world with dead letters of several kinds.
async fn filled(options: Options) -> (World, Database) {
    let world = World::new(options).await;
    let database = database(&world).await;
    let mut letters = vec![
        letter(1, "totals_mismatch"),
        letter(2, "totals_mismatch"),
        letter(3, "template_error"),
        letter(4, "request_malformed"),
    ];
    letters[2].stage = "render".into();
    letters[2].failed_at = OffsetDateTime::now_utc() - time::Duration::hours(3);
    letters[3].payload = b"\xff{".to_vec();
    letters[3].claimed = invoice::ClaimedIdentity::default();
    letters[3].detail = "one\ntwo \u{1b}[2J".into();
    for letter in &letters {
        database
            .store_dead_letters(std::slice::from_ref(letter))
            .await
            .expect("stored");
    }
    (world, database)
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_on_postgresql() {
    lists_are_filtered(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_on_sqlite() {
    lists_are_filtered(Options::sqlite()).await;
}

async fn lists_are_filtered(options: Options) {
    let (world, _database) = filled(options).await;
    run(&world, &["discard", "2", "--reason", "twice"])
        .await
        .succeeded();
    let check = async |filters: &[&str], expected: &[i64]| {
        let arguments = [&["list", "--json"], filters].concat();
        let json = run(&world, &arguments).await.succeeded();
        let rows: Vec<Value> = serde_json::from_str(&json).expect("JSON");
        let ids: Vec<i64> = rows.iter().filter_map(|row| row["id"].as_i64()).collect();
        assert_eq!(ids, expected, "{filters:?}");
    };
    check(&[], &[4, 3, 1]).await;
    check(&["--status", "all"], &[4, 3, 2, 1]).await;
    check(&["--status", "discarded"], &[2]).await;
    check(&["--code", "totals_mismatch"], &[1]).await;
    check(
        &[
            "--code",
            "totals_mismatch,template_error",
            "--status",
            "all",
        ],
        &[3, 2, 1],
    )
    .await;
    check(&["--stage", "render"], &[3]).await;
    check(&["--platform", "tiktok", "--shop", "shop123"], &[3, 1]).await;
    check(&["--platform", "other"], &[]).await;
    check(&["--order", "wrong-3"], &[3]).await;
    check(&["--since", "2h"], &[4, 1]).await;
    check(&["--until", "2h ago"], &[3]).await;
    check(&["--since", "2100-01-01T00:00:00Z"], &[]).await;
    check(&["--limit", "1"], &[4]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_aligned_and_harmless() {
    let (world, _database) = filled(Options::default()).await;
    let list = run(&world, &["list"]).await.succeeded();
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 5, "{list}");
    let column = lines[0].find("STAGE").expect("a heading");
    assert!(
        lines[1..]
            .iter()
            .all(|line| line.as_bytes()[column - 1] == b' '),
        "{list}"
    );
    assert!(lines[1].ends_with("one two \\u{1b}[2J"), "{list}");
    let groups = run(&world, &["groups"]).await.succeeded();
    let first = groups.lines().nth(1).expect("a group");
    assert!(
        first.starts_with("2      open    totals_mismatch"),
        "{groups}"
    );
    assert!(first.ends_with("/totals/gross: is #"), "{groups}");
}

#[tokio::test(flavor = "multi_thread")]
async fn show_tells_everything() {
    let (world, _database) = filled(Options::default()).await;
    let shown = run(&world, &["show", "1"]).await.succeeded();
    for part in [
        "dead letter 1, open",
        "totals_mismatch",
        "tiktok/shop123/wrong-1/pkg789/1",
        "message-1",
        "/totals/gross: is 1.00",
        "tenant        a",
        "    \"orderId\": \"wrong-1\"",
    ] {
        assert!(shown.contains(part), "{part:?} is not in\n{shown}");
    }
    let binary = run(&world, &["show", "4"]).await.succeeded();
    assert!(binary.contains("(not UTF-8) \\xff{"), "{binary}");
    let request = run(&world, &["show", "1", "--request"]).await.succeeded();
    assert_eq!(request, wrong(1).to_string());
    let none = run(&world, &["show", "99"]).await;
    assert_eq!(none.code, 1);
    assert!(
        none.stderr.contains("there is no dead letter 99"),
        "{none:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_only_chosen_on_purpose() {
    let (world, database) = filled(Options::default()).await;
    let before = archived(&database).await;
    for arguments in [
        &["replay"][..],
        &["replay", "--status", "all"],
        &["replay", "--all"],
        &["replay", "1", "--rate", "5"],
        &["replay", "--resume", "1"],
        &["replay", "--all", "1"],
        &["replay", "0"],
        &["replay", "--all", "--rate", "0"],
        &["replay", "--resume", "1", "--all"],
        &["replay", "--resume", "1", "--lane", "bulk"],
        &["replays", "--cancel", "1"],
        &["discard", "--reason", "no"],
        &["discard", "1"],
        &["edit", "1", "-"],
        &["discard", "1", "--reason", ""],
        &["list", "--since", "yesterday"],
    ] {
        let refused = run(&world, arguments).await;
        assert_eq!(refused.code, 2, "{arguments:?} {refused:?}");
    }
    let unknown = run(&world, &["replay", "1", "99", "--reason", "it is fixed"]).await;
    assert_eq!(unknown.code, 1, "{unknown:?}");
    assert_eq!(archived(&database).await, before);
    assert_eq!(world.lane_len(Lane::Bulk).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_changes_nothing() {
    let (world, database) = filled(Options::default()).await;
    let before = archived(&database).await;
    let replay = run(&world, &["replay", "--all", "--dry-run"])
        .await
        .succeeded();
    assert!(replay.starts_with("would replay 4\nCOUNT"), "{replay}");
    let some = ["replay", "--all", "--dry-run", "--limit", "2"];
    let some = run(&world, &some).await.succeeded();
    assert!(some.starts_with("would replay 2\n"), "{some}");
    assert_eq!(some.lines().count(), 3, "{some}");
    let discard = [
        "discard",
        "--code",
        "totals_mismatch",
        "--reason",
        "x",
        "--dry-run",
    ];
    let discard = run(&world, &discard).await.succeeded();
    assert!(discard.starts_with("would discard 2\n"), "{discard}");
    let none = run(&world, &["replays"]).await.succeeded();
    assert_eq!(none, "no replays\n");
    let none = world.program(&["changes"]).run().await.succeeded();
    assert_eq!(none, "no changes\n");
    assert_eq!(archived(&database).await, before);
    assert_eq!(world.lane_len(Lane::Bulk).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn discarding_keeps_the_reason_and_can_be_taken_back() {
    let (world, database) = filled(Options::default()).await;
    let discard = [
        "discard",
        "--code",
        "totals_mismatch",
        "--reason",
        "sold twice",
    ];
    let done = run(&world, &discard).await.succeeded();
    assert_eq!(done, "discarded 2\n");
    // Nothing is left to be discarded, and the command says so.
    let again = run(&world, &discard).await;
    assert_eq!((again.code, again.stdout.as_str()), (1, ""), "{again:?}");
    let printed = "none of the 2 that the other filters match is open (--status all shows them)";
    assert!(again.stderr.contains(printed), "{again:?}");
    let rows = wait_for(&database, DeadLetterStatus::Discarded, 2).await;
    assert_eq!(rows[0].discard_reason.as_deref(), Some("sold twice"));
    assert!(rows[0].discarded_by.is_some() && rows[0].discarded_at.is_some());
    let all = run(
        &world,
        &[
            "replay",
            "--all",
            "--code",
            "totals_mismatch",
            "--reason",
            "it is fixed",
        ],
    )
    .await;
    assert_eq!(all.code, 1, "{all:?}");
    let back = run(
        &world,
        &[
            "replay",
            "--status",
            "discarded",
            "1",
            "--reason",
            "it is fixed",
        ],
    )
    .await;
    assert_eq!(back.succeeded(), "replayed 1\n");
    assert_eq!(world.lane_len(Lane::Bulk).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_finish_their_work_when_standard_output_is_closed() {
    let (world, database) = filled(Options::default()).await;
    for (arguments, code) in [
        (&["list"][..], 0),
        (&["groups"], 0),
        (&["show", "1"], 0),
        (&["export"], 0),
        (&["replay", "--all", "--dry-run"], 0),
        (&["replay", "1", "2", "--reason", "it is fixed"], 0),
        (&["discard", "3", "4", "--reason", "old"], 0),
        (&["replay", "99", "--reason", "it is fixed"], 1),
    ] {
        let arguments = [&["dead-letters"], arguments].concat();
        let finished = world.program(&arguments).unread().await;
        assert_eq!(finished.code, code, "{arguments:?} {finished:#?}");
        assert!(!finished.stderr.contains("panicked"), "{finished:#?}");
    }
    wait_for(&database, DeadLetterStatus::Replayed, 2).await;
    wait_for(&database, DeadLetterStatus::Discarded, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_request_is_audited_and_becomes_a_document() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    let mut worker = world.worker(&[ARCHIVING]).await;
    world.publish(wrong(1).to_string()).await;
    let before = wait_for_open(&database, 1).await.remove(0);

    let corrected = samples::with_identity(samples::receipt(), "corrected-1", "1");
    let file = world.path("corrected.json");
    fs::write(&file, corrected.to_string()).expect("a file");
    let file = file.to_str().expect("UTF-8");
    let still_wrong = world.path("wrong.json");
    fs::write(&still_wrong, wrong(2).to_string()).expect("a file");
    let refused = run(
        &world,
        &[
            "edit",
            "1",
            still_wrong.to_str().expect("UTF-8"),
            "--reason",
            "total",
        ],
    )
    .await;
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("totals_mismatch"), "{refused:?}");

    let edit = ["edit", "1", file, "--reason", "total", "--change-identity"];
    run(&world, &edit).await.succeeded();
    let row = archived(&database).await.remove(0);
    assert_eq!(row.payload, corrected.to_string().as_bytes());
    assert_eq!(row.order_id.as_deref(), Some("corrected-1"));
    let edits = super::edits_of(&database, 1).await;
    let [edit] = edits.as_slice() else {
        panic!("{edits:?}");
    };
    assert_eq!((&edit.before, &edit.after), (&before.payload, &row.payload));
    assert_eq!(edit.reason.as_deref(), Some("total"));
    assert!(edit.edited_by.contains('@'), "{edit:?}");
    let shown = run(&world, &["show", "1"]).await.succeeded();
    assert!(shown.contains("request before it was edited"), "{shown}");
    let edited = ": total (the invoice was tiktok/shop123/wrong-1/pkg789/1 until then)\n";
    assert!(shown.contains(edited), "{shown}");
    let same = run(&world, &["edit", "1", file, "--reason", "total"])
        .await
        .succeeded();
    assert!(same.contains("has this content already"), "{same}");

    run(&world, &["replay", "1", "--reason", "it is fixed"])
        .await
        .succeeded();
    world
        .wait_for_document(&samples::identity(&corrected))
        .await;
    worker.stop().await;
    wait_for(&database, DeadLetterStatus::Replayed, 1).await;
    let closed = run(
        &world,
        &[
            "edit",
            "1",
            still_wrong.to_str().expect("UTF-8"),
            "--force",
            "--reason",
            "total",
        ],
    )
    .await;
    assert_eq!(closed.code, 1);
    assert!(closed.stderr.contains("only open ones"), "{closed:?}");
}

/// A worker opens the envelope that the content type promises, so the new content has to have it, too.
#[tokio::test(flavor = "multi_thread")]
async fn an_edited_request_keeps_its_envelope() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    let mut worker = world.worker(&[ARCHIVING]).await;
    let event = |request: Value| {
        serde_json::json!({
            "specversion": "1.0", "type": "invoice.requested.v1", "source": "/orders", "id": "1", "data": request
        })
    };
    world
        .send(&Message {
            content_type: "application/cloudevents+json",
            ..Message::new(event(wrong(1)).to_string())
        })
        .await;
    wait_for_open(&database, 1).await;
    let corrected = samples::with_identity(samples::receipt(), "corrected-1", "1");
    let edit = |content: String| {
        let edit = [
            "dead-letters",
            "edit",
            "1",
            "-",
            "--reason",
            "total",
            "--change-identity",
        ];
        let edit = world.program(&edit);
        edit.input(content).run()
    };
    let bare = edit(corrected.to_string()).await;
    assert_eq!(bare.code, 1);
    assert!(bare.stderr.contains("envelope_invalid"), "{bare:?}");
    edit(event(corrected.clone()).to_string()).await.succeeded();
    run(&world, &["replay", "1", "--reason", "it is fixed"])
        .await
        .succeeded();
    world
        .wait_for_document(&samples::identity(&corrected))
        .await;
    worker.stop().await;
    world.assert_settled(1, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_request_that_fails_again_is_the_same_dead_letter() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    let mut worker = world.worker(&[ARCHIVING]).await;
    world.publish(wrong(1).to_string()).await;
    wait_for_open(&database, 1).await;
    let input = wrong(2).to_string();
    let edit = world.program(&[
        "dead-letters",
        "edit",
        "1",
        "-",
        "--force",
        "--change-identity",
        "--reason",
        "total",
    ]);
    edit.input(input).run().await.succeeded();
    run(&world, &["replay", "1", "--reason", "it is fixed"])
        .await
        .succeeded();
    wait_for_failures(&database, 2).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_every_byte() {
    let (world, database) = filled(Options::default()).await;
    let file = world.path("export.ndjson");
    let to_file = run(&world, &["export", "-o", file.to_str().expect("UTF-8")]).await;
    assert!(
        to_file
            .succeeded()
            .ends_with("export.ndjson: 4 dead letters\n")
    );
    let ndjson = run(&world, &["export"]).await.succeeded();
    assert_eq!(fs::read_to_string(&file).expect("a file"), ndjson);
    let lines: Vec<Value> = ndjson
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let rows = archived(&database).await;
    assert_eq!(lines.len(), rows.len());
    for (line, row) in lines.iter().zip(&rows) {
        assert_eq!(line["id"], row.id);
        assert_eq!(line["code"], row.code.as_str());
        assert_eq!(line["headers"]["tenant"], "a");
        match line["payload"].as_str() {
            Some(text) => assert_eq!(text.as_bytes(), row.payload),
            None => assert_eq!(line["payloadBase64"], "/3s="),
        }
    }
}

/// `request_too_deep` is in the archive by design: indented, a request of 40 kB would have 800 MB.
#[tokio::test(flavor = "multi_thread")]
async fn a_deeply_nested_request_is_shown_as_it_is() {
    let world = World::new(Options::sqlite()).await;
    let database = database(&world).await;
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    for (index, depth) in [(1, 20_000), (2, 40_000)] {
        let mut deep = letter(index, "request_too_deep");
        deep.payload = nested(depth).into_bytes();
        deep.headers = format!(r#"{{"tenant":{}}}"#, nested(200));
        let stored = database.store_dead_letters(&[deep]).await;
        stored.expect("stored");
        let shown = run(&world, &["show", &index.to_string()]).await.succeeded();
        assert!(shown.contains(&nested(depth)), "{} bytes", shown.len());
        assert!(shown.contains(&nested(200)), "the headers are missing");
        assert!(shown.len() < 3 * depth, "{} bytes", shown.len());
    }
}
