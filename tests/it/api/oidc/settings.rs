//! Settings of a provider.

use serde_json::json;

use super::{AUDIENCE, ISSUER, Key, file_of, set_of};
use crate::harness::{Options, World};

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_a_provider_that_cannot_be_used_end_with_2() {
    let world = World::new(Options::sqlite()).await;
    let good = file_of(&world, &set_of(&[&Key::new("a")]));
    let file = |name: &str, content: &str| {
        let path = world.path(name);
        std::fs::write(&path, content).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    };
    let html = file("html.json", "<html>");
    let empty = file("empty.json", r#"{"keys":[]}"#);
    let shared = file(
        "shared.json",
        r#"{"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]}"#,
    );
    let mut large = Key::new("a").public;
    large["crv"] = json!("P-521");
    let large = file("large.json", &json!({ "keys": [large] }).to_string());
    let issuer = ("OIDC_ISSUER", ISSUER);
    let audience = ("OIDC_AUDIENCE", AUDIENCE);
    for (variables, expected) in [
        (vec![issuer], "OIDC_AUDIENCE"),
        (vec![issuer, audience], "OIDC_JWKS"),
        (vec![audience], "OIDC_ISSUER"),
        (vec![("OIDC_JWKS", &*good)], "OIDC_ISSUER"),
        (vec![issuer, ("OIDC_JWKS", &good)], "OIDC_AUDIENCE"),
        (
            vec![issuer, ("OIDC_AUDIENCE", ""), ("OIDC_JWKS", &good)],
            "OIDC_AUDIENCE",
        ),
        (
            vec![issuer, audience, ("OIDC_JWKS", "/does/not/exist")],
            "OIDC_JWKS (the environment) is /does/not/exist, which cannot be read",
        ),
        (
            vec![issuer, audience, ("OIDC_JWKS", &html)],
            "OIDC_JWKS (the environment) has no set of keys",
        ),
        (
            vec![issuer, audience, ("OIDC_JWKS", &empty)],
            "OIDC_JWKS (the environment) has no key",
        ),
        (
            vec![issuer, audience, ("OIDC_JWKS", &shared)],
            "OIDC_JWKS (the environment) has no key",
        ),
        (
            vec![issuer, audience, ("OIDC_JWKS", &large)],
            "of the curves P-256, P-384 and Ed25519",
        ),
        (
            vec![
                issuer,
                audience,
                ("OIDC_JWKS", "http://login.example.com/certs"),
            ],
            "OIDC_JWKS (the environment) must be a path",
        ),
        (
            vec![
                issuer,
                audience,
                ("OIDC_JWKS", "http://127.0.0.1@login.example.com/certs"),
            ],
            "OIDC_JWKS (the environment) must be a path",
        ),
        (
            vec![issuer, audience, ("OIDC_JWKS", "ftp://127.0.0.1/certs")],
            "OIDC_JWKS (the environment) must be a path",
        ),
        (
            vec![issuer, audience, ("OIDC_JWKS", "https://")],
            "OIDC_JWKS (the environment) is neither",
        ),
    ] {
        let case = format!("{variables:?}");
        let serve = world.program(&["serve"]).envs(variables);
        let finished = serve.envs([("HTTP_ADDR", "127.0.0.1:0")]).run().await;
        assert_eq!(finished.code, 2, "{case}: {finished:#?}");
        assert!(finished.stderr.contains(expected), "{case}: {finished:#?}");
    }
}
