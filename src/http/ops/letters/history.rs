//! `/dead-letters/{id}/edits`: what people changed in one dead letter, as a list and one by one.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;

use super::view::{EditView, View};
use crate::database::dead_letters::EditSummary;
use crate::http::api::Api;
use crate::http::auth::AllShopsLooker;
use crate::http::dead_letters::{NoFilter, one, past};
use crate::http::masked;
use crate::http::ops::layout::{Layout, Section};
use crate::http::ops::visitor::Visitor;
use crate::http::ops::{answer, show};
use crate::http::page::Paged;
use crate::http::path::Number;
use crate::http::problem::Problem;

#[derive(Template)]
#[template(path = "letter_edits.html")]
struct EditsPage {
    page: Layout,
    /// The page of the dead letter.
    path: String,
    items: Vec<EditSummary>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "letter_edit_shown.html")]
struct EditPage {
    page: Layout,
    path: String,
    edit: EditView,
}

/// All edits, the newest first.
pub(crate) async fn edits(
    State(api): State<Api>,
    visitor: Visitor,
    AllShopsLooker(_caller): AllShopsLooker,
    Number(id): Number,
    paged: Paged<NoFilter>,
) -> Result<Response, Problem> {
    let (mut items, cursor) = past(&api, id, &paged).await?;
    if !visitor.may_read() {
        for edit in &mut items {
            edit.reason = masked::reason(edit.reason.take());
        }
    }
    let title = format!("Edits of dead letter {id}");
    answer::page(&EditsPage {
        page: Layout::new(&visitor, Section::DeadLetters, title),
        path: format!("/dead-letters/{id}"),
        items,
        next: cursor.map(|cursor| paged.next(&cursor)),
    })
}

/// One edit, with what it has changed.
pub(crate) async fn edit(
    State(api): State<Api>,
    visitor: Visitor,
    AllShopsLooker(_caller): AllShopsLooker,
    path: Result<Path<(i64, i64)>, PathRejection>,
) -> Result<Response, Problem> {
    let (row, edit) = one(&api, path).await?;
    let view = View::new(&api, &visitor);
    let title = format!("An edit of dead letter {}", row.id);
    answer::page(&EditPage {
        page: Layout::new(&visitor, Section::DeadLetters, title),
        path: format!("/dead-letters/{}", row.id),
        edit: view.edit(&row, edit),
    })
}
