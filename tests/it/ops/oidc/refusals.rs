//! Ways back that are not one of this browser, and providers that fail.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Provider, Way, begin, is_refused, serve, serve_of, sign_in};
use crate::harness::{Options, World};
use crate::ops::{cookie, field, post};

const FOREIGN: &str = "This sign-in did not begin in this browser";
const AWAY: &str = "The identity provider cannot be reached";

#[tokio::test(flavor = "multi_thread")]
async fn a_way_back_of_another_browser_or_a_used_one_is_refused() {
    let world = World::new(Options::sqlite()).await;
    let provider = Provider::start().await;
    // It is not the provider alone that refuses.
    provider.state().is_forgetful = true;
    let serve = serve(&world, &provider, &[]).await;
    let (own, other) = (Way::begin(&serve, "/").await, Way::begin(&serve, "/").await);
    let path = own.authorize(&provider).await;
    is_refused(&serve.client().get(&path).await, 400, FOREIGN);
    is_refused(&other.done(&serve, &path).await, 400, FOREIGN);
    let state = own.sent("state");
    for wrong in [
        path.replace(&state, &other.sent("state")),
        path.replace(&state, ""),
        path.replace(&state, &own.sent("nonce")),
        path.replace("&state=", "&other="),
        path.replace("&iss=http", "&iss=https"),
    ] {
        assert_ne!(wrong, path);
        is_refused(&own.done(&serve, &wrong).await, 400, FOREIGN);
    }
    // Somebody else's code under one's own state: PKCE binds it to the browser that asked for it.
    let stolen = path.replace(&state, &other.sent("state"));
    is_refused(&other.done(&serve, &stolen).await, 400, FOREIGN);

    let done = own.done(&serve, &path).await;
    assert_eq!(done.status, 303, "{done:?}");
    is_refused(&own.done(&serve, &path).await, 400, FOREIGN);
    provider.state().is_forgetful = false;
    is_refused(&own.done(&serve, &path).await, 400, FOREIGN);
    assert_eq!(serve.events("page_signed_in").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_takes_ten_minutes_at_most() {
    let world = World::new(Options::sqlite()).await;
    let provider = Provider::start().await;
    let serve = serve(&world, &provider, &[]).await;
    let begun = begin(&serve, "/").await;
    let set = begun.header("set-cookie").expect("a cookie");
    let attributes = "; Path=/; HttpOnly; SameSite=Lax; Max-Age=600";
    assert!(set.ends_with(attributes), "{set}");
    // A browser that keeps the cookie longer has a state that is over; one that changes its time has another state.
    let mut way = Way::begin(&serve, "/").await;
    let path = way.authorize(&provider).await;
    let parts: Vec<String> = way.cookie.split('.').map(ToOwned::to_owned).collect();
    let began: i64 = parts[1].parse().expect("seconds");
    for seconds in [1, 700] {
        way.cookie = format!("{}.{}.{}", parts[0], began - seconds, parts[2]);
        is_refused(&way.done(&serve, &path).await, 400, FOREIGN);
    }
    way.cookie = parts.join(".");
    assert_eq!(way.done(&serve, &path).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_the_provider_are_said_in_our_words() {
    let world = World::new(Options::sqlite()).await;
    let provider = Provider::start().await;
    let serve = serve(&world, &provider, &[]).await;
    for (error, status, text) in [
        ("access_denied", 403, "did not permit the sign-in"),
        ("temporarily_unavailable", 503, AWAY),
        ("server_error", 502, "could not sign you in"),
        ("%3Cscript%3Ealert(1)", 502, "could not sign you in"),
    ] {
        let way = Way::begin(&serve, "/").await;
        let state = way.sent("state");
        let description = "error_description=%3Cscript%3Ealert(2)&code=a";
        let path = format!("/sign-in/oidc/done?error={error}&{description}&state={state}");
        let answer = way.done(&serve, &path).await;
        is_refused(&answer, status, text);
        let html = answer.shows(&[]);
        assert!(!html.contains("alert("), "{html}");
        assert!(!serve.log().contains("alert("), "the log has the text");
        let name = if error.contains('%') {
            "an unknown error"
        } else {
            error
        };
        serve
            .emits_where("page_oidc_refused", |event| event["error"] == name)
            .await;
        // Without a state that fits, it could come from anywhere.
        let foreign = serve.client().get(&path).await;
        is_refused(&foreign, 400, FOREIGN);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_away_is_asked_again() {
    let world = World::new(Options::sqlite()).await;
    let provider = Provider::start().await;
    provider.state().is_away = true;
    let serve = serve(&world, &provider, &[]).await;
    is_refused(&begin(&serve, "/").await, 503, AWAY);
    provider.state().is_away = false;
    let way = Way::begin(&serve, "/").await;
    let path = way.authorize(&provider).await;
    // It goes away meanwhile.
    provider.state().is_away = true;
    is_refused(&way.done(&serve, &path).await, 503, AWAY);
    provider.state().is_away = false;
    assert_eq!(way.done(&serve, &path).await.status, 303);
    assert_eq!(serve.events("oidc_provider_unavailable").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_description_or_an_answer_that_cannot_be_used_is_refused() {
    let world = World::new(Options::sqlite()).await;
    let provider = Provider::start().await;
    let serve = serve(&world, &provider, &[]).await;
    for (description, problem) in [
        (
            json!({ "issuer": "https://other.example" }),
            "is of another issuer than OIDC_ISSUER",
        ),
        (
            json!({ "token_endpoint": "http://login.example.com/token" }),
            "has a token_endpoint that is not an https address",
        ),
        (
            json!({ "code_challenge_methods_supported": ["plain"] }),
            "does not support PKCE with S256",
        ),
        (
            json!({ "token_endpoint_auth_methods_supported": ["none"] }),
            "does not accept client_secret_basic",
        ),
        (
            json!({ "authorization_endpoint": 7 }),
            "is no description of a provider: invalid type: integer `7`",
        ),
        // What it has sent is quoted by its beginning, and without what a terminal obeys.
        (
            json!({ "code_challenge_methods_supported": format!("\u{1b}[2J{}", "x".repeat(9_000)) }),
            "is no description of a provider: invalid type: string",
        ),
    ] {
        provider.state().description = description;
        is_refused(&begin(&serve, "/").await, 503, AWAY);
        serve
            .emits_where("oidc_provider_unavailable", |event| {
                event.field_contains("problem", problem)
            })
            .await;
    }
    for event in serve.events("oidc_provider_unavailable") {
        let problem = event["problem"].as_str().expect("a text");
        assert!(problem.chars().count() <= 300, "{problem}");
        assert!(!problem.contains('\u{1b}'), "{problem}");
    }
    provider.state().description = json!({});
    // A client that the provider does not know.
    provider.state().secret = Some("another-secret");
    is_refused(&sign_in(&serve, &provider, "/").await, 503, AWAY);
    serve
        .emits_where("oidc_provider_unavailable", |event| {
            event.field_contains("problem", "invalid_client")
        })
        .await;
    assert!(!serve.log().contains("<b>no</b>"), "the log has its text");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_does_not_answer_is_waited_for_ten_seconds() {
    let world = World::new(Options::sqlite()).await;
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let silent = std::net::TcpListener::bind(anywhere).expect("a port");
    let address = silent.local_addr().expect("an address");
    let serve = serve_of(&world, &format!("http://{address}"), &[]).await;
    let started = Instant::now();
    is_refused(&begin(&serve, "/").await, 503, AWAY);
    let elapsed = started.elapsed();
    assert!(elapsed < Duration::from_secs(20), "{elapsed:?}");
    serve
        .emits_where("oidc_provider_unavailable", |event| {
            event.field_contains("problem", "no answer within 10 s")
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_begins_with_a_form_of_this_page_only() {
    let world = World::new(Options::sqlite()).await;
    let provider = Provider::start().await;
    let serve = serve(&world, &provider, &[]).await;
    // A link leads to the form, and nothing begins.
    for (path, expected) in [
        ("/sign-in/oidc", "/sign-in"),
        (
            "/sign-in/oidc?next=%2F%3Fa%3Db",
            "/sign-in?next=%2F%3Fa%3Db",
        ),
        ("/sign-in/oidc?next=%2F%2Fevil.example", "/sign-in"),
    ] {
        let answer = serve.client().get(path).await;
        let led = (answer.status, answer.header("location"));
        assert_eq!(led, (303, Some(expected)), "{path}");
        assert_eq!(answer.header("set-cookie"), None);
    }
    let form = serve.client().get("/sign-in").await;
    let csrf = field(&form.shows(&[]), "csrf").expect("a secret");
    let own = serve.client();
    let own = own.header("Cookie", &cookie(&form, "invoice_sign_in"));
    let fields = [("csrf", csrf.as_str()), ("next", "/")];
    for foreign in [
        // Another site has no cookie of ours with its form, and does not know the secret.
        post(&serve.client(), "/sign-in/oidc", &fields).await,
        post(&own, "/sign-in/oidc", &[("next", "/")]).await,
        post(&own, "/sign-in/oidc", &[("csrf", &"a".repeat(64))]).await,
        // Browsers say where a form was.
        post(
            &own.clone().header("Sec-Fetch-Site", "cross-site"),
            "/sign-in/oidc",
            &fields,
        )
        .await,
        post(
            &own.clone().header("Origin", "https://evil.example"),
            "/sign-in/oidc",
            &fields,
        )
        .await,
    ] {
        assert_eq!(foreign.status, 403, "{foreign:?}");
        assert_eq!(foreign.header("refresh"), None);
        assert!(
            foreign.headers("set-cookie").next().is_none(),
            "{foreign:?}"
        );
    }
    assert_eq!(provider.state().asked, 0, "the provider was asked");
    // A browser that says nothing is old, and knows the secret.
    assert_eq!(post(&own, "/sign-in/oidc", &fields).await.status, 200);
    let own = own.header("Sec-Fetch-Site", "same-origin");
    assert_eq!(post(&own, "/sign-in/oidc", &fields).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_has_the_provider_asked_at_a_rate() {
    const RATE: usize = 30;
    const TOO_MANY: &str = "Too many sign-ins came from your network";
    let world = World::new(Options::sqlite()).await;
    let provider = Provider::start().await;
    let serve = serve(&world, &provider, &[]).await;
    let way = Way::begin(&serve, "/").await;
    // Codes that are invented, under the state of this browser.
    let state = way.sent("state");
    let mut limited = 0;
    for number in 0..2 * RATE {
        let path = format!("/sign-in/oidc/done?code=invented-{number}&state={state}");
        let answer = way.done(&serve, &path).await;
        if answer.status == 429 {
            is_refused(&answer, 429, TOO_MANY);
            let wait = answer.header("retry-after").and_then(|it| it.parse().ok());
            assert!(wait.is_some_and(|seconds: u64| (1..=60).contains(&seconds)));
            // The sign-in goes on when the visitor loads the page again.
            let cookies = answer.headers("set-cookie");
            assert!(
                cookies
                    .into_iter()
                    .all(|it| !it.starts_with("invoice_oidc="))
            );
            limited += 1;
        } else {
            is_refused(&answer, 400, FOREIGN);
        }
    }
    assert!(limited >= RATE / 2, "{limited} of {}", 2 * RATE);
    let asked = provider.state().asked;
    assert!(asked <= 2 * RATE - limited + 1, "{asked}");
    // So it is where sign-ins begin.
    let mut limited = 0;
    for _ in 0..2 * RATE {
        let answer = begin(&serve, "/").await;
        if answer.status == 429 {
            is_refused(&answer, 429, TOO_MANY);
            limited += 1;
        }
    }
    assert!(limited >= RATE / 2, "{limited} of {}", 2 * RATE);
}
