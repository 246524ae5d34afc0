//! Erasures over HTTP, which processes that serve run.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::issue_one;
use crate::api::tokens::entry;
use crate::dead_letters::{archived, database, letter};
use crate::harness::http::Client;
use crate::harness::{DEADLINE, Options, World, eventually, eventually_within, samples};
use crate::repairs::world_with;

/// Longer than a lease.
const AFTER_A_LEASE: Duration = Duration::from_secs(90);

/// Creates an erasure; its path.
pub(crate) async fn create(client: &Client, body: &Value) -> String {
    let answer = client.post("/v1/erasures", body).await;
    let erasure = answer.is(201);
    let path = format!("/v1/erasures/{}", erasure["id"]);
    assert_eq!(answer.header("location"), Some(path.as_str()));
    assert_eq!(erasure["status"], "queued");
    path
}

/// Waits until an erasure has this state.
pub(crate) async fn until(client: &Client, path: &str, status: &str) -> Value {
    eventually_within(
        AFTER_A_LEASE,
        &format!("an erasure that is {status}"),
        async || {
            let erasure = client.get(path).await.is(200);
            if erasure["status"] == status {
                Ok(erasure)
            } else {
                Err(erasure)
            }
        },
    )
    .await
}

/// Waits until so many dead letters are erased at least.
async fn until_erased(client: &Client, path: &str, count: u64) -> Value {
    eventually("some that are erased", async || {
        let erasure = client.get(path).await.is(200);
        if erasure["totals"]["deadLetters"].as_u64() >= Some(count) {
            Ok(erasure)
        } else {
            Err(erasure)
        }
    })
    .await
}

/// The changes with this action.
pub(super) async fn changes(client: &Client, action: &str) -> Vec<Value> {
    let page = client.get(&format!("/v1/changes?action={action}")).await;
    let page = page.is(200);
    page["items"].as_array().expect("a list").clone()
}

fn all_letters(more: &Value) -> Value {
    let mut body = json!({ "filter": { "platform": "tiktok" }, "open": true, "reason": "GDPR" });
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_is_planned_created_and_followed_on_postgresql() {
    an_erasure_is_planned_created_and_followed(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_is_planned_created_and_followed_on_sqlite() {
    an_erasure_is_planned_created_and_followed(Options::sqlite()).await;
}

async fn an_erasure_is_planned_created_and_followed(options: Options) {
    let (world, archive) = world_with(options, 2).await;
    let mut worker = world.worker(&[]).await;
    let request = samples::invoice();
    let identity = samples::identity(&request);
    world.publish(request.to_string()).await;
    let before = world.wait_for_document(&identity).await;
    worker.stop().await;
    // As if it had been written before the column was there.
    let no_words = "UPDATE sales_invoice SET buyer_words = NULL";
    world.execute(no_words).await;
    let serve = world.serve().await;
    let client = serve.client();

    let by_name = json!({ "buyer": "bäckerei öztürk" });
    let dry = json!({ "filter": by_name, "documents": true, "dryRun": true });
    let plan = client.post("/v1/erasures", &dry).await.is(200);
    assert_eq!(plan["complete"], true, "{plan}");
    assert_eq!(plan["unsearched"], false, "{plan}");
    assert_eq!(plan["totals"]["records"], 1, "{plan}");
    assert_eq!(plan["totals"]["documents"], 1, "{plan}");
    let record = &plan["records"][0];
    assert_eq!(record["request"], "would-be-erased", "{plan}");
    assert_eq!(record["documents"][0]["outcome"], "would-be-deleted");
    assert_eq!(world.objects().await.len(), 1);
    let row = world.row(&identity).await.expect("a row");
    assert_eq!((&row.request, row.erased_at), (&before.request, None));
    // Of the earlier version again: the erasure itself finds it, too.
    world.execute(no_words).await;

    let erase = json!({ "filter": by_name, "documents": true, "reason": "GDPR-1" });
    let path = create(&client, &erase).await;
    let done = until(&client, &path, "done").await;
    assert_eq!(done["totals"]["records"], 1, "{done}");
    assert_eq!(done["totals"]["documents"], 1, "{done}");
    assert_eq!(done["filter"]["byBuyer"], true, "{done}");
    assert_eq!(world.objects().await.len(), 0);
    let row = world.row(&identity).await.expect("a row");
    assert!(
        row.is_erased() && row.documents_erased_at.is_some(),
        "{row:?}"
    );
    assert_eq!(row.buyer_words, None);
    // The name is nowhere any more.
    let stored = archive.erasure(1).await.expect("read").expect("a row");
    for text in [format!("{stored:?}"), format!("{row:?}"), done.to_string()] {
        assert!(!text.to_lowercase().contains("ztürk"), "{text}");
    }

    // Of the dead letters, the open one stays, and is named.
    let discard = json!({ "targets": { "ids": [1] }, "reason": "not needed" });
    client
        .post("/v1/dead-letters/discard", &discard)
        .await
        .is(200);
    let path = create(&client, &all_letters(&json!({ "open": false }))).await;
    let done = until(&client, &path, "done").await;
    assert_eq!(done["totals"]["deadLetters"], 1, "{done}");
    assert_eq!(done["totals"]["keptDeadLetters"], 1, "{done}");
    assert_eq!(done["kept"].as_array().map(Vec::len), Some(1), "{done}");
    let kept = &done["kept"][0];
    assert_eq!(
        (&kept["deadLetter"], &kept["reason"]),
        (&json!(2), &json!("open"))
    );

    let list = client.get("/v1/erasures?status=done&limit=1").await;
    let first = list.is(200);
    assert_eq!(first["items"][0]["id"], 2, "{first}");
    let next = first["nextCursor"].as_str().expect("a further page");
    let address = format!("/v1/erasures?status=done&limit=1&cursor={next}");
    let second = client.get(&address).await.is(200);
    assert_eq!(second["items"][0]["id"], 1, "{second}");

    // Who, why and how much.
    let created = changes(&client, "erasure.create").await;
    assert_eq!(created.len(), 2, "{created:?}");
    assert_eq!(created[1]["reason"], "GDPR-1");
    let erased = changes(&client, "request.erase").await;
    assert_eq!(erased.len(), 2, "{erased:?}");
    assert_eq!(erased[1]["target"], "erasure 1");
    assert_eq!(erased[1]["counts"]["records"], 1, "{erased:?}");
    assert_eq!(erased[1]["counts"]["objects"], 1, "{erased:?}");
    assert_eq!(erased[0]["counts"]["deadLetters"], 1, "{erased:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_may_be_a_mistake_is_refused() {
    let world = World::new(Options::sqlite()).await;
    let serve = world.serve().await;
    let client = serve.client();
    for (body, words) in [
        (json!({ "filter": {}, "reason": "x" }), "no filter"),
        (
            json!({ "filter": { "platform": "" }, "reason": "x" }),
            "blank",
        ),
        (
            json!({ "filter": { "shopId": "1" }, "reason": "x" }),
            "platform",
        ),
        (
            json!({ "filter": { "before": "2999-01-01T00:00:00Z" }, "reason": "x" }),
            "future",
        ),
        (json!({ "filter": { "platform": "a" } }), "reason"),
        (
            json!({ "filter": { "platform": "a" }, "reason": " " }),
            "reason",
        ),
        (
            json!({ "filter": { "platforms": "a" }, "reason": "x" }),
            "platforms",
        ),
        (
            json!({ "filter": { "platform": "a" }, "rate": 0, "reason": "x" }),
            "rate",
        ),
    ] {
        let refused = client.post("/v1/erasures", &body).await;
        let problem = refused.is_problem(422, "body_invalid");
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(detail.contains(words), "{body}: {detail}");
    }
    assert_eq!(client.get("/v1/erasures").await.is(200)["items"], json!([]));
    client
        .get("/v1/erasures/1")
        .await
        .is_problem(404, "not_found");
    let reason = json!({ "reason": "x" });
    let unknown = client.post("/v1/erasures/1/cancel", &reason).await;
    unknown.is_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_role_erase_may_erase_and_only_for_all_shops() {
    const ERASE: &str = "erase-token-0123456789-0123456789abc";
    const OPERATE: &str = "operate-token-0123456789-0123456789";
    let world = World::new(Options::sqlite()).await;
    let none = json!({});
    let list = json!([
        entry("dpo", ERASE, &["erase"], &none),
        entry("ops", OPERATE, &["operate", "request"], &none),
    ]);
    let serve = world
        .serve_with(&[("HTTP_TOKENS", &list.to_string())])
        .await;
    let operator = serve.client_with(OPERATE);
    let body = all_letters(&none);
    let refused = operator.post("/v1/erasures", &body).await;
    refused.is_problem(403, "forbidden");
    let dry = all_letters(&json!({ "dryRun": true }));
    let refused = operator.post("/v1/erasures", &dry).await;
    refused.is_problem(403, "forbidden");
    let path = create(&serve.client_with(ERASE), &body).await;
    let shown = until(&operator, &path, "done").await;
    assert_eq!(shown["actor"], "dpo");

    let own = json!({ "shops": [{ "platform": "tiktok", "shopId": "own" }] });
    let list = json!([entry("shop", ERASE, &["erase"], &own)]).to_string();
    let variables = [("HTTP_TOKENS", &*list), ("HTTP_ADDR", "127.0.0.1:0")];
    let serve = world.program(&["serve"]).envs(variables);
    let refused = serve.run().await;
    assert_eq!(refused.code, 2, "{refused:#?}");
    assert!(refused.stderr.contains("role erase"), "{refused:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_goes_on_with_an_erasure_of_one_that_was_killed() {
    let (world, archive) = world_with(Options::default(), 60).await;
    let mut first = world.serve().await;
    let client = first.client();
    let path = create(&client, &all_letters(&json!({ "rate": 10 }))).await;
    let some = until_erased(&client, &path, 4).await;
    // Recorded with what was erased, not with the page.
    assert!(
        some["lookedAt"].as_u64() >= some["totals"]["deadLetters"].as_u64(),
        "{some}"
    );
    first.signal(Signal::KILL);
    first.wait_exit(DEADLINE).await;
    let second = world.serve().await;
    let client = second.client();
    let between = client.get(&path).await.is(200);
    assert_eq!(between["status"], "running", "{between}");
    let done = until(&client, &path, "done").await;
    // Each was counted in the transaction that has erased it.
    assert_eq!(done["totals"]["deadLetters"], 60, "{done}");
    let letters = archived(&archive).await;
    assert!(letters.iter().all(|letter| letter.erased_at.is_some()));
    let erased = changes(&client, "request.erase").await;
    assert_eq!(erased.len(), 1, "one erasure, one record: {erased:?}");
    assert_eq!(erased[0]["counts"]["deadLetters"], 60, "{erased:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_stopped_gives_its_erasure_to_another_one_at_once() {
    let (world, _) = world_with(Options::sqlite(), 60).await;
    let mut first = world.serve().await;
    let client = first.client();
    let path = create(&client, &all_letters(&json!({ "rate": 10 }))).await;
    until_erased(&client, &path, 4).await;
    first.stop().await;
    let second = world.serve().await;
    let client = second.client();
    let between = client.get(&path).await.is(200);
    assert_ne!(between["totals"]["deadLetters"], 60, "{between}");
    let done = until(&client, &path, "done").await;
    assert_eq!(done["totals"]["deadLetters"], 60, "{done}");
    assert_eq!(second.events("erasure_started").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_run_each_erasure_once() {
    let (world, _) = world_with(Options::default(), 12).await;
    let (one, two) = (world.serve().await, world.serve().await);
    let client = one.client();
    let mut paths = Vec::new();
    for index in 1..=12 {
        let order = format!("wrong-{index}");
        let request = samples::identity(&crate::dead_letters::wrong(index));
        let filter = json!({
            "platform": request.platform(), "shopId": request.shop_id(), "orderId": order
        });
        let body = json!({ "filter": filter, "open": true, "reason": "GDPR" });
        paths.push(create(&client, &body).await);
    }
    for path in &paths {
        let done = until(&client, path, "done").await;
        assert_eq!(done["totals"]["deadLetters"], 1, "{done}");
    }
    let mut begun = Vec::new();
    for serve in [&one, &two] {
        let events = serve.events("erasure_started");
        begun.extend(events.iter().map(|event| event["erasure"].as_i64()));
    }
    begun.sort_unstable();
    let expected: Vec<_> = (1..=12).map(Some).collect();
    assert_eq!(begun, expected);
    assert_eq!(changes(&client, "request.erase").await.len(), 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_is_cancelled_and_what_is_left_is_erased_by_the_same_one_again() {
    let (world, archive) = world_with(Options::sqlite(), 60).await;
    let serve = world.serve().await;
    let client = serve.client();
    let body = json!({
        "filter": { "platform": "tiktok", "buyer": "wrong" }, "open": true, "rate": 10, "reason": "GDPR"
    });
    // A word that all of them have.
    let path = create(&client, &body).await;
    until_erased(&client, &path, 4).await;
    let reason = json!({ "reason": "wrong person" });
    let cancel = format!("{path}/cancel");
    client.post(&cancel, &reason).await.is(200);
    let cancelled = until(&client, &path, "cancelled").await;
    let erased = cancelled["totals"]["deadLetters"]
        .as_u64()
        .expect("a number");
    assert!((4..60).contains(&erased), "{cancelled}");
    let letters = archived(&archive).await;
    let gone = letters.iter().filter(|letter| letter.erased_at.is_some());
    assert_eq!(gone.count() as u64, erased);
    let stored = archive.erasure(1).await.expect("read").expect("a row");
    assert!(!stored.filter.contains("wrong"), "{}", stored.filter);
    // Again it changes nothing, and one that is over cannot be cancelled.
    client.post(&cancel, &reason).await.is(200);
    assert_eq!(changes(&client, "erasure.cancel").await.len(), 1);
    let rest = create(&client, &all_letters(&json!({}))).await;
    let done = until(&client, &rest, "done").await;
    assert_eq!(done["totals"]["deadLetters"], 60 - erased, "{done}");
    let over = client.post(&format!("{rest}/cancel"), &reason).await;
    over.is_problem(409, "state_conflict");
}

/// The bucket is away when documents are to be deleted: the erasure waits for it, and loses nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_waits_for_the_bucket() {
    let world = World::new(Options::sqlite()).await;
    issue_one(&world).await;
    let endpoint = &world.variables["AWS_ENDPOINT_URL_S3"];
    let (proxy, endpoint) = crate::proxy::Proxy::before(endpoint);
    proxy.set(crate::proxy::Mode::Refuse);
    let variables = [("AWS_ENDPOINT_URL_S3", endpoint.as_str())];
    let serve = world.serve_with(&variables).await;
    let client = serve.client();
    let body = json!({ "filter": { "platform": "tiktok" }, "documents": true, "reason": "GDPR" });
    let path = create(&client, &body).await;
    serve.emits("erasure_interrupted").await;
    let waiting = client.get(&path).await.is(200);
    assert_ne!(waiting["status"], "failed", "{waiting}");
    proxy.set(crate::proxy::Mode::Pass);
    let done = until(&client, &path, "done").await;
    assert_eq!(done["totals"]["records"], 1, "{done}");
    assert_eq!(done["totals"]["documents"], 1, "{done}");
    assert_eq!(world.objects().await.len(), 0);
}

/// A row that another version has written, with a filter that this one does not know, is left to it.
#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_with_an_unknown_filter_is_left_to_its_version() {
    let world = World::new(Options::sqlite()).await;
    let archive = database(&world).await;
    let letters = [letter(1, "totals_mismatch")];
    let stored = archive.store_dead_letters(&letters).await;
    stored.expect("stored");
    let mut serve = world.serve().await;
    let client = serve.client();
    let path = create(&client, &all_letters(&json!({ "rate": 1 }))).await;
    until(&client, &path, "done").await;
    serve.stop().await;
    world
        .execute(
            "UPDATE erasure SET status = 'queued', filter = '{\"platform\":\"tiktok\",\"country\":\"DE\"}'",
        )
        .await;
    let serve = world.serve().await;
    serve.emits("erasure_unreadable").await;
    let shown = serve.client().get(&path).await.is(200);
    assert_eq!(shown["filter"], Value::Null, "{shown}");
    assert_eq!(shown["status"], "queued", "{shown}");
}
