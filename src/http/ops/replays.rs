//! `/replays`: running and past, and what became of their requests.

mod new;

use askama::Template;
use axum::extract::State;
use axum::response::{Redirect, Response};
use serde::Deserialize;

pub(super) use self::new::{Pace, begin, create, plan};

use super::filter::Filter;
use super::form::{Posted, ReasonForm};
use super::layout::{Layout, Section};
use super::notice::Notice;
use super::visitor::Visitor;
use super::{answer, show};
use crate::contract::ReplayResource;
use crate::database::RunStatus;
use crate::http::api::Api;
use crate::http::auth::{AllShopsLooker, Operator};
use crate::http::failures::database;
use crate::http::masked;
use crate::http::page::Paged;
use crate::http::path::Number;
use crate::http::problem::Problem;
use crate::http::replays::{control, listed};
use crate::http::run_status::{choices, chosen};
use crate::replays;

/// Dead letters that failed again and are named.
const FAILED_AGAIN: u64 = 100;

/// Which replays.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ReplayFilter {
    status: String,
}

#[derive(Template)]
#[template(path = "replays.html")]
struct ReplaysPage {
    page: Layout,
    status: String,
    statuses: Vec<(&'static str, &'static str)>,
    items: Vec<ReplayResource>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "replay.html")]
struct ReplayPage {
    page: Layout,
    replay: ReplayResource,
    selection: Vec<(&'static str, String)>,
    /// Requests a second since it began, while it runs.
    speed: Option<String>,
    /// The codes of those that failed again, with how many these are, and the list of what is open.
    codes: Vec<(String, u64, String)>,
    /// The first dead letters that failed again.
    failed_again: Vec<i64>,
    is_live: bool,
    can_be_cancelled: bool,
    can_be_resumed: bool,
    cancel: String,
    resume: String,
}

/// The newest first.
pub(super) async fn list(
    State(api): State<Api>,
    visitor: Visitor,
    AllShopsLooker(_caller): AllShopsLooker,
    paged: Paged<ReplayFilter>,
) -> Result<Response, Problem> {
    let status = chosen(&paged.filter.status, "replays")?;
    let mut list = listed(&api, status, &paged).await?;
    if !visitor.may_read() {
        list.items.iter_mut().for_each(mask);
    }
    answer::page(&ReplaysPage {
        page: Layout::new(&visitor, Section::Replays, "Replays"),
        status: paged.filter.status.clone(),
        statuses: choices(),
        next: list.next_cursor.map(|cursor| paged.next(&cursor)),
        items: list.items,
    })
}

/// A replay with its progress.
pub(super) async fn show(
    State(api): State<Api>,
    visitor: Visitor,
    AllShopsLooker(_caller): AllShopsLooker,
    Number(id): Number,
) -> Result<Response, Problem> {
    let followed = replays::look(&api.database, id).await.map_err(control)?;
    let is_live = !followed.is_complete();
    let status = followed.row.status;
    let failed_again = if followed.failed_again() == 0 {
        Vec::new()
    } else {
        let letters = api.database.failed_again_in(id, FAILED_AGAIN).await;
        letters.map_err(|error| database(&error))?
    };
    let mut replay = ReplayResource::from(followed);
    if !visitor.may_read() {
        mask(&mut replay);
    }
    answer::page(&ReplayPage {
        page: Layout::new(&visitor, Section::Replays, format!("Replay {id}")),
        selection: described(&replay),
        speed: speed(&replay),
        codes: codes(&replay),
        failed_again,
        is_live,
        can_be_cancelled: matches!(status, RunStatus::Queued | RunStatus::Running)
            && replay.cancel_requested_at.is_none(),
        can_be_resumed: matches!(status, RunStatus::Cancelled | RunStatus::Failed),
        cancel: format!("/replays/{id}/cancel"),
        resume: format!("/replays/{id}/resume"),
        replay,
    })
}

/// Cancels a replay; the process that runs it stops after its batch.
pub(super) async fn cancel(
    State(api): State<Api>,
    Operator(caller): Operator,
    Number(id): Number,
    form: Posted<ReasonForm>,
) -> Result<Redirect, Problem> {
    let by = caller.by(&form.fields.reason.0);
    replays::cancel(&api.database, id, by)
        .await
        .map_err(control)?;
    Ok(answer::done(
        &format!("/replays/{id}"),
        Notice::ReplayCancelled,
    ))
}

/// Has a replay go on that was stopped.
pub(super) async fn resume(
    State(api): State<Api>,
    Operator(caller): Operator,
    Number(id): Number,
    form: Posted<ReasonForm>,
) -> Result<Redirect, Problem> {
    let by = caller.by(&form.fields.reason.0);
    replays::resume(&api.database, id, by)
        .await
        .map_err(control)?;
    Ok(answer::done(
        &format!("/replays/{id}"),
        Notice::ReplayResumed,
    ))
}

/// Without what may quote a request.
fn mask(replay: &mut ReplayResource) {
    if let Some(selection) = &mut replay.selection
        && let Some(text) = &mut selection.text
    {
        masked::MASK.clone_into(text);
    }
    let letters = replay.refused.letters.iter_mut();
    for letter in letters.chain(&mut replay.unreadable.letters) {
        letter.reason = masked::detail(&letter.reason);
    }
    replay.error = replay.error.as_deref().map(masked::detail);
    replay.reason = masked::reason(replay.reason.take());
}

/// Which dead letters it is about, in words.
fn described(replay: &ReplayResource) -> Vec<(&'static str, String)> {
    let Some(selection) = &replay.selection else {
        let unknown = "a filter of a later version".to_owned();
        return vec![("Dead letters", unknown)];
    };
    let list = |texts: &[String]| Some(texts.join(", ")).filter(|text| !text.is_empty());
    let ids: Vec<String> = selection.ids.iter().map(i64::to_string).collect();
    let moment = |at: Option<time::OffsetDateTime>| at.map(crate::moment::seconds);
    let all = [
        ("Numbers", list(&ids)),
        ("Code", list(&selection.codes)),
        ("Stage", list(&selection.stages)),
        ("Platform", selection.platform.clone()),
        ("Shop", selection.shop_id.clone()),
        ("Order", selection.order_id.clone()),
        ("Sequence number", selection.sequence_number.clone()),
        ("Message id", selection.message_id.clone()),
        ("Text", selection.text.clone()),
        ("Failed since", moment(selection.since)),
        ("Failed until", moment(selection.until)),
        ("State", selection.status.map(ToOwned::to_owned)),
        (
            "Edited by repair",
            selection.repair.map(|id| id.to_string()),
        ),
    ];
    let given = all.into_iter();
    given
        .filter_map(|(name, text)| Some((name, text?)))
        .collect()
}

/// The codes of those that failed again, each with its number and its list.
fn codes(replay: &ReplayResource) -> Vec<(String, u64, String)> {
    let codes = replay.outcome.failed_codes.iter().map(|it| {
        let filter = Filter {
            code: it.code.clone(),
            status: "open".to_owned(),
            ..Filter::default()
        };
        (it.code.clone(), it.count, filter.address("/dead-letters"))
    });
    codes.collect()
}

/// How many requests it has published a second, where it has for a second or longer.
fn speed(replay: &ReplayResource) -> Option<String> {
    let end = replay.finished_at.unwrap_or(replay.updated_at);
    let milliseconds = (end - replay.started_at?).whole_milliseconds();
    if milliseconds < 1_000 {
        return None;
    }
    let tenths = i128::from(replay.published) * 10_000 / milliseconds;
    Some(format!("{}.{}", tenths / 10, tenths % 10))
}
