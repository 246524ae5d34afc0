//! Who visits the page: found by the session, before any page is made.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use url::form_urlencoded;

use super::notice::{self, Notice};
use super::session::{self, Kind, Session, Who};
use super::state::Ops;
use crate::http::auth::{Caller, Role};
use crate::http::layers;
use crate::http::problem::{Code, Problem};

/// Who visits.
#[derive(Clone, Debug)]
pub struct Visitor(Arc<Visit>);

#[derive(Debug)]
struct Visit {
    caller: Caller,
    csrf: String,
    kind: Kind,
    notice: Option<Notice>,
}

impl Visitor {
    fn new(session: Session, notice: Option<Notice>) -> Self {
        Self(Arc::new(Visit {
            caller: session.caller,
            csrf: session.csrf,
            kind: session.kind,
            notice,
        }))
    }

    /// The same as the API sees it.
    pub fn caller(&self) -> &Caller {
        &self.0.caller
    }

    /// The name, as changes record it.
    pub fn name(&self) -> &str {
        self.0.caller.name()
    }

    /// Whether the visitor may change dead letters, repairs and replays.
    pub fn may_operate(&self) -> bool {
        self.0.caller.may(Role::Operate)
    }

    /// Whether the visitor may erase personal data.
    pub fn may_erase(&self) -> bool {
        self.0.caller.may(Role::Erase)
    }

    /// Whether the visitor may request invoices, validate and preview.
    pub fn may_request(&self) -> bool {
        self.0.caller.may(Role::Request)
    }

    /// Whether the visitor may read documents, requests and what else has personal data.
    pub fn may_read(&self) -> bool {
        self.0.caller.may(Role::Read)
    }

    /// Whether the visitor sees dead letters, repairs, replays and changes: they are of all shops.
    pub fn sees_all_shops(&self) -> bool {
        self.0.caller.shops().is_none()
    }

    /// What each form has to send.
    pub fn csrf(&self) -> &str {
        &self.0.csrf
    }

    /// Whether the visitor did not sign in, since there are no tokens.
    pub fn is_local(&self) -> bool {
        self.0.kind == Kind::Local
    }

    /// Whether the visitor signed in at the identity provider.
    pub fn is_of_provider(&self) -> bool {
        self.0.kind == Kind::Provider
    }

    /// What the action before has done.
    pub fn notice(&self) -> Option<Notice> {
        self.0.notice
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let visitor = parts.extensions.get().cloned();
        visitor.ok_or_else(|| Problem::new(Code::Unauthorized, "there is no session"))
    }
}

/// Finds out who visits. A visitor without a session is led to `/sign-in`; without tokens the first visit begins a session.
pub(super) async fn visit(State(ops): State<Ops>, mut request: Request, next: Next) -> Response {
    let notice = Notice::take(request.uri_mut());
    let (session, cookie) = match session(&ops, request.headers(), request.method()).await {
        Ok(Some(found)) => found,
        Ok(None) => return to_sign_in(&request).into_response(),
        Err(problem) => return problem.into_response(),
    };
    let visitor = Visitor::new(session, notice);
    let name = layers::Name::of(visitor.caller());
    // The extractors of the API find the caller, with its roles and shops.
    request.extensions_mut().insert(visitor.caller().clone());
    request.extensions_mut().insert(visitor.clone());
    let mut response = next.run(request).await;
    if let Some(cookie) = cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response.extensions_mut().insert(name);
    response.extensions_mut().insert(visitor);
    response
}

/// The session of a request, and the cookie of one that it begins.
async fn session(
    ops: &Ops,
    headers: &HeaderMap,
    method: &Method,
) -> Result<Option<(Session, Option<HeaderValue>)>, Problem> {
    if let Some(session) = session::find(ops, headers).await? {
        return Ok(Some((session, None)));
    }
    let Some(local) = ops.access().local() else {
        return Ok(None);
    };
    if !is_reading(method) {
        let detail =
            "the session of this form has ended, and nothing was changed; open the page again";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    let (session, cookie) = session::begin(ops, Who::Local(local)).await?;
    Ok(Some((session, Some(cookie))))
}

fn is_reading(method: &Method) -> bool {
    [Method::GET, Method::HEAD].contains(method)
}

/// The way back leads to the page that was asked for, and never to an action.
fn to_sign_in(request: &Request) -> Redirect {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if !is_reading(request.method()) {
        query.append_pair(notice::PARAMETER, Notice::SessionEnded.code());
    } else if let Some(asked) = request.uri().path_and_query()
        && asked.as_str() != "/"
    {
        query.append_pair("next", asked.as_str());
    }
    match query.finish() {
        query if query.is_empty() => Redirect::to("/sign-in"),
        query => Redirect::to(&format!("/sign-in?{query}")),
    }
}
