//! The way of a visitor to the provider and back, and out again.

use serde_json::json;
use time::Duration;

use super::super::{Page, cookie, leads_to_sign_in, serve as serve_with_tokens, tokens};
use super::{CLIENT, PUBLIC_URL, Provider, SECRET, Way, serve, sign_in};
use crate::dead_letters::database;
use crate::harness::{Options, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_signs_in_at_the_provider_and_out_again() {
    let world = World::new(Options::sqlite()).await;
    let provider = Provider::start().await;
    let serve = serve(&world, &provider, &[]).await;
    let form = serve.client().get("/sign-in?next=%2F%3Fa%3Db").await;
    let html = form.shows(&["action=\"/sign-in/oidc\"", "name=\"next\" value=\"/?a=b\""]);
    // There are no tokens to sign in with.
    assert!(!html.contains("password"), "{html}");

    let way = Way::begin(&serve, "/?a=b").await;
    let back = format!("{PUBLIC_URL}/sign-in/oidc/done");
    assert_eq!(way.sent("redirect_uri"), back);
    assert!(!way.address.as_str().contains(SECRET));
    let secret = way.cookie.split_once('=').expect("a cookie").1;
    assert!(!way.address.as_str().contains(&secret[..64]));
    let path = way.authorize(&provider).await;
    let done = way.done(&serve, &path).await;
    assert_eq!((done.status, done.header("location")), (303, Some("/?a=b")));
    let set: Vec<_> = done.headers("set-cookie").collect();
    let is_removed = |it: &&&str| it.starts_with("invoice_oidc=;") && it.contains("Max-Age=0");
    assert_eq!(set.iter().filter(is_removed).count(), 1, "{set:?}");

    let page = Page::with(&serve, &cookie(&done, "invoice_session")).await;
    page.get("/").await.shows(&["oidc:alice", "Sign out"]);
    let row = database(&world).await.session(&page.session()).await;
    let row = row.expect("a database").expect("the session");
    assert_eq!(row.ends_at - row.created_at, Duration::hours(12));
    assert_eq!((row.kind.as_str(), row.shops), ("oidc", None));
    assert_eq!(row.roles.as_deref(), Some(r#"["read"]"#));

    let signed_out = page.post("/sign-out", &[]).await;
    assert_eq!(signed_out.status, 200, "{signed_out:?}");
    signed_out.shows(&["You are signed out."]);
    let refresh = signed_out.header("refresh").expect("a way on");
    let expected = format!(
        "0; url={}/logout?client_id={CLIENT}&post_logout_redirect_uri=http%3A%2F%2Finvoices.example.com%2Fsign-in",
        provider.issuer()
    );
    assert_eq!(refresh, expected);
    leads_to_sign_in(&page.get("/").await);

    let log = serve.log();
    let (issued, code) = (provider.state().issued.clone(), "code-0");
    assert_eq!(issued.len(), 1);
    for text in [&issued[0], code, SECRET, &secret[..64], &way.sent("state")] {
        assert!(!log.contains(text), "{text}: {log}");
    }
    serve
        .emits_where("page_signed_in", |event| event["caller"] == "oidc:alice")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_without_an_end_of_sessions_is_left_alone() {
    let world = World::new(Options::sqlite()).await;
    let provider = Provider::start().await;
    provider.state().description = json!({ "end_session_endpoint": null });
    let serve = serve(&world, &provider, &[]).await;
    let done = sign_in(&serve, &provider, "/").await;
    let page = Page::with(&serve, &cookie(&done, "invoice_session")).await;
    let signed_out = page.post("/sign-out", &[]).await;
    assert_eq!(
        (signed_out.status, signed_out.header("location")),
        (303, Some("/sign-in?notice=signed-out"))
    );
    leads_to_sign_in(&page.get("/").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_client_has_no_secret() {
    let world = World::new(Options::sqlite()).await;
    let provider = Provider::start().await;
    provider.state().secret = None;
    provider.state().description = json!({ "token_endpoint_auth_methods_supported": ["none"] });
    let public = [("OIDC_CLIENT_SECRET", "")];
    let serve = serve(&world, &provider, &public).await;
    assert_eq!(sign_in(&serve, &provider, "/").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_share_a_sign_in_and_its_session() {
    let world = World::new(Options::default()).await;
    let provider = Provider::start().await;
    let (one, other) = (
        serve(&world, &provider, &[]).await,
        serve(&world, &provider, &[]).await,
    );
    let way = Way::begin(&one, "/").await;
    let path = way.authorize(&provider).await;
    let done = way.done(&other, &path).await;
    assert_eq!(done.status, 303, "{done:?}");
    let session = cookie(&done, "invoice_session");
    let page = Page::with(&one, &session).await;
    page.get("/").await.shows(&["oidc:alice"]);
    // A replica that is another client of the provider, or none, does not know the visitor.
    let renamed = serve(&world, &provider, &[("OIDC_CLIENT_ID", "renamed")]).await;
    let without = serve_with_tokens(&world).await;
    for stranger in [&renamed, &without] {
        let visit = stranger.client().header("Cookie", &session).get("/").await;
        leads_to_sign_in(&visit);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_and_the_provider_are_offered_where_they_are_set() {
    let world = World::new(Options::sqlite()).await;
    let without = serve_with_tokens(&world).await;
    let html = without.client().get("/sign-in").await.shows(&["password"]);
    assert!(!html.contains("identity provider"), "{html}");
    for path in ["/sign-in/oidc", "/sign-in/oidc/done?code=a&state=b"] {
        let answer = without.client().get(path).await;
        assert_eq!(answer.status, 404, "{answer:?}");
        answer.shows(&["OIDC_CLIENT_ID is not set"]);
    }
    let provider = Provider::start().await;
    let both = serve(&world, &provider, &[("HTTP_TOKENS", &tokens())]).await;
    let form = both.client().get("/sign-in").await;
    form.shows(&["password", "Sign in with the identity provider"]);
    assert_eq!(sign_in(&both, &provider, "/").await.status, 303);
    Page::sign_in(&both, super::super::LOOK).await;
    // The way after the sign-in stays on the page.
    for next in ["https://evil.example/", "//evil.example", "/\\evil.example"] {
        let done = sign_in(&both, &provider, next).await;
        assert_eq!(done.header("location"), Some("/"), "{next}");
    }
}
