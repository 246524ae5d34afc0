//! Calls that are refused: each with its status, its stable code, and nothing published.

use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::receipt_of;
use crate::harness::http::{Client, exchange};
use crate::harness::{Options, World, samples};

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_methods_and_media_types_are_refused_with_their_codes() {
    let world = World::new(Options::default()).await;
    let serve = world.serve().await;
    let client = serve.client();
    let (request, path) = receipt_of("refused");
    let body = request.to_string().into_bytes();

    for unknown in [
        "/v1",
        "/v2/invoices",
        "/v1/invoices/",
        "/v1/invoices/a/b/c/d",
        "//v1/invoices",
        "/V1/INVOICES",
        "/.env",
        "/v1/preview/x",
    ] {
        client.get(unknown).await.is_problem(404, "not_found");
        let posted = client.call("POST", unknown, &body).await;
        posted.is_problem(404, "not_found");
    }
    for (method, path, allow) in [
        ("DELETE", "/v1/invoices", "GET,HEAD,POST"),
        ("PUT", &*path, "GET,HEAD"),
        ("GET", "/v1/preview", "POST"),
        ("GET", "/invoice/get_pdf", "POST"),
        ("POST", "/v1/templates", "GET,HEAD"),
        ("PATCH", "/openapi.json", "GET,HEAD"),
        ("TRACE", "/v1/invoices", "GET,HEAD,POST"),
        ("QUERY", "/v1/invoices", "GET,HEAD,POST"),
    ] {
        let refused = client.call(method, path, b"").await;
        refused.is_problem(405, "method_not_allowed");
        let mut allowed: Vec<&str> = refused
            .header("allow")
            .expect("Allow")
            .split(',')
            .map(str::trim)
            .collect();
        allowed.sort_unstable();
        assert_eq!(allowed.join(","), allow, "{method} {path}");
    }
    for path in [
        "/v1/invoices",
        "/v1/preview",
        "/v1/validate",
        "/invoice/get_pdf",
    ] {
        for media_type in [
            "",
            "text/plain",
            "application/xml",
            "application/json2",
            "json",
            "multipart/form-data; boundary=x",
            "\u{fc}",
        ] {
            let client = client.clone().header("Content-Type", media_type);
            let refused = client.call("POST", path, &body).await;
            let problem = refused.is_problem(415, "media_type_unsupported");
            let detail = problem["detail"].as_str().expect("a text");
            assert!(
                detail.contains("expected one of application/json"),
                "{detail}"
            );
            // One that is not ASCII is not quoted.
            let found = Some(media_type).filter(|it| !it.is_empty() && it.is_ascii());
            let found = found.and_then(|it| it.split(';').next());
            let found = found.map_or("is missing".to_owned(), |it| format!("is {it},"));
            assert!(detail.contains(&found), "{detail}");
        }
        let without = client.call("POST", path, &body).await;
        without.is_problem(415, "media_type_unsupported");
    }
    assert_nothing_was_published(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_valid_request_is_refused_with_all_its_problems() {
    let world = World::new(Options {
        variables: vec![("REQUEST_MAX_BYTES", "20000".to_owned())],
        ..Options::default()
    })
    .await;
    let serve = world.serve().await;
    let client = serve.client().header("Content-Type", "application/json");
    let paths = [
        "/v1/invoices",
        "/v1/preview",
        "/v1/validate",
        "/invoice/get_pdf",
    ];

    for (body, status, code) in [
        (b"".to_vec(), 400, "request_malformed"),
        (b"{".to_vec(), 400, "request_malformed"),
        (b"[]".to_vec(), 422, "field_type"),
        (b"\xff\xfe".to_vec(), 400, "request_malformed"),
        (b"null".to_vec(), 422, "field_type"),
        (
            [vec![b'['; 9_000], vec![b']'; 9_000]].concat(),
            400,
            "request_too_deep",
        ),
        (vec![b' '; 20_001], 413, "request_too_large"),
        (vec![b' '; 100_000], 413, "request_too_large"),
        (b"{}".to_vec(), 422, "field_missing"),
    ] {
        for path in paths {
            let refused = client.call("POST", path, &body).await;
            let problem = refused.is_problem(status, code);
            let detail = problem["detail"].as_str().expect("a text");
            assert!(!detail.is_empty(), "{path} {status}");
        }
    }

    let mut request = samples::invoice();
    request["seller"]["address"]["country"] = json!("Atlantis");
    request["issueDate"] = json!("2026-02-30");
    request["lines"][0]["quantity"] = json!("many");
    request["marketplace"]["shopId"] = json!("../shop");
    for path in paths {
        let refused = client.post(path, &request).await;
        let code = refused.json()["code"].clone();
        let problem = refused.is_problem(422, code.as_str().expect("a code"));
        let errors = problem["errors"].as_array().expect("a list");
        assert!(
            errors.iter().any(|error| error["code"] == code),
            "{errors:?}"
        );
        let pointers: Vec<_> = errors
            .iter()
            .filter_map(|error| error["pointer"].as_str())
            .collect();
        for pointer in [
            "/seller/address/country",
            "/issueDate",
            "/lines/0/quantity",
            "/marketplace/shopId",
        ] {
            assert!(
                pointers.contains(&pointer),
                "{path}: {pointer} is not in {pointers:?}"
            );
        }
        let all = |name: &str| errors.iter().all(|error| error[name].is_string());
        assert!(all("code") && all("detail"), "{errors:?}");
    }
    assert_nothing_was_published(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_that_are_wrong_or_unknown_are_refused() {
    let world = World::new(Options::default()).await;
    let serve = world.serve().await;
    let client = serve.client();
    let (request, path) = receipt_of("parameters");

    for query in [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=x",
        "limit=1&limit=2",
        "limit=99999999999999999999",
        "status=done",
        "status=",
        "since=yesterday",
        "until=2026-13-01T00:00:00Z",
        "since=2026-11-29",
        "shops=a",
        "Shop=a",
        "shop=",
        "shop=..",
        "shop=a%2Fb",
        "shop=%00",
        "shop=%FF",
        "shop=a%20b",
        "order=%2e%2e",
        "platform=%D1%82iktok",
        "number=",
        "number=%00",
        "number=%FF",
        "number=a%C3",
        "%FF=a",
        "number=a%0Ab",
        &format!("number={}", "9".repeat(256)),
        &format!("shop={}", "9".repeat(129)),
        "shop=a&shop=b",
    ] {
        let refused = client.get(&format!("/v1/invoices?{query}")).await;
        assert_eq!(refused.status, 400, "{query}: {refused:?}");
        refused.is_problem(400, "parameter_invalid");
    }
    for query in [
        "lane=express",
        "lane=",
        "lane=ordinary&lane=bulk",
        "wait=10",
    ] {
        let refused = client
            .post(&format!("/v1/invoices?{query}"), &request)
            .await;
        refused.is_problem(400, "parameter_invalid");
    }
    for query in ["disposition=x", "disposition=", "download=1"] {
        let refused = client.get(&format!("{path}/document?{query}")).await;
        refused.is_problem(400, "parameter_invalid");
    }
    // A preference that is not understood is ignored (RFC 7240).
    let client = client.header("Prefer", "wait=soon");
    assert_eq!(client.post("/v1/invoices", &request).await.status, 202);
}

/// Parts of a path are those of an identity after decoding, and nothing else: no part leads to another invoice, or out of the API.
#[tokio::test(flavor = "multi_thread")]
async fn a_path_leads_to_the_invoice_that_it_names_or_nowhere() {
    let world = World::new(Options::default()).await;
    let _worker = world.worker(&[]).await;
    let serve = world.serve().await;
    let client = serve.client();
    // All the punctuation that a part may have.
    let odd = "a-_.~:@+=#,b";
    let mut request = samples::receipt();
    request["marketplace"]["orderId"] = json!(odd);
    let mut created = client
        .post_and_wait("/v1/invoices", &request, 30)
        .await
        .is(201);
    // Of the answer to a request only.
    let warnings = created.as_object_mut().and_then(|it| it.remove("warnings"));
    assert_eq!(warnings, Some(json!([])));
    let path = created["links"]["self"]
        .as_str()
        .expect("a path")
        .to_owned();
    assert_eq!(
        path,
        "/v1/invoices/tiktok/shop123/a-_.~%3A%40%2B%3D%23%2Cb/pkg789/12345"
    );
    for path in [
        &*path,
        "/v1/invoices/tiktok/shop123/%61-_.%7e:@+=%23,b/pkg789/%31%32345",
    ] {
        assert_eq!(client.get(path).await.is(200), created, "{path}");
        assert_eq!(client.get(&format!("{path}/document")).await.status, 302);
    }

    for part in [
        "..",
        ".",
        "%2e%2e",
        "%2E%2E",
        ".%2e",
        "..%2f..",
        "a%2Fb",
        "a%2fb",
        "a%5Cb",
        "a%00",
        "%00",
        "a%0d%0a",
        "%20",
        "a%20b",
        "%ff",
        "%C0%AE",
        "%",
        "%zz",
        "%2",
        "a;b",
        "a%3Fb",
        "order\u{ff0f}x",
        "order%EF%BC%8Fx",
        "%D0%BErder456",
        "orde%CC%88r",
        "ord%C3%A9r",
        "%E2%80%AEx",
        &"9".repeat(129),
        &"%41".repeat(129),
        "..%252f",
        "a..b",
    ] {
        for suffix in ["", "/document", "/request", "/xml"] {
            let path = format!("/v1/invoices/tiktok/shop123/{part}/pkg789/12345{suffix}");
            let mut stream = TcpStream::connect(serve.address())
                .await
                .expect("a connection");
            let refused = exchange(&mut stream, &client.head("GET", &path, 0)).await;
            // hyper itself refuses what is no URI, without a body.
            if refused.body.is_empty() {
                assert_eq!(refused.status, 400, "{path}: {refused:?}");
            } else {
                let is_known = [(400, "parameter_invalid"), (404, "not_found")];
                let code = refused.json()["code"].clone();
                assert!(
                    is_known.contains(&(refused.status, code.as_str().expect("a code"))),
                    "{path}: {refused:?}"
                );
            }
        }
    }
    // Dots are not resolved by the server: what they would lead to is not found under them.
    for path in [
        "/v1/templates/../invoices",
        "/v1/./invoices",
        "/docs/../openapi.json",
        "/docs/..%2fopenapi.json",
        "/docs/%2e%2e/openapi.json",
    ] {
        client.get(path).await.is_problem(404, "not_found");
    }
    // A name in another case, or with a space, is another invoice.
    for path in [
        "/v1/invoices/TikTok/shop123/order456/pkg789/12345",
        "/v1/invoices/tiktok/shop123/order456/pkg789/12345.",
    ] {
        client.get(path).await.is_problem(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_is_refused_and_the_server_goes_on() {
    let world = World::new(Options::default()).await;
    let serve = world.serve().await;
    let host = format!("Host: {}\r\nConnection: close\r\n", serve.address());
    let long = "a".repeat(200 << 10);
    for (request, status) in [
        ("\r\n\r\n\u{0}\u{1}nonsense\r\n\r\n".to_owned(), 400),
        ("GET /healthz\r\n\r\n".to_owned(), 400),
        (format!("GET /healthz HTTP/9.9\r\n{host}\r\n"), 400),
        (format!("GET /{long} HTTP/1.1\r\n{host}\r\n"), 431),
        (
            format!("GET /healthz HTTP/1.1\r\n{host}X: {long}\r\n\r\n"),
            431,
        ),
        (
            format!(
                "GET /healthz HTTP/1.1\r\n{host}{}\r\n",
                "X: y\r\n".repeat(200)
            ),
            431,
        ),
        (
            format!("POST /v1/validate HTTP/1.1\r\n{host}Content-Length: x\r\n\r\n"),
            400,
        ),
        (
            format!(
                "POST /v1/validate HTTP/1.1\r\n{host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"
            ),
            400,
        ),
        (
            format!(
                "POST /v1/validate HTTP/1.1\r\n{host}Content-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
            ),
            400,
        ),
    ] {
        let mut stream = TcpStream::connect(serve.address())
            .await
            .expect("a connection");
        let refused = exchange(&mut stream, request.as_bytes()).await;
        let start: String = request.chars().take(60).collect();
        assert_eq!(refused.status, status, "{start:?}: {refused:?}");
    }
    let answer = Client::new(serve.address()).get("/v1/templates").await;
    assert_eq!(answer.status, 200);
    assert_security_headers(&answer.headers);
}

fn assert_security_headers(headers: &[(String, String)]) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        assert!(
            headers.contains(&(name.to_owned(), value.to_owned())),
            "{name}: {headers:?}"
        );
    }
}

async fn assert_nothing_was_published(world: &World) {
    for queue in world.topology.queues() {
        assert_eq!(world.queue_len(&queue).await, 0, "{queue}");
    }
    let rows: Vec<Value> = world
        .rows()
        .await
        .iter()
        .map(|row| json!(row.order_id))
        .collect();
    assert!(rows.is_empty(), "{rows:?}");
}
