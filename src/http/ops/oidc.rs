//! `/sign-in/oidc`: the way to the identity provider, and back.

mod refusal;

use std::time::Duration;

use askama::Template;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{AppendHeaders, IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use time::OffsetDateTime;
use tracing::{info, warn};

use self::refusal::{Refusal, known_error};
use super::attempt::Attempt;
use super::cookie::Cookie;
use super::layout::Layout;
use super::session::{self, Who};
use super::sign_in::{self, Fault, network, own_path};
use super::state::Ops;
use super::{answer, form, secret};
use crate::http::auth::{Caller, CodeFlow, Failure, Oidc, Secrets};
use crate::http::failures::database;
use crate::http::problem::{Code, Problem};
use crate::http::query::Query;
use crate::http::server::Peer;
use crate::text::one_line;

/// Longest text about a provider in the log, in characters: it may quote what the provider has sent.
const LONGEST_PROBLEM: usize = 300;

/// Where to go after the sign-in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StartQuery {
    next: Option<String>,
}

/// The form that begins a sign-in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StartForm {
    #[serde(default)]
    next: String,
}

/// The page that goes on to the provider.
#[derive(Template)]
#[template(path = "to_provider.html")]
struct ToProviderPage<'a> {
    page: Layout,
    elsewhere: &'a str,
}

/// What comes back with the browser. Providers send more, which is ignored (RFC 6749, 4.1.2).
#[derive(Deserialize)]
pub(super) struct DoneQuery {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// A link or a bookmark leads to the form. Any site can have a browser open this address, so that nothing begins here.
pub(super) async fn to_form(
    State(ops): State<Ops>,
    Query(query): Query<StartQuery>,
) -> Result<Redirect, Problem> {
    provider(&ops)?;
    let next = own_path(query.next.as_deref().unwrap_or_default());
    Ok(Redirect::to(&sign_in::path(next)))
}

/// Sends the browser to the provider, where the form of the sign-in asks for it.
pub(super) async fn start(
    State(ops): State<Ops>,
    Extension(Peer(address)): Extension<Peer>,
    request: Request,
) -> Result<Response, Problem> {
    let (_, flow) = provider(&ops)?;
    let headers = request.headers().clone();
    let csrf = Cookie::SignIn.read(ops.settings(), &headers);
    let given: StartForm = form::of_sign_in(&ops, request, csrf).await?;
    let next = own_path(&given.next);
    if let Err(wait) = ops.starts().count(&network(address)) {
        return limited(&ops, &headers, next, wait);
    }
    let Ok(_slot) = ops.exchanges().try_acquire() else {
        return refused(&ops, &headers, next, Refusal::Busy);
    };
    let attempt = Attempt::begin(next, OffsetDateTime::now_utc());
    match flow.authorization(&attempt.secrets()).await {
        Ok(url) => {
            let cookie = Cookie::Oidc.set(ops.settings(), attempt.cookie());
            let page = answer::page(&ToProviderPage {
                page: Layout::apart("Sign in", None, None),
                elsewhere: &url,
            })?;
            Ok(([(SET_COOKIE, cookie)], answer::leading(page, &url)).into_response())
        }
        Err(failure) => refused(&ops, &headers, next, reported(&failure)),
    }
}

/// Signs in the visitor that comes back from the provider.
pub(super) async fn done(
    State(ops): State<Ops>,
    Extension(Peer(address)): Extension<Peer>,
    headers: HeaderMap,
    Query(query): Query<DoneQuery>,
) -> Result<Response, Problem> {
    let (provider, flow) = provider(&ops)?;
    let attempt = Cookie::Oidc.read(ops.settings(), &headers);
    let attempt = attempt.and_then(|it| Attempt::read(it, OffsetDateTime::now_utc()));
    let Some(attempt) = attempt else {
        return refused(&ops, &headers, "/", Refusal::Foreign);
    };
    let next = own_path(attempt.next());
    let secrets = attempt.secrets();
    let code = match code(&query, &secrets, flow.issuer()) {
        Ok(code) => code,
        Err(refusal) => {
            let error = query.error.as_deref().map(known_error);
            return refused_with(&ops, &headers, next, refusal, error);
        }
    };
    // A cookie and its state can be invented, and each code has the provider asked.
    if let Err(wait) = ops.ways_back().count(&network(address)) {
        return limited(&ops, &headers, next, wait);
    }
    let Ok(_slot) = ops.exchanges().try_acquire() else {
        return refused(&ops, &headers, next, Refusal::Busy);
    };
    let caller = match visitor(provider, flow, code, &secrets).await {
        Ok(caller) => caller,
        Err(refusal) => return refused(&ops, &headers, next, refusal),
    };
    // A provider that exchanges a code twice must not make two sessions of one sign-in.
    let archive = &ops.api().database;
    let using = archive.use_sign_in(attempt.id(), attempt.ends_at()).await;
    if !using.map_err(|error| database(&error))? {
        return refused(&ops, &headers, next, Refusal::Foreign);
    }
    let client = session::client_of(flow);
    let cookie = session::sign_in(&ops, &headers, Who::Provider(caller, client)).await?;
    let settings = ops.settings();
    let cookies = AppendHeaders([
        (SET_COOKIE, cookie),
        (SET_COOKIE, Cookie::Oidc.removed(settings)),
        (SET_COOKIE, Cookie::SignIn.removed(settings)),
    ]);
    Ok((cookies, Redirect::to(next)).into_response())
}

fn provider(ops: &Ops) -> Result<(&Oidc, &CodeFlow), Problem> {
    let provider = ops.access().sign_in_elsewhere();
    provider.ok_or_else(|| {
        let detail = "there is no sign-in at an identity provider: OIDC_CLIENT_ID is not set";
        Problem::new(Code::NotFound, detail)
    })
}

/// The code of an answer that belongs to this sign-in.
fn code<'a>(query: &'a DoneQuery, secrets: &Secrets, issuer: &str) -> Result<&'a str, Refusal> {
    let state = query.state.as_deref().unwrap_or_default();
    // An answer that names its issuer must be of ours (RFC 9207).
    let is_ours = query.iss.as_deref().is_none_or(|iss| iss == issuer);
    if !secret::is_same(state, &secrets.state) || !is_ours {
        return Err(Refusal::Foreign);
    }
    match (query.error.as_deref(), query.code.as_deref()) {
        (None, Some(code)) if !code.is_empty() => Ok(code),
        (Some("access_denied"), _) => Err(Refusal::Denied),
        (Some("temporarily_unavailable"), _) => Err(Refusal::Unavailable),
        (Some(_) | None, _) => Err(Refusal::Failed),
    }
}

async fn visitor(
    provider: &Oidc,
    flow: &CodeFlow,
    code: &str,
    secrets: &Secrets,
) -> Result<Caller, Refusal> {
    let caller = provider.visitor(flow, code, secrets).await;
    let caller = caller.map_err(|failure| reported(&failure))?;
    if caller.roles().is_empty() {
        return Err(Refusal::NoRole);
    }
    Ok(caller)
}

/// Logs what only operators can do something about.
fn reported(failure: &Failure) -> Refusal {
    match failure {
        Failure::Unavailable(problem) => {
            let problem = one_line(problem, LONGEST_PROBLEM);
            warn!(
                event = "oidc_provider_unavailable",
                problem, "the identity provider cannot be asked for a sign-in"
            );
            Refusal::Unavailable
        }
        Failure::Token(problem) => {
            warn!(
                event = "oidc_id_token_refused",
                problem, "the identity provider sent an ID token that is not valid"
            );
            Refusal::Invalid
        }
        Failure::Code => Refusal::Foreign,
    }
}

/// The form of the sign-in, which says why there is no session.
fn refused(
    ops: &Ops,
    headers: &HeaderMap,
    next: &str,
    refusal: Refusal,
) -> Result<Response, Problem> {
    refused_with(ops, headers, next, refusal, None)
}

/// The same with the error of the provider, for the log only.
fn refused_with(
    ops: &Ops,
    headers: &HeaderMap,
    next: &str,
    refusal: Refusal,
    error: Option<&'static str>,
) -> Result<Response, Problem> {
    info!(
        event = "page_oidc_refused",
        reason = refusal.reason(),
        error,
        "a sign-in at the identity provider has ended without a session"
    );
    let mut form = said(ops, headers, next, refusal)?;
    // What came from elsewhere must not end a sign-in of this browser.
    if refusal != Refusal::Foreign {
        let removed = Cookie::Oidc.removed(ops.settings());
        form.headers_mut().append(SET_COOKIE, removed);
    }
    Ok(form)
}

/// The form where the network of the visitor has used its rate up. The log has the call and no more, and the sign-in of this browser
/// goes on: the visitor may load the page again.
fn limited(
    ops: &Ops,
    headers: &HeaderMap,
    next: &str,
    wait: Duration,
) -> Result<Response, Problem> {
    let mut form = said(ops, headers, next, Refusal::TooMany)?;
    let seconds = HeaderValue::from(wait.as_secs() + 1);
    form.headers_mut().insert(RETRY_AFTER, seconds);
    Ok(form)
}

fn said(ops: &Ops, headers: &HeaderMap, next: &str, refusal: Refusal) -> Result<Response, Problem> {
    let fault = Some(Fault::Provider(refusal.text()));
    let form = sign_in::form(ops, headers, next, None, fault)?;
    Ok((refusal.status(), form).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        let text = |text: &str| text.to_owned();
        Secrets {
            state: text("state"),
            nonce: text("nonce"),
            verifier: text("verifier"),
        }
    }

    #[test]
    fn only_an_answer_to_this_sign_in_has_a_code() {
        use Refusal::{Denied, Failed, Foreign, Unavailable};
        for (query, expected) in [
            ("state=state&code=a", Ok("a")),
            ("state=state&code=a&iss=issuer&session_state=b", Ok("a")),
            ("state=state&code=a&iss=other", Err(Foreign)),
            ("state=nonce&code=a", Err(Foreign)),
            ("state=&code=a", Err(Foreign)),
            ("code=a", Err(Foreign)),
            ("error=access_denied", Err(Foreign)),
            ("state=state&error=access_denied", Err(Denied)),
            ("state=state&error=access_denied&code=a", Err(Denied)),
            (
                "state=state&error=temporarily_unavailable",
                Err(Unavailable),
            ),
            ("state=state&error=%3Cscript%3E&code=a", Err(Failed)),
            ("state=state&code=", Err(Failed)),
            ("state=state", Err(Failed)),
        ] {
            let parsed: DoneQuery = crate::http::query::parse(query).expect("a query");
            assert_eq!(code(&parsed, &secrets(), "issuer"), expected, "{query}");
        }
    }
}
