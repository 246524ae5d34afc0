//! `/v1/activity`: what the workers have done.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::api::Api;
use super::auth::Looker;
use super::failures::database;
use super::problem::Problem;
use super::query::Query;
use crate::activity::Span;
use crate::contract::Activity;

/// How far back.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ActivityQuery {
    /// The last hour, by the minute, or the last day, by ten minutes; `hour` unless given.
    #[param(value_type = Option<String>)]
    span: Option<Span>,
}

/// Show what the workers have done
///
/// How many messages a minute were processed, how they ended, and how long their stages took, in the last hour or day. Workers
/// write it once a minute into the database; figures of a time in which it was away follow when it is back.
#[utoipa::path(
    get,
    path = "/v1/activity",
    operation_id = "showActivity",
    security(("token" = ["look"])),
    tag = "status",
    params(ActivityQuery),
    responses((status = 200, description = "The figures", body = Activity)),
)]
pub(super) async fn show(
    State(api): State<Api>,
    Looker(_caller): Looker,
    Query(query): Query<ActivityQuery>,
) -> Result<Response, Problem> {
    let span = query.span.unwrap_or_default();
    let activity: Arc<Activity> = api.activity.look(span).await.map_err(|it| database(&it))?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(&*activity)).into_response())
}
