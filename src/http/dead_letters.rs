//! `/v1/dead-letters`: what readers of all shops see, and operators change.

mod edits;
mod filter;
mod history;
mod import;
mod scan;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use invoice::content::envelope_max;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

pub(super) use self::edits::{__path_edit_all, edit_all};
pub(super) use self::filter::{DeadLetterQuery, Reason, TargetsBody, freeze, reasons, unknown};
pub(super) use self::history::{
    __path_history, __path_show_edit, NoFilter, history, one, past, show_edit,
};
pub(super) use self::import::{__path_import, import};
pub(super) use self::scan::{GROUPED, counted, scan_slot, searched};

use super::api::Api;
use super::auth::{AllShopsReader, Caller, Operator};
use super::failures::{database, searching};
use super::page::{PageQuery, Paged};
use super::path::Number;
use super::problem::{Code, Problem};
use super::query::Query;
use super::{body, cursor};
use crate::broker::replayed::Archived;
use crate::contract::{
    DeadLetterDetails, DeadLetterGroups, DeadLetterPage, DeadLetterSummary, Discarded,
    EditedRequest, RequestProblem, RequestWarning,
};
use crate::database::Listed;
use crate::database::dead_letters::{Frozen, Selection};
use crate::dead_letters::{self, EditError, Edited, ListedLetter, SHOWN_EDITS, Shown};

/// List dead letters
///
/// The newest first. A page that would take long to fill ends before, with `searchedBackTo`; the next one goes on from there.
#[utoipa::path(
    get,
    path = "/v1/dead-letters",
    operation_id = "listDeadLetters",
    security(("token" = ["read"])),
    tag = "dead letters",
    params(DeadLetterQuery, PageQuery),
    responses((status = 200, description = "A page", body = DeadLetterPage)),
)]
pub(super) async fn list(
    State(api): State<Api>,
    AllShopsReader(_caller): AllShopsReader,
    paged: Paged<DeadLetterQuery>,
) -> Result<Response, Problem> {
    let selection = paged.filter.checked(&api.database).await?;
    let list = listed(&api, &selection, &paged).await?;
    let letters = list.items.into_iter();
    let items = letters.map(|letter| DeadLetterSummary::new(letter.summary, letter.outcome));
    let page = DeadLetterPage {
        next_cursor: list.next,
        items: items.collect(),
        searched_back_to: list.searched_to,
    };
    Ok(paged.answer(&page, page.next_cursor.as_deref()))
}

/// The dead letters of a page, and the cursor of the next one.
pub(super) async fn listed<T>(
    api: &Api,
    selection: &Selection,
    paged: &Paged<T>,
) -> Result<Listed<ListedLetter, String>, Problem> {
    let described = format!("{selection:?}");
    let below = cursor::number(&described, paged.cursor.as_deref())?;
    let longest = Some(paged.longest());
    let page = dead_letters::list(&api.database, selection, below, paged.limit, longest);
    let page = searched(api, selection.looked_for(), page).await?;
    let page = page.map_err(|error| searching(&error, selection.looked_for()))?;
    Ok(Listed {
        items: page.items,
        next: page.next.map(|id| cursor::after_number(&described, id)),
        searched_to: page.searched_to,
    })
}

/// Count dead letters by their cause
///
/// The largest group first. Details that differ in numbers only are one group. PostgreSQL keeps the counts by state, code and stage, and
/// all dead letters are counted; `firstFailedAt` is then that of any that was in the group since it was last empty. With other filters, and
/// on SQLite, at most 100,000 dead letters are read.
#[utoipa::path(
    get,
    path = "/v1/dead-letters/groups",
    operation_id = "groupDeadLetters",
    security(("token" = ["read"])),
    tag = "dead letters",
    params(DeadLetterQuery),
    responses((status = 200, description = "The groups", body = DeadLetterGroups)),
)]
pub(super) async fn groups(
    State(api): State<Api>,
    AllShopsReader(_caller): AllShopsReader,
    Query(query): Query<DeadLetterQuery>,
) -> Result<Json<DeadLetterGroups>, Problem> {
    let selection = query.checked(&api.database).await?;
    let groups = dead_letters::groups(&api.database, &selection, GROUPED);
    let groups = counted(&api, groups).await?;
    Ok(Json(DeadLetterGroups {
        total: groups.iter().map(|group| group.count).sum(),
        groups,
    }))
}

/// Show a dead letter
///
/// With its message, its headers and what operators changed in it last.
#[utoipa::path(
    get,
    path = "/v1/dead-letters/{id}",
    operation_id = "showDeadLetter",
    security(("token" = ["read"])),
    tag = "dead letters",
    params(("id" = i64, Path, description = "Its number")),
    responses(
        (status = 200, description = "The dead letter", body = DeadLetterDetails),
        (status = 404, description = "There is none of this number"),
    ),
)]
pub(super) async fn show(
    State(api): State<Api>,
    AllShopsReader(_caller): AllShopsReader,
    Number(id): Number,
) -> Result<Json<DeadLetterDetails>, Problem> {
    let shown = dead_letters::show(&api.database, id, SHOWN_EDITS).await;
    let shown = shown.map_err(|error| database(&error))?;
    let Shown {
        row,
        edits,
        older_edits,
        outcome,
        differences,
    } = shown.ok_or_else(|| unknown(id))?;
    let max_bytes = envelope_max(api.request_limits.max_bytes);
    let edits = (edits, older_edits);
    let details = DeadLetterDetails::new(row, edits, outcome, differences, max_bytes);
    Ok(Json(details))
}

/// Show the message of a dead letter
///
/// Its content, to be changed and sent back with `PUT`: unpacked, unless it is larger than a request may be.
#[utoipa::path(
    get,
    path = "/v1/dead-letters/{id}/request",
    operation_id = "showDeadLetterMessage",
    security(("token" = ["read"])),
    tag = "dead letters",
    params(("id" = i64, Path, description = "Its number")),
    responses(
        (status = 200, description = "The message", content_type = "application/octet-stream", body = super::openapi::Bytes),
        (status = 404, description = "There is none of this number"),
    ),
)]
pub(super) async fn request(
    State(api): State<Api>,
    AllShopsReader(_caller): AllShopsReader,
    Number(id): Number,
) -> Result<Response, Problem> {
    let row = api.database.dead_letter(id).await;
    let row = row.map_err(|error| database(&error))?;
    let row = row.ok_or_else(|| unknown(id))?;
    let media_type = HeaderValue::from_static("application/octet-stream");
    let archived = Archived {
        properties: &row.properties,
        headers: &row.headers,
    };
    let max_bytes = envelope_max(api.request_limits.max_bytes);
    let content = archived.content(&row.payload, max_bytes).into_owned();
    Ok(([(CONTENT_TYPE, media_type)], content).into_response())
}

/// How a request is edited.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EditQuery {
    /// Why, for the record.
    reason: Reason,
    /// Even if the new request is not valid.
    #[serde(default)]
    force: bool,
    /// Even if the new request is about another invoice.
    #[serde(default, rename = "changeIdentity")]
    change_identity: bool,
}

/// Edit the request of a dead letter
///
/// The body is the new message in the envelope of the old one; it is compressed if the old one was. Where the old one has an
/// encoding or a charset that is not understood, the new one has none. It is checked first, and published by a replay only.
/// What it was is kept.
#[utoipa::path(
    put,
    path = "/v1/dead-letters/{id}/request",
    operation_id = "editDeadLetter",
    security(("token" = ["operate"])),
    tag = "dead letters",
    params(("id" = i64, Path, description = "Its number"), EditQuery),
    request_body(content = super::openapi::Bytes, content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "The new request is stored", body = EditedRequest),
        (status = 404, description = "There is none of this number"),
        (status = 409, description = "It is not open, a replay is publishing it, it was changed at the same time, or the new request is about another invoice"),
        (status = 422, description = "The new request is not valid"),
    ),
)]
pub(super) async fn edit(
    State(api): State<Api>,
    Operator(caller): Operator,
    Number(id): Number,
    Query(query): Query<EditQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<EditedRequest>, Problem> {
    let limit = "twice REQUEST_MAX_BYTES";
    let max_bytes = envelope_max(api.request_limits.max_bytes);
    let form = body::Form::of(&headers)?;
    let payload = body::read(body, max_bytes, limit).await?;
    let payload = form.unpacked(payload, max_bytes)?;
    if payload.is_empty() {
        let detail = "the body is empty, expected the new request";
        return Err(Problem::new(Code::BodyInvalid, detail));
    }
    let edit = dead_letters::Edit {
        id,
        payload: &payload,
        by: caller.by(&query.reason.0),
        force: query.force,
        change_identity: query.change_identity,
        seen_at: None,
        limits: api.request_limits,
    };
    let (is_changed, former_marketplace, invalid, invoice) =
        match dead_letters::edit(&api.database, edit).await {
            Ok(Edited::Done {
                invalid,
                moved,
                invoice,
            }) => (true, moved.map(|moved| moved.from), invalid, invoice),
            Ok(Edited::Unchanged) => (false, None, None, None),
            Err(EditError::Unknown(id)) => return Err(unknown(id)),
            Err(EditError::Invalid(invalid)) => return Err(Problem::invalid(&invalid)),
            Err(EditError::Database(error)) => return Err(database(&error)),
            Err(
                error @ (EditError::NotOpen { .. }
                | EditError::OtherIdentity { .. }
                | EditError::Overtaken(_)
                | EditError::Claimed { .. }
                | EditError::SameAs { .. }
                | EditError::Unreadable(_)),
            ) => return Err(Problem::new(Code::StateConflict, error.to_string())),
        };
    let problems = invalid.iter().flat_map(|invalid| invalid.problems());
    let catalog = &api.templates.current().catalog;
    let warning = invoice.and_then(|invoice| catalog.warning(&invoice));
    Ok(Json(EditedRequest {
        is_changed,
        former_marketplace,
        errors: problems.map(RequestProblem::from).collect(),
        warnings: warning.iter().map(RequestWarning::from).collect(),
    }))
}

/// Which dead letters are discarded, and why.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DiscardBody {
    /// Why, for the record.
    reason: Reason,
    /// Only count what would be discarded.
    #[serde(default)]
    dry_run: bool,
    /// Which ones.
    targets: TargetsBody,
}

/// Discard dead letters
///
/// They stay in the archive; a replay of `status` `discarded` brings one back.
#[utoipa::path(
    post,
    path = "/v1/dead-letters/discard",
    operation_id = "discardDeadLetters",
    security(("token" = ["operate"])),
    tag = "dead letters",
    request_body = DiscardBody,
    responses(
        (status = 200, description = "How many were discarded, or would be", body = Discarded),
        (status = 404, description = "There is none of a given number"),
        (status = 422, description = "The body is not valid"),
    ),
)]
pub(super) async fn discard(
    State(api): State<Api>,
    Operator(caller): Operator,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Discarded>, Problem> {
    let discard: DiscardBody = body::json(&headers, body).await?;
    let frozen = discard.targets.freeze(&api).await?;
    let reasons = discard.targets.reasons(&api, &frozen).await?;
    if discard.dry_run {
        let groups = dead_letters::groups(&api.database, &frozen.selection, GROUPED);
        return Ok(Json(Discarded {
            discarded: 0,
            would_discard: Some(frozen.count),
            groups: counted(&api, groups).await?,
            reasons,
        }));
    }
    Ok(Json(Discarded {
        discarded: discard_all(api, frozen, discard.reason, caller).await?,
        would_discard: None,
        groups: Vec::new(),
        reasons,
    }))
}

/// Discards dead letters, even if the client goes away.
pub(super) async fn discard_all(
    api: Api,
    frozen: Frozen,
    reason: Reason,
    caller: Caller,
) -> Result<u64, Problem> {
    let discarding = async move {
        let _slot = match frozen.selection.text {
            Some(_) => Some(scan_slot(&api)?),
            None => None,
        };
        let discarding = dead_letters::discard(&api.database, &frozen, &reason.0, caller.name());
        discarding.await.map_err(|error| database(&error))
    };
    finish(discarding).await?
}

/// Finishes a change in a task of its own: the handler ends when its client goes away, and part of the change would not be made.
pub(super) async fn finish<T: Send + 'static>(
    change: impl Future<Output = T> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::spawn(change).await {
        Ok(done) => Ok(done),
        Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
        Err(_cancelled) => Err(Problem::new(Code::Internal, "the server stops")),
    }
}

/// The same as [`finish`], unless it is a dry run, which changes nothing: that one ends when its client goes away.
async fn finish_unless<T: Send + 'static>(
    is_dry_run: bool,
    change: impl Future<Output = Result<T, Problem>> + Send + 'static,
) -> Result<T, Problem> {
    if is_dry_run {
        change.await
    } else {
        finish(change).await?
    }
}
