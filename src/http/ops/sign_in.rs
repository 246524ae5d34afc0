//! `/sign-in` with a token, and `/sign-out`.

use std::net::IpAddr;

use askama::Template;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use tracing::{info, warn};
use url::form_urlencoded;

use super::cookie::Cookie;
use super::form::{self, Posted};
use super::layout::Layout;
use super::notice::Notice;
use super::session::{self, Who};
use super::state::Ops;
use super::visitor::Visitor;
use super::{answer, secret};
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::server::Peer;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    page: Layout,
    /// The secret of this form.
    csrf: &'a str,
    next: &'a str,
    error: Option<&'a str>,
    /// Whether the error is about the token.
    is_of_token: bool,
    /// Whether one may sign in with a token.
    takes_tokens: bool,
    /// Whether one may sign in at an identity provider.
    has_provider: bool,
}

/// Why a visitor is not signed in.
pub(super) enum Fault {
    /// The token, or how many there were.
    Token(&'static str),
    /// What came of the sign-in at the identity provider.
    Provider(&'static str),
}

/// After the session has ended, where the visitor may still have one at the identity provider.
#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOutPage<'a> {
    page: Layout,
    elsewhere: &'a str,
}

/// Where to go after the sign-in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInQuery {
    next: Option<String>,
    notice: Option<String>,
}

/// The fields of the form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignInForm {
    token: String,
    #[serde(default)]
    next: String,
}

/// The form. Who is signed in already goes on.
pub(super) async fn show(
    State(ops): State<Ops>,
    headers: HeaderMap,
    Query(query): Query<SignInQuery>,
) -> Result<Response, Problem> {
    let next = own_path(query.next.as_deref().unwrap_or_default());
    if ops.access().is_open() || session::find(&ops, &headers).await?.is_some() {
        return Ok(Redirect::to(next).into_response());
    }
    let notice = query.notice.as_deref().and_then(Notice::of);
    form(&ops, &headers, next, notice, None)
}

/// Signs in with a token.
pub(super) async fn sign_in(
    State(ops): State<Ops>,
    Extension(Peer(address)): Extension<Peer>,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let csrf = Cookie::SignIn.read(ops.settings(), &headers);
    let given: SignInForm = form::of_sign_in(&ops, request, csrf).await?;
    let next = own_path(&given.next);
    let Some((caller, sha256)) = ops.access().sign_in(given.token.trim())? else {
        return refused(&ops, &headers, next, address);
    };
    let cookie = session::sign_in(&ops, &headers, Who::Token(caller, sha256)).await?;
    let removed = Cookie::SignIn.removed(ops.settings());
    let cookies = AppendHeaders([(SET_COOKIE, cookie), (SET_COOKIE, removed)]);
    Ok((cookies, Redirect::to(next)).into_response())
}

/// Ends the session.
pub(super) async fn sign_out(
    State(ops): State<Ops>,
    visitor: Visitor,
    headers: HeaderMap,
    _form: Posted<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    session::end(&ops, &headers).await?;
    info!(
        event = "page_signed_out",
        caller = visitor.name(),
        "a visitor has signed out of the page"
    );
    let removed = [(SET_COOKIE, Cookie::Session.removed(ops.settings()))];
    match elsewhere(&ops, &visitor).await {
        None => Ok((removed, answer::done("/sign-in", Notice::SignedOut)).into_response()),
        Some(address) => Ok((removed, to_sign_out(&address)?).into_response()),
    }
}

/// Where the visitor signs out at the identity provider too, if that is possible.
async fn elsewhere(ops: &Ops, visitor: &Visitor) -> Option<String> {
    let (_, flow) = ops.access().sign_in_elsewhere()?;
    if visitor.is_of_provider() {
        flow.end_of_session().await
    } else {
        None
    }
}

/// A page that goes on to the identity provider.
fn to_sign_out(address: &str) -> Result<Response, Problem> {
    let page = answer::page(&SignedOutPage {
        page: Layout::apart("Signed out", None, Some(Notice::SignedOut)),
        elsewhere: address,
    })?;
    Ok(answer::leading(page, address))
}

/// The form again. A right token is accepted at any rate: behind a proxy all visitors have one address, and one of them
/// must not keep the others out.
fn refused(
    ops: &Ops,
    headers: &HeaderMap,
    next: &str,
    address: IpAddr,
) -> Result<Response, Problem> {
    let Err(wait) = ops.wrong_tokens().count(&network(address)) else {
        warn!(
            event = "page_sign_in_refused",
            %address,
            "a visitor gave a token that is unknown or has ended"
        );
        let error = Some(Fault::Token("The token is unknown or has ended."));
        let form = form(ops, headers, next, None, error)?;
        return Ok((StatusCode::UNAUTHORIZED, form).into_response());
    };
    let error = Some(Fault::Token(
        "Too many wrong tokens came from your address. Wait a minute.",
    ));
    let form = form(ops, headers, next, None, error)?;
    let seconds = HeaderValue::from(wait.as_secs() + 1);
    let headers = [(RETRY_AFTER, seconds)];
    Ok((StatusCode::TOO_MANY_REQUESTS, headers, form).into_response())
}

/// What counts as one address: a network of IPv6 has more addresses than can be counted.
pub(super) fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [one, two, three, four, ..] = address.segments();
            format!("{one:x}:{two:x}:{three:x}:{four:x}")
        }
    }
}

/// The form, with the secret that it has to send.
pub(super) fn form(
    ops: &Ops,
    headers: &HeaderMap,
    next: &str,
    notice: Option<Notice>,
    fault: Option<Fault>,
) -> Result<Response, Problem> {
    // Forms in other tabs stay good.
    let known = Cookie::SignIn.read(ops.settings(), headers);
    let known = known.filter(|it| secret::is_well_formed(it));
    let csrf = known.map_or_else(secret::random, ToOwned::to_owned);
    let has_provider = ops.access().sign_in_elsewhere().is_some();
    let page = answer::page(&SignInPage {
        page: Layout::apart("Sign in", None, notice),
        csrf: &csrf,
        next,
        error: fault.as_ref().map(|fault| match fault {
            Fault::Token(text) | Fault::Provider(text) => *text,
        }),
        is_of_token: matches!(fault, Some(Fault::Token(_))),
        takes_tokens: !has_provider || ops.access().has_tokens(),
        has_provider,
    })?;
    let cookie = [(SET_COOKIE, Cookie::SignIn.set(ops.settings(), &csrf))];
    Ok((cookie, page).into_response())
}

/// The address of the form, from which one goes on to this path of the page.
pub(super) fn path(next: &str) -> String {
    if next == "/" {
        return "/sign-in".to_owned();
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("next", next);
    format!("/sign-in?{}", query.finish())
}

/// A path of this page; anything else is the overview.
pub(super) fn own_path(next: &str) -> &str {
    // Browsers read a backslash as a slash, and leave out tabs and line breaks.
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    let is_own = next.starts_with('/') && !next.starts_with("//") && next.bytes().all(is_plain);
    if is_own { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_on_stays_on_this_page() {
        for (next, expected) in [
            ("/replays/7?a=b%20c", "/replays/7?a=b%20c"),
            ("/", "/"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/\t/evil.example", "/"),
            ("/ /evil.example", "/"),
            ("https://evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("evil.example", "/"),
            ("/\u{e9}", "/"),
        ] {
            assert_eq!(own_path(next), expected, "{next}");
        }
    }

    #[test]
    fn addresses_of_one_network_count_as_one() {
        let of = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(of("2001:db8:1:2::3"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::3"), of("2001:db8:1:3::3"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
