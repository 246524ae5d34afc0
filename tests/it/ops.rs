//! The page, called as a browser does it without scripts: links, forms, cookies and redirects.

mod changes;
mod edit_history;
mod edits;
mod erasures;
mod exact;
mod export;
mod forms;
mod invoices;
mod letters;
mod oidc;
mod overview;
mod pages;
mod repairs;
mod replays;
mod roles;
mod sessions;
mod sign_in;
mod templates;
mod test_invoice;

use invoice::digest::Sha256Digest;
use serde_json::json;
use url::form_urlencoded;

use crate::api::tokens::entry;
use crate::harness::http::{Answer, Client};
use crate::harness::{Serve, World};

pub(crate) const LOOK: &str = "look-token-0123456789-0123456789";
pub(crate) const READ: &str = "read-token-0123456789-0123456789";
pub(crate) const REQUEST: &str = "request-token-0123456789-0123456789";
pub(crate) const ERASE: &str = "erase-token-0123456789-0123456789-ab";
pub(crate) const OPERATE: &str = "operate-token-0123456789-0123456789";
pub(crate) const SHOP: &str = "shop-token-0123456789-0123456789";

/// The pages that a visitor with the role `look` may see, and what each of them shows.
pub(crate) const PATHS: &[(&str, &str)] = &[
    ("/", "Overview"),
    ("/invoices", "Invoices"),
    ("/dead-letters", "Find dead letters"),
    ("/dead-letters?status=all", "Dead letters"),
    ("/repairs", "Repairs"),
    ("/replays", "Replays"),
    ("/erasures", "Erasures"),
    ("/templates", "Templates"),
    ("/changes", "Changes"),
];

/// The variables of a server with a token of each role, and one that is limited to a shop.
pub(crate) fn tokens() -> String {
    let none = json!({});
    let own = json!({ "shops": [{ "platform": "tiktok", "shopId": "own" }] });
    let list = json!([
        entry("looker", LOOK, &["look"], &none),
        entry("reader", READ, &["read"], &none),
        entry("requester", REQUEST, &["request"], &none),
        entry("operator", OPERATE, &["operate"], &none),
        entry("eraser", ERASE, &["erase"], &none),
        entry("shopkeeper", SHOP, &["request"], &own),
    ]);
    list.to_string()
}

/// A server with these tokens, for tests that call it more often than people do.
pub(crate) async fn serve(world: &World) -> Serve {
    world
        .serve_with(&[
            ("HTTP_TOKENS", &tokens()),
            ("HTTP_RATE_PER_SECOND", "100000"),
        ])
        .await
}

/// A browser with a session.
#[derive(Clone)]
pub(crate) struct Page {
    client: Client,
    csrf: String,
    /// The header that its session is in.
    pub(crate) cookie: String,
}

impl Page {
    /// Signs in.
    pub(crate) async fn sign_in(serve: &Serve, token: &str) -> Self {
        let answer = sign_in(serve, token, "/").await;
        assert_eq!(answer.status, 303, "{answer:?}");
        Self::with(serve, &cookie(&answer, "invoice_session")).await
    }

    /// The first visit, where there are no tokens.
    pub(crate) async fn local(serve: &Serve) -> Self {
        let answer = serve.client().get("/").await;
        answer.shows(&["Overview"]);
        Self::with(serve, &cookie(&answer, "invoice_session")).await
    }

    /// A browser with this cookie.
    pub(crate) async fn with(serve: &Serve, cookie: &str) -> Self {
        let client = serve.client().header("Cookie", cookie);
        // A page without tokens has no form before it has something to change.
        let html = client.get("/").await.shows(&[]);
        Self {
            client,
            csrf: field(&html, "csrf").unwrap_or_default(),
            cookie: cookie.to_owned(),
        }
    }

    /// The client, with its session.
    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    /// What its forms send.
    pub(crate) fn csrf(&self) -> &str {
        &self.csrf
    }

    /// The key of its session in the database.
    pub(crate) fn session(&self) -> String {
        let (_, secret) = self.cookie.split_once('=').expect("a cookie");
        Sha256Digest::of(secret.as_bytes()).to_string()
    }

    /// Opens a page.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.client.get(path).await
    }

    /// Sends a form of the session.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let fields = [&[("csrf", self.csrf.as_str())], fields].concat();
        post(&self.client, path, &fields).await
    }
}

/// Sends a form.
pub(crate) async fn post(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    let media_type = "application/x-www-form-urlencoded";
    let client = client.clone().header("Content-Type", media_type);
    client.call("POST", path, form.finish().as_bytes()).await
}

/// Sends the form of `/sign-in`.
pub(crate) async fn sign_in(serve: &Serve, token: &str, next: &str) -> Answer {
    let form = serve.client().get("/sign-in").await;
    let csrf = field(&form.shows(&["Sign in"]), "csrf").expect("a secret");
    let client = serve.client();
    let client = client.header("Cookie", &cookie(&form, "invoice_sign_in"));
    let fields = [("csrf", csrf.as_str()), ("token", token), ("next", next)];
    post(&client, "/sign-in", &fields).await
}

/// Bytes of a page with its style and script, and with the pictures that are part of it.
const HEAVIEST: usize = 100_000;

/// Checks that a page is light: it opens at once on a slow connection, too.
pub(crate) async fn is_light(client: &Client, answer: &Answer) {
    let html = answer.shows(&["</html>"]);
    let mut weight = html.len();
    let assets = html.split('"').filter(|it| it.starts_with("/assets/"));
    for path in assets {
        weight += client.get(path).await.body.len();
    }
    let title = html
        .split("<h1>")
        .nth(1)
        .and_then(|rest| rest.split('<').next());
    println!("{title:?}: {weight} bytes");
    assert!(weight < HEAVIEST, "{title:?}: {weight} bytes");
}

/// A cookie that an answer sets, as `name=value`.
#[track_caller]
pub(crate) fn cookie(answer: &Answer, name: &str) -> String {
    let mut cookies = answer.headers("set-cookie");
    let set = cookies.find(|value| value.starts_with(&format!("{name}=")));
    let set = set.unwrap_or_else(|| panic!("{name} is not set: {answer:?}"));
    set.split(';').next().unwrap_or_default().to_owned()
}

/// Where a redirect leads.
#[track_caller]
pub(crate) fn location(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{answer:?}");
    answer.header("location").expect("Location").to_owned()
}

/// The first link or form that leads to an address with this beginning.
#[track_caller]
pub(crate) fn link(html: &str, beginning: &str) -> String {
    let found = ["href", "action"].into_iter().find_map(|name| {
        let start = format!("{name}=\"{beginning}");
        let (_, rest) = html.split_once(start.as_str())?;
        let (rest, _) = rest.split_once('"')?;
        Some(format!("{beginning}{rest}").replace("&#38;", "&"))
    });
    found.unwrap_or_else(|| panic!("nothing leads to {beginning}: {html}"))
}

/// The value of a hidden field.
pub(crate) fn field(html: &str, name: &str) -> Option<String> {
    let (_, rest) = html.split_once(&format!("name=\"{name}\" value=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.to_owned())
}

/// Whether the answer leads to the sign-in.
#[track_caller]
pub(crate) fn leads_to_sign_in(answer: &Answer) {
    let location = answer.header("location").unwrap_or_default();
    let is_sign_in = location == "/sign-in" || location.starts_with("/sign-in?");
    assert!(answer.status == 303 && is_sign_in, "{answer:?}");
}
