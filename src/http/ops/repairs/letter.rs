//! One letter of a repair: its verdict, its problems, and what the patch changes in its request.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;

use super::view;
use crate::contract::{FieldChange, RepairLetter};
use crate::http::api::Api;
use crate::http::auth::AllShopsLooker;
use crate::http::masked;
use crate::http::ops::layout::{Layout, Section};
use crate::http::ops::visitor::Visitor;
use crate::http::ops::{answer, show};
use crate::http::problem::{Code, Problem};
use crate::http::repairs::refusal;
use crate::repairs::{self, Compared};

#[derive(Template)]
#[template(path = "repairs/letter.html")]
struct LetterPage {
    page: Layout,
    repair: i64,
    letter: RepairLetter,
    /// None where the patch does not fit, or the content that was tried is there no more.
    changes: Option<Vec<FieldChange>>,
}

/// A letter, compared with what the patch makes of it.
pub(crate) async fn letter(
    State(api): State<Api>,
    visitor: Visitor,
    AllShopsLooker(_caller): AllShopsLooker,
    path: Result<Path<(i64, i64)>, PathRejection>,
) -> Result<Response, Problem> {
    let Path((id, number)) = path.map_err(|_| {
        let detail = "the path has to have whole numbers";
        Problem::new(Code::ParameterInvalid, detail)
    })?;
    let found = repairs::compare(&api.database, id, number, api.request_limits).await;
    let found = found.map_err(refusal)?;
    let Compared { letter, changes } = found.ok_or_else(|| {
        let detail = format!("repair {id} has not tried a dead letter {number}");
        Problem::new(Code::NotFound, detail)
    })?;
    let title = format!("Dead letter {number} in repair {id}");
    answer::page(&LetterPage {
        page: Layout::new(&visitor, Section::Repairs, title),
        repair: id,
        letter: view::letter(letter, visitor.may_read()),
        changes: changes.map(|changes| {
            if visitor.may_read() {
                changes
            } else {
                masked::changes(changes)
            }
        }),
    })
}
