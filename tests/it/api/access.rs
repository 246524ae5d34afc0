//! Who may do what.

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::tokens::entry;
use super::{path_of, receipt_of};
use crate::harness::http::Client;
use crate::harness::{Options, Serve, World, eventually, samples};

const LOOK: &str = "look-token-0123456789-0123456789";
const READ: &str = "read-token-0123456789-0123456789";
const REQUEST: &str = "request-token-0123456789-0123456789";
const OPERATE: &str = "operate-token-0123456789-0123456789";
const ERASE: &str = "erase-token-0123456789-0123456789-ab";

/// Which role each route needs; the description says the same.
const ROLES: [(&str, &str, &str); 29] = [
    ("GET", "/v1/invoices", "look"),
    ("GET", "/v1/export", "read"),
    ("POST", "/v1/invoices", "request"),
    (
        "GET",
        "/v1/invoices/{platform}/{shopId}/{orderId}/{packageId}/{sequenceNumber}",
        "look",
    ),
    (
        "GET",
        "/v1/invoices/{platform}/{shopId}/{orderId}/{packageId}/{sequenceNumber}/document",
        "read",
    ),
    (
        "GET",
        "/v1/invoices/{platform}/{shopId}/{orderId}/{packageId}/{sequenceNumber}/request",
        "read",
    ),
    (
        "GET",
        "/v1/invoices/{platform}/{shopId}/{orderId}/{packageId}/{sequenceNumber}/xml",
        "read",
    ),
    ("POST", "/v1/preview", "request"),
    ("POST", "/v1/validate", "request"),
    ("POST", "/invoice/get_pdf", "request"),
    ("GET", "/v1/templates", "look"),
    ("GET", "/v1/fonts", "look"),
    ("GET", "/v1/status", "look"),
    ("GET", "/v1/activity", "look"),
    ("GET", "/v1/dead-letters", "read"),
    ("GET", "/v1/dead-letters/groups", "read"),
    ("GET", "/v1/dead-letters/{id}", "read"),
    ("GET", "/v1/dead-letters/{id}/request", "read"),
    ("PUT", "/v1/dead-letters/{id}/request", "operate"),
    ("POST", "/v1/dead-letters/discard", "operate"),
    ("GET", "/v1/replays", "read"),
    ("POST", "/v1/replays", "operate"),
    ("GET", "/v1/replays/{id}", "read"),
    ("POST", "/v1/replays/{id}/cancel", "operate"),
    ("GET", "/v1/erasures", "read"),
    ("POST", "/v1/erasures", "erase"),
    ("GET", "/v1/erasures/{id}", "read"),
    ("POST", "/v1/erasures/{id}/cancel", "erase"),
    ("GET", "/v1/changes", "read"),
];

/// What each role permits.
const PERMITTED: [(&str, &str, &[&str]); 5] = [
    (LOOK, "look", &["look"]),
    (READ, "read", &["look", "read"]),
    (REQUEST, "request", &["look", "read", "request"]),
    (OPERATE, "operate", &["look", "read", "operate"]),
    (ERASE, "erase", &["look", "read", "erase"]),
];

async fn serve_with(world: &World, entries: &[Value]) -> Serve {
    let list = json!(entries).to_string();
    world.serve_with(&[("HTTP_TOKENS", &list)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_route_is_open_to_its_role_and_to_no_other() {
    let world = World::new(Options::default()).await;
    let none = json!({});
    let serve = serve_with(
        &world,
        &[
            entry("l", LOOK, &["look"], &none),
            entry("r", READ, &["read"], &none),
            entry("q", REQUEST, &["request"], &none),
            entry("o", OPERATE, &["operate"], &none),
            entry("e", ERASE, &["erase"], &none),
        ],
    )
    .await;
    let document = serve.client().get("/openapi.json").await.is(200);
    for (method, path, role) in ROLES {
        let described = &document["paths"][path][method.to_lowercase()]["security"];
        assert_eq!(*described, json!([{ "token": [role] }]), "{method} {path}");
    }
    // All that is described, also what the table above does not have.
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let needed = operation["security"][0]["token"][0].as_str();
            let needed = needed.unwrap_or_else(|| panic!("{method} {path} does not say its role"));
            let case = format!("{method} {path}, which needs {needed}");
            let url = fill_in(path);
            let call = async |client: Client| {
                let client = client.header("Content-Type", "application/json");
                client.call(&method.to_uppercase(), &url, b"{}").await
            };
            let unknown = call(serve.client()).await;
            unknown.is_problem(401, "unauthorized");
            assert_eq!(unknown.header("www-authenticate"), Some("Bearer"), "{case}");
            for (token, role, permitted) in PERMITTED {
                let answer = call(serve.client_with(token)).await;
                if permitted.contains(&needed) {
                    assert!(
                        ![401, 403].contains(&answer.status),
                        "{role}: {case}: {answer:?}"
                    );
                } else {
                    let problem = answer.is_problem(403, "forbidden");
                    assert!(
                        problem["detail"].as_str().expect("a text").contains(needed),
                        "{case}"
                    );
                }
            }
        }
    }
    // An unknown path is not found, not forbidden.
    serve
        .client()
        .get("/v1/nothing")
        .await
        .is_problem(404, "not_found");
}

/// A path with something in the place of its parameters.
fn fill_in(path: &str) -> String {
    let parts = path
        .split('/')
        .map(|part| if part.starts_with('{') { "1" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_changed_or_has_ended_is_refused() {
    let world = World::new(Options::default()).await;
    let at = |seconds| {
        let moment = OffsetDateTime::now_utc() + Duration::seconds(seconds);
        json!({ "expires": moment.format(&Rfc3339).expect("a time") })
    };
    let (ended, ending) = (
        "ended-token-0123456789-0123456789",
        "ending-token-0123456789-0123456789",
    );
    let serve = serve_with(
        &world,
        &[
            entry("r", READ, &["read"], &at(3_600)),
            entry("e", ended, &["read"], &at(-1)),
            entry("g", ending, &["read"], &at(20)),
        ],
    )
    .await;
    // Before everything else: its time runs since before the server's start.
    let client = serve.client_with(ending);
    client.get("/v1/invoices").await.is(200);
    let upper = READ.to_uppercase();
    let digest = invoice::digest::Sha256Digest::of(READ.as_bytes()).to_string();
    for header in [
        "",
        "Bearer",
        "Bearer ",
        READ,
        &format!("Basic {READ}"),
        &format!("Bearer {}", &READ[1..]),
        &format!("Bearer {READ}x"),
        &format!("Bearer {upper}"),
        &format!("Bearer {READ} {READ}"),
        &format!("Bearer \"{READ}\""),
        &format!("Bearer {digest}"),
        &format!("Bearer {ended}"),
        &format!("Bearer {}", "x".repeat(20_000)),
        "Bearer \u{fc}\u{fc}\u{fc}",
        &format!("Token {READ}"),
    ] {
        let client = serve.client().header("Authorization", header);
        let refused = client.get("/v1/invoices").await;
        refused.is_problem(401, "unauthorized");
        assert!(
            refused
                .header("www-authenticate")
                .is_some_and(|value| value.starts_with("Bearer"))
        );
    }
    for header in [format!("Bearer {READ}"), format!("bearer  {READ} ")] {
        serve
            .client()
            .header("Authorization", &header)
            .get("/v1/invoices")
            .await
            .is(200);
    }
    eventually("the token's end", async || {
        let answer = client.get("/v1/invoices").await;
        if answer.status == 401 {
            Ok(())
        } else {
            Err(answer.status)
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_some_shops_sees_and_requests_theirs_only() {
    let world = World::new(Options::default()).await;
    let _worker = world.worker(&[]).await;
    let own = json!({ "shops": [{ "platform": "tiktok", "shopId": "own" }, { "platform": "amazon", "shopId": "also" }] });
    let serve = serve_with(
        &world,
        &[
            entry("all", REQUEST, &["request"], &json!({})),
            entry("some", READ, &["request"], &own),
        ],
    )
    .await;
    let (all, some) = (serve.client_with(REQUEST), serve.client_with(READ));
    let of = |platform: &str, shop: &str| {
        let mut request = samples::receipt();
        request["marketplace"]["platform"] = json!(platform);
        request["marketplace"]["shopId"] = json!(shop);
        let path = path_of(&samples::identity(&request));
        (request, path)
    };
    for (platform, shop, is_own) in [
        ("tiktok", "own", true),
        ("amazon", "also", true),
        ("amazon", "own", false),
        ("tiktok", "other", false),
        ("TikTok", "own", false),
    ] {
        let (request, path) = of(platform, shop);
        for route in [
            "/v1/validate",
            "/v1/preview",
            "/v1/invoices",
            "/invoice/get_pdf",
        ] {
            let answer = some.post(route, &request).await;
            if is_own {
                assert!(answer.status < 300, "{platform} {shop}: {answer:?}");
            } else {
                answer.is_problem(403, "forbidden");
            }
        }
        all.post_and_wait("/v1/invoices", &request, 30).await;
        for suffix in ["", "/document", "/request"] {
            let answer = some.get(&format!("{path}{suffix}")).await;
            if is_own {
                assert!(answer.status < 400, "{platform} {shop}: {answer:?}");
            } else {
                answer.is_problem(403, "forbidden");
            }
        }
    }
    assert_eq!(
        all.get("/v1/invoices").await.is(200)["items"]
            .as_array()
            .expect("a list")
            .len(),
        5
    );
    let seen = some.get("/v1/invoices?limit=1").await;
    assert_eq!(seen.is(200)["items"][0]["marketplace"]["shopId"], "also");
    let next = seen.json()["nextCursor"]
        .as_str()
        .expect("a cursor")
        .to_owned();
    let last = some
        .get(&format!("/v1/invoices?limit=1&cursor={next}"))
        .await
        .is(200);
    assert_eq!(last["items"][0]["marketplace"]["shopId"], "own");
    assert!(last.get("nextCursor").is_none());
    // The cursor of one who sees other shops is not one of this list.
    let foreign = all.get("/v1/invoices?limit=1").await.is(200);
    let foreign = foreign["nextCursor"].as_str().expect("a cursor").to_owned();
    some.get(&format!("/v1/invoices?limit=1&cursor={foreign}"))
        .await
        .is_problem(400, "cursor_invalid");
    some.get("/v1/invoices?platform=tiktok&shop=other")
        .await
        .is_problem(403, "forbidden");
    assert_eq!(
        some.get("/v1/invoices?shop=other").await.is(200),
        json!({ "items": [] })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_with_a_rate_is_told_when_to_come_again_and_others_are_not_slowed() {
    let world = World::new(Options::default()).await;
    let serve = serve_with(
        &world,
        &[
            entry("slow", READ, &["read"], &json!({ "ratePerSecond": 2 })),
            entry("other", REQUEST, &["request"], &json!({})),
        ],
    )
    .await;
    let (slow, other) = (serve.client_with(READ), serve.client_with(REQUEST));
    let mut refused = 0;
    for _ in 0..20 {
        let answer = slow.get("/v1/templates").await;
        if answer.status != 200 {
            answer.is_problem(429, "rate_limited");
            let after = answer
                .header("retry-after")
                .and_then(|value| value.parse::<u64>().ok());
            assert!(after.is_some_and(|seconds| seconds >= 1), "{answer:?}");
            refused += 1;
        }
        assert_eq!(other.get("/v1/templates").await.status, 200);
    }
    assert!(refused > 0, "20 calls were not too many");
    eventually("a call after the wait", async || {
        let answer = slow.get("/v1/templates").await;
        if answer.status == 200 {
            Ok(())
        } else {
            Err(answer.status)
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_changed_in_the_file_without_a_restart() {
    let world = World::new(Options::default()).await;
    let file = world.path("tokens.json");
    let none = json!({});
    let write = |entries: &[Value]| {
        // As it should be done: the file is whole at every moment.
        let new = world.path("tokens.new");
        std::fs::write(&new, json!(entries).to_string()).expect("a file");
        std::fs::rename(&new, &file).expect("a file");
    };
    let (old, new) = (
        entry("a", READ, &["read"], &none),
        entry("a", REQUEST, &["read"], &none),
    );
    write(std::slice::from_ref(&old));
    let path = file.to_str().expect("UTF-8");
    let serve = world.serve_with(&[("HTTP_TOKENS_FILE", path)]).await;
    let status = async |token: &str| serve.client_with(token).get("/v1/templates").await.status;
    let becomes = async |token: &str, expected: u16| {
        eventually(&format!("{expected} for {token}"), async || {
            let status = status(token).await;
            if status == expected {
                Ok(())
            } else {
                Err(status)
            }
        })
        .await;
    };
    assert_eq!((status(READ).await, status(REQUEST).await), (200, 401));
    write(&[old, new.clone()]);
    becomes(REQUEST, 200).await;
    assert_eq!(status(READ).await, 200);
    write(&[new]);
    becomes(READ, 401).await;
    assert_eq!(status(REQUEST).await, 200);

    // What cannot be used changes nothing, and is reported.
    for text in ["[]", "{", ""] {
        let before = serve.events("http_tokens_refused").len();
        // A look at a file that is not whole would count, too.
        let new = world.path("tokens.new");
        std::fs::write(&new, text).expect("a file");
        std::fs::rename(&new, &file).expect("a file");
        eventually("a refusal", async || {
            let refused = serve.events("http_tokens_refused").len();
            if refused > before {
                Ok(())
            } else {
                Err(refused)
            }
        })
        .await;
        assert_eq!((status(READ).await, status(REQUEST).await), (401, 200));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_names_no_rate_has_the_usual_one() {
    let world = World::new(Options::default()).await;
    let own = json!({ "ratePerSecond": 1_000 });
    let list = json!([
        entry("usual", READ, &["read"], &json!({})),
        entry("own", REQUEST, &["read"], &own),
    ]);
    let file = world.path("tokens.json");
    std::fs::write(&file, list.to_string()).expect("a file");
    let serve = world
        .serve_with(&[
            ("HTTP_TOKENS_FILE", file.to_str().expect("UTF-8")),
            ("HTTP_RATE_PER_SECOND", "2"),
        ])
        .await;
    let (usual, own) = (serve.client_with(READ), serve.client_with(REQUEST));
    let mut refused = 0;
    for _ in 0..20 {
        let answer = usual.get("/v1/templates").await;
        if answer.status != 200 {
            answer.is_problem(429, "rate_limited");
            refused += 1;
        }
        own.get("/v1/templates").await.is(200);
    }
    assert!(refused > 0, "20 calls were not too many");
}

/// What a token may not see is not in the answers of what it may request.
#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_of_another_shop_is_not_reported_to_a_token_of_some_shops() {
    let world = World::new(Options::default()).await;
    let own = json!({ "shops": [{ "platform": "tiktok", "shopId": "own" }] });
    let serve = serve_with(&world, &[entry("some", READ, &["request"], &own)]).await;
    let (request, _) = receipt_of("foreign");
    let answer = serve.client_with(READ).post("/v1/invoices", &request).await;
    answer.is_problem(403, "forbidden");
    for queue in world.topology.queues() {
        assert_eq!(world.queue_len(&queue).await, 0, "{queue}");
    }
}
