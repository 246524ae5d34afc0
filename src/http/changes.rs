//! `/v1/changes`: what people changed.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::api::Api;
use super::auth::Operator;
use super::cursor;
use super::failures::database;
use super::page::{PageQuery, Paged};
use super::problem::Problem;
use crate::contract::{ChangePage, ChangeResource};
use crate::database::ChangeFilter;

/// Which changes. All given filters have to match.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ChangeQuery {
    /// By this actor: user@host, or the name of a token.
    actor: Option<String>,
    /// With this action, for example `replay.cancel`.
    action: Option<String>,
    /// Of this target, for example `replay 3`.
    target: Option<String>,
}

/// List changes
///
/// What people did with the command line and the API, the newest first.
#[utoipa::path(
    get,
    path = "/v1/changes",
    operation_id = "listChanges",
    security(("token" = ["operate"])),
    tag = "changes",
    params(ChangeQuery, PageQuery),
    responses((status = 200, description = "A page", body = ChangePage)),
)]
pub(super) async fn list(
    State(api): State<Api>,
    Operator(_caller): Operator,
    paged: Paged<ChangeQuery>,
) -> Result<Response, Problem> {
    let query = &paged.filter;
    let filter = ChangeFilter {
        actor: query.actor.clone(),
        action: query.action.clone(),
        target: query.target.clone(),
    };
    let described = format!("{filter:?}");
    let after = cursor::number(&described, paged.cursor.as_deref())?;
    let page = api.database.changes(&filter, after, paged.limit).await;
    let page = page.map_err(|error| database(&error))?;
    let page = ChangePage {
        next_cursor: page.next.map(|id| cursor::after_number(&described, id)),
        items: page.items.into_iter().map(ChangeResource::from).collect(),
    };
    Ok(paged.answer(&page, page.next_cursor.as_deref()))
}
