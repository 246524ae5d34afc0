//! Signing in with a token, and out.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{LOOK, Page, cookie, field, leads_to_sign_in, post, serve, sign_in, tokens};
use crate::harness::http::{Client, exchange};
use crate::harness::{Authority, Options, World, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_signs_in_with_a_token_and_out_again() {
    let world = World::new(Options::sqlite()).await;
    let serve = serve(&world).await;
    let asked = serve.client().get("/?a=b%20c").await;
    leads_to_sign_in(&asked);
    let sign_in_path = asked.header("location").expect("a way").to_owned();
    assert_eq!(sign_in_path, "/sign-in?next=%2F%3Fa%3Db%2520c");
    let form = serve.client().get(&sign_in_path).await;
    form.shows(&["name=\"next\" value=\"/?a=b%20c\"", "type=\"password\""]);

    let signed_in = sign_in(&serve, LOOK, "/?a=b%20c").await;
    assert_eq!(signed_in.status, 303, "{signed_in:?}");
    assert_eq!(signed_in.header("location"), Some("/?a=b%20c"));
    let set: Vec<_> = signed_in.headers("set-cookie").collect();
    let attributes = "; Path=/; HttpOnly; SameSite=Lax";
    assert!(
        set.iter()
            .any(|it| it.starts_with("invoice_session=") && it.ends_with(attributes)),
        "{set:?}"
    );
    // The secret of the form is needed no more.
    assert!(
        set.iter()
            .any(|it| it.starts_with("invoice_sign_in=;") && it.ends_with("Max-Age=0")),
        "{set:?}"
    );
    let page = Page::with(&serve, &cookie(&signed_in, "invoice_session")).await;
    page.get("/")
        .await
        .shows(&["Overview", "looker", "Sign out"]);
    let again = page.get("/sign-in?next=%2F%3Fa%3Db").await;
    assert_eq!(again.header("location"), Some("/?a=b"));

    let signed_out = page.post("/sign-out", &[]).await;
    assert_eq!(
        (signed_out.status, signed_out.header("location")),
        (303, Some("/sign-in?notice=signed-out"))
    );
    let notice = serve.client().get("/sign-in?notice=signed-out").await;
    notice.shows(&["You are signed out."]);
    // The cookie is worth nothing, also where the browser has kept it.
    leads_to_sign_in(&page.get("/").await);
    let log = serve.log();
    assert!(
        !log.contains(LOOK) && !log.contains(&page.cookie[16..]),
        "{log}"
    );
    serve
        .emits_where("page_signed_in", |event| event["caller"] == "looker")
        .await;
    serve
        .emits_where("http_answered", |event| {
            event["caller"] == "looker" && event["route"] == "/"
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tokens_are_counted_and_keep_no_visitor_out() {
    let world = World::new(Options::sqlite()).await;
    let serve = serve(&world).await;
    let upper = LOOK.to_uppercase();
    for wrong in [
        upper.as_str(),
        "",
        "short",
        &LOOK[1..],
        "<script>alert(1)</script>",
    ] {
        let refused = sign_in(&serve, wrong, "/").await;
        assert_eq!(refused.status, 401, "{refused:?}");
        let html = refused.shows(&["The token is unknown or has ended."]);
        assert!(
            !html.contains("alert(1)") && !html.contains(&upper),
            "{html}"
        );
        let cookies = refused.headers("set-cookie");
        assert!(
            cookies
                .into_iter()
                .all(|it| !it.contains("invoice_session"))
        );
    }
    let refused = sign_in(&serve, &upper, "/").await;
    assert_eq!(refused.status, 429, "{refused:?}");
    refused.shows(&["Too many wrong tokens"]);
    let wait = refused.header("retry-after").and_then(|it| it.parse().ok());
    assert!(wait.is_some_and(|seconds: u64| (1..=60).contains(&seconds)));
    // All visitors may have the address of one proxy.
    assert_eq!(sign_in(&serve, LOOK, "/").await.status, 303);
    assert_eq!(serve.events("page_sign_in_refused").len(), 5);
    assert!(!serve.log().contains(&upper));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_a_visitor_that_is_not_known_is_read_within_bounds() {
    let world = World::new(Options::sqlite()).await;
    let serve = serve(&world).await;
    let media_type = "application/x-www-form-urlencoded";
    let client = serve.client().header("Content-Type", media_type);
    // These bodies never end. Without the cookie of a form they are not read.
    let malformed = format!("invoice_sign_in={}", "x".repeat(64));
    for cookie in [None, Some("invoice_sign_in=ab"), Some(malformed.as_str())] {
        let client = match cookie {
            None => client.clone(),
            Some(cookie) => client.clone().header("Cookie", cookie),
        };
        let mut stream = TcpStream::connect(serve.address()).await.expect("a server");
        let head = client.head("POST", "/sign-in", 1_000);
        let refused = timeout(Duration::from_secs(3), exchange(&mut stream, &head)).await;
        let refused = refused.expect("an answer at once");
        assert_eq!(refused.status, 403, "{cookie:?}: {refused:?}");
    }
    let form = serve.client().get("/sign-in").await;
    let with_cookie = client.header("Cookie", &cookie(&form, "invoice_sign_in"));
    let csrf = field(&form.shows(&[]), "csrf").expect("a secret");
    let long = "a".repeat(9 << 10);
    let large = post(
        &with_cookie,
        "/sign-in",
        &[("csrf", &csrf), ("token", &long)],
    )
    .await;
    assert_eq!(large.status, 413, "{large:?}");
    // A slow one ends, and before that all others find room but for 32 of them.
    let mut slow = Vec::new();
    for _ in 0..32 {
        let mut stream = TcpStream::connect(serve.address()).await.expect("a server");
        let head = with_cookie.head("POST", "/sign-in", 1_000);
        stream.write_all(&head).await.expect("a connection");
        slow.push(stream);
    }
    eventually("a refusal", async || {
        let answer = post(&with_cookie, "/sign-in", &[("csrf", "a")]).await;
        if answer.status == 503 {
            Ok(())
        } else {
            Err(answer)
        }
    })
    .await;
    eventually("a place", async || {
        let status = sign_in(&serve, LOOK, "/").await.status;
        if status == 303 { Ok(()) } else { Err(status) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_after_the_sign_in_stays_on_the_page() {
    let world = World::new(Options::sqlite()).await;
    let serve = serve(&world).await;
    for next in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "\"><script>alert(1)</script>",
    ] {
        let signed_in = sign_in(&serve, LOOK, next).await;
        assert_eq!(signed_in.header("location"), Some("/"), "{next}");
        let mut query = url::form_urlencoded::Serializer::new("/sign-in?".to_owned());
        query.append_pair("next", next);
        let form = serve.client().get(&query.finish()).await;
        let html = form.shows(&["name=\"next\" value=\"/\""]);
        assert!(
            !html.contains("evil.example") && !html.contains("alert(1)"),
            "{html}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_for_tls_only_where_browsers_come_over_tls() {
    let world = World::new(Options::sqlite()).await;
    // A proxy ends TLS.
    let list = tokens();
    let behind = [
        ("HTTP_TOKENS", list.as_str()),
        ("HTTP_PUBLIC_URL", "https://invoices.example.com"),
    ];
    let serve = world.serve_with(&behind).await;
    let form = serve.client().get("/sign-in").await;
    let own = |set: &str| {
        assert!(set.starts_with("__Host-invoice_sign_in="), "{set}");
        assert!(
            set.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"),
            "{set}"
        );
    };
    own(form.header("set-cookie").expect("a cookie"));
    // The server has TLS itself.
    let authority = Authority::new();
    let files = authority.write(&world);
    let text = |path: &std::path::PathBuf| path.to_str().expect("UTF-8").to_owned();
    let (certificate, key) = (text(&files.certificate), text(&files.key));
    let serve = world
        .serve_with(&[
            ("HTTP_TOKENS", &tokens()),
            ("HTTP_TLS_CERT_FILE", &certificate),
            ("HTTP_TLS_KEY_FILE", &key),
        ])
        .await;
    let mut stream = authority.connect(serve.address()).await.expect("TLS");
    let client = Client::new(serve.address()).header("Host", "localhost");
    let answer = exchange(&mut stream, &client.head("GET", "/sign-in", 0)).await;
    own(answer.header("set-cookie").expect("a cookie"));
    stream.shutdown().await.ok();
}
