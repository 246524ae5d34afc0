//! Requests that were exported, changed and taken back.

use std::fs;

use serde_json::{Value, json};

use super::{archived, database, letter, run, wrong};
use crate::api::operators::{OPERATE, serve};
use crate::harness::{Options, World};

/// The lines of an export, without the totals of the requests whose numbers are given.
fn changed(export: &str, numbers: &[i64]) -> Vec<Value> {
    let lines = export.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).expect("JSON");
        if numbers.contains(&line["id"].as_i64().expect("a number")) {
            let payload = line["payload"].as_str().expect("a text");
            let mut request: Value = serde_json::from_str(payload).expect("JSON");
            request.as_object_mut().expect("an object").remove("totals");
            line["payload"] = request.to_string().into();
        }
        line
    });
    lines.collect()
}

fn ndjson(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn exported_requests_are_changed_and_taken_back_on_postgresql() {
    exported_requests_are_changed_and_taken_back(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exported_requests_are_changed_and_taken_back_on_sqlite() {
    exported_requests_are_changed_and_taken_back(Options::sqlite()).await;
}

async fn exported_requests_are_changed_and_taken_back(options: Options) {
    let world = World::new(options).await;
    let database = database(&world).await;
    for index in 1..=5 {
        let stored = database
            .store_dead_letters(&[letter(index, "totals_mismatch")])
            .await;
        stored.expect("stored");
    }
    let export = run(&world, &["export"]).await.succeeded();
    let mut lines = changed(&export, &[1, 2, 3, 4]);
    // JSON in the place of a text; a request that is still wrong; a letter that changes meanwhile; one that there is not.
    let text = lines[1]["payload"].as_str().expect("a text");
    lines[1]["payload"] = serde_json::from_str(text).expect("JSON");
    lines[2]["payload"] = json!({ "number": 7 });
    run(&world, &["discard", "4", "--reason", "sold twice"])
        .await
        .succeeded();
    let mut unknown = lines[0].clone();
    unknown["id"] = 99.into();
    lines.push(unknown);
    let file = world.path("changed.ndjson");
    fs::write(&file, ndjson(&lines)).expect("a writable folder");
    let file = file.to_str().expect("UTF-8");

    let before = archived(&database).await;
    // What a script changes beside the request is ignored, and said.
    let exported = run(&world, &["export", "--status", "all"])
        .await
        .succeeded();
    let mistaken = exported.replacen("\"detail\":\"", "\"detail\":\"not ", 1);
    assert_ne!(mistaken, exported);
    let import = ["dead-letters", "import", "-", "--dry-run"];
    let ignored = world.program(&import).input(mistaken).run().await;
    assert!(
        ignored.stderr.contains("line 1: something beside"),
        "{ignored:?}"
    );
    let dry = run(&world, &["import", file, "--dry-run"]).await;
    assert_eq!(dry.code, 1, "{dry:?}");
    let printed = "would edit 2, would skip 3, 1 have this content already\n";
    assert!(dry.stdout.starts_with(printed), "{}", dry.stdout);
    assert_eq!(archived(&database).await, before);

    let done = run(&world, &["import", file, "--reason", "no totals"]).await;
    assert_eq!(done.code, 1, "{done:?}");
    let printed = "edited 2, skipped 3, 1 have this content already\n";
    assert!(done.stdout.starts_with(printed), "{}", done.stdout);
    for part in [
        "it was changed since the export: export it again",
        "there is no dead letter 99",
    ] {
        assert!(done.stdout.contains(part), "{}", done.stdout);
    }
    let rows = archived(&database).await;
    for (index, row) in rows.iter().enumerate().take(2) {
        let request: Value = serde_json::from_slice(&row.payload).expect("JSON");
        let mut expected = wrong(index + 1);
        expected
            .as_object_mut()
            .expect("an object")
            .remove("totals");
        assert_eq!(request, expected);
        let edits = super::edits_of(&database, row.id).await;
        assert_eq!(edits[0].reason.as_deref(), Some("no totals"));
    }
    assert_eq!(rows[2..], before[2..]);
    let changes = world.program(&["changes", "--json"]).run().await;
    let changes: Value = serde_json::from_str(&changes.succeeded()).expect("JSON");
    assert_eq!(changes[0]["counts"], json!({ "edited": 2 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_changed_where_a_line_is_not_one_of_an_export() {
    let world = World::new(Options::sqlite()).await;
    let database = database(&world).await;
    for index in 1..=2 {
        let stored = database
            .store_dead_letters(&[letter(index, "totals_mismatch")])
            .await;
        stored.expect("stored");
    }
    let export = run(&world, &["export"]).await.succeeded();
    let good = ndjson(&changed(&export, &[1, 2]));
    let before = archived(&database).await;
    let serve = serve(&world).await;
    let client = serve
        .client_with(OPERATE)
        .header("Content-Type", "application/x-ndjson");
    let path = "/v1/dead-letters/import";
    for (line, expected) in [
        ("{", "line 3: EOF"),
        (
            r#"{"id":1,"payload":"{}"}"#,
            "line 3: missing field `updatedAt`",
        ),
        (
            r#"{"id":1,"updatedAt":"2026-11-29T12:00:00Z"}"#,
            "line 3: payload is missing",
        ),
        (
            r#"{"id":1,"updatedAt":"2026-11-29T12:00:00Z","payloadBase64":"?"}"#,
            "line 3: payloadBase64: ",
        ),
    ] {
        let lines = format!("{good}{line}\n");
        let import = ["dead-letters", "import", "-", "--reason", "x"];
        let refused = world.program(&import).input(lines.clone()).run().await;
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.stderr.contains(expected), "{refused:?}");
        let refused = client
            .call("POST", &format!("{path}?reason=x"), lines.as_bytes())
            .await;
        let detail = refused.is_problem(422, "body_invalid")["detail"].clone();
        let detail = detail.as_str().expect("a text");
        assert!(detail.starts_with(expected), "{detail}");
    }
    let empty = ["dead-letters", "import", "-", "--reason", "x"];
    let empty = world.program(&empty).input(String::new()).run().await;
    assert_eq!(empty.code, 2, "{empty:?}");
    assert!(empty.stderr.contains("there are no lines"), "{empty:?}");
    let refused = client.call("POST", path, good.as_bytes()).await;
    refused.is_problem(400, "parameter_invalid");
    // A pipe, which cannot be read twice.
    let piped = ["dead-letters", "import", "/dev/stdin", "--dry-run"];
    let piped = world.program(&piped).input(good.clone()).run().await;
    let printed = "would edit 2, would skip 0\n";
    assert!(piped.succeeded().starts_with(printed));
    assert_eq!(archived(&database).await, before);

    let query = format!("{path}?dryRun=true");
    let dry = client.call("POST", &query, good.as_bytes()).await.is(200);
    assert_eq!((&dry["edited"], &dry["skipped"]), (&json!(2), &json!(0)));
    assert_eq!(archived(&database).await, before);
    let query = format!("{path}?reason=x");
    let done = client.call("POST", &query, good.as_bytes()).await.is(200);
    assert_eq!((&done["edited"], &done["skipped"]), (&json!(2), &json!(0)));
    let edits = super::edits_of(&database, 1).await;
    assert_eq!(edits[0].edited_by, "ops");
}
