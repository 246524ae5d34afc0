//! Forms of other sites, and forms that no page has.

use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{LOOK, Page, READ, REQUEST, post, serve};
use crate::harness::{Options, World, eventually, samples};

const MEDIA_TYPE: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_not_of_the_session_changes_nothing() {
    let world = World::new(Options::sqlite()).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, LOOK).await;
    let other = Page::sign_in(&serve, READ).await;
    let own = page.csrf();
    let upper = own.to_uppercase();
    for fields in [
        &[][..],
        &[("csrf", "")],
        &[("csrf", "a")],
        &[("csrf", &own[1..])],
        &[("csrf", upper.as_str())],
        &[("csrf", other.csrf())],
        &[("csrf", "a"), ("csrf", own)],
        &[("CSRF", own)],
    ] {
        let forged = post(&page.client(), "/sign-out", fields).await;
        assert_eq!(forged.status, 403, "{fields:?}: {forged:?}");
        forged.shows(&["nothing was changed", "looker"]);
    }
    let host = serve.address().to_string();
    let right = [("csrf", own)];
    for (name, value) in [
        ("Origin", "http://evil.example"),
        ("Origin", "null"),
        ("Origin", "http://127.0.0.1:1"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        let client = page.client().header(name, value);
        let forged = post(&client, "/sign-out", &right).await;
        assert_eq!(forged.status, 403, "{name} {value}: {forged:?}");
    }
    page.get("/").await.shows(&["looker"]);
    let client = page.client().header("Origin", &format!("http://{host}"));
    let client = client.header("Sec-Fetch-Site", "same-origin");
    assert_eq!(post(&client, "/sign-out", &right).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_bounded_and_has_its_media_type() {
    let world = World::new(Options::sqlite()).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, LOOK).await;
    let body = format!("csrf={}", page.csrf());
    for media_type in ["text/plain", "multipart/form-data", "application/json", ""] {
        let client = page.client().header("Content-Type", media_type);
        let answer = client.call("POST", "/sign-out", body.as_bytes()).await;
        assert_eq!(answer.status, 415, "{media_type}: {answer:?}");
    }
    let (name, value) = MEDIA_TYPE;
    let secret = "a".repeat(64);
    let cookie = format!("invoice_sign_in={secret}");
    let client = serve.client().header("Cookie", &cookie);
    let client = client.header(name, value);
    let large = "a".repeat(100_000);
    let answer = client.call("POST", "/sign-in", large.as_bytes()).await;
    assert_eq!(answer.status, 413, "{answer:?}");
    // A browser without the cookie of the form has no form.
    let client = serve.client();
    let fields = [("csrf", ""), ("token", LOOK)];
    assert_eq!(post(&client, "/sign-in", &fields).await.status, 403);
    let client = client.header("Cookie", &cookie);
    let fields = [("csrf", "b"), ("token", LOOK)];
    assert_eq!(post(&client, "/sign-in", &fields).await.status, 403);
    page.get("/").await.shows(&["looker"]);
    // Actions are forms, never links.
    let get = page.get("/sign-out").await;
    assert_eq!((get.status, get.header("allow")), (405, Some("POST")));
    page.get("/").await.shows(&["looker"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_behind_a_proxy_comes_from_the_public_address() {
    let world = World::new(Options::sqlite()).await;
    let tokens = super::tokens();
    let serve = world
        .serve_with(&[
            ("HTTP_TOKENS", &tokens),
            ("HTTP_PUBLIC_URL", "http://invoices.example.com"),
        ])
        .await;
    let page = Page::sign_in(&serve, LOOK).await;
    let fields = [("csrf", page.csrf())];
    let from = |origin: &str| page.client().header("Origin", origin);
    let foreign = post(&from("http://other.example.com"), "/sign-out", &fields).await;
    assert_eq!(foreign.status, 403, "{foreign:?}");
    let own = post(&from("http://invoices.example.com"), "/sign-out", &fields).await;
    assert_eq!(own.status, 303, "{own:?}");
}

/// Forms that are announced and do not come hold memory, but not that of the API.
#[tokio::test(flavor = "multi_thread")]
async fn visitors_take_no_memory_from_those_who_request_invoices() {
    let world = World::new(Options::sqlite()).await;
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, LOOK).await;
    let (name, value) = MEDIA_TYPE;
    let visitor = page.client().header(name, value);
    let mut silent = Vec::new();
    for (count, length) in [(12, 6 << 20), (8, 1 << 20), (20, 100 << 10)] {
        for _ in 0..count {
            let mut stream = TcpStream::connect(serve.address()).await.expect("a server");
            let head = visitor.head("POST", "/sign-out", length);
            stream.write_all(&head).await.expect("a connection");
            silent.push(stream);
        }
    }
    let large = "a".repeat(1 << 20);
    eventually("a refused form", async || {
        let answer = post(&page.client(), "/sign-out", &[("csrf", &large)]).await;
        if answer.status == 503 {
            Ok(())
        } else {
            Err(answer)
        }
    })
    .await;
    let mut request = samples::receipt();
    request["extensions"] = json!({ "filling": "x".repeat(200_000) });
    let requester = format!("Bearer {REQUEST}");
    let requester = serve.client().header("Authorization", &requester);
    requester.post("/v1/validate", &request).await.is(200);
}
