//! Signing in at an identity provider.

mod journey;
mod pages;
mod provider;
mod refusals;
mod settings;
mod tokens;

use url::Url;

use self::provider::Provider;
use super::{cookie, field, post};
use crate::harness::http::Answer;
use crate::harness::{Serve, World};

const CLIENT: &str = "invoice-worker-page";
const SECRET: &str = "a-secret-of-the-client-0123456789";
const PUBLIC_URL: &str = "http://invoices.example.com";

/// A server whose visitors sign in at the provider.
async fn serve(world: &World, provider: &Provider, more: &[(&str, &str)]) -> Serve {
    serve_of(world, &provider.issuer(), more).await
}

/// The same of this issuer.
async fn serve_of(world: &World, issuer: &str, more: &[(&str, &str)]) -> Serve {
    let keys = format!("{issuer}/certs");
    let usual = [
        ("OIDC_ISSUER", issuer),
        ("OIDC_AUDIENCE", "invoice-worker"),
        ("OIDC_JWKS", &keys),
        ("OIDC_CLIENT_ID", CLIENT),
        ("OIDC_CLIENT_SECRET", SECRET),
        ("HTTP_PUBLIC_URL", PUBLIC_URL),
    ];
    world.serve_with(&[&usual, more].concat()).await
}

/// A browser on its way to the provider.
struct Way {
    /// The cookie of the sign-in.
    cookie: String,
    /// Where it was sent.
    address: Url,
}

impl Way {
    async fn begin(serve: &Serve, next: &str) -> Self {
        let answer = begin(serve, next).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let refresh = answer.header("refresh").expect("a way on");
        let address = refresh.strip_prefix("0; url=").expect("an address");
        // Without the header there is a link.
        answer.shows(&[&format!("href=\"{}\"", address.replace('&', "&#38;"))]);
        Self {
            cookie: cookie(&answer, "invoice_oidc"),
            address: Url::parse(address).expect("an address"),
        }
    }

    /// A parameter that was sent to the provider.
    fn sent(&self, name: &str) -> String {
        let mut pairs = self.address.query_pairs();
        let found = pairs.find(|(other, _)| other == name);
        found.expect("the parameter").1.into_owned()
    }

    /// Signs in at the provider; answers the path that the browser is sent back to.
    async fn authorize(&self, provider: &Provider) -> String {
        let path = format!(
            "{}?{}",
            self.address.path(),
            self.address.query().unwrap_or_default()
        );
        let answer = provider.client().get(&path).await;
        assert_eq!(answer.status, 302, "{answer:?}");
        let back = answer.header("location").expect("a way back");
        back.strip_prefix(PUBLIC_URL)
            .expect("our address")
            .to_owned()
    }

    /// Comes back by this path.
    async fn done(&self, serve: &Serve, path: &str) -> Answer {
        let client = serve.client().header("Cookie", &self.cookie);
        client.get(path).await
    }
}

/// Sends the form that begins a sign-in at the provider.
async fn begin(serve: &Serve, next: &str) -> Answer {
    let form = serve.client().get("/sign-in").await;
    let html = form.shows(&["action=\"/sign-in/oidc\""]);
    let csrf = field(&html, "csrf").expect("a secret");
    let mut set = form.headers("set-cookie");
    let name = match set.any(|it| it.starts_with("__Host-")) {
        true => "__Host-invoice_sign_in",
        false => "invoice_sign_in",
    };
    let client = serve.client();
    let client = client.header("Cookie", &cookie(&form, name));
    let fields = [("csrf", csrf.as_str()), ("next", next)];
    post(&client, "/sign-in/oidc", &fields).await
}

/// The whole way; answers the last step of it.
async fn sign_in(serve: &Serve, provider: &Provider, next: &str) -> Answer {
    let way = Way::begin(serve, next).await;
    let path = way.authorize(provider).await;
    way.done(serve, &path).await
}

/// Checks that an answer has this status and says this, and begins no session.
#[track_caller]
fn is_refused(answer: &Answer, status: u16, text: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    answer.shows(&[text, "Sign in with the identity provider"]);
    let mut cookies = answer.headers("set-cookie");
    assert!(
        cookies.all(|it| !it.starts_with("invoice_session=")),
        "{answer:?}"
    );
}
