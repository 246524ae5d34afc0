//! `/metrics`, for Prometheus.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::probed::Probed;
use super::problem::Problem;

/// Prometheus' text format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All metrics.
pub(super) async fn metrics(
    State(probed): State<Probed>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    probed.check(&headers)?;
    let text = probed.observed.scrape();
    Ok(([(CONTENT_TYPE, TEXT)], text.to_string()).into_response())
}
