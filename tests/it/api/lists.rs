//! Lists: pages, cursors, filters, and what they cost over many rows.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};

use super::operators::{ids, world_with};
use super::{path_of, receipt_of};
use crate::harness::http::{Answer, Client};
use crate::harness::{Options, World, samples};

/// Rows of the large table.
const ROWS: u32 = 50_000;

/// The next page of an answer, if there is one (RFC 8288).
fn next_link(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    let link = link
        .strip_prefix('<')
        .and_then(|link| link.strip_suffix(">; rel=\"next\""));
    Some(link.expect("a link to the next page").to_owned())
}

/// Follows `next` links from a path; answers the orders of each page.
async fn pages(client: &Client, path: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let answer = client.get(&path).await;
        let page = answer.is(200);
        let items = page["items"].as_array().expect("a list");
        let orders = items.iter().map(|item| {
            item["marketplace"]["orderId"]
                .as_str()
                .expect("an order")
                .to_owned()
        });
        pages.push(orders.collect());
        next = next_link(&answer);
        assert_eq!(page.get("nextCursor").is_some(), next.is_some());
    }
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_stable_while_invoices_are_added_and_bound_to_their_filter() {
    let world = World::new(Options::sqlite()).await;
    let _worker = world.worker(&[]).await;
    let serve = world.serve().await;
    let client = serve.client();
    for order in ["o1", "o2", "o3", "o4", "o5"] {
        let (request, _) = receipt_of(order);
        client
            .post_and_wait("/v1/invoices", &request, 30)
            .await
            .is(201);
    }
    let all = pages(&client, "/v1/invoices?limit=2&shop=shop123").await;
    assert_eq!(all, [vec!["o5", "o4"], vec!["o3", "o2"], vec!["o1"]]);
    // Another invoice comes before the first page, and moves nothing.
    let first = client
        .get("/v1/invoices?limit=2&shop=shop123")
        .await
        .is(200);
    let (request, _) = receipt_of("o6");
    client
        .post_and_wait("/v1/invoices", &request, 30)
        .await
        .is(201);
    let cursor = first["nextCursor"].as_str().expect("a cursor").to_owned();
    let after = format!("/v1/invoices?limit=2&shop=shop123&cursor={cursor}");
    assert_eq!(pages(&client, &after).await, [vec!["o3", "o2"], vec!["o1"]]);
    // Items are records, without their history and request.
    let shown = client
        .get(&path_of(&samples::identity(&receipt_of("o5").0)))
        .await
        .is(200);
    let item = &first["items"][0];
    for (name, value) in item.as_object().expect("an object") {
        assert_eq!(&shown[name], value, "{name}");
    }
    assert!(item.get("history").is_none() && item.get("request").is_none());

    // A cursor of another filter, one that was changed, and one that never was.
    let refused = client
        .get(&format!("/v1/invoices?limit=2&shop=other&cursor={cursor}"))
        .await;
    refused.is_problem(400, "cursor_invalid");
    let mut changed = cursor.clone().into_bytes();
    changed[3] = if changed[3] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).expect("ASCII");
    for cursor in [
        &*changed,
        "",
        "x",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        &cursor[1..],
        &format!("{cursor}A"),
        "..%2f",
        "%F0%9F%98%80",
        &"A".repeat(9_000),
    ] {
        let refused = client
            .get(&format!("/v1/invoices?shop=shop123&cursor={cursor}"))
            .await;
        refused.is_problem(400, "cursor_invalid");
    }

    let list = async |query: &str| -> BTreeSet<String> {
        let pages = pages(&client, &format!("/v1/invoices?{query}")).await;
        pages.into_iter().flatten().collect()
    };
    assert_eq!(list("order=o2").await, ["o2".to_owned()].into());
    assert_eq!(list("platform=tiktok&shop=shop123").await.len(), 6);
    assert_eq!(list("platform=other").await, BTreeSet::new());
    assert_eq!(list("status=failed").await, BTreeSet::new());
    assert_eq!(list("status=generated&number=1").await.len(), 6);
    assert_eq!(
        list("since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00%2B01:00")
            .await
            .len(),
        0
    );
    let from = item["createdAt"].as_str().expect("a time");
    assert_eq!(list(&format!("since={from}")).await.len(), 2, "{from}");
    assert_eq!(list(&format!("until={from}")).await.len(), 4, "{from}");
}

/// Follows `next` links of a list of operators; answers the ids of each page.
async fn ids_of_pages(client: &Client, path: &str) -> Vec<Vec<i64>> {
    let mut pages = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let answer = client.get(&path).await;
        let page = answer.is(200);
        pages.push(ids(&page));
        next = next_link(&answer);
        if let Some(next) = &next {
            let cursor = page["nextCursor"].as_str().expect("a cursor");
            assert!(next.ends_with(&format!("&cursor={cursor}")), "{next}");
        }
    }
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_operators_have_links_that_keep_their_filters() {
    let (world, _database) = world_with(Options::sqlite(), 5).await;
    let serve = world.serve().await;
    let client = serve.client();
    for id in 1..=3 {
        let body = json!({ "targets": { "ids": [id] }, "reason": "sold twice" });
        client.post("/v1/dead-letters/discard", &body).await.is(200);
        let body = json!({ "targets": { "ids": [5], "status": "all" }, "reason": "fixed" });
        client.post("/v1/replays", &body).await.is(201);
    }
    for (path, expected) in [
        (
            "/v1/dead-letters?limit=2&status=discarded",
            vec![vec![3, 2], vec![1]],
        ),
        (
            "/v1/dead-letters?status=all&code=totals_mismatch&limit=4",
            vec![vec![5, 4, 3, 2], vec![1]],
        ),
        ("/v1/replays?limit=2", vec![vec![3, 2], vec![1]]),
        (
            "/v1/changes?limit=2&actor=local&action=dead_letter.discard",
            vec![vec![5, 3], vec![1]],
        ),
        ("/v1/changes?action=replay.create", vec![vec![6, 4, 2]]),
    ] {
        assert_eq!(ids_of_pages(&client, path).await, expected, "{path}");
    }
}

/// Rows as if so many invoices had been made: of 500 shops on two platforms, every hundredth failed.
async fn fill(world: &World) {
    // Ids begin with the time, so that they are in the order of the list.
    let insert = format!(
        "INSERT INTO sales_invoice (id, platform, shop_id, order_id, package_id, sequence_number, status, number, request, request_digest,
            error_code, attempts, created_at, updated_at)
         SELECT (lpad(to_hex(1764000000000 + n), 12, '0') || '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid,
            CASE WHEN n % 10 = 0 THEN 'amazon' ELSE 'tiktok' END, 'shop-' || n % 500, 'order-' || n / 2, 'p', n::text,
            CASE WHEN n % 100 = 0 THEN 'failed' ELSE 'generated' END, 'N-' || n, '{{}}', md5(n::text) || md5(n::text),
            CASE WHEN n % 100 = 0 THEN 'template_unknown' END, 1, now(), now()
         FROM generate_series(1, {ROWS}) AS n"
    );
    world.execute(&insert).await;
    world.execute("ANALYZE sales_invoice").await;
}

/// What the database reads for a statement, in rows and pages.
async fn cost(world: &World, statement: &str) -> (Value, String) {
    let connection = sea_orm::Database::connect(&world.variables["DATABASE_URL"]).await;
    let connection = connection.expect("the database can be reached");
    let explain = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}");
    let statement = Statement::from_string(connection.get_database_backend(), explain);
    let row = connection.query_one_raw(statement).await;
    let plan: Value = row
        .expect("a plan")
        .expect("a row")
        .try_get_by_index(0)
        .expect("JSON");
    let plan = plan[0]["Plan"].clone();
    let text = serde_json::to_string_pretty(&plan).expect("JSON");
    (plan, text)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_filter_reads_much_more_than_its_page_of_many_rows() {
    let world = World::new(Options::default()).await;
    fill(&world).await;
    let serve = world.serve().await;
    let client = serve.client();

    for (query, condition, expected) in [
        ("", "true", 50),
        ("shop=shop-7", "shop_id = 'shop-7'", 50),
        (
            "shop=shop-7&status=failed",
            "shop_id = 'shop-7' AND status = 'failed'",
            0,
        ),
        ("shop=nothing", "shop_id = 'nothing'", 0),
        ("order=order-40", "order_id = 'order-40'", 2),
        ("order=nothing", "order_id = 'nothing'", 0),
        ("number=N-40", "number = 'N-40'", 1),
        ("number=nothing", "number = 'nothing'", 0),
        ("status=failed", "status = 'failed'", 50),
        ("platform=nothing", "platform = 'nothing'", 0),
        (
            "platform=nothing&status=generated",
            "platform = 'nothing' AND status = 'generated'",
            0,
        ),
        (
            "platform=amazon&shop=shop-7",
            "platform = 'amazon' AND shop_id = 'shop-7'",
            0,
        ),
        ("platform=amazon", "platform = 'amazon'", 50),
    ] {
        let started = Instant::now();
        let page = client.get(&format!("/v1/invoices?{query}")).await.is(200);
        let elapsed = started.elapsed();
        assert_eq!(
            page["items"].as_array().expect("a list").len(),
            expected,
            "{query}"
        );
        assert!(elapsed < Duration::from_secs(2), "{query}: {elapsed:?}");

        let select = format!(
            "SELECT id, platform, shop_id FROM sales_invoice WHERE {condition} ORDER BY id DESC LIMIT 51"
        );
        let (plan, text) = cost(&world, &select).await;
        let hit = plan["Shared Hit Blocks"].as_u64().expect("a number");
        let read = plan["Shared Read Blocks"].as_u64().expect("a number");
        // The table has about 1,500 pages.
        assert!(
            hit + read < 400,
            "{query} reads {} pages: {text}",
            hit + read
        );
    }
    // The last page is as quick as the first one: a cursor is a place, not a number of rows.
    let until = json!("2025-11-24T16:00:01Z");
    let started = Instant::now();
    let page = client
        .get(&format!(
            "/v1/invoices?until={}",
            until.as_str().expect("a text")
        ))
        .await
        .is(200);
    assert_eq!(page["items"].as_array().expect("a list").len(), 50);
    assert!(started.elapsed() < Duration::from_secs(2));
}
