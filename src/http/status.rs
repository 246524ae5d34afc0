//! `/v1/status`: the state of the whole.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Response};

use super::api::Api;
use super::auth::Looker;
use crate::contract::Status;

/// Show the state of the whole
///
/// What waits in the queues, which workers run, whether the servers answer, and how many dead letters are open. It is at most a
/// second old, and answered within some seconds also while servers are away: what could not be asked is null then, and
/// `problems` says why.
#[utoipa::path(
    get,
    path = "/v1/status",
    operation_id = "showStatus",
    security(("token" = ["look"])),
    tag = "status",
    responses((status = 200, description = "The state", body = Status)),
)]
pub(super) async fn show(State(api): State<Api>, Looker(_caller): Looker) -> Response {
    let status: Arc<Status> = api.status.look().await;
    ([(CACHE_CONTROL, "no-store")], Json(&*status)).into_response()
}
