//! What orchestrators and Prometheus ask a process.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State as Of;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use invoice::FailureCode;
use serde::Serialize;
use time::OffsetDateTime;

use super::auth::Access;
use super::metrics;
use super::probed::Probed;
use crate::observe::Observed;
use crate::readiness::{ComponentState, Phase};

/// The routes of every process.
pub fn router(observed: Arc<Observed>) -> Router {
    routes(Probed::by_everyone(observed))
}

/// The routes of a process that serves the API: metrics and the errors of components are for callers of the API only.
pub(super) fn router_for(observed: Arc<Observed>, access: Access) -> Router {
    routes(Probed::by_callers(observed, access))
}

fn routes(probed: Probed) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics::metrics))
        .with_state(probed)
}

/// 200 as long as the process is alive, whatever else is down: an orchestrator that restarts a process because a server is
/// away makes it worse.
async fn healthz(Of(probed): Of<Probed>) -> (StatusCode, String) {
    match probed.observed.readiness.stuck_for() {
        None => (StatusCode::OK, "ok\n".to_owned()),
        Some(age) => {
            let seconds = age.as_secs();
            let text = format!("the loop of events has not gone on for {seconds} s\n");
            (StatusCode::SERVICE_UNAVAILABLE, text)
        }
    }
}

/// 200 while the process does its work.
async fn readyz(Of(probed): Of<Probed>, headers: HeaderMap) -> Response {
    let (is_ready, state) = probed.observed.readiness();
    let shows_errors = probed.check(&headers).is_ok();
    let status = if is_ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let code = match state.phase {
        Phase::HeldBack(code) => Some(code),
        Phase::Starting | Phase::Working | Phase::Connecting | Phase::Draining => None,
    };
    let components = state.known();
    let body = Readyz {
        status: state.phase.as_str(),
        since: state.since,
        code: code.map(FailureCode::as_str),
        detail: state.held_back_by.clone().filter(|_| shows_errors),
        action: code.map(|code| code.explain().action),
        components: components
            .map(|(component, state)| {
                let answer = ComponentAnswer::of(state, shows_errors);
                (component.as_str(), answer)
            })
            .collect(),
    };
    (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// The answer of `/readyz`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Readyz {
    /// What the process is doing.
    status: &'static str,
    #[serde(serialize_with = "crate::moment::serialize")]
    since: OffsetDateTime,
    /// Why no request can be processed, while it is held back.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// What a server said, which may name hosts and buckets.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// What to do about the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
    /// Those that were looked at.
    components: BTreeMap<&'static str, ComponentAnswer>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ComponentAnswer {
    state: &'static str,
    #[serde(serialize_with = "crate::moment::serialize")]
    since: OffsetDateTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<ErrorAnswer>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorAnswer {
    #[serde(serialize_with = "crate::moment::serialize")]
    at: OffsetDateTime,
    /// It may name hosts and buckets.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl ComponentAnswer {
    fn of(state: &ComponentState, shows_errors: bool) -> Self {
        let last_error = state.last_error.as_ref().map(|error| ErrorAnswer {
            at: error.at,
            detail: shows_errors.then(|| error.text.clone()),
        });
        Self {
            state: state.health.as_str(),
            since: state.since,
            last_error,
        }
    }
}
