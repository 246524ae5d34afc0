//! `/dead-letters/{id}`: why it failed, what to do, and what was done.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use invoice::failure_code::Explanation;
use invoice::{FailureCode, InvoiceIdentity};
use serde_json::Value;

use super::view::{EditView, View};
use crate::contract::{InvoiceLinks, RequestProblem, reported};
use crate::database::dead_letter::{DeadLetterStatus, Model};
use crate::database::{ReplayOutcome, Status};
use crate::dead_letters::{self, Shown};
use crate::http::api::Api;
use crate::http::auth::AllShopsLooker;
use crate::http::dead_letters::unknown;
use crate::http::failures::database;
use crate::http::masked;
use crate::http::ops::answer;
use crate::http::ops::code::{self, Line};
use crate::http::ops::indent::indented;
use crate::http::ops::layout::{Layout, Section};
use crate::http::ops::show;
use crate::http::ops::visitor::Visitor;
use crate::http::path::Number;
use crate::http::problem::Problem;
use crate::telemetry::traces::trace_id;

/// Edits that are shown with what they have changed, the newest ones. There is a list of all.
const EDITS: u64 = 3;

/// Replays that are shown, the newest ones.
const REPLAYS: u64 = 20;

#[derive(Template)]
#[template(path = "letter.html")]
struct LetterPage {
    page: Layout,
    /// With personal data masked, unless the visitor may see it.
    row: Model,
    status: &'static str,
    outcome: Option<&'static str>,
    explanation: Option<Explanation>,
    errors: Vec<RequestProblem>,
    /// Whether these are the problems of the request as it is now, and not those of its last failure.
    is_checked_now: bool,
    /// The request; empty where it is no JSON.
    lines: Vec<Line>,
    /// The body, where it is no JSON.
    raw: String,
    /// Whether the body is larger than a request may be, so that its beginning is shown only.
    is_large: bool,
    headers: String,
    properties: String,
    trace_id: Option<String>,
    identity: String,
    record: Option<Record>,
    edits: Vec<EditView>,
    older_edits: u64,
    /// Replays of it with what became of each, the newest first.
    replays: Vec<(i64, &'static str)>,
    is_open: bool,
    path: String,
    replay: String,
    discard: String,
}

/// The record of the invoice that the request is about.
struct Record {
    path: String,
    /// None where there is no record.
    status: Option<&'static str>,
}

/// A dead letter.
pub(crate) async fn open(
    State(api): State<Api>,
    visitor: Visitor,
    AllShopsLooker(_caller): AllShopsLooker,
    Number(id): Number,
) -> Result<Response, Problem> {
    let shown = dead_letters::show(&api.database, id, EDITS).await;
    let shown = shown.map_err(|error| database(&error))?;
    let shown = shown.ok_or_else(|| unknown(id))?;
    let replays = replays(&api, &shown).await?;
    let Shown {
        row,
        edits,
        older_edits,
        outcome,
        differences: _,
    } = shown;
    let is_open = row.status == DeadLetterStatus::Open;
    let is_checked_now = is_open && !edits.is_empty();
    let mut errors = if is_checked_now {
        let problems = dead_letters::problems(&row, api.request_limits).await;
        RequestProblem::list(&problems)
    } else {
        reported(&row)
    };
    let view = View::new(&api, &visitor);
    let content = view.content(&row, &row.payload);
    let is_large = view.is_large(&content);
    let request = if is_large {
        None
    } else {
        dead_letters::request(&row, api.request_limits)
    };
    let text = view.text(request.as_deref().unwrap_or(&content));
    if !view.is_read {
        errors = masked::problems(errors);
    }
    let json = (!is_large).then(|| serde_json::from_str::<Value>(&text).ok());
    let json = json.flatten();
    let newest = edits.into_iter().rev();
    let edits = newest.map(|edit| view.edit(&row, edit)).collect();
    let record = record(&api, &row).await?;
    let (identity, status) = (row.invoice().to_string(), row.status.as_str());
    let row = if view.is_read {
        row
    } else {
        // The page has the payload as `text`.
        masked::letter(row, text.as_bytes())
    };
    let (headers, trace_id) = headers(&row.headers);
    answer::page(&LetterPage {
        page: Layout::new(&visitor, Section::DeadLetters, format!("Dead letter {id}")),
        status,
        outcome: outcome.map(ReplayOutcome::name),
        explanation: FailureCode::named(&row.code).map(FailureCode::explain),
        lines: json
            .as_ref()
            .map(|json| code::lines(json, &errors))
            .unwrap_or_default(),
        raw: match json {
            Some(_) => String::new(),
            None => View::beginning(&text),
        },
        is_large,
        errors,
        is_checked_now,
        headers,
        properties: indented(&row.properties),
        trace_id,
        identity,
        record,
        edits,
        older_edits,
        replays,
        is_open,
        path: format!("/dead-letters/{id}"),
        replay: format!("/dead-letters/{id}/replay"),
        discard: format!("/dead-letters/{id}/discard"),
        row,
    })
}

/// The replays of a dead letter, with what became of each.
async fn replays(api: &Api, shown: &Shown) -> Result<Vec<(i64, &'static str)>, Problem> {
    let replays = api.database.replays_of_letter(shown.row.id, REPLAYS).await;
    let replays = replays.map_err(|error| database(&error))?;
    // What became of the last one may not be stored yet.
    let newest = shown.outcome.flatten();
    let outcomes = replays.iter().enumerate().map(|(index, replay)| {
        let outcome = replay.outcome.or(newest.filter(|_| index == 0));
        (replay.replay_id, ReplayOutcome::name(outcome))
    });
    Ok(outcomes.collect())
}

/// The record of the invoice, where the request says which it is.
async fn record(api: &Api, row: &Model) -> Result<Option<Record>, Problem> {
    let [
        Some(platform),
        Some(shop),
        Some(order),
        Some(package),
        Some(sequence),
    ] = row.invoice().into_parts()
    else {
        return Ok(None);
    };
    let Ok(identity) = InvoiceIdentity::from_parts([platform, shop, order, package, sequence])
    else {
        return Ok(None);
    };
    let record = api.database.find(&identity).await;
    let record = record.map_err(|error| database(&error))?;
    let path = InvoiceLinks::record(&identity);
    Ok(Some(Record {
        path: path.trim_start_matches("/v1").to_owned(),
        status: record.map(|record| match record.status {
            Status::Generated => "generated",
            Status::Failed => "failed",
        }),
    }))
}

/// Headers as JSON for people, and the trace that they name.
fn headers(json: &str) -> (String, Option<String>) {
    let headers: Value = serde_json::from_str(json).unwrap_or_default();
    let traceparent = headers["traceparent"].as_str();
    let trace_id = traceparent.and_then(trace_id).map(str::to_owned);
    (indented(json), trace_id)
}
