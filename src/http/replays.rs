//! `/v1/replays`: replays of dead letters, which run in any process that serves.

use std::num::NonZeroU32;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::api::Api;
use super::auth::{AllShopsReader, Operator};
use super::dead_letters::{GROUPED, Reason, TargetsBody, counted, searched};
use super::failures::database;
use super::page::{PageQuery, Paged};
use super::path::Number;
use super::problem::{Code, Problem};
use super::run_status::StatusFilter;
use super::{body, prefer};
use crate::broker::Lane;
use crate::contract::{ReplayPage, ReplayPlan, ReplayResource};
use crate::database::RunStatus;
use crate::database::dead_letters::Frozen;
use crate::database::replay::Model;
use crate::replays::{self, ControlError, Plan, Terms};

/// A replay to be created.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ReplayBody {
    /// Which dead letters.
    targets: TargetsBody,
    /// Why, for the record. Only a dry run needs none.
    reason: Option<Reason>,
    /// Only count what would be replayed.
    #[serde(default)]
    dry_run: bool,
    /// Requests a second at most.
    #[schema(value_type = Option<u32>, minimum = 1)]
    rate: Option<NonZeroU32>,
    /// Requests at most, those with the lowest numbers.
    #[schema(value_type = Option<u32>, minimum = 1)]
    limit: Option<NonZeroU32>,
    /// Lane of the requests: in the bulk lane, which is the usual one, they keep no ordinary requests waiting.
    #[schema(value_type = Option<String>)]
    lane: Option<Lane>,
}

/// Replay dead letters
///
/// What is selected is fixed now. A process that serves runs the replay; it survives the end of that process, and is run once
/// however many there are.
#[utoipa::path(
    post,
    path = "/v1/replays",
    operation_id = "createReplay",
    security(("token" = ["operate"])),
    tag = "replays",
    request_body = ReplayBody,
    responses(
        (status = 200, description = "Of a dry run: what would be replayed", body = ReplayPlan),
        (status = 201, description = "The replay, which has not begun", body = ReplayResource),
        (status = 404, description = "There is no dead letter of a given number"),
        (status = 422, description = "The body is not valid"),
    ),
)]
pub(super) async fn create(
    State(api): State<Api>,
    Operator(caller): Operator,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let new: ReplayBody = body::json(&headers, body).await?;
    if new.reason.is_none() && !new.dry_run {
        return Err(no_reason());
    }
    let frozen = new.targets.freeze(&api).await?;
    let reasons = new.targets.reasons(&api, &frozen).await?;
    let limit = new.limit.map(|limit| limit.get().into());
    let plan = planned(&api, frozen, limit).await?;
    if new.dry_run {
        let groups = plan.groups(&api.database, GROUPED);
        return Ok(Json(ReplayPlan {
            total: plan.total,
            groups: counted(&api, groups).await?,
            reasons,
        })
        .into_response());
    }
    let reason = new.reason.ok_or_else(no_reason)?;
    let terms = Terms {
        lane: new.lane.unwrap_or(Lane::Bulk),
        rate: new.rate.map(NonZeroU32::get),
        by: caller.by(&reason.0),
    };
    let replay = replays::create(&api.database, &plan, terms).await;
    let replay = replay.map_err(|error| database(&error))?;
    let location = (LOCATION, format!("/v1/replays/{}", replay.id));
    // Nothing is published yet.
    let replay = Json(ReplayResource::new(replay, 0, 0));
    Ok((StatusCode::CREATED, [location], replay).into_response())
}

/// What a replay of these dead letters would do.
pub(super) async fn planned(
    api: &Api,
    frozen: Frozen,
    limit: Option<u64>,
) -> Result<Plan, Problem> {
    let text = frozen.selection.text.clone();
    let plan = Plan::new(&api.database, frozen, limit);
    let plan = searched(api, text.as_deref(), plan).await?;
    plan.map_err(|error| database(&error))
}

/// Which replays.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReplayQuery {
    /// In this state.
    #[param(inline)]
    status: Option<StatusFilter>,
}

/// List replays
///
/// The newest first.
#[utoipa::path(
    get,
    path = "/v1/replays",
    operation_id = "listReplays",
    security(("token" = ["read"])),
    tag = "replays",
    params(ReplayQuery, PageQuery),
    responses((status = 200, description = "A page", body = ReplayPage)),
)]
pub(super) async fn list(
    State(api): State<Api>,
    AllShopsReader(_caller): AllShopsReader,
    paged: Paged<ReplayQuery>,
) -> Result<Response, Problem> {
    let status = paged.filter.status.map(StatusFilter::status);
    let page = listed(&api, status, &paged).await?;
    Ok(paged.answer(&page, page.next_cursor.as_deref()))
}

/// A page of replays.
pub(super) async fn listed<T>(
    api: &Api,
    status: Option<RunStatus>,
    paged: &Paged<T>,
) -> Result<ReplayPage, Problem> {
    let described = format!("replays {status:?}");
    let read = async |after, limit| {
        let page = replays::list(&api.database, status, after, limit).await;
        page.map_err(|error| database(&error))
    };
    let (items, next_cursor) = paged.numbered(&described, read).await?;
    Ok(ReplayPage {
        items: items.into_iter().map(ReplayResource::from).collect(),
        next_cursor,
    })
}

/// Show a replay
///
/// With its progress, and with what became of the requests that were published. With `Prefer: wait=N` the answer comes when the
/// replay is over and all outcomes are known, after N seconds (60 at most) at the latest.
#[utoipa::path(
    get,
    path = "/v1/replays/{id}",
    operation_id = "showReplay",
    security(("token" = ["read"])),
    tag = "replays",
    params(
        ("id" = i64, Path, description = "Its number"),
        ("Prefer" = Option<String>, Header, description = "`wait=N` (RFC 7240): wait up to N seconds for all outcomes, 60 at most", example = "wait=10"),
    ),
    responses(
        (
            status = 200, description = "The replay", body = ReplayResource,
            headers(("Preference-Applied" = String, description = "`wait=N`, after a wait that was asked for")),
        ),
        (status = 404, description = "There is none of this number"),
    ),
)]
pub(super) async fn show(
    State(api): State<Api>,
    AllShopsReader(_caller): AllShopsReader,
    Number(id): Number,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wait = prefer::wait(&headers);
    let (Some(longest), Ok(_slot)) = (wait, api.waiting().try_acquire()) else {
        let replay = replays::look(&api.database, id).await.map_err(control)?;
        return Ok(Json(ReplayResource::from(replay)).into_response());
    };
    let waited = replays::wait(&api.database, id, longest, api.stopping(), |_| {}).await;
    let replay = Json(ReplayResource::from(waited.map_err(control)?));
    Ok(([prefer::applied(longest)], replay).into_response())
}

/// A replay that was changed, with what is known of its requests.
async fn known(
    api: &Api,
    replay: Result<Model, ControlError>,
) -> Result<Json<ReplayResource>, Problem> {
    let replay = replays::known(&api.database, replay.map_err(control)?).await;
    Ok(Json(replay.map_err(|error| database(&error))?.into()))
}

/// Why a replay or a repair is cancelled, resumed or approved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReasonBody {
    /// Why, for the record.
    pub(super) reason: Reason,
}

/// Cancel a replay
///
/// The process that runs it stops after its batch. What was published stays published.
#[utoipa::path(
    post,
    path = "/v1/replays/{id}/cancel",
    operation_id = "cancelReplay",
    security(("token" = ["operate"])),
    tag = "replays",
    params(("id" = i64, Path, description = "Its number")),
    request_body = ReasonBody,
    responses(
        (status = 200, description = "The replay; it may still say `running` until its batch is done", body = ReplayResource),
        (status = 404, description = "There is none of this number"),
        (status = 409, description = "It is over"),
        (status = 422, description = "The body is not valid"),
    ),
)]
pub(super) async fn cancel(
    State(api): State<Api>,
    Operator(caller): Operator,
    Number(id): Number,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ReplayResource>, Problem> {
    let ReasonBody { reason } = body::json(&headers, body).await?;
    let replay = replays::cancel(&api.database, id, caller.by(&reason.0)).await;
    known(&api, replay).await
}

/// Resume a replay
///
/// One that was cancelled or has failed goes on where it was.
#[utoipa::path(
    post,
    path = "/v1/replays/{id}/resume",
    operation_id = "resumeReplay",
    security(("token" = ["operate"])),
    tag = "replays",
    params(("id" = i64, Path, description = "Its number")),
    request_body = ReasonBody,
    responses(
        (status = 200, description = "The replay, which waits for a process", body = ReplayResource),
        (status = 404, description = "There is none of this number"),
        (status = 409, description = "It was not stopped"),
        (status = 422, description = "The body is not valid"),
    ),
)]
pub(super) async fn resume(
    State(api): State<Api>,
    Operator(caller): Operator,
    Number(id): Number,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ReplayResource>, Problem> {
    let ReasonBody { reason } = body::json(&headers, body).await?;
    let replay = replays::resume(&api.database, id, caller.by(&reason.0)).await;
    known(&api, replay).await
}

fn no_reason() -> Problem {
    let detail = "reason is missing: a replay needs one, unless it is a dry run";
    Problem::new(Code::BodyInvalid, detail)
}

pub(super) fn control(error: ControlError) -> Problem {
    match error {
        ControlError::Unknown(_) => Problem::new(Code::NotFound, error.to_string()),
        ControlError::Over { .. }
        | ControlError::NotStopped { .. }
        | ControlError::Held { .. }
        | ControlError::Unreadable(_) => Problem::new(Code::StateConflict, error.to_string()),
        ControlError::Database(error) => database(&error),
    }
}
