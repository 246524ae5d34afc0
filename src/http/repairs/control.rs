//! What operators do with a repair.

use std::num::NonZeroU32;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{refusal, waited};
use crate::broker::Lane;
use crate::contract::RepairResource;
use crate::database::repair::Model;
use crate::http::api::Api;
use crate::http::auth::{Caller, Operator};
use crate::http::body;
use crate::http::dead_letters::Reason;
use crate::http::path::Number;
use crate::http::problem::Problem;
use crate::http::replays::ReasonBody;
use crate::repairs::{self, Apply, ControlError, Followed, templates_digest};

/// How the changes of a repair are made.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ApplyBody {
    /// `updatedAt` of the repair that you have seen: one that has changed since then is refused.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) updated_at: OffsetDateTime,
    /// Why, for the record: of the edits and of the replay.
    pub(crate) reason: Reason,
    /// Requests a second at most, of the replay.
    #[schema(value_type = Option<u32>, minimum = 1)]
    pub(crate) rate: Option<NonZeroU32>,
    /// Requests at most, of the replay: those with the lowest numbers. The others are edited, and stay open.
    #[schema(value_type = Option<u32>, minimum = 1)]
    pub(crate) limit: Option<NonZeroU32>,
    /// Lane of the requests: in the bulk lane, which is the usual one, they keep no ordinary requests waiting.
    #[schema(value_type = Option<String>)]
    pub(crate) lane: Option<Lane>,
}

/// Who approves the changes of a repair has seen it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ApproveBody {
    /// `updatedAt` of the repair that you have seen: one that has changed since then is refused.
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
    /// Why, for the record.
    reason: Reason,
}

impl ApplyBody {
    /// Applies a repair with the templates that are in use.
    pub(crate) async fn apply(
        &self,
        api: &Api,
        caller: &Caller,
        id: i64,
    ) -> Result<Model, ControlError> {
        let templates = templates_digest(&api.templates.current().catalog).await;
        let terms = Apply {
            lane: self.lane.unwrap_or(Lane::Bulk),
            rate: self.rate.map(NonZeroU32::get),
            limit: self.limit.map(|limit| limit.get().into()),
            needs_approval: api.repairs_need_approval,
            seen_at: self.updated_at,
            templates: Some(&templates),
            by: caller.by(&self.reason.0),
        };
        repairs::apply(&api.database, id, terms).await
    }
}

/// Apply a repair
///
/// The letters that would be issued get the very requests that were tried, and are replayed; all others stay as they are. It is
/// possible after the trial only, with the templates of the trial, and as you have seen it. Where the server asks for it, another
/// person has to approve it first. With `Prefer: wait=N` the answer comes when all outcomes are known, or another person has to
/// approve it, after N seconds (60 at most) at the latest.
#[utoipa::path(
    post,
    path = "/v1/repairs/{id}/apply",
    operation_id = "applyRepair",
    security(("token" = ["operate"])),
    tag = "repairs",
    params(
        ("id" = i64, Path, description = "Its number"),
        ("Prefer" = Option<String>, Header, description = "`wait=N` (RFC 7240): wait up to N seconds for all outcomes, 60 at most", example = "wait=10"),
    ),
    request_body = ApplyBody,
    responses(
        (
            status = 200, description = "The repair, which is `applying` or `waiting_for_approval`, or as it is after the wait that was asked for", body = RepairResource,
            headers(("Preference-Applied" = String, description = "`wait=N`, after a wait that was asked for")),
        ),
        (status = 404, description = "There is none of this number"),
        (
            status = 409,
            description = "It was not tried, it has changed since you have seen it, nothing would be issued, or the templates have changed since the trial",
        ),
        (status = 422, description = "The body is not valid"),
    ),
)]
pub(crate) async fn apply(
    State(api): State<Api>,
    Operator(caller): Operator,
    Number(id): Number,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let body: ApplyBody = body::json(&headers, body).await?;
    let repair = body.apply(&api, &caller, id).await;
    Ok(waited(&api, &headers, followed(&api, repair).await?).await)
}

/// Approve a repair
///
/// Of one that waits for it, as you have seen it, by another person than those who made and applied it. With `Prefer: wait=N` the
/// answer comes when all outcomes are known, after N seconds (60 at most) at the latest.
#[utoipa::path(
    post,
    path = "/v1/repairs/{id}/approve",
    operation_id = "approveRepair",
    security(("token" = ["operate"])),
    tag = "repairs",
    params(
        ("id" = i64, Path, description = "Its number"),
        ("Prefer" = Option<String>, Header, description = "`wait=N` (RFC 7240): wait up to N seconds for all outcomes, 60 at most", example = "wait=10"),
    ),
    request_body = ApproveBody,
    responses(
        (
            status = 200, description = "The repair, which is `applying`, or as it is after the wait that was asked for", body = RepairResource,
            headers(("Preference-Applied" = String, description = "`wait=N`, after a wait that was asked for")),
        ),
        (status = 403, description = "The caller has made or applied it"),
        (status = 404, description = "There is none of this number"),
        (status = 409, description = "It does not wait for approval, or it has changed since you have seen it"),
        (status = 422, description = "The body is not valid"),
    ),
)]
pub(crate) async fn approve(
    State(api): State<Api>,
    Operator(caller): Operator,
    Number(id): Number,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let ApproveBody { updated_at, reason } = body::json(&headers, body).await?;
    let repair = repairs::approve(&api.database, id, updated_at, caller.by(&reason.0)).await;
    Ok(waited(&api, &headers, followed(&api, repair).await?).await)
}

/// Cancel a repair
///
/// The process that works on it stops after its letter. What was edited stays edited, and a replay of it is cancelled as well: the
/// repair is `replaying` until the process that runs the replay has stopped.
#[utoipa::path(
    post,
    path = "/v1/repairs/{id}/cancel",
    operation_id = "cancelRepair",
    security(("token" = ["operate"])),
    tag = "repairs",
    params(("id" = i64, Path, description = "Its number")),
    request_body = ReasonBody,
    responses(
        (status = 200, description = "The repair; it may keep its state until its letter is done", body = RepairResource),
        (status = 404, description = "There is none of this number"),
        (status = 409, description = "It is over"),
        (status = 422, description = "The body is not valid"),
    ),
)]
pub(crate) async fn cancel(
    State(api): State<Api>,
    Operator(caller): Operator,
    Number(id): Number,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<RepairResource>, Problem> {
    let ReasonBody { reason } = body::json(&headers, body).await?;
    let repair = repairs::cancel(&api.database, id, caller.by(&reason.0)).await;
    changed(&api, repair).await
}

/// Resume a repair
///
/// One that was cancelled or has failed goes on where it was. One that was tried, and is not applied, is tried again from the
/// beginning.
#[utoipa::path(
    post,
    path = "/v1/repairs/{id}/resume",
    operation_id = "resumeRepair",
    security(("token" = ["operate"])),
    tag = "repairs",
    params(("id" = i64, Path, description = "Its number")),
    request_body = ReasonBody,
    responses(
        (status = 200, description = "The repair, which waits for a process", body = RepairResource),
        (status = 404, description = "There is none of this number"),
        (status = 409, description = "It was not stopped, or is done"),
        (status = 422, description = "The body is not valid"),
    ),
)]
pub(crate) async fn resume(
    State(api): State<Api>,
    Operator(caller): Operator,
    Number(id): Number,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<RepairResource>, Problem> {
    let ReasonBody { reason } = body::json(&headers, body).await?;
    let repair = repairs::resume(&api.database, id, caller.by(&reason.0)).await;
    changed(&api, repair).await
}

/// A repair that was changed, with what is known of its replay.
async fn changed(
    api: &Api,
    repair: Result<Model, ControlError>,
) -> Result<Json<RepairResource>, Problem> {
    Ok(Json(followed(api, repair).await?.into()))
}

async fn followed(api: &Api, repair: Result<Model, ControlError>) -> Result<Followed, Problem> {
    let row = repair.map_err(refusal)?;
    repairs::find(&api.database, row.id).await.map_err(refusal)
}
