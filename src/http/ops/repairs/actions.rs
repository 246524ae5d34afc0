//! What operators do with a repair.

use axum::extract::State;
use axum::response::Redirect;
use serde::Deserialize;

use crate::broker::Lane;
use crate::database::RepairStatus;
use crate::http::api::Api;
use crate::http::auth::Operator;
use crate::http::dead_letters::Reason;
use crate::http::ops::answer;
use crate::http::ops::form::{Posted, ReasonForm};
use crate::http::ops::given;
use crate::http::ops::notice::Notice;
use crate::http::path::Number;
use crate::http::problem::Problem;
use crate::http::query::moment;
use crate::http::repairs::{ApplyBody, refusal};
use crate::repairs;

/// How the changes are made. A field that is empty is not given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplyForm {
    /// `updatedAt` of the repair that was shown.
    version: String,
    reason: Reason,
    #[serde(default)]
    rate: String,
    #[serde(default)]
    limit: String,
    lane: Option<Lane>,
}

/// Who approves the changes, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApproveForm {
    /// `updatedAt` of the repair that was shown.
    version: String,
    reason: Reason,
}

/// Makes the changes, or has another person asked for an approval.
pub(crate) async fn apply(
    State(api): State<Api>,
    Operator(caller): Operator,
    Number(id): Number,
    form: Posted<ApplyForm>,
) -> Result<Redirect, Problem> {
    let fields = form.fields;
    let body = ApplyBody {
        rate: given::count("rate", &fields.rate)?,
        limit: given::count("limit", &fields.limit)?,
        lane: fields.lane,
        updated_at: moment("version", &fields.version)?,
        reason: fields.reason,
    };
    let row = body.apply(&api, &caller, id).await.map_err(refusal)?;
    let notice = if row.status == RepairStatus::WaitingForApproval {
        Notice::RepairWaits
    } else {
        Notice::RepairApplied
    };
    Ok(done(id, notice))
}

/// Approves the changes of somebody else.
pub(crate) async fn approve(
    State(api): State<Api>,
    Operator(caller): Operator,
    Number(id): Number,
    form: Posted<ApproveForm>,
) -> Result<Redirect, Problem> {
    let by = caller.by(&form.fields.reason.0);
    let seen_at = moment("version", &form.fields.version)?;
    let approved = repairs::approve(&api.database, id, seen_at, by).await;
    approved.map_err(refusal)?;
    Ok(done(id, Notice::RepairApproved))
}

/// Stops a repair.
pub(crate) async fn cancel(
    State(api): State<Api>,
    Operator(caller): Operator,
    Number(id): Number,
    form: Posted<ReasonForm>,
) -> Result<Redirect, Problem> {
    let by = caller.by(&form.fields.reason.0);
    let cancelled = repairs::cancel(&api.database, id, by).await;
    cancelled.map_err(refusal)?;
    Ok(done(id, Notice::RepairCancelled))
}

/// Has a repair go on, or tried again.
pub(crate) async fn resume(
    State(api): State<Api>,
    Operator(caller): Operator,
    Number(id): Number,
    form: Posted<ReasonForm>,
) -> Result<Redirect, Problem> {
    let by = caller.by(&form.fields.reason.0);
    let resumed = repairs::resume(&api.database, id, by).await;
    resumed.map_err(refusal)?;
    Ok(done(id, Notice::RepairResumed))
}

fn done(id: i64, notice: Notice) -> Redirect {
    answer::done(&format!("/repairs/{id}"), notice)
}
