//! What holds for all routes: limits, headers, the caller, one log event for each call.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Response};
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{debug, error, info};

use super::auth::{Access, Caller};
use super::problem::{self, Code, Problem};
use super::trace::Trace;
use crate::duration::milliseconds;
use crate::telemetry::metrics;

/// Calls in work at once. One that comes beyond them is refused at once.
const IN_WORK: usize = 1_024;

/// Headers of every answer: nothing is kept, framed, guessed or passed on.
const HEADERS: [(HeaderName, &str); 4] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Puts the limits around all routes. Probes are not counted, so that calls make no process look dead, and are not logged: they
/// come all the time.
pub(super) fn around(calls: Router, probes: Router, is_local: bool) -> Router {
    let slots = Arc::new(Semaphore::new(IN_WORK));
    let checked = |router: Router| {
        router
            .layer(from_fn_with_state(is_local, refuse_foreign_hosts))
            .layer(CatchPanicLayer::custom(panicked))
    };
    let calls = calls.layer(from_fn_with_state(slots, limit));
    let calls = checked(calls).layer(from_fn(finish));
    calls.merge(checked(probes).layer(map_response(with_headers)))
}

/// Finds out who calls.
pub(super) async fn identify(
    State(access): State<Access>,
    mut request: Request,
    next: Next,
) -> Response {
    match access.caller(request.headers()) {
        Ok(caller) => {
            let name = Name::of(&caller);
            request.extensions_mut().insert(caller);
            let mut response = next.run(request).await;
            response.extensions_mut().insert(name);
            response
        }
        Err(problem) => problem.into_response(),
    }
}

/// The caller's name, for the log.
#[derive(Clone)]
pub(super) struct Name(Arc<str>);

impl Name {
    pub(super) fn of(caller: &Caller) -> Self {
        Self(caller.name().into())
    }
}

async fn limit(State(slots): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    match slots.try_acquire() {
        Ok(_slot) => next.run(request).await,
        Err(_) => Problem::new(Code::Overloaded, "try again in a moment")
            .retry_after(Duration::from_secs(1))
            .into_response(),
    }
}

/// Without tokens only this machine may call. A page in a browser of this machine could reach the server under a name of its
/// own, so the name has to be one of this machine.
async fn refuse_foreign_hosts(
    State(is_local): State<bool>,
    request: Request,
    next: Next,
) -> Response {
    if is_local && !is_of_this_machine(request.headers(), request.uri()) {
        let detail = "without tokens the server answers to 127.0.0.1, [::1] and localhost only";
        return Problem::new(Code::Forbidden, detail).into_response();
    }
    next.run(request).await
}

fn is_of_this_machine(headers: &HeaderMap, uri: &Uri) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let Some(host) = uri.host().or(host) else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    let is_loopback = |address: Ipv4Addr| address.is_loopback();
    name.eq_ignore_ascii_case("localhost") || name == "[::1]" || name.parse().is_ok_and(is_loopback)
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    error!(event = "http_panicked", "the handler of a call panicked");
    Problem::new(Code::Internal, "the program failed; its log says where").into_response()
}

/// Headers, the span, the metrics and the log event of a call.
async fn finish(mut request: Request, next: Next) -> Response {
    let call = Call::begin(&request);
    request.extensions_mut().insert(call.trace.clone());
    let response = next.run(request).await;
    let response = with_headers(with_trace(response, &call.trace)).await;
    call.answered(&response);
    response
}

/// The headers that every answer has, unless it has another value of its own: forms of the page need its address as the referrer.
async fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        headers.entry(name).or_insert(value);
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// A call in work. One that is dropped without an answer was abandoned by its client.
struct Call {
    started: Instant,
    method: metrics::Method,
    route: Option<MatchedPath>,
    trace: Trace,
    is_answered: bool,
}

impl Call {
    fn begin(request: &Request) -> Self {
        let method = match request.method().as_str() {
            "GET" => metrics::Method::Get,
            "POST" => metrics::Method::Post,
            "PUT" => metrics::Method::Put,
            _ => metrics::Method::Other,
        };
        let route = request.extensions().get::<MatchedPath>().cloned();
        let name = route.as_ref().map_or("-", MatchedPath::as_str);
        let trace = Trace::begin(request.headers(), method.as_str(), name);
        Self {
            started: Instant::now(),
            method,
            route,
            trace,
            is_answered: false,
        }
    }

    /// The path itself has the identity of an invoice; the route has not.
    fn route(&self) -> &str {
        self.route.as_ref().map_or("-", MatchedPath::as_str)
    }

    fn answered(mut self, response: &Response) {
        self.is_answered = true;
        let (status, elapsed) = (response.status(), self.started.elapsed());
        let code = response.extensions().get().map(Problem::code);
        let failure = code.filter(|_| status.is_server_error());
        self.trace.end(status.as_u16(), failure);
        metrics::call_answered(self.method, self.route(), status.as_u16(), elapsed);
        let caller = response.extensions().get::<Name>();
        info!(
            event = "http_answered",
            method = self.method.as_str(),
            route = self.route(),
            status = status.as_u16(),
            code,
            caller = caller.map_or("-", |Name(name)| name),
            trace_id = self.trace.id(),
            elapsed_ms = milliseconds(elapsed),
            "call answered"
        );
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.is_answered {
            return;
        }
        let elapsed = self.started.elapsed();
        self.trace.abandoned();
        metrics::call_abandoned(self.method, self.route(), elapsed);
        debug!(
            event = "http_abandoned",
            method = self.method.as_str(),
            route = self.route(),
            trace_id = self.trace.id(),
            elapsed_ms = milliseconds(elapsed),
            "the connection ended before the call was answered"
        );
    }
}

/// A problem names the trace of its call, by which the log has more. The page shows it itself.
fn with_trace(mut response: Response, trace: &Trace) -> Response {
    let media_type = response.headers().get(CONTENT_TYPE);
    if media_type.is_none_or(|it| it != problem::MEDIA_TYPE) {
        return response;
    }
    let problem = response.extensions().get::<Problem>();
    if let (Some(problem), Some(id)) = (problem, trace.id()) {
        *response.body_mut() = problem.clone().in_trace(id).to_json().into();
    }
    response
}

pub(super) async fn not_found() -> Problem {
    Problem::new(Code::NotFound, "the paths are listed at /openapi.json")
}

pub(super) async fn method_not_allowed() -> Problem {
    Problem::new(
        Code::MethodNotAllowed,
        "the header Allow lists the methods of this path",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_this_machine_are_known() {
        for (host, expected) in [
            ("127.0.0.1:8080", true),
            ("localhost", true),
            ("LocalHost:1", true),
            ("[::1]:8080", true),
            ("[::1]", true),
            ("evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example:8080", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().expect("a header"));
            let uri = Uri::from_static("/v1/invoices");
            assert_eq!(is_of_this_machine(&headers, &uri), expected, "{host}");
        }
    }
}
