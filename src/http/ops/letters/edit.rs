//! `/dead-letters/{id}/edit`: the request of one dead letter is changed, checked, looked at as a document, and stored.

mod view;

use std::num::NonZeroU16;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use document::{PageOrder, PictureSize};
use invoice::content::envelope_max;
use serde::Deserialize;
use time::OffsetDateTime;

use self::view::{EditPage, Preview, content};
use crate::database::dead_letter::Model;
use crate::dead_letters::{self, EditCheck, EditError, Edited};
use crate::http::api::Api;
use crate::http::auth::Operator;
use crate::http::dead_letters::{Reason, unknown};
use crate::http::failures::database;
use crate::http::ops::answer;
use crate::http::ops::filter::Chosen;
use crate::http::ops::form::Posted;
use crate::http::ops::indent::indented;
use crate::http::ops::notice::Notice;
use crate::http::ops::replays::{Pace, begin};
use crate::http::ops::visitor::Visitor;
use crate::http::path::Number;
use crate::http::preview::{picture, rendered};
use crate::http::problem::{Code, Problem};
use crate::http::query::moment;
use crate::requests::submit::{self, Body, Valid};

/// The fields of the form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct EditForm {
    /// `updatedAt` of the dead letter that was shown.
    version: String,
    request: String,
    #[serde(default)]
    reason: String,
    /// There where the box is ticked.
    change_identity: Option<String>,
    action: Option<Action>,
    /// The page of the document that is shown.
    page: Option<NonZeroU16>,
}

/// What is done with the new request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Check,
    Preview,
    Save,
    /// Saves it, and replays the dead letter.
    Replay,
}

/// The form.
pub(crate) async fn form(
    State(api): State<Api>,
    visitor: Visitor,
    Operator(_caller): Operator,
    Number(id): Number,
) -> Result<Response, Problem> {
    let row = row(&api, id).await?;
    let content = editable(&api, &row)?;
    let check = checked(&api, &row, &content).await?;
    let text = indented(&String::from_utf8_lossy(&content));
    let page = EditPage::new(&visitor, &row, text).with_check(&check);
    answer::page(&page)
}

/// Checks, shows or stores what was typed.
pub(crate) async fn edit(
    State(api): State<Api>,
    visitor: Visitor,
    Operator(caller): Operator,
    Number(id): Number,
    form: Posted<EditForm>,
) -> Result<Response, Problem> {
    let fields = form.fields;
    let row = row(&api, id).await?;
    let payload = typed(editable(&api, &row)?, &fields.request);
    let mut page = EditPage::new(&visitor, &row, fields.request.clone());
    page.version.clone_from(&fields.version);
    page.reason.clone_from(&fields.reason);
    page.changes_identity = fields.change_identity.is_some();
    let action = match (fields.action, fields.page) {
        (Some(action), _) => action,
        (None, Some(_)) => Action::Preview,
        (None, None) => Action::Check,
    };
    let check = checked(&api, &row, &payload).await?;
    page = page.with_check(&check);
    match action {
        Action::Check => answer::page(&page),
        Action::Preview => {
            let number = fields.page.map_or(1, NonZeroU16::get);
            match looked_at(&api, &check, number).await {
                Ok(preview) => page.preview = Some(preview),
                Err(problem) => page.refusal = Some(problem.detail().to_owned()),
            }
            answer::page(&page)
        }
        Action::Save | Action::Replay => {
            let reason = match Reason::try_from(fields.reason) {
                Ok(reason) => reason,
                Err(problem) => return refused(page, StatusCode::UNPROCESSABLE_ENTITY, problem),
            };
            let seen_at = moment("version", &fields.version)?;
            let edit = dead_letters::Edit {
                id,
                payload: &payload,
                by: caller.by(&reason.0),
                force: false,
                change_identity: page.changes_identity,
                seen_at: Some(seen_at),
                limits: api.request_limits,
            };
            let notice = match dead_letters::edit(&api.database, edit).await {
                Ok(Edited::Done { .. }) => Notice::LetterEdited,
                Ok(Edited::Unchanged) => Notice::LetterUnchanged,
                Err(error) => return not_stored(&api, page, (id, seen_at), error).await,
            };
            let end = match action {
                Action::Replay => {
                    let chosen = Chosen::one(&api, id, None).await?;
                    let pace = Pace::default();
                    begin(&api, &caller, chosen.some()?, &reason, pace).await?
                }
                Action::Check | Action::Preview | Action::Save => {
                    answer::done(&format!("/dead-letters/{id}"), notice)
                }
            };
            Ok(end.into_response())
        }
    }
}

/// The document that the new request would give.
pub(crate) async fn preview(
    State(api): State<Api>,
    Operator(_caller): Operator,
    Number(id): Number,
    form: Posted<EditForm>,
) -> Result<Response, Problem> {
    let row = row(&api, id).await?;
    let payload = typed(editable(&api, &row)?, &form.fields.request);
    let check = checked(&api, &row, &payload).await?;
    let valid = valid(&api, &check).await?;
    let pdf = rendered(&api, &valid, None).await?;
    let name = format!("dead-letter-{id}.pdf");
    Ok(answer::file(
        Bytes::from(pdf.bytes),
        "application/pdf",
        &name,
    ))
}

async fn row(api: &Api, id: i64) -> Result<Model, Problem> {
    let row = api.database.dead_letter(id).await;
    let row = row.map_err(|error| database(&error))?;
    row.ok_or_else(|| unknown(id))
}

/// The content of a dead letter, unless it is larger than a request may be.
fn editable(api: &Api, row: &Model) -> Result<Vec<u8>, Problem> {
    let content = content(row, api.request_limits);
    let most = envelope_max(api.request_limits.max_bytes);
    if content.len() > most {
        let detail = format!(
            "the message has {} bytes and is too large to edit here; a request may have {most}",
            content.len()
        );
        return Err(Problem::new(Code::StateConflict, detail));
    }
    Ok(content)
}

/// What was typed. Browsers end lines in their own way. A text that is the one that was shown stands for the content as it is.
fn typed(content: Vec<u8>, text: &str) -> Vec<u8> {
    let text = text.replace("\r\n", "\n");
    let shown = indented(&String::from_utf8_lossy(&content));
    if shown.replace("\r\n", "\n").trim() == text.trim() {
        content
    } else {
        text.into_bytes()
    }
}

async fn checked(api: &Api, row: &Model, payload: &[u8]) -> Result<EditCheck, Problem> {
    let check = dead_letters::check_edit(row, payload, api.request_limits).await;
    check.map_err(conflict)
}

/// The new request, if it is valid.
async fn valid(api: &Api, check: &EditCheck) -> Result<Valid, Problem> {
    if let Some(invalid) = &check.invalid {
        return Err(Problem::invalid(invalid));
    }
    let body = Body {
        bytes: check.request.as_deref().unwrap_or_default(),
        content_type: "application/json",
    };
    let valid = submit::validate_apart(body, api.request_limits).await;
    valid.map_err(|invalid| Problem::invalid(&invalid))
}

/// A picture of a page of the document, from 1.
async fn looked_at(api: &Api, check: &EditCheck, page: u16) -> Result<Preview, Problem> {
    let valid = valid(api, check).await?;
    let wanted = PageOrder {
        page: page.into(),
        size: PictureSize::Inline,
    };
    let pdf = rendered(api, &valid, Some(wanted)).await?;
    let pages = pdf.pages;
    Ok(Preview::new(&picture(pdf)?, page.into(), pages))
}

/// The form again, with why nothing was stored in the dead letter that was seen at that time.
async fn not_stored(
    api: &Api,
    mut page: EditPage,
    (id, seen_at): (i64, OffsetDateTime),
    error: EditError,
) -> Result<Response, Problem> {
    match error {
        // The form has what is wrong.
        EditError::Invalid(_) => {
            let why = "The new request is not valid and would fail again; nothing was stored.";
            refused(page, StatusCode::UNPROCESSABLE_ENTITY, why.to_owned())
        }
        EditError::OtherIdentity { .. } => {
            let why = "The new request is about another invoice; nothing was stored. If that is meant, tick the box for it.";
            refused(page, StatusCode::CONFLICT, why.to_owned())
        }
        EditError::Overtaken(_) => {
            let now = row(api, id).await?;
            let since =
                dead_letters::edited_since(&api.database, &now, seen_at, api.request_limits).await;
            let since = since.map_err(|error| database(&error))?;
            page = page.with_conflict(&now, since, api.request_limits);
            let why = "The dead letter was changed since it was shown here; nothing was stored.";
            refused(page, StatusCode::CONFLICT, why.to_owned())
        }
        error @ (EditError::Claimed { .. } | EditError::SameAs { .. }) => {
            refused(page, StatusCode::CONFLICT, error.to_string())
        }
        error @ (EditError::Unknown(_)
        | EditError::NotOpen { .. }
        | EditError::Unreadable(_)
        | EditError::Database(_)) => Err(conflict(error)),
    }
}

fn refused(mut page: EditPage, status: StatusCode, why: String) -> Result<Response, Problem> {
    page.refusal = Some(why);
    Ok((status, answer::page(&page)?).into_response())
}

/// Why a dead letter cannot be edited.
fn conflict(error: EditError) -> Problem {
    match error {
        EditError::Unknown(id) => unknown(id),
        EditError::Invalid(invalid) => Problem::invalid(&invalid),
        EditError::Database(error) => database(&error),
        error @ (EditError::NotOpen { .. }
        | EditError::OtherIdentity { .. }
        | EditError::Overtaken(_)
        | EditError::Claimed { .. }
        | EditError::SameAs { .. }
        | EditError::Unreadable(_)) => Problem::new(Code::StateConflict, error.to_string()),
    }
}
