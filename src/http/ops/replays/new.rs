//! `/replays/new`: a replay of everything that matches a filter, with its dry run.

use std::num::NonZeroU32;

use askama::Template;
use axum::extract::State;
use axum::response::{Redirect, Response};
use serde::Deserialize;

use crate::broker::Lane;
use crate::contract::DeadLetterGroup;
use crate::database::dead_letters::Frozen;
use crate::http::api::Api;
use crate::http::auth::{Caller, Operator};
use crate::http::dead_letters::{GROUPED, Reason, counted};
use crate::http::failures::database;
use crate::http::ops::filter::{Chosen, Filter};
use crate::http::ops::form::Posted;
use crate::http::ops::layout::{Layout, Section};
use crate::http::ops::notice::Notice;
use crate::http::ops::visitor::Visitor;
use crate::http::ops::{answer, given, show};
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::replays::planned;
use crate::replays::{self, Terms};

/// How the requests of a replay are published.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Requests a second at most.
    rate: Option<NonZeroU32>,
    /// Requests at most.
    limit: Option<NonZeroU32>,
    lane: Lane,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            rate: None,
            limit: None,
            lane: Lane::Bulk,
        }
    }
}

/// The fields of the form; an empty one is not given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayForm {
    reason: Reason,
    #[serde(default)]
    rate: String,
    #[serde(default)]
    limit: String,
    lane: Option<Lane>,
}

impl ReplayForm {
    fn pace(&self) -> Result<Pace, Problem> {
        Ok(Pace {
            rate: given::count("rate", &self.rate)?,
            limit: given::count("limit", &self.limit)?,
            lane: self.lane.unwrap_or(Lane::Bulk),
        })
    }
}

#[derive(Template)]
#[template(path = "replay_new.html")]
struct PlanPage {
    page: Layout,
    filter: Vec<(&'static str, String)>,
    count: u64,
    groups: Vec<DeadLetterGroup>,
    /// Why nothing matches.
    reasons: Vec<String>,
    action: String,
    back: String,
}

/// What would be replayed. Nothing is changed.
pub(crate) async fn plan(
    State(api): State<Api>,
    visitor: Visitor,
    Operator(_caller): Operator,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let Chosen { frozen, reasons } = filter.choose(&api).await?;
    // What fails after this page was made is not part of it.
    let frozen_filter = filter.as_of(frozen.selection.until);
    let plan = planned(&api, frozen, None).await?;
    let groups = plan.groups(&api.database, GROUPED);
    answer::page(&PlanPage {
        page: Layout::new(&visitor, Section::Replays, "Replay dead letters"),
        filter: filter.described(),
        count: plan.total,
        groups: counted(&api, groups).await?,
        reasons,
        action: frozen_filter.address("/replays/new"),
        back: filter.address("/dead-letters"),
    })
}

/// Creates the replay, which a process that serves runs.
pub(crate) async fn create(
    State(api): State<Api>,
    Operator(caller): Operator,
    Query(filter): Query<Filter>,
    form: Posted<ReplayForm>,
) -> Result<Redirect, Problem> {
    let pace = form.fields.pace()?;
    let chosen = filter.choose(&api).await?;
    begin(&api, &caller, chosen.some()?, &form.fields.reason, pace).await
}

/// Creates a replay of these dead letters, and leads to it.
pub(crate) async fn begin(
    api: &Api,
    caller: &Caller,
    frozen: Frozen,
    reason: &Reason,
    pace: Pace,
) -> Result<Redirect, Problem> {
    let limit = pace.limit.map(|limit| limit.get().into());
    let plan = planned(api, frozen, limit).await?;
    let terms = Terms {
        lane: pace.lane,
        rate: pace.rate.map(NonZeroU32::get),
        by: caller.by(&reason.0),
    };
    let replay = replays::create(&api.database, &plan, terms).await;
    let replay = replay.map_err(|error| database(&error))?;
    let path = format!("/replays/{}", replay.id);
    Ok(answer::done(&path, Notice::ReplayCreated))
}
