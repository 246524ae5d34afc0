//! Discarding and replaying dead letters: one, or all that match a filter.

use askama::Template;
use axum::extract::State;
use axum::response::{Redirect, Response};

use super::PATH;
use crate::contract::DeadLetterGroup;
use crate::database::DeadLetterStatus;
use crate::dead_letters;
use crate::http::api::Api;
use crate::http::auth::Operator;
use crate::http::dead_letters::{GROUPED, counted, discard_all};
use crate::http::ops::answer;
use crate::http::ops::filter::{Chosen, Filter};
use crate::http::ops::form::{Posted, ReasonForm};
use crate::http::ops::layout::{Layout, Section};
use crate::http::ops::notice::Notice;
use crate::http::ops::replays::{Pace, begin};
use crate::http::ops::show;
use crate::http::ops::visitor::Visitor;
use crate::http::path::Number;
use crate::http::problem::{Code, Problem};
use crate::http::query::Query;

#[derive(Template)]
#[template(path = "letters_discard.html")]
struct DiscardPage {
    page: Layout,
    filter: Vec<(&'static str, String)>,
    count: u64,
    groups: Vec<DeadLetterGroup>,
    /// Why nothing matches.
    reasons: Vec<String>,
    action: String,
    back: String,
}

/// Discards an open dead letter.
pub(crate) async fn discard_one(
    State(api): State<Api>,
    Operator(caller): Operator,
    Number(id): Number,
    form: Posted<ReasonForm>,
) -> Result<Redirect, Problem> {
    let chosen = Chosen::one(&api, id, Some(DeadLetterStatus::Open)).await?;
    let discarded = discard_all(api, chosen.some()?, form.fields.reason, caller).await?;
    if discarded == 0 {
        let detail = format!(
            "dead letter {id} was not discarded: a replay is publishing it, or someone else has changed it"
        );
        return Err(Problem::new(Code::StateConflict, detail));
    }
    Ok(answer::done(
        &format!("{PATH}/{id}"),
        Notice::LetterDiscarded,
    ))
}

/// Replays a dead letter.
pub(crate) async fn replay_one(
    State(api): State<Api>,
    Operator(caller): Operator,
    Number(id): Number,
    form: Posted<ReasonForm>,
) -> Result<Redirect, Problem> {
    let chosen = Chosen::one(&api, id, None).await?;
    let reason = &form.fields.reason;
    begin(&api, &caller, chosen.some()?, reason, Pace::default()).await
}

/// What would be discarded.
pub(crate) async fn confirm_discard(
    State(api): State<Api>,
    visitor: Visitor,
    Operator(_caller): Operator,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let Chosen { frozen, reasons } = filter.choose(&api).await?;
    let groups = dead_letters::groups(&api.database, &frozen.selection, GROUPED);
    let groups = counted(&api, groups).await?;
    // What fails after this page was made is not part of it.
    let frozen_filter = filter.as_of(frozen.selection.until);
    answer::page(&DiscardPage {
        page: Layout::new(&visitor, Section::DeadLetters, "Discard dead letters"),
        filter: filter.described(),
        count: frozen.count,
        groups,
        reasons,
        action: frozen_filter.address("/dead-letters/discard"),
        back: filter.address(PATH),
    })
}

/// Discards everything that matches.
pub(crate) async fn discard(
    State(api): State<Api>,
    Operator(caller): Operator,
    Query(filter): Query<Filter>,
    form: Posted<ReasonForm>,
) -> Result<Redirect, Problem> {
    let chosen = filter.choose(&api).await?;
    discard_all(api, chosen.some()?, form.fields.reason, caller).await?;
    Ok(answer::done(PATH, Notice::LettersDiscarded))
}
