//! `POST /v1/dead-letters/edits`: one change of many requests.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::filter::{Reason, TargetsBody};
use super::finish_unless;
use super::scan::scan_slot;
use crate::contract::EditReport;
use crate::dead_letters::{self, EditTerms, Patch};
use crate::http::api::Api;
use crate::http::auth::Operator;
use crate::http::body;
use crate::http::failures::database;
use crate::http::problem::{Code, Problem};

/// Which dead letters are edited, and how.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::http) struct EditsBody {
    /// Which ones.
    targets: TargetsBody,
    /// What changes in each request: a JSON Patch (RFC 6902), which is an array, or a merge patch (RFC 7396), which is an object.
    /// It applies to the request itself, also where that came in an envelope.
    #[schema(value_type = Value)]
    patch: Box<RawValue>,
    /// Why, for the record.
    reason: Reason,
    /// Only say what would be edited.
    #[serde(default)]
    dry_run: bool,
    /// Even where the new request is about another invoice.
    #[serde(default)]
    change_identity: bool,
}

/// Edit the requests of many dead letters
///
/// Each new request is checked, and stored in a transaction of its own. One that would not be valid is skipped and named.
/// Requests are published by a replay only. What they were is kept.
#[utoipa::path(
    post,
    path = "/v1/dead-letters/edits",
    operation_id = "editDeadLetters",
    security(("token" = ["operate"])),
    tag = "dead letters",
    request_body = EditsBody,
    responses(
        (status = 200, description = "What was edited, or would be", body = EditReport),
        (status = 404, description = "There is none of a given number"),
        (status = 422, description = "The body or the patch is not valid"),
    ),
)]
pub(in crate::http) async fn edit_all(
    State(api): State<Api>,
    Operator(caller): Operator,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<EditReport>, Problem> {
    let edits: EditsBody = body::json(&headers, body).await?;
    let patch = Patch::parse(edits.patch.get().as_bytes());
    let patch = patch.map_err(|error| Problem::new(Code::BodyInvalid, error.to_string()))?;
    let frozen = edits.targets.freeze(&api).await?;
    let reasons = edits.targets.reasons(&api, &frozen).await?;
    let is_dry_run = edits.dry_run;
    let editing = async move {
        let _slot = scan_slot(&api)?;
        let terms = EditTerms {
            by: caller.by(&edits.reason.0),
            change_identity: edits.change_identity,
            dry_run: edits.dry_run,
            limits: api.request_limits,
        };
        let edited = dead_letters::edit_all(&api.database, &frozen, &patch, terms).await;
        let report = edited.map(|report| EditReport { reasons, ..report });
        report.map_err(|error| database(&error))
    };
    Ok(Json(finish_unless(is_dry_run, editing).await?))
}
