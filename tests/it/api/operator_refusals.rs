//! Calls of operators that are refused: each with its status and its code, and nothing changed.

use invoice_worker::database::Database;
use serde_json::json;

use super::operators::{OPERATE, READ, REQUEST, edit, right, serve, wait_until_done, world_with};
use super::tokens::entry;
use crate::dead_letters::archived;
use crate::harness::Options;
use crate::harness::http::Client;

/// All that can be changed: what a refused call must leave as it was.
async fn state(client: &Client, database: &Database) -> String {
    let rows = archived(database).await;
    let replays = client.get("/v1/replays").await.is(200);
    let changes = client.get("/v1/changes").await.is(200);
    format!("{rows:?} {replays} {changes}")
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_not_valid_are_refused_and_change_nothing() {
    let (world, database) = world_with(Options::default(), 2).await;
    let serve = serve(&world).await;
    let client = serve.client_with(OPERATE);
    let body = json!({ "targets": { "ids": [1] }, "limit": 1, "reason": "one" });
    client.post("/v1/replays", &body).await.is(201);
    wait_until_done(&client, "/v1/replays/1").await;
    let before = state(&client, &database).await;

    let call = async |path: &str, body: &[u8]| {
        let client = client.clone().header("Content-Type", "application/json");
        client.call("POST", path, body).await
    };
    let many = |count: i64| {
        let ids: Vec<i64> = (1..=count).collect();
        json!({ "reason": "r", "targets": { "ids": ids } }).to_string()
    };
    let codes: Vec<String> = (0..100_000).map(|code| format!("c{code}")).collect();
    let codes = json!({ "reason": "r", "targets": { "codes": codes } }).to_string();
    let long = json!({ "reason": "r".repeat(1_001), "targets": { "ids": [2] } }).to_string();
    let large = json!({ "reason": "r", "targets": { "shopId": "s".repeat(5 << 20) } }).to_string();
    for path in ["/v1/replays", "/v1/dead-letters/discard"] {
        for (body, status, code) in [
            ("", 422, "body_invalid"),
            ("{", 422, "body_invalid"),
            ("[]", 422, "body_invalid"),
            ("null", 422, "body_invalid"),
            ("\u{feff}{}", 422, "body_invalid"),
            (r#"{"reason":"r"}"#, 422, "body_invalid"),
            (r#"{"reason":"r","targets":{}}"#, 422, "body_invalid"),
            (
                r#"{"reason":"r","targets":{"ids":[]}}"#,
                422,
                "body_invalid",
            ),
            (
                r#"{"reason":"r","targets":{"status":"all"}}"#,
                422,
                "body_invalid",
            ),
            (
                r#"{"reason":"r","targets":{"all":false}}"#,
                422,
                "body_invalid",
            ),
            (
                r#"{"reason":"r","targets":{"ids":[2],"id":2}}"#,
                422,
                "body_invalid",
            ),
            (
                r#"{"reason":"r","targets":{"ids":[2]},"dryrun":true}"#,
                422,
                "body_invalid",
            ),
            (
                r#"{"reason":"r","targets":{"ids":[2]},"dryRun":"yes"}"#,
                422,
                "body_invalid",
            ),
            (
                r#"{"reason":"r","reason":"r","targets":{"ids":[2]}}"#,
                422,
                "body_invalid",
            ),
            (r#"{"reason":"r","targets":{"ids":2}}"#, 422, "body_invalid"),
            (
                r#"{"reason":"r","targets":{"ids":["2"]}}"#,
                422,
                "body_invalid",
            ),
            (
                r#"{"reason":"r","targets":{"ids":[2.5]}}"#,
                422,
                "body_invalid",
            ),
            (
                r#"{"reason":"r","targets":{"ids":[9223372036854775808]}}"#,
                422,
                "body_invalid",
            ),
            (
                r#"{"reason":"r","targets":{"ids":[2]}} x"#,
                422,
                "body_invalid",
            ),
            (
                r#"{"reason":"r","targets":{"since":"yesterday"}}"#,
                422,
                "body_invalid",
            ),
            (
                r#"{"reason":"r","targets":{"status":"closed","all":true}}"#,
                422,
                "body_invalid",
            ),
            (
                r#"{"reason":"","targets":{"ids":[2]}}"#,
                422,
                "body_invalid",
            ),
            (
                "{\"reason\":\" \u{a0}\\t\",\"targets\":{\"ids\":[2]}}",
                422,
                "body_invalid",
            ),
            (r#"{"reason":7,"targets":{"ids":[2]}}"#, 422, "body_invalid"),
            (&*long, 422, "body_invalid"),
            (&*codes, 422, "body_invalid"),
            (&*many(10_001), 422, "body_invalid"),
            (&*many(10_000), 404, "not_found"),
            (&*large, 413, "request_too_large"),
            (r#"{"reason":"r","targets":{"ids":[0]}}"#, 404, "not_found"),
            (
                r#"{"reason":"r","targets":{"ids":[2,-1]}}"#,
                404,
                "not_found",
            ),
            (
                r#"{"reason":"r","targets":{"ids":[9223372036854775807]}}"#,
                404,
                "not_found",
            ),
        ] {
            let refused = call(path, body.as_bytes()).await;
            let problem = refused.is_problem(status, code);
            let detail = problem["detail"].as_str().expect("a text");
            assert!(!detail.is_empty() && detail.len() < 2_000, "{detail}");
            assert!(!detail.contains("REQUEST_MAX_BYTES"), "{detail}");
        }
        let refused = call(path, b"{\"reason\":\"\xff\"}").await;
        refused.is_problem(422, "body_invalid");
        let deep = format!("{{\"targets\":{}", "[".repeat(100_000));
        call(path, deep.as_bytes())
            .await
            .is_problem(422, "body_invalid");
        let unknown = client.clone().header("Content-Type", "text/plain");
        let refused = unknown.call("POST", path, b"{}").await;
        refused.is_problem(415, "media_type_unsupported");
    }
    for body in [
        r#"{"reason":"r","targets":{"ids":[2]},"rate":0}"#,
        r#"{"reason":"r","targets":{"ids":[2]},"rate":-1}"#,
        r#"{"reason":"r","targets":{"ids":[2]},"rate":4294967296}"#,
        r#"{"reason":"r","targets":{"ids":[2]},"limit":0}"#,
        r#"{"reason":"r","targets":{"ids":[2]},"limit":1.5}"#,
        r#"{"reason":"r","targets":{"ids":[2]},"lane":"fast"}"#,
    ] {
        let refused = call("/v1/replays", body.as_bytes()).await;
        refused.is_problem(422, "body_invalid");
    }
    // Both need a reason.
    for path in ["/v1/replays", "/v1/dead-letters/discard"] {
        for body in [
            r#"{"targets":{"ids":[2]}}"#,
            r#"{"targets":{"ids":[2]},"dryRun":false,"reason":null}"#,
            r#"{"targets":{"ids":[99]}}"#,
        ] {
            let refused = call(path, body.as_bytes()).await;
            let problem = refused.is_problem(422, "body_invalid");
            let detail = problem["detail"].as_str().expect("a text");
            assert!(detail.contains("reason"), "{path} {body}: {detail}");
        }
    }
    for path in ["/v1/replays/1/cancel", "/v1/replays/1/resume"] {
        for body in [
            "",
            "{}",
            r#"{"reason":" "}"#,
            r#"{"reason":"r","force":true}"#,
        ] {
            call(path, body.as_bytes())
                .await
                .is_problem(422, "body_invalid");
        }
        // It is over.
        let refused = call(path, br#"{"reason":"r"}"#).await;
        refused.is_problem(409, "state_conflict");
    }
    assert_eq!(state(&client, &database).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_and_parameters_that_are_not_valid_are_refused_and_change_nothing() {
    let (world, database) = world_with(Options::sqlite(), 2).await;
    let serve = serve(&world).await;
    let client = serve.client_with(OPERATE);
    let before = state(&client, &database).await;
    let reason = json!({ "reason": "r" });
    for (number, status, code) in [
        ("0", 400, "parameter_invalid"),
        ("-1", 400, "parameter_invalid"),
        ("x", 400, "parameter_invalid"),
        ("1.0", 400, "parameter_invalid"),
        ("1%00", 400, "parameter_invalid"),
        ("9223372036854775808", 400, "parameter_invalid"),
        ("%F1", 400, "parameter_invalid"),
        ("9223372036854775807", 404, "not_found"),
        ("77", 404, "not_found"),
    ] {
        for path in [
            "/v1/dead-letters/#",
            "/v1/dead-letters/#/request",
            "/v1/replays/#",
        ] {
            let shown = client.get(&path.replace('#', number)).await;
            shown.is_problem(status, code);
        }
        for path in ["/v1/replays/#/cancel", "/v1/replays/#/resume"] {
            let changed = client.post(&path.replace('#', number), &reason).await;
            changed.is_problem(status, code);
        }
        let path = format!("/v1/dead-letters/{number}/request?reason=r");
        let edited = client.call("PUT", &path, b"{}").await;
        edited.is_problem(status, code);
    }
    for query in [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=x",
        "limit=18446744073709551616",
        "limit=1&limit=2",
        "page=2",
        "cursor=",
        "cursor=x",
        "cursor=%F0%9F%98%80",
    ] {
        for path in ["/v1/dead-letters", "/v1/replays", "/v1/changes"] {
            let refused = client.get(&format!("{path}?{query}")).await;
            let code = refused.json()["code"].clone();
            let expected = if query.starts_with("cursor") {
                "cursor_invalid"
            } else {
                "parameter_invalid"
            };
            assert_eq!(code, expected, "{path}?{query}");
            refused.is_problem(400, expected);
        }
    }
    for query in [
        "status=closed",
        "since=yesterday",
        "until=",
        "since=2026-13-01T00:00:00Z",
    ] {
        for path in ["/v1/dead-letters", "/v1/dead-letters/groups"] {
            let refused = client.get(&format!("{path}?{query}")).await;
            refused.is_problem(400, "parameter_invalid");
        }
    }
    let right = right(1).to_string();
    for query in [
        "",
        "reason=",
        "reason=%20",
        "reason=r&force=perhaps",
        "reason=r&more=1",
        "reason=r&reason=s",
    ] {
        let refused = edit(&client, 1, query, right.as_bytes()).await;
        refused.is_problem(400, "parameter_invalid");
    }
    for (payload, status, code) in [
        (b"".to_vec(), 422, "body_invalid"),
        (b"{".to_vec(), 400, "request_malformed"),
        (b"\xff\xfe".to_vec(), 400, "request_malformed"),
        (b"{}".to_vec(), 422, "field_missing"),
        (vec![b' '; 5 << 20], 413, "request_too_large"),
        (vec![b' '; (1 << 20) + 1], 413, "request_too_large"),
    ] {
        let refused = edit(&client, 1, "reason=r", &payload).await;
        refused.is_problem(status, code);
    }
    // What is too large for a message is too large by force too.
    let refused = edit(&client, 1, "reason=r&force=true", &vec![b' '; 5 << 20]).await;
    refused.is_problem(413, "request_too_large");
    assert_eq!(state(&client, &database).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_of_all_shops_see_dead_letters_and_operators_change_them() {
    let (world, database) = world_with(Options::sqlite(), 1).await;
    let serve = serve(&world).await;
    let operator = serve.client_with(OPERATE);
    let before = state(&operator, &database).await;
    let targets = json!({ "reason": "r", "targets": { "all": true } }).to_string();
    let reason = json!({ "reason": "r" }).to_string();
    let payload = right(1).to_string();
    for (method, path, body) in [
        ("GET", "/v1/dead-letters", ""),
        ("GET", "/v1/dead-letters/groups", ""),
        ("GET", "/v1/dead-letters/1", ""),
        ("GET", "/v1/dead-letters/1/request", ""),
        ("PUT", "/v1/dead-letters/1/request?reason=r", &*payload),
        ("POST", "/v1/dead-letters/discard", &*targets),
        ("POST", "/v1/replays", &*targets),
        ("GET", "/v1/replays", ""),
        ("GET", "/v1/replays/1", ""),
        ("POST", "/v1/replays/1/cancel", &*reason),
        ("POST", "/v1/replays/1/resume", &*reason),
        ("GET", "/v1/changes", ""),
    ] {
        let call = async |client: Client| {
            let client = client.header("Content-Type", "application/json");
            client.call(method, path, body.as_bytes()).await
        };
        call(serve.client()).await.is_problem(401, "unauthorized");
        // The reader is limited to shops, and the requester is not.
        let is_reading = method == "GET";
        for (token, expected) in [
            (READ, Some(if is_reading { "shops" } else { "operate" })),
            (REQUEST, (!is_reading).then_some("operate")),
        ] {
            let answer = call(serve.client_with(token)).await;
            let Some(expected) = expected else {
                assert_ne!(answer.status, 403, "{method} {path}: {answer:?}");
                continue;
            };
            let problem = answer.is_problem(403, "forbidden");
            let detail = problem["detail"].as_str().expect("a text");
            assert!(detail.contains(expected), "{method} {path}: {detail}");
        }
    }
    assert_eq!(state(&operator, &database).await, before);
    // Dead letters are of all shops, so a token of some cannot have the role.
    let own = json!({ "shops": [{ "platform": "tiktok", "shopId": "own" }] });
    let list = json!([entry("some", OPERATE, &["operate"], &own)]).to_string();
    let finished = world
        .program(&["serve"])
        .envs([("HTTP_TOKENS", &*list), ("HTTP_ADDR", "127.0.0.1:0")])
        .run()
        .await;
    assert_eq!(finished.code, 2, "{finished:#?}");
    assert!(
        finished.stderr.contains("dead letters are of all shops"),
        "{finished:#?}"
    );
}
