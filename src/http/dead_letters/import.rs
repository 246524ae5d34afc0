//! `POST /v1/dead-letters/import`: requests that were changed elsewhere.

use std::io::Cursor;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Deserialize;
use utoipa::IntoParams;

use super::filter::Reason;
use super::finish_unless;
use super::scan::scan_slot;
use crate::contract::EditReport;
use crate::database::By;
use crate::dead_letters::{self, EditTerms, ImportError};
use crate::http::api::Api;
use crate::http::auth::Operator;
use crate::http::body::{self, Form};
use crate::http::failures::database;
use crate::http::problem::{Code, Problem};
use crate::http::query::Query;

/// Largest body of an import, in bytes.
const IMPORT_MAX: usize = 16 << 20;

/// How requests are taken back.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct ImportQuery {
    /// Why, for the record. Only a dry run needs none.
    #[param(value_type = Option<Reason>)]
    reason: Option<Reason>,
    /// Only say what would be changed.
    #[serde(default, rename = "dryRun")]
    dry_run: bool,
    /// Even where a new request is about another invoice.
    #[serde(default, rename = "changeIdentity")]
    change_identity: bool,
}

/// Take back dead letters whose requests were changed
///
/// The body has one JSON object a line, as `dead-letters export` writes it and as a dead letter is shown: `id`, `updatedAt`, and
/// the new request as `payload`, a text or JSON. Each is checked as an edit is. What is not valid then, is not open, or was
/// changed since `updatedAt` is skipped and named.
#[utoipa::path(
    post,
    path = "/v1/dead-letters/import",
    operation_id = "importDeadLetters",
    security(("token" = ["operate"])),
    tag = "dead letters",
    params(ImportQuery),
    request_body(content = String, content_type = "application/x-ndjson"),
    responses(
        (status = 200, description = "What was changed, or would be", body = EditReport),
        (status = 422, description = "A line is not valid; nothing was changed"),
    ),
)]
pub(in crate::http) async fn import(
    State(api): State<Api>,
    Operator(caller): Operator,
    Query(query): Query<ImportQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<EditReport>, Problem> {
    if query.reason.is_none() && !query.dry_run {
        let detail = "reason is missing: an import needs one, unless it is a dry run";
        return Err(Problem::new(Code::ParameterInvalid, detail));
    }
    let form = Form::of(&headers)?;
    let lines = body::read(body, IMPORT_MAX, "of an import").await?;
    let lines = form.content(lines, IMPORT_MAX)?;
    if lines.trim_ascii().is_empty() {
        let detail = "the body is empty, expected the lines of an export";
        return Err(Problem::new(Code::BodyInvalid, detail));
    }
    let is_dry_run = query.dry_run;
    let importing = async move {
        let _slot = scan_slot(&api)?;
        let terms = EditTerms {
            by: By {
                actor: caller.name(),
                reason: query.reason.as_ref().map(|reason| reason.0.as_str()),
            },
            change_identity: query.change_identity,
            dry_run: query.dry_run,
            limits: api.request_limits,
        };
        let imported = dead_letters::import(&api.database, &mut Cursor::new(lines), terms).await;
        imported.map(|imported| imported.report).map_err(refused)
    };
    Ok(Json(finish_unless(is_dry_run, importing).await?))
}

fn refused(error: ImportError) -> Problem {
    match error {
        ImportError::Database(error) => database(&error),
        error @ (ImportError::Line { .. } | ImportError::Read(_) | ImportError::Empty) => {
            Problem::new(Code::BodyInvalid, error.to_string())
        }
    }
}
