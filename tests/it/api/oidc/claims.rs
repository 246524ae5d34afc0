//! What the claims of a token say, and tokens that prove nothing.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::super::tokens::entry;
use super::{AUDIENCE, ISSUER, Key, claims, file_of, serve, set_of};
use crate::harness::{Options, Serve, World, samples};

const STATIC: &str = "a.static.token-0123456789-0123456789";

/// Which of read, request and operate a token has.
async fn roles(serve: &Serve, token: &str) -> [bool; 3] {
    let client = serve.client_with(token);
    let answers = [
        client.get("/v1/templates").await,
        client.post("/v1/validate", &json!({})).await,
        client.post("/v1/replays", &json!({})).await,
    ];
    answers.map(|answer| {
        assert_ne!(answer.status, 401, "{answer:?}");
        if answer.status == 403 {
            answer.is_problem(403, "forbidden");
        }
        answer.status != 403
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_taken_from_the_claim_that_is_set() {
    let world = World::new(Options::sqlite()).await;
    let (key, rsa) = (Key::new("a"), Key::rsa("b"));
    let file = file_of(&world, &set_of(&[&key, &rsa]));
    let (none, read) = ([false; 3], [true, false, false]);
    let (request, operate, all) = ([true, true, false], [true, false, true], [true; 3]);

    let plain = serve(&world, &file, &[]).await;
    for (claim, expected) in [
        (json!(["read"]), read),
        (json!(["request"]), request),
        (json!(["operate"]), operate),
        (json!(["operate", "other", "request"]), all),
        (json!("read"), read),
        (json!("offline_access request  operate"), all),
        (json!(["read request"]), none),
        (json!(["READ", "Operate", 7, null, ["read"]]), none),
        (json!([]), none),
        (json!({ "read": true }), none),
        (json!(true), none),
        (Value::Null, none),
    ] {
        for key in [&key, &rsa] {
            let token = key.sign(&claims(json!({ "roles": claim })));
            assert_eq!(roles(&plain, &token).await, expected, "{claim}");
        }
    }

    let nested = [("OIDC_ROLES_CLAIM", "resource_access.invoice-worker.roles")];
    let nested = serve(&world, &file, &nested).await;
    let url = [("OIDC_ROLES_CLAIM", "https://shop.example/claims/roles")];
    let url = serve(&world, &file, &url).await;
    for (serve, others, expected) in [
        (
            &nested,
            json!({ "resource_access": { "invoice-worker": { "roles": ["operate"] } } }),
            operate,
        ),
        (
            &nested,
            json!({ "resource_access": { "other": { "roles": ["operate"] } } }),
            none,
        ),
        (&nested, json!({ "resource_access": ["operate"] }), none),
        (&nested, json!({}), none),
        (
            &url,
            json!({ "https://shop.example/claims/roles": ["request"] }),
            request,
        ),
        (&url, json!({}), none),
    ] {
        let token = key.sign(&claims(others.clone()));
        assert_eq!(roles(serve, &token).await, expected, "{others}");
    }
}

/// Head and claims as text, and this signature.
fn compact(head: &Value, claims: &Value, signature: &[u8]) -> String {
    let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let (head, claims) = (head.to_string(), claims.to_string());
    format!(
        "{}.{}.{}",
        part(head.as_bytes()),
        part(claims.as_bytes()),
        part(signature)
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_are_not_valid_are_refused() {
    let world = World::new(Options::sqlite()).await;
    let (key, rsa, twin) = (Key::new("a"), Key::rsa("b"), Key::new("a"));
    let set = set_of(&[&key, &rsa]);
    let serve = serve(&world, &file_of(&world, &set), &[]).await;
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let status = async |token: &str| {
        let answer = serve.client_with(token).get("/v1/templates").await;
        if answer.status != 200 {
            answer.is_problem(401, "unauthorized");
            let challenge = answer.header("www-authenticate").expect("a challenge");
            assert!(challenge.starts_with("Bearer"), "{challenge}");
        }
        answer.status
    };
    for (others, expected) in [
        (json!({}), 200),
        (json!({ "aud": ["other", AUDIENCE] }), 200),
        (json!({ "nbf": now - 1, "iat": now }), 200),
        (
            json!({ "iss": "https://login.example.com/realms/other" }),
            401,
        ),
        (json!({ "iss": format!("{ISSUER}/") }), 401),
        (json!({ "iss": null }), 401),
        (json!({ "iss": 7 }), 401),
        (json!({ "aud": "other" }), 401),
        (json!({ "aud": ["other"] }), 401),
        (json!({ "aud": [] }), 401),
        (json!({ "aud": null }), 401),
        (json!({ "exp": now - 120 }), 401),
        (json!({ "exp": null }), 401),
        (json!({ "exp": "tomorrow" }), 401),
        (json!({ "exp": -1 }), 401),
        (json!({ "nbf": now + 120 }), 401),
        (json!({ "sub": null }), 401),
        (json!({ "sub": "" }), 401),
        (json!({ "sub": "  " }), 401),
        (json!({ "sub": 7 }), 401),
        (json!({ "sub": "a\nb" }), 401),
        (json!({ "sub": "a\u{0}" }), 401),
        (json!({ "sub": "a".repeat(256) }), 401),
        (json!({ "shops": "tiktok/own" }), 401),
        (json!({ "shops": ["own"] }), 401),
        (json!({ "shops": [7] }), 401),
    ] {
        let token = key.sign(&claims(others.clone()));
        assert_eq!(status(&token).await, expected, "{others}");
    }

    let good = key.sign(&claims(json!({})));
    let parts: Vec<&str> = good.split('.').collect();
    let raised = claims(json!({ "roles": ["operate"] })).to_string();
    let raised = BASE64_URL_SAFE_NO_PAD.encode(raised);
    let head = json!({ "alg": "none", "typ": "JWT", "kid": "a" });
    let small = json!({ "alg": "NONE", "kid": "a" });
    // The public key as the secret of a signature that anyone can make.
    let text = |member: &str| rsa.public[member].as_str().expect("a text").to_owned();
    let modulus = BASE64_URL_SAFE_NO_PAD.decode(text("n")).expect("base64");
    let mut confused = Vec::new();
    for secret in [
        modulus,
        text("n").into_bytes(),
        rsa.public.to_string().into_bytes(),
    ] {
        for id in ["a", "b"] {
            let mut header = Header::new(Algorithm::HS256);
            header.kid = Some(id.to_owned());
            let secret = EncodingKey::from_secret(&secret);
            confused.push(encode(&header, &claims(json!({})), &secret).expect("a token"));
        }
    }
    let mut under_another_id = Header::new(Algorithm::ES256);
    under_another_id.kid = Some("b".to_owned());
    let mut without_id = Header::new(Algorithm::ES256);
    without_id.kid = None;
    let mut unknown = Header::new(Algorithm::ES256);
    unknown.kid = Some("c".to_owned());
    let sign = |header: &Header| encode(header, &claims(json!({})), &key.private).expect("a token");
    let tokens = [
        twin.sign(&claims(json!({}))),
        format!("{}.{raised}.{}", parts[0], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{good}."),
        format!("{good}.{}.{}", parts[1], parts[2]),
        format!("{good}A"),
        compact(&head, &claims(json!({})), b""),
        compact(&head, &claims(json!({})), b"x"),
        compact(&small, &claims(json!({})), b""),
        compact(
            &json!({ "alg": "ES256", "kid": ["a"] }),
            &claims(json!({})),
            b"",
        ),
        compact(&json!([]), &claims(json!({})), b""),
        sign(&under_another_id),
        sign(&without_id),
        sign(&unknown),
        "..".to_owned(),
        "a.b.c".to_owned(),
        "\u{fc}.\u{fc}.\u{fc}".to_owned(),
        format!("{}.e30.AAAA", "A".repeat(15_000)),
    ];
    for token in tokens.iter().chain(&confused) {
        assert_eq!(status(token).await, 401, "{token}");
    }
    assert_eq!(status(&good).await, 200);
    assert!(!serve.log().contains(parts[2]), "the log has a token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_some_shops_sees_theirs_only_and_no_dead_letters() {
    let world = World::new(Options::default()).await;
    let _worker = world.worker(&[]).await;
    let key = Key::new("a");
    let list = json!([entry("all", STATIC, &["request", "operate"], &json!({}))]).to_string();
    let file = file_of(&world, &set_of(&[&key]));
    let serve = serve(&world, &file, &[("HTTP_TOKENS", &list)]).await;
    // A token of the list may have dots, as those of the provider have.
    let all = serve.client_with(STATIC);
    for shop in ["own", "other"] {
        let mut request = samples::receipt();
        request["marketplace"]["shopId"] = json!(shop);
        all.post_and_wait("/v1/invoices", &request, 30)
            .await
            .is(201);
    }
    let seen = async |claim: Value| {
        let token = key.sign(&claims(json!({ "shops": claim })));
        let page = serve.client_with(&token).get("/v1/invoices").await;
        let page = page.is(200);
        let items = page["items"].as_array().expect("a list");
        let shops = items
            .iter()
            .map(|item| item["marketplace"]["shopId"].clone());
        shops.collect::<Vec<_>>()
    };
    assert_eq!(seen(Value::Null).await.len(), 2);
    assert_eq!(seen(json!(["tiktok/own"])).await, ["own"]);
    assert_eq!(
        seen(json!(["amazon/own", "tiktok/own/x"])).await,
        [Value::Null; 0]
    );
    assert_eq!(seen(json!([])).await, [Value::Null; 0]);

    let some = json!({ "shops": ["tiktok/own"], "roles": ["read", "request", "operate"] });
    let token = key.sign(&claims(some));
    assert!(!roles(&serve, &token).await[2]);
    // An operator is named in the record of changes as the provider names it.
    let operator = key.sign(&claims(json!({ "sub": "auth0|7f 3", "roles": "operate" })));
    let client = serve.client_with(&operator);
    let body = json!({ "targets": { "all": true }, "reason": "nothing is there" });
    client.post("/v1/replays", &body).await.is(201);
    let changes = client
        .get("/v1/changes?actor=oidc%3Aauth0%7C7f%203")
        .await
        .is(200);
    assert_eq!(changes["items"][0]["action"], "replay.create");
    serve
        .emits_where("http_answered", |answered| {
            answered["caller"] == "oidc:auth0|7f 3"
        })
        .await;
}

/// Each algorithm that is accepted, with its own keys; a key is for the algorithm that it names, and for no other.
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_each_kind_verify_signatures_of_their_own_algorithm() {
    let world = World::new(Options::sqlite()).await;
    let mut keys = vec![Key::new("es256"), Key::p384("es384"), Key::ed25519("eddsa")];
    for (id, algorithm) in [
        ("rs384", Algorithm::RS384),
        ("rs512", Algorithm::RS512),
        ("ps256", Algorithm::PS256),
        ("ps384", Algorithm::PS384),
        ("ps512", Algorithm::PS512),
    ] {
        keys.push(Key::rsa_for(id, algorithm));
    }
    let all: Vec<&Key> = keys.iter().collect();
    let serve = serve(&world, &file_of(&world, &set_of(&all)), &[]).await;
    for key in &keys {
        let token = key.sign(&claims(json!({})));
        serve.client_with(&token).get("/v1/templates").await.is(200);
        let parts: Vec<&str> = token.split('.').collect();
        let raised = claims(json!({ "roles": ["operate"] })).to_string();
        let raised = BASE64_URL_SAFE_NO_PAD.encode(raised);
        let changed = format!("{}.{raised}.{}", parts[0], parts[2]);
        let refused = serve.client_with(&changed).get("/v1/templates").await;
        refused.is_problem(401, "unauthorized");
    }
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some("ps256".to_owned());
    let key = keys.iter().find(|key| key.id == "ps256").expect("a key");
    let token = encode(&header, &claims(json!({})), &key.private).expect("a token");
    let refused = serve.client_with(&token).get("/v1/templates").await;
    let problem = refused.is_problem(401, "unauthorized");
    let detail = problem["detail"].as_str().expect("a text");
    assert!(detail.contains("another algorithm"), "{detail}");
}

/// Keys of different kinds may share an id (RFC 7517, 4.5).
#[tokio::test(flavor = "multi_thread")]
async fn of_keys_that_share_an_id_the_one_for_the_algorithm_is_used() {
    let world = World::new(Options::sqlite()).await;
    let mut keys = [
        Key::ed25519("a"),
        Key::rsa_for("a", Algorithm::PS256),
        Key::rsa_for("a", Algorithm::RS512),
        Key::new("a"),
    ];
    // Those of curves need not name theirs.
    for key in [0, 3] {
        let public = keys[key].public.as_object_mut().expect("an object");
        public.remove("alg");
    }
    let all: Vec<&Key> = keys.iter().collect();
    let serve = serve(&world, &file_of(&world, &set_of(&all)), &[]).await;
    for key in &keys {
        let token = key.sign(&claims(json!({})));
        serve.client_with(&token).get("/v1/templates").await.is(200);
    }
    for (key, algorithm) in [
        (Key::p384("a"), Algorithm::ES384),
        (Key::rsa("a"), Algorithm::RS256),
    ] {
        assert_eq!(key.algorithm, algorithm);
        let token = key.sign(&claims(json!({})));
        let refused = serve.client_with(&token).get("/v1/templates").await;
        let problem = refused.is_problem(401, "unauthorized");
        let detail = problem["detail"].as_str().expect("a text");
        assert!(detail.contains("another algorithm"), "{detail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_subject_has_a_rate_whatever_token_it_sends() {
    let world = World::new(Options::sqlite()).await;
    let key = Key::new("a");
    let file = file_of(&world, &set_of(&[&key]));
    let serve = serve(&world, &file, &[("HTTP_RATE_PER_SECOND", "2")]).await;
    let of = |subject: &str, others: Value| {
        let mut claims = claims(others);
        claims["sub"] = json!(subject);
        serve.client_with(&key.sign(&claims))
    };
    let (first, second) = (of("alice", json!({})), of("alice", json!({ "jti": "2" })));
    let other = of("bob", json!({}));
    let mut refused = 0;
    // The calls of both tokens take less than a second together, so that most are too many.
    for client in [&first, &second].iter().cycle().take(20) {
        let answer = client.get("/v1/templates").await;
        if answer.status != 200 {
            answer.is_problem(429, "rate_limited");
            let after = answer.header("retry-after").map(str::parse::<u64>);
            assert!(matches!(after, Some(Ok(1..))), "{answer:?}");
            refused += 1;
        }
    }
    assert!(refused > 0, "20 calls were not too many");
    other.get("/v1/templates").await.is(200);
}
