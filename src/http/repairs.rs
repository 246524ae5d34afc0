//! `/v1/repairs`: one change of a group of dead letters, tried for real before it is made.

mod control;
mod letters;
mod proposals;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

pub(super) use self::control::{
    __path_apply, __path_approve, __path_cancel, __path_resume, ApplyBody, apply, approve, cancel,
    resume,
};
pub(super) use self::letters::{__path_letters, letters, listed as listed_letters};
pub(super) use self::proposals::{__path_proposals, proposals};

use super::api::Api;
use super::auth::{Caller, Operator, Reader};
use super::dead_letters::{Reason, TargetsBody};
use super::failures::database;
use super::page::{PageQuery, Paged};
use super::path::Number;
use super::problem::{Code, Problem};
use super::{body, prefer};
use crate::contract::{RepairPage, RepairResource};
use crate::database::RepairStatus;
use crate::repairs::{self, ControlError, Followed, Orders, PointedPatch};

/// A repair to be made.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RepairBody {
    /// Which dead letters. Only open ones can be repaired.
    targets: TargetsBody,
    /// What changes in each request: a JSON Patch (RFC 6902), which is an array, or a merge patch (RFC 7396), which is an object.
    /// It applies to the request itself, also where that came in an envelope. In a JSON Patch, `path` and `from` may begin with
    /// `{pointer}`: its operations are then applied at the place of each of the letter's own problems.
    #[schema(value_type = Value)]
    patch: Box<RawValue>,
    /// Which problems `{pointer}` stands for; all of a letter, unless it is given.
    problem: Option<ProblemBody>,
    /// Why, for the record.
    reason: Reason,
    /// Even where the new request is about another invoice.
    #[serde(default)]
    change_identity: bool,
}

/// Which problems `{pointer}` stands for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProblemBody {
    /// With this code.
    code: Option<String>,
    /// That break this rule.
    rule: Option<String>,
}

/// Try a repair
///
/// A process that serves tries each letter: the patch, all rules, the document with the templates in use, and whether another
/// document stands under its identity. Nothing is stored but the verdicts, and nothing is published. What is selected is fixed
/// now. The answer comes at once; with `Prefer: wait=N` when all letters were tried, after N seconds (60 at most) at the latest.
#[utoipa::path(
    post,
    path = "/v1/repairs",
    operation_id = "createRepair",
    security(("token" = ["operate"])),
    tag = "repairs",
    params(
        ("Prefer" = Option<String>, Header, description = "`wait=N` (RFC 7240): wait up to N seconds for the trial, 60 at most", example = "wait=10"),
    ),
    request_body = RepairBody,
    responses(
        (
            status = 201, description = "The repair, whose trial has not begun, or as it is after the wait that was asked for", body = RepairResource,
            headers(
                ("Location" = String, description = "The path of the repair"),
                ("Preference-Applied" = String, description = "`wait=N`, after a wait that was asked for"),
            ),
        ),
        (status = 404, description = "There is no dead letter of a given number"),
        (status = 422, description = "The body or the patch is not valid, or nothing is selected"),
    ),
)]
pub(super) async fn create(
    State(api): State<Api>,
    Operator(caller): Operator,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let new: RepairBody = body::json(&headers, body).await?;
    let patch = new.patch.get();
    let invalid = |detail: String| Problem::new(Code::BodyInvalid, detail);
    PointedPatch::parse(patch).map_err(|error| invalid(error.to_string()))?;
    let frozen = new.targets.freeze(&api).await?;
    if frozen.count == 0 {
        let reasons = new.targets.reasons(&api, &frozen).await?;
        let detail = format!("no dead letter is selected; {}", reasons.join("; "));
        return Err(invalid(detail.trim_end_matches("; ").to_owned()));
    }
    let problem = new.problem.as_ref();
    let orders = Orders {
        frozen: &frozen,
        patch,
        change_identity: new.change_identity,
        problem_code: problem.and_then(|problem| problem.code.as_deref()),
        problem_rule: problem.and_then(|problem| problem.rule.as_deref()),
        by: caller.by(&new.reason.0),
    };
    let row = repairs::create(&api.database, orders).await;
    let row = row.map_err(|error| database(&error))?;
    let location = (LOCATION, format!("/v1/repairs/{}", row.id));
    let made = Followed { row, replay: None };
    let answer = waited(&api, &headers, made).await;
    Ok((StatusCode::CREATED, [location], answer).into_response())
}

/// A repair; if the client prefers to wait, as it is when it needs a person or is over. What was done is done: a wait that fails is
/// none.
async fn waited(api: &Api, headers: &HeaderMap, followed: Followed) -> Response {
    if let (Some(longest), Ok(_slot)) = (prefer::wait(headers), api.waiting().try_acquire()) {
        let id = followed.row.id;
        let waited = repairs::wait(&api.database, id, longest, api.stopping()).await;
        let repair = RepairResource::from(waited.unwrap_or(followed));
        return ([prefer::applied(longest)], Json(repair)).into_response();
    }
    Json(RepairResource::from(followed)).into_response()
}

/// Which repairs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RepairQuery {
    /// In this state.
    #[param(inline)]
    status: Option<StatusFilter>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StatusFilter {
    Trying,
    Tried,
    WaitingForApproval,
    Applying,
    Replaying,
    Done,
    Cancelled,
    Failed,
}

/// List repairs
///
/// The newest first.
#[utoipa::path(
    get,
    path = "/v1/repairs",
    operation_id = "listRepairs",
    security(("token" = ["read"])),
    tag = "repairs",
    params(RepairQuery, PageQuery),
    responses((status = 200, description = "A page", body = RepairPage)),
)]
pub(super) async fn list(
    State(api): State<Api>,
    Reader(caller): Reader,
    paged: Paged<RepairQuery>,
) -> Result<Response, Problem> {
    of_all_shops(&caller)?;
    let status = paged.filter.status.map(|status| match status {
        StatusFilter::Trying => RepairStatus::Trying,
        StatusFilter::Tried => RepairStatus::Tried,
        StatusFilter::WaitingForApproval => RepairStatus::WaitingForApproval,
        StatusFilter::Applying => RepairStatus::Applying,
        StatusFilter::Replaying => RepairStatus::Replaying,
        StatusFilter::Done => RepairStatus::Done,
        StatusFilter::Cancelled => RepairStatus::Cancelled,
        StatusFilter::Failed => RepairStatus::Failed,
    });
    let (items, next_cursor) = listed(&api, status, &paged).await?;
    let page = RepairPage {
        items: items.into_iter().map(RepairResource::from).collect(),
        next_cursor,
    };
    Ok(paged.answer(&page, page.next_cursor.as_deref()))
}

/// A page of repairs, and the cursor of the next one.
pub(super) async fn listed<T>(
    api: &Api,
    status: Option<RepairStatus>,
    paged: &Paged<T>,
) -> Result<(Vec<Followed>, Option<String>), Problem> {
    let described = format!("repairs {status:?}");
    let read = async |after, limit| {
        let page = repairs::list(&api.database, status, after, limit).await;
        page.map_err(|error| database(&error))
    };
    paged.numbered(&described, read).await
}

/// Show a repair
///
/// With its progress, what the trial says, and what became of the letters that were replayed. With `Prefer: wait=N` the answer comes
/// when it was tried or is over, with all outcomes, after N seconds (60 at most) at the latest.
#[utoipa::path(
    get,
    path = "/v1/repairs/{id}",
    operation_id = "showRepair",
    security(("token" = ["read"])),
    tag = "repairs",
    params(
        ("id" = i64, Path, description = "Its number"),
        ("Prefer" = Option<String>, Header, description = "`wait=N` (RFC 7240): wait up to N seconds until it needs a person or is over, 60 at most", example = "wait=10"),
    ),
    responses(
        (
            status = 200, description = "The repair", body = RepairResource,
            headers(("Preference-Applied" = String, description = "`wait=N`, after a wait that was asked for")),
        ),
        (status = 404, description = "There is none of this number"),
    ),
)]
pub(super) async fn show(
    State(api): State<Api>,
    Reader(caller): Reader,
    Number(id): Number,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    of_all_shops(&caller)?;
    let repair = repairs::find(&api.database, id).await;
    Ok(waited(&api, &headers, repair.map_err(refusal)?).await)
}

/// Refuses a caller that is limited to some shops: a repair has letters of any shop.
fn of_all_shops(caller: &Caller) -> Result<(), Problem> {
    match caller.shops() {
        None => Ok(()),
        Some(_) => {
            let detail = "the token is limited to some shops, and repairs are about all of them";
            Err(Problem::new(Code::Forbidden, detail))
        }
    }
}

/// Why nothing was done, as the client reads it.
pub(super) fn refusal(error: ControlError) -> Problem {
    match error {
        ControlError::Unknown(_) => Problem::new(Code::NotFound, error.to_string()),
        ControlError::OwnApproval(_) => Problem::new(Code::Forbidden, error.to_string()),
        ControlError::State { .. }
        | ControlError::Changed { .. }
        | ControlError::Outdated(_)
        | ControlError::Nothing(_) => Problem::new(Code::StateConflict, error.to_string()),
        ControlError::Replay(error) => super::replays::control(error),
        ControlError::Database(error) => database(&error),
    }
}
