//! Lists of tokens, as operators write them.

use invoice::digest::Sha256Digest;
use serde_json::{Value, json};

use crate::harness::{Options, World};

/// An entry of the list: a name, the token itself, its roles, and what else it has.
pub(crate) fn entry(name: &str, token: &str, roles: &[&str], more: &Value) -> Value {
    let sha256 = Sha256Digest::of(token.as_bytes()).to_string();
    let mut entry = json!({ "name": name, "sha256": sha256, "roles": roles });
    let members = entry.as_object_mut().expect("an object");
    members.extend(more.as_object().cloned().unwrap_or_default());
    entry
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_used_ends_with_2_and_is_not_quoted() {
    let world = World::new(Options::default()).await;
    let secret = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde";
    let good = entry("good", "a-token-of-some-length-123", &["read"], &json!({}));
    let with = |name: &str, value: Value| {
        let mut entry = good.clone();
        entry[name] = value;
        json!([entry]).to_string()
    };
    for (list, expected) in [
        (secret.to_owned(), "is not a JSON array"),
        (
            format!("[{{\"sha256\":\"{secret}\"}}]"),
            "missing field `name`",
        ),
        ("{}".to_owned(), "is not a JSON array"),
        ("[]".to_owned(), "has no token"),
        (
            with("sha256", json!(secret)),
            "is not 64 hexadecimal digits",
        ),
        (
            with("sha256", json!("ä".repeat(32))),
            "is not 64 hexadecimal digits",
        ),
        (with("roles", json!(["admin"])), "unknown variant"),
        (with("roles", json!([])), "has no role"),
        (with("name", json!("")), "its name has to have"),
        (with("name", json!("a b")), "its name has to have"),
        (with("shops", json!([])), "its list of shops is empty"),
        (with("expires", json!("tomorrow")), "is not a JSON array"),
        (with("ratePerSecond", json!(0)), "is not a JSON array"),
        (with("secret", json!(secret)), "unknown field `secret`"),
    ] {
        let file = world.path("tokens.json");
        std::fs::write(&file, &list).expect("a file");
        let file = file.to_str().expect("UTF-8");
        for (variable, value) in [("HTTP_TOKENS", list.as_str()), ("HTTP_TOKENS_FILE", file)] {
            let serve = world
                .program(&["serve"])
                .envs([(variable, value), ("HTTP_ADDR", "127.0.0.1:0")]);
            let finished = serve.run().await;
            let case = format!("{variable}={list}: {finished:#?}");
            assert_eq!(finished.code, 2, "{case}");
            let printed = format!("error: {variable} ");
            assert!(
                finished.stderr.contains(&printed) && finished.stderr.contains(expected),
                "{case}"
            );
            assert!(!finished.stderr.contains(secret), "{case}");
        }
    }
    for (variables, expected) in [
        (
            vec![("HTTP_TOKENS", "[]"), ("HTTP_TOKENS_FILE", "tokens.json")],
            "HTTP_TOKENS (the environment) is set and HTTP_TOKENS_FILE too",
        ),
        (
            vec![("HTTP_TOKENS_FILE", "/does/not/exist")],
            "HTTP_TOKENS_FILE (the environment) is /does/not/exist, which cannot be read",
        ),
        (
            vec![("HTTP_TOKENS_FILE", "/")],
            "HTTP_TOKENS_FILE (the environment) is /, which cannot be read",
        ),
    ] {
        let finished = world.program(&["serve"]).envs(variables).run().await;
        assert_eq!(finished.code, 2, "{finished:#?}");
        assert!(finished.stderr.contains(expected), "{finished:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_others_reach_needs_tokens_and_one_that_is_taken_is_refused() {
    let world = World::new(Options::default()).await;
    for (address, expected) in [
        (
            "0.0.0.0:0",
            "which other machines can reach, and there are no tokens",
        ),
        (
            "[::]:0",
            "which other machines can reach, and there are no tokens",
        ),
        (
            "192.0.2.1:8080",
            "which other machines can reach, and there are no tokens",
        ),
        ("localhost", "HTTP_ADDR"),
        ("8080", "HTTP_ADDR"),
        ("127.0.0.1:99999", "HTTP_ADDR"),
    ] {
        let finished = world
            .program(&["serve"])
            .envs([("HTTP_ADDR", address)])
            .run()
            .await;
        assert_eq!(finished.code, 2, "{finished:#?}");
        assert!(finished.stderr.contains(expected), "{finished:#?}");
    }
    let other = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = other.local_addr().expect("an address").to_string();
    let tokens = json!([entry(
        "a",
        "a-token-of-some-length-123",
        &["read"],
        &json!({})
    )])
    .to_string();
    for address in [&*taken, "192.0.2.1:8080"] {
        let serve = world
            .program(&["serve"])
            .envs([("HTTP_ADDR", address), ("HTTP_TOKENS", &*tokens)]);
        let finished = serve.run().await;
        assert_eq!(finished.code, 2, "{finished:#?}");
        let expected = format!("HTTP_ADDR (the environment) is {address}, which cannot be used");
        assert!(finished.stderr.contains(&expected), "{finished:#?}");
    }
}

/// What the command prints is an entry that works.
#[tokio::test(flavor = "multi_thread")]
async fn the_command_makes_a_token_and_its_entry() {
    let world = World::new(Options::default()).await;
    let finished = world
        .program(&["token", "shop-front", "--role", "read"])
        .run()
        .await;
    assert_eq!(finished.code, 0, "{finished:#?}");
    let token = finished
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("token: "))
        .expect("the token");
    assert!(
        finished.stderr.contains("HTTP_TOKENS_FILE"),
        "{finished:#?}"
    );
    assert!(!finished.stdout.contains(token), "{finished:#?}");
    // As it is: what is in a file of its own is a list of one.
    let entry = finished.stdout.trim();
    let serve = world.serve_with(&[("HTTP_TOKENS", entry)]).await;
    serve.client_with(token).get("/v1/templates").await.is(200);
    serve
        .client()
        .get("/v1/templates")
        .await
        .is_problem(401, "unauthorized");
    // The log names the caller, and neither the token nor its digest.
    serve
        .emits_where("http_answered", |answered| {
            answered["caller"] == "shop-front"
        })
        .await;
    let log = serve.log();
    assert!(!log.contains(token) && !log.contains(&Sha256Digest::of(token.as_bytes()).to_string()));
}
