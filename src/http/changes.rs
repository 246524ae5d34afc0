//! `/v1/changes`: what people changed.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::api::Api;
use super::auth::AllShopsReader;
use super::cursor;
use super::failures::database;
use super::page::{PageQuery, Paged};
use super::problem::{Code, Problem};
use super::query::moment;
use crate::contract::{ChangePage, ChangeResource};
use crate::database::{ChangeAction, ChangeFilter};

/// Which changes. All given filters have to match.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ChangeQuery {
    /// By this actor: user@host, or the name of a token.
    actor: Option<String>,
    /// With this action, for example `replay.cancel`.
    action: Option<String>,
    /// Of this target, for example `replay 3`; a number alone is that of every target which has it.
    target: Option<String>,
    /// Made at this moment or later (RFC 3339).
    #[param(format = DateTime)]
    since: Option<String>,
    /// Made at this moment or earlier (RFC 3339).
    #[param(format = DateTime)]
    until: Option<String>,
}

impl ChangeQuery {
    fn filter(&self) -> Result<ChangeFilter, Problem> {
        let moment = |name: &str, text: &Option<String>| {
            text.as_deref().map(|text| moment(name, text)).transpose()
        };
        Ok(ChangeFilter {
            actor: self.actor.clone(),
            action: self.action.clone(),
            target: self.target.clone(),
            since: moment("since", &self.since)?,
            until: moment("until", &self.until)?,
        })
    }
}

impl ChangeQuery {
    /// An action that does not exist is a mistake, and no filter.
    fn check(&self) -> Result<(), Problem> {
        let names = || ChangeAction::ALL.iter().map(|action| action.as_str());
        match &self.action {
            Some(action) if !names().any(|name| name == action) => {
                let names: Vec<&str> = names().collect();
                let names = names.join(", ");
                let detail = format!("there is no action {action:?}; expected one of {names}");
                Err(Problem::new(Code::ParameterInvalid, detail))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// List changes
///
/// What people did with the command line, the API and the page, the newest first. A token that is limited to shops sees none.
#[utoipa::path(
    get,
    path = "/v1/changes",
    operation_id = "listChanges",
    security(("token" = ["read"])),
    tag = "changes",
    params(ChangeQuery, PageQuery),
    responses((status = 200, description = "A page", body = ChangePage)),
)]
pub(super) async fn list(
    State(api): State<Api>,
    AllShopsReader(_caller): AllShopsReader,
    paged: Paged<ChangeQuery>,
) -> Result<Response, Problem> {
    paged.filter.check()?;
    let filter = paged.filter.filter()?;
    let page = listed(&api, &filter, &paged).await?;
    Ok(paged.answer(&page, page.next_cursor.as_deref()))
}

/// A page of changes.
pub(super) async fn listed<T>(
    api: &Api,
    filter: &ChangeFilter,
    paged: &Paged<T>,
) -> Result<ChangePage, Problem> {
    let described = format!("{filter:?}");
    let after = cursor::number(&described, paged.cursor.as_deref())?;
    let page = api.database.changes(filter, after, paged.limit).await;
    let page = page.map_err(|error| database(&error))?;
    Ok(ChangePage {
        next_cursor: page.next.map(|id| cursor::after_number(&described, id)),
        items: page.items.into_iter().map(ChangeResource::from).collect(),
    })
}
