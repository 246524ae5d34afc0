//! `/`: the state of the whole, as `status` shows it, and what the workers have done, as `activity` does.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use time::OffsetDateTime;

use super::activity::Work;
use super::layout::{Layout, Section};
use super::visitor::Visitor;
use super::{answer, show};
use crate::activity::Span;
use crate::contract::Status;
use crate::http::api::Api;
use crate::http::auth::Looker;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::patience::answered;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    page: Layout,
    status: Arc<Status>,
    /// None where the database could not be asked.
    work: Option<Work>,
    /// When the oldest message was published, or first received, of those that are known.
    oldest: Option<OffsetDateTime>,
}

impl OverviewPage {
    /// How many messages wait for their next attempt; none where a queue could not be looked at.
    fn waiting_for_retry(&self) -> Option<u64> {
        let lanes = self.status.lanes.as_ref()?.iter();
        let retries = lanes.flat_map(|lane| &lane.retries);
        retries.map(|retry| retry.ready.map(u64::from)).sum()
    }
}

/// How far back the charts go.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OverviewQuery {
    span: Option<Span>,
}

/// The overview.
pub(super) async fn show(
    State(api): State<Api>,
    visitor: Visitor,
    Looker(_caller): Looker,
    Query(query): Query<OverviewQuery>,
) -> Result<Response, Problem> {
    let activity = api.activity.look(query.span.unwrap_or_default());
    let (status, activity) = tokio::join!(api.status.look(), answered(activity));
    let activity = activity.ok().and_then(Result::ok);
    answer::page(&OverviewPage {
        page: Layout::new(&visitor, Section::Overview, "Overview"),
        work: activity.map(|it| Work::of(&it)),
        oldest: oldest(&status),
        status,
    })
}

/// Of the messages that workers have in work and those that wait for their next attempt. What waits in a queue of requests is not
/// known by its age.
fn oldest(status: &Status) -> Option<OffsetDateTime> {
    let lanes = status.lanes.iter().flatten();
    let known = lanes.flat_map(|lane| {
        let waiting = lane.retries.iter().map(|retry| retry.oldest_request_at);
        waiting.chain([lane.oldest_in_work_at])
    });
    known.flatten().min()
}
