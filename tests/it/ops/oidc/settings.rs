//! Settings of the sign-in at a provider.

use super::super::cookie;
use super::{CLIENT, PUBLIC_URL, Provider, SECRET, begin, serve};
use crate::harness::{Options, World};

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_a_client_that_cannot_be_used_end_with_2() {
    let world = World::new(Options::sqlite()).await;
    let provider = [
        ("OIDC_ISSUER", "https://login.example.com/realms/shop"),
        ("OIDC_AUDIENCE", "invoice-worker"),
        ("OIDC_JWKS", "https://login.example.com/certs"),
    ];
    let (id, secret) = (("OIDC_CLIENT_ID", CLIENT), ("OIDC_CLIENT_SECRET", SECRET));
    let public_url = ("HTTP_PUBLIC_URL", PUBLIC_URL);
    let plain = ("OIDC_ISSUER", "http://login.example.com/realms/shop");
    for (variables, expected) in [
        (vec![id, public_url], "OIDC_ISSUER is not set"),
        (vec![secret], "OIDC_ISSUER is not set"),
        (
            [&provider[..], &[secret, public_url]].concat(),
            "OIDC_CLIENT_ID is not set",
        ),
        (
            [&provider[..], &[id, secret]].concat(),
            "HTTP_PUBLIC_URL is not set; set it, for example HTTP_PUBLIC_URL=https://invoices.example.com; the identity \
             provider sends browsers back there",
        ),
        (
            [&provider[1..], &[plain, id, public_url]].concat(),
            "OIDC_ISSUER (the environment) must be a URL that begins with https://",
        ),
    ] {
        let case = format!("{variables:?}");
        let serve = world.program(&["serve"]).envs(variables);
        let finished = serve.envs([("HTTP_ADDR", "127.0.0.1:0")]).run().await;
        assert_eq!(finished.code, 2, "{case}: {finished:#?}");
        assert!(finished.stderr.contains(expected), "{case}: {finished:#?}");
        assert!(!finished.stderr.contains(SECRET), "{finished:#?}");
    }
    let config = world.program(&["config"]).envs([id, secret]).run().await;
    assert!(!config.stdout.contains(SECRET), "{config:#?}");
    assert!(config.stdout.contains("OIDC_CLIENT_SECRET"), "{config:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_of_a_sign_in_is_for_tls_only_where_browsers_come_over_tls() {
    let world = World::new(Options::sqlite()).await;
    let provider = Provider::start().await;
    let behind = [("HTTP_PUBLIC_URL", "https://invoices.example.com")];
    let serve = serve(&world, &provider, &behind).await;
    let begun = begin(&serve, "/").await;
    cookie(&begun, "__Host-invoice_oidc");
    let set = begun.header("set-cookie").expect("a cookie");
    assert!(set.contains("; SameSite=Lax; Secure"), "{set}");
    let back = "redirect_uri=https%3A%2F%2Finvoices.example.com%2Fsign-in%2Foidc%2Fdone";
    assert!(begun.header("refresh").is_some_and(|it| it.contains(back)));
}
