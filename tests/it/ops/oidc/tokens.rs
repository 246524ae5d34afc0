//! What the ID token says about a visitor, and ID tokens that prove nothing.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::super::{Page, cookie};
use super::{CLIENT, Provider, is_refused, serve, sign_in};
use crate::api::oidc::{Key, set_of};
use crate::dead_letters::database;
use crate::harness::{Options, World};

#[tokio::test(flavor = "multi_thread")]
async fn roles_and_shops_are_those_of_the_id_token_at_the_sign_in() {
    let world = World::new(Options::sqlite()).await;
    let provider = Provider::start().await;
    let nested = [("OIDC_ROLES_CLAIM", "resource_access.page.roles")];
    let serve = serve(&world, &provider, &nested).await;
    let database = database(&world).await;
    let shops = json!(["tiktok/own"]);
    for (roles, shops, expected, limited_to) in [
        (json!(["look"]), Value::Null, r#"["look"]"#, None),
        (
            json!("operate offline_access read"),
            Value::Null,
            r#"["read","operate"]"#,
            None,
        ),
        (
            json!(["operate", "request"]),
            shops.clone(),
            r#"["request"]"#,
            Some(r#"[{"platform":"tiktok","shopId":"own"}]"#),
        ),
        (json!(["read"]), json!([]), r#"["read"]"#, Some("[]")),
    ] {
        let claim = json!({ "page": { "roles": roles } });
        provider.state().claims = json!({ "resource_access": claim, "shops": shops });
        let done = sign_in(&serve, &provider, "/").await;
        assert_eq!(done.status, 303, "{done:?}");
        let page = Page::with(&serve, &cookie(&done, "invoice_session")).await;
        let row = database.session(&page.session()).await;
        let row = row.expect("a database").expect("the session");
        assert_eq!(
            (row.roles.as_deref(), row.shops.as_deref()),
            (Some(expected), limited_to)
        );
        // What the provider says later changes nothing.
        provider.state().claims = json!({});
        page.get("/").await.shows(&["oidc:alice"]);
    }
    for (roles, shops) in [
        (Value::Null, Value::Null),
        (json!(["admin", "offline_access"]), Value::Null),
        (json!([]), Value::Null),
        // Dead letters are of all shops.
        (json!(["operate"]), shops),
    ] {
        let claim = json!({ "page": { "roles": roles } });
        provider.state().claims = json!({ "resource_access": claim, "shops": shops });
        let done = sign_in(&serve, &provider, "/").await;
        is_refused(&done, 403, "Your account has no role for this page");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn id_tokens_that_are_not_valid_are_refused() {
    let world = World::new(Options::sqlite()).await;
    let provider = Provider::start().await;
    let serve = serve(&world, &provider, &[]).await;
    let now = OffsetDateTime::now_utc().unix_timestamp();
    for claims in [
        json!({}),
        json!({ "azp": CLIENT }),
        json!({ "aud": [CLIENT] }),
        json!({ "aud": ["other", CLIENT], "azp": CLIENT }),
    ] {
        provider.state().claims = claims.clone();
        let done = sign_in(&serve, &provider, "/").await;
        assert_eq!(done.status, 303, "{claims}: {done:?}");
    }
    for claims in [
        json!({ "nonce": "another" }),
        json!({ "nonce": "" }),
        json!({ "nonce": null }),
        json!({ "nonce": 7 }),
        json!({ "aud": "invoice-worker" }),
        json!({ "aud": null }),
        json!({ "aud": ["other", CLIENT] }),
        json!({ "aud": ["other", CLIENT], "azp": "other" }),
        json!({ "azp": "other" }),
        json!({ "iss": "https://login.example.com/realms/other" }),
        json!({ "iss": null }),
        json!({ "exp": now - 120 }),
        json!({ "exp": null }),
        json!({ "nbf": now + 120 }),
        json!({ "sub": null }),
        json!({ "sub": "a\nb" }),
        json!({ "shops": "tiktok/own" }),
    ] {
        provider.state().claims = claims.clone();
        let before = serve.events("oidc_id_token_refused").len();
        let done = sign_in(&serve, &provider, "/").await;
        is_refused(
            &done,
            502,
            "The answer of the identity provider is not valid",
        );
        let events = serve.events("oidc_id_token_refused").len();
        assert_eq!(events, before + 1, "{claims}");
    }
    // Another key under the same name, and one that is not published.
    provider.state().claims = json!({});
    for id in ["a", "b"] {
        provider.state().key = Key::new(id);
        let done = sign_in(&serve, &provider, "/").await;
        is_refused(
            &done,
            502,
            "The answer of the identity provider is not valid",
        );
    }
    let log = serve.log();
    for token in provider.state().issued.clone() {
        let signature = token.rsplit('.').next().expect("a signature");
        assert!(!log.contains(signature), "the log has a token");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_of_the_provider_is_found_at_once() {
    let world = World::new(Options::sqlite()).await;
    let provider = Provider::start().await;
    let serve = serve(&world, &provider, &[]).await;
    assert_eq!(sign_in(&serve, &provider, "/").await.status, 303);
    let key = Key::new("new");
    provider.state().keys = set_of(&[&key]);
    provider.state().key = key;
    let done = sign_in(&serve, &provider, "/").await;
    assert_eq!(done.status, 303, "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_and_a_session_are_worth_nothing_to_the_api() {
    let world = World::new(Options::sqlite()).await;
    let provider = Provider::start().await;
    let serve = serve(&world, &provider, &[]).await;
    let done = sign_in(&serve, &provider, "/").await;
    let token = provider.state().issued[0].clone();
    let answer = serve.client_with(&token).get("/v1/templates").await;
    answer.is_problem(401, "unauthorized");
    let session = cookie(&done, "invoice_session");
    let client = serve.client().header("Cookie", &session);
    let answer = client.get("/v1/templates").await;
    answer.is_problem(401, "unauthorized");
    // A token for the API is no token for the page.
    provider.state().claims = json!({ "aud": "invoice-worker" });
    let done = sign_in(&serve, &provider, "/").await;
    is_refused(&done, 502, "not valid");
    let token = provider.state().issued[1].clone();
    serve.client_with(&token).get("/v1/templates").await.is(200);
}
