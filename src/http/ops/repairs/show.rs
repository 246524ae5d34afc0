//! One repair: what its trial says, what can be done, and what became of it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::steps::Steps;
use super::view::{LetterRow, RepairView};
use crate::database::{RepairStatus, RepairVerdict};
use crate::http::api::Api;
use crate::http::auth::AllShopsLooker;
use crate::http::ops::layout::{Layout, Section};
use crate::http::ops::visitor::Visitor;
use crate::http::ops::{answer, show};
use crate::http::page::Paged;
use crate::http::path::Number;
use crate::http::problem::{Code, Problem};
use crate::http::repairs::{listed_letters, refusal};
use crate::moment;
use crate::repairs;

/// How often a repair that a process works on is looked at again, and one that waits for a person, in seconds.
const WORKING: u8 = 3;
const WAITING: u8 = 20;

#[derive(Template)]
#[template(path = "repairs/show.html")]
struct RepairPage {
    page: Layout,
    view: RepairView,
    /// Its last change: who applies or approves it has seen this state.
    version: String,
    steps: Steps,
    /// How often it is looked at again; none where it is over.
    live: Option<u8>,
    counts: Vec<Count>,
    /// The verdict of the letters that are listed; none is any.
    verdict: Option<&'static str>,
    letters: Vec<LetterRow>,
    next: Option<String>,
}

/// How many letters have a verdict.
struct Count {
    verdict: &'static str,
    count: u64,
    meaning: &'static str,
}

impl RepairPage {
    /// The address of an action.
    fn action(&self, name: &str) -> String {
        format!("/repairs/{}/{name}", self.view.repair.id)
    }
}

/// Which letters of a repair are listed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LettersQuery {
    /// With this verdict; empty is any.
    #[serde(default)]
    verdict: String,
}

/// A repair with a page of its letters.
pub(crate) async fn show(
    State(api): State<Api>,
    visitor: Visitor,
    AllShopsLooker(_caller): AllShopsLooker,
    Number(id): Number,
    paged: Paged<LettersQuery>,
) -> Result<Response, Problem> {
    let verdict =
        match paged.filter.verdict.as_str() {
            "" => None,
            name => Some(RepairVerdict::named(name).ok_or_else(|| {
                Problem::new(Code::ParameterInvalid, "verdict is none of a trial")
            })?),
        };
    let followed = repairs::find(&api.database, id).await.map_err(refusal)?;
    let (letters, next) = listed_letters(&api, id, verdict, &paged).await?;
    let live = live(followed.row.status);
    let view = RepairView::of(followed, visitor.may_read());
    answer::page(&RepairPage {
        page: Layout::new(&visitor, Section::Repairs, format!("Repair {id}")),
        version: moment::text(view.repair.updated_at),
        steps: Steps::of(&api, &view.repair, &visitor).await,
        live,
        counts: counts(&view),
        verdict: verdict.map(RepairVerdict::as_str),
        letters: letters
            .into_iter()
            .map(|letter| LetterRow::of(letter, visitor.may_read()))
            .collect(),
        next: next.map(|cursor| paged.next(&cursor)),
        view,
    })
}

fn live(status: RepairStatus) -> Option<u8> {
    match status {
        RepairStatus::Trying | RepairStatus::Applying | RepairStatus::Replaying => Some(WORKING),
        RepairStatus::Tried | RepairStatus::WaitingForApproval => Some(WAITING),
        RepairStatus::Done | RepairStatus::Cancelled | RepairStatus::Failed => None,
    }
}

/// The verdicts that there are.
fn counts(view: &RepairView) -> Vec<Count> {
    let counts = RepairVerdict::ALL.into_iter().map(|verdict| Count {
        verdict: verdict.as_str(),
        count: view
            .repair
            .verdicts
            .get(verdict.as_str())
            .copied()
            .unwrap_or(0),
        meaning: meaning(verdict),
    });
    counts.filter(|count| count.count > 0).collect()
}

/// What a verdict means, as the documentation has it.
fn meaning(verdict: RepairVerdict) -> &'static str {
    match verdict {
        RepairVerdict::WouldIssue => "the document would be issued",
        RepairVerdict::Conflict => {
            "another document stands under the identity, or would be issued before"
        }
        RepairVerdict::AlreadyGenerated => {
            "the document of the same request was issued before: the letter can be discarded"
        }
        RepairVerdict::Invalid => "the new request is not valid",
        RepairVerdict::RenderFailed => "the document cannot be rendered",
        RepairVerdict::WouldFail => "it would fail for another reason, which the code says",
        RepairVerdict::PatchFailed => "the patch does not fit the request",
        RepairVerdict::Unchanged => "the patch changes nothing",
    }
}
