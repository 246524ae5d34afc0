//! What operators do with dead letters over HTTP: look, edit, discard, and read what was changed.

use invoice_worker::database::{Database, DeadLetterStatus};
use serde_json::{Value, json};

use super::tokens::entry;
use crate::dead_letters::{archived, database, letter, wrong};
use crate::harness::http::{Answer, Client};
use crate::harness::{Options, Serve, World, eventually, samples};

pub(crate) const OPERATE: &str = "operate-token-0123456789-0123456789";
pub(crate) const REQUEST: &str = "request-token-0123456789-0123456789";
pub(crate) const READ: &str = "read-token-0123456789-0123456789";

/// A world with so many open dead letters, numbered from 1.
pub(crate) async fn world_with(options: Options, letters: usize) -> (World, Database) {
    let world = World::new(options).await;
    let database = database(&world).await;
    for index in 1..=letters {
        let letter = letter(index, "totals_mismatch");
        let stored = database.store_dead_letters(&[letter]).await;
        stored.expect("stored");
    }
    (world, database)
}

/// A server with one token of each role, for tests that call it more often than people do.
pub(crate) async fn serve(world: &World) -> Serve {
    let none = json!({});
    let own = json!({ "shops": [{ "platform": "tiktok", "shopId": "own" }] });
    let list = json!([
        entry("ops", OPERATE, &["operate"], &none),
        entry("orders", REQUEST, &["request"], &none),
        entry("front", READ, &["read"], &own),
    ]);
    world
        .serve_with(&[
            ("HTTP_TOKENS", &list.to_string()),
            ("HTTP_RATE_PER_SECOND", "100000"),
        ])
        .await
}

pub(crate) fn ids(page: &Value) -> Vec<i64> {
    let items = page["items"].as_array().expect("a list");
    let ids = items.iter().map(|item| item["id"].as_i64());
    ids.map(|id| id.expect("a number")).collect()
}

/// The request of a dead letter without its fault.
pub(crate) fn right(index: usize) -> Value {
    let mut request = wrong(index);
    request.as_object_mut().expect("an object").remove("totals");
    request
}

pub(crate) async fn edit(client: &Client, id: i64, query: &str, payload: &[u8]) -> Answer {
    let path = format!("/v1/dead-letters/{id}/request?{query}");
    client.call("PUT", &path, payload).await
}

/// Waits until a replay is over.
pub(crate) async fn wait_until_done(client: &Client, path: &str) -> Value {
    eventually("the end of a replay", async || {
        let replay = client.get(path).await.is(200);
        if replay["status"] == "done" {
            Ok(replay)
        } else {
            Err(replay)
        }
    })
    .await
}

/// What a command prints as JSON.
async fn printed(world: &World, arguments: &[&str]) -> Value {
    let printed = world.program(arguments).run().await.succeeded();
    serde_json::from_str(&printed).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_found_edited_and_replayed_on_postgresql() {
    a_dead_letter_is_found_edited_and_replayed(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_found_edited_and_replayed_on_sqlite() {
    a_dead_letter_is_found_edited_and_replayed(Options::sqlite()).await;
}

async fn a_dead_letter_is_found_edited_and_replayed(options: Options) {
    let (world, _) = world_with(options, 3).await;
    let _worker = world.worker(&[]).await;
    let serve = serve(&world).await;
    let client = serve.client_with(OPERATE);

    let page = client.get("/v1/dead-letters").await.is(200);
    assert_eq!(ids(&page), [3, 2, 1]);
    let groups = client.get("/v1/dead-letters/groups").await.is(200);
    assert_eq!(groups["total"], 3);
    assert_eq!(
        groups["groups"].as_array().map(Vec::len),
        Some(1),
        "{groups}"
    );
    let order = client
        .get("/v1/dead-letters?order=wrong-2&code=conflict,totals_mismatch&stage=validate")
        .await
        .is(200);
    assert_eq!(ids(&order), [2]);
    let shown = client.get("/v1/dead-letters/2").await.is(200);
    assert_eq!(shown["code"], "totals_mismatch");
    assert_eq!(shown["edits"], json!([]));
    let payload = wrong(2).to_string().into_bytes();
    let message = client.get("/v1/dead-letters/2/request").await;
    assert_eq!((message.status, &message.body), (200, &payload));

    // One that would fail again is refused, with what is wrong.
    let mut still_wrong = wrong(2);
    still_wrong["totals"] = json!({ "gross": "2.00" });
    let refused = edit(
        &client,
        2,
        "reason=typo",
        still_wrong.to_string().as_bytes(),
    )
    .await;
    let problem = refused.is_problem(422, "totals_mismatch");
    assert_eq!(problem["errors"][0]["pointer"], "/totals/gross");
    let corrected = right(2).to_string();
    for expected in [true, false] {
        let edited = edit(
            &client,
            2,
            "reason=The%20total%20was%20%C3%A4lter",
            corrected.as_bytes(),
        );
        assert_eq!(edited.await.is(200), json!({ "changed": expected }));
    }
    let shown = client.get("/v1/dead-letters/2").await.is(200);
    assert_eq!(shown["payload"], corrected);
    let edits = shown["edits"].as_array().expect("a list");
    assert_eq!(edits.len(), 1);
    assert_eq!(edits[0]["before"], wrong(2).to_string());
    assert_eq!(edits[0]["actor"], "ops");
    assert_eq!(edits[0]["reason"], "The total was älter");

    // A dry run changes nothing; a replay makes the document.
    let mut body = json!({ "targets": { "ids": [2] }, "reason": "corrected", "dryRun": true });
    let plan = client.post("/v1/replays", &body).await.is(200);
    assert_eq!(plan["total"], 1);
    assert_eq!(plan["groups"][0]["count"], 1);
    assert_eq!(
        client.get("/v1/replays").await.is(200),
        json!({ "items": [] })
    );
    body["dryRun"] = json!(false);
    let created = client.post("/v1/replays", &body).await;
    let replay = created.is(201);
    assert_eq!(
        (&replay["status"], &replay["total"]),
        (&json!("queued"), &json!(1))
    );
    let path = created.header("location").expect("Location").to_owned();
    let done = wait_until_done(&client, &path).await;
    assert_eq!(
        (&done["published"], &done["marked"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        (&done["actor"], &done["reason"]),
        (&json!("ops"), &json!("corrected"))
    );
    world.wait_for_document(&samples::identity(&right(2))).await;
    let open = client.get("/v1/dead-letters").await.is(200);
    assert_eq!(ids(&open), [3, 1]);
    let replayed = client.get("/v1/dead-letters?status=replayed").await.is(200);
    assert_eq!(ids(&replayed), [2]);

    let changes = client.get("/v1/changes").await.is(200);
    let seen = changes["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|change| {
            json!([
                change["action"],
                change["actor"],
                change["reason"],
                change["target"],
                change["counts"]
            ])
        });
    assert_eq!(
        Value::from_iter(seen),
        json!([
            ["replay.create", "ops", "corrected", "replay 1", { "published": 0, "total": 1 }],
            ["dead_letter.edit", "ops", "The total was älter", "dead-letter 2", { "edited": 1 }],
        ])
    );
    // The command line shows the same.
    assert_eq!(
        printed(&world, &["changes", "--json"]).await,
        changes["items"]
    );
    let all = client.get("/v1/dead-letters?status=all").await.is(200);
    let listed = printed(
        &world,
        &["dead-letters", "list", "--status", "all", "--json"],
    )
    .await;
    assert_eq!(listed, all["items"]);
    let replays = client.get("/v1/replays").await.is(200);
    let listed = printed(&world, &["dead-letters", "replays", "--json"]).await;
    assert_eq!(listed, replays["items"]);
    let bytes = world
        .program(&["dead-letters", "show", "2", "--request"])
        .bytes()
        .await
        .0;
    assert_eq!(bytes, client.get("/v1/dead-letters/2/request").await.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_discarded_once_and_can_be_brought_back() {
    let (world, database) = world_with(Options::sqlite(), 4).await;
    let serve = serve(&world).await;
    let client = serve.client_with(OPERATE);
    let mut body = json!({ "reason": "sold twice", "dryRun": true, "targets": { "ids": [1, 2] } });
    let plan = client.post("/v1/dead-letters/discard", &body).await.is(200);
    assert_eq!(
        (&plan["discarded"], &plan["wouldDiscard"]),
        (&json!(0), &json!(2))
    );
    assert_eq!(plan["groups"][0]["count"], 2);
    assert_eq!(
        client.get("/v1/changes").await.is(200),
        json!({ "items": [] })
    );
    body["dryRun"] = json!(false);
    for expected in [2, 0] {
        let discarded = client.post("/v1/dead-letters/discard", &body).await;
        let discarded = discarded.is(200);
        assert_eq!(discarded["discarded"], expected);
        // Those that are discarded already are named.
        assert_eq!(discarded["reasons"].is_null(), expected == 2, "{discarded}");
    }
    let changes = client
        .get("/v1/changes?action=dead_letter.discard")
        .await
        .is(200);
    assert_eq!(ids(&changes).len(), 1);
    assert_eq!(changes["items"][0]["counts"], json!({ "discarded": 2 }));
    let shown = client.get("/v1/dead-letters/1").await.is(200);
    assert_eq!(
        (
            &shown["status"],
            &shown["discardedBy"],
            &shown["discardReason"]
        ),
        (&json!("discarded"), &json!("ops"), &json!("sold twice"))
    );
    // It is not open, so it is not edited, and no ordinary replay has it.
    let refused = edit(&client, 1, "reason=x", right(1).to_string().as_bytes()).await;
    refused.is_problem(409, "state_conflict");
    let all = json!({ "targets": { "all": true }, "dryRun": true });
    assert_eq!(client.post("/v1/replays", &all).await.is(200)["total"], 2);
    let back = json!({
        "reason": "not sold twice",
        "targets": { "all": true, "status": "discarded" },
        "lane": "ordinary",
    });
    let created = client.post("/v1/replays", &back).await;
    created.is(201);
    let path = created.header("location").expect("Location").to_owned();
    assert_eq!(wait_until_done(&client, &path).await["marked"], 2);
    let rows = archived(&database).await;
    let statuses: Vec<_> = rows.iter().map(|row| row.status).collect();
    let (replayed, open) = (DeadLetterStatus::Replayed, DeadLetterStatus::Open);
    assert_eq!(statuses, [replayed, replayed, open, open]);
    let refused = edit(&client, 1, "reason=x", right(1).to_string().as_bytes()).await;
    refused.is_problem(409, "state_conflict");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_not_text_are_shown_and_edited_as_they_are() {
    let (world, database) = world_with(Options::default(), 0).await;
    let mut broken = letter(1, "request_malformed");
    broken.payload = b"\xff\x00{".to_vec();
    let stored = database.store_dead_letters(&[broken]).await;
    stored.expect("stored");
    let serve = serve(&world).await;
    let client = serve.client_with(OPERATE);
    let shown = client.get("/v1/dead-letters/1").await.is(200);
    assert_eq!(
        (&shown["payload"], &shown["payloadBase64"]),
        (&Value::Null, &json!("/wB7"))
    );
    let message = client.get("/v1/dead-letters/1/request").await;
    assert_eq!(message.body, b"\xff\x00{");
    assert_eq!(
        message.header("content-type"),
        Some("application/octet-stream")
    );
    let edited = edit(&client, 1, "reason=r&force=true", b"\xfe\x00").await;
    let edited = edited.is(200);
    assert_eq!(
        (&edited["changed"], &edited["errors"][0]["code"]),
        (&json!(true), &json!("request_malformed"))
    );
    let message = client.get("/v1/dead-letters/1/request").await;
    assert_eq!(message.body, b"\xfe\x00");
    let shown = client.get("/v1/dead-letters/1").await.is(200);
    assert_eq!(shown["edits"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_edits_at_once_each_is_stored_or_refused_on_postgresql() {
    of_edits_at_once_each_is_stored_or_refused(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_edits_at_once_each_is_stored_or_refused_on_sqlite() {
    of_edits_at_once_each_is_stored_or_refused(Options::sqlite()).await;
}

async fn of_edits_at_once_each_is_stored_or_refused(options: Options) {
    let (world, _) = world_with(options, 1).await;
    let (one, two) = (serve(&world).await, serve(&world).await);
    let contents: Vec<String> = (0..4).map(|index| right(index).to_string()).collect();
    let mut stored = 0;
    for round in 0..10 {
        let mut calls = Vec::new();
        for (index, content) in contents.iter().enumerate() {
            // Twice each: the same content at once is no other dead letter.
            for serve in [&one, &two] {
                let client = serve.client_with(OPERATE);
                let query = format!("reason=round-{round}-{index}&changeIdentity=true");
                calls.push(async move { edit(&client, 1, &query, content.as_bytes()).await });
            }
        }
        for answer in futures_util::future::join_all(calls).await {
            if answer.status == 200 {
                stored += usize::from(answer.json()["changed"] == true);
            } else {
                let problem = answer.is_problem(409, "state_conflict");
                let detail = problem["detail"].as_str().expect("a text");
                assert!(detail.contains("at the same time"), "{detail}");
            }
        }
    }
    let client = one.client_with(OPERATE);
    let shown = client.get("/v1/dead-letters/1").await.is(200);
    let page = client.get("/v1/dead-letters/1/edits?limit=200").await;
    let edits = page.is(200)["items"].as_array().cloned();
    let edits = edits.expect("a list");
    assert_eq!(edits.len(), stored);
    // Each edit has replaced what the one before has stored.
    let mut before = wrong(1).to_string();
    for edit in edits.iter().rev() {
        let path = format!("/v1/dead-letters/1/edits/{}", edit["id"]);
        let edit = client.get(&path).await.is(200);
        assert_eq!(edit["before"], before, "{path}");
        before = edit["after"].as_str().expect("a text").to_owned();
    }
    assert_eq!(shown["payload"], before);
    let payload = shown["payload"].as_str().expect("a text").to_owned();
    assert!(contents.contains(&payload), "{payload}");
    let changes = client.get("/v1/changes?limit=200").await.is(200);
    assert_eq!(ids(&changes).len(), stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_stable_and_cursors_belong_to_their_list() {
    let (world, database) = world_with(Options::sqlite(), 5).await;
    let serve = serve(&world).await;
    let client = serve.client_with(OPERATE);
    for id in 1..=3 {
        let body = json!({ "reason": "page", "targets": { "ids": [id] } });
        let discarded = client.post("/v1/dead-letters/discard", &body).await;
        discarded.is(200);
        let body = json!({ "reason": "page", "targets": { "ids": [id], "status": "discarded" }, "limit": 1 });
        client.post("/v1/replays", &body).await.is(201);
    }
    for (path, expected) in [
        (
            "/v1/dead-letters?status=all&limit=2",
            vec![vec![5, 4], vec![3, 2], vec![1]],
        ),
        ("/v1/replays?limit=2", vec![vec![3, 2], vec![1]]),
        (
            "/v1/changes?limit=2",
            vec![vec![6, 5], vec![4, 3], vec![2, 1]],
        ),
        (
            "/v1/changes?limit=2&actor=ops&action=replay.create",
            vec![vec![6, 4], vec![2]],
        ),
        ("/v1/changes?target=replay%202", vec![vec![4]]),
        ("/v1/changes?actor=someone", vec![vec![]]),
    ] {
        let mut next = String::new();
        let mut pages = Vec::new();
        loop {
            let page = client.get(&format!("{path}{next}")).await.is(200);
            pages.push(ids(&page));
            let Some(cursor) = page["nextCursor"].as_str() else {
                break;
            };
            next = format!("&cursor={cursor}");
        }
        assert_eq!(pages, expected, "{path}");
    }
    let cursor = async |path: &str| {
        let page = client.get(path).await.is(200);
        page["nextCursor"].as_str().expect("a cursor").to_owned()
    };
    let letters = cursor("/v1/dead-letters?status=all&limit=2").await;
    let (replays, changes) = (
        cursor("/v1/replays?limit=2").await,
        cursor("/v1/changes?limit=2").await,
    );
    for (path, cursors) in [
        ("/v1/dead-letters?status=all", [&replays, &changes]),
        ("/v1/dead-letters?status=open", [&letters, &letters]),
        ("/v1/dead-letters?status=all&shop=x", [&letters, &letters]),
        ("/v1/replays?limit=2", [&letters, &changes]),
        ("/v1/replays?status=done", [&replays, &replays]),
        ("/v1/changes?limit=2", [&letters, &replays]),
        ("/v1/changes?actor=ops", [&changes, &changes]),
        ("/v1/invoices?limit=2", [&letters, &changes]),
    ] {
        for cursor in cursors {
            let refused = client.get(&format!("{path}&cursor={cursor}")).await;
            refused.is_problem(400, "cursor_invalid");
        }
    }
    // A new one comes before the first page, and moves nothing.
    let more = database
        .store_dead_letters(&[letter(6, "totals_mismatch")])
        .await;
    more.expect("stored");
    let page = client
        .get(&format!(
            "/v1/dead-letters?status=all&limit=2&cursor={letters}"
        ))
        .await
        .is(200);
    assert_eq!(ids(&page), [3, 2]);
}
