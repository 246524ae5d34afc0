//! The list of repairs.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::view::RepairView;
use crate::database::RepairStatus;
use crate::http::api::Api;
use crate::http::auth::AllShopsLooker;
use crate::http::ops::layout::{Layout, Section};
use crate::http::ops::visitor::Visitor;
use crate::http::ops::{answer, show};
use crate::http::page::Paged;
use crate::http::problem::{Code, Problem};
use crate::http::repairs::listed;

#[derive(Template)]
#[template(path = "repairs.html")]
struct RepairsPage {
    page: Layout,
    items: Vec<RepairView>,
    next: Option<String>,
    status: String,
    statuses: Vec<(&'static str, &'static str)>,
}

/// Which repairs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    /// In this state; empty is any.
    #[serde(default)]
    status: String,
}

/// The repairs, the newest first.
pub(crate) async fn list(
    State(api): State<Api>,
    visitor: Visitor,
    AllShopsLooker(_caller): AllShopsLooker,
    paged: Paged<ListQuery>,
) -> Result<Response, Problem> {
    let status = match paged.filter.status.as_str() {
        "" => None,
        name => Some(RepairStatus::named(name).ok_or_else(|| {
            Problem::new(Code::ParameterInvalid, "status is no state of repairs")
        })?),
    };
    let (items, next) = listed(&api, status, &paged).await?;
    answer::page(&RepairsPage {
        page: Layout::new(&visitor, Section::Repairs, "Repairs"),
        items: items
            .into_iter()
            .map(|followed| RepairView::of(followed, visitor.may_read()))
            .collect(),
        next: next.map(|cursor| paged.next(&cursor)),
        status: status.map_or_else(String::new, |status| status.as_str().to_owned()),
        statuses: [("", "any")]
            .into_iter()
            .chain(RepairStatus::ALL.map(|status| (status.as_str(), status.as_str())))
            .collect(),
    })
}
