//! `/v1/dead-letters/{id}/edits`: what people changed in one dead letter.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use invoice::content::envelope_max;
use serde::Deserialize;

use super::unknown;
use crate::broker::replayed::Archived;
use crate::contract::{EditDetails, EditOfLetter, EditPage};
use crate::database::dead_letter::Model;
use crate::database::dead_letter_edit;
use crate::database::dead_letters::EditSummary;
use crate::dead_letters;
use crate::http::api::Api;
use crate::http::auth::AllShopsReader;
use crate::http::failures::database;
use crate::http::page::{PageQuery, Paged};
use crate::http::path::Number;
use crate::http::problem::{Code, Problem};

/// The list has no filter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoFilter {}

/// List the edits of a dead letter
///
/// The newest first, without the messages.
#[utoipa::path(
    get,
    path = "/v1/dead-letters/{id}/edits",
    operation_id = "listEditsOfDeadLetter",
    security(("token" = ["read"])),
    tag = "dead letters",
    params(("id" = i64, Path, description = "Its number"), PageQuery),
    responses(
        (status = 200, description = "A page", body = EditPage),
        (status = 404, description = "There is none of this number"),
    ),
)]
pub(crate) async fn history(
    State(api): State<Api>,
    AllShopsReader(_caller): AllShopsReader,
    Number(id): Number,
    paged: Paged<NoFilter>,
) -> Result<Response, Problem> {
    let (edits, next_cursor) = past(&api, id, &paged).await?;
    let page = EditPage {
        next_cursor,
        items: edits.into_iter().map(EditOfLetter::from).collect(),
    };
    Ok(paged.answer(&page, page.next_cursor.as_deref()))
}

/// A page of the edits of a dead letter, and the cursor of the next one.
pub(crate) async fn past(
    api: &Api,
    id: i64,
    paged: &Paged<NoFilter>,
) -> Result<(Vec<EditSummary>, Option<String>), Problem> {
    let described = format!("edits of dead letter {id}");
    let read = async |after, limit| {
        let page = dead_letters::edit_history(&api.database, id, after, limit).await;
        let page = page.map_err(|error| database(&error))?;
        page.ok_or_else(|| unknown(id))
    };
    paged.numbered(&described, read).await
}

/// Show an edit of a dead letter
///
/// With the message before and after it.
#[utoipa::path(
    get,
    path = "/v1/dead-letters/{id}/edits/{edit}",
    operation_id = "showEditOfDeadLetter",
    security(("token" = ["read"])),
    tag = "dead letters",
    params(
        ("id" = i64, Path, description = "Number of the dead letter"),
        ("edit" = i64, Path, description = "Number of the edit"),
    ),
    responses(
        (status = 200, description = "The edit", body = EditDetails),
        (status = 404, description = "The dead letter has no edit of this number"),
    ),
)]
pub(crate) async fn show_edit(
    State(api): State<Api>,
    AllShopsReader(_caller): AllShopsReader,
    path: Result<Path<(i64, i64)>, PathRejection>,
) -> Result<Json<EditDetails>, Problem> {
    let (row, edit) = one(&api, path).await?;
    let archived = Archived {
        properties: &row.properties,
        headers: &row.headers,
    };
    let max_bytes = envelope_max(api.request_limits.max_bytes);
    let text = |body: &[u8]| {
        let content = archived.content(body, max_bytes);
        String::from_utf8_lossy(&content).into_owned()
    };
    let (before, after) = (text(&edit.before), text(&edit.after));
    Ok(Json(EditDetails::new(edit, before, after)))
}

/// The edit of a path, with its dead letter.
pub(crate) async fn one(
    api: &Api,
    path: Result<Path<(i64, i64)>, PathRejection>,
) -> Result<(Model, dead_letter_edit::Model), Problem> {
    let Path((id, number)) = path.map_err(|_| {
        let detail = "the path has to have whole numbers";
        Problem::new(Code::ParameterInvalid, detail)
    })?;
    let found = dead_letters::edit_of(&api.database, id, number).await;
    let found = found.map_err(|error| database(&error))?;
    found.ok_or_else(|| {
        let detail = format!("dead letter {id} has no edit {number}");
        Problem::new(Code::NotFound, detail)
    })
}
