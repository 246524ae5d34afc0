//! Making a repair: a proposal for the group, or a patch that is typed.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::group::{Found, GroupQuery};
use crate::contract::{RepairProblem, RepairProposal};
use crate::http::api::Api;
use crate::http::auth::{Caller, Operator};
use crate::http::dead_letters::{freeze, reasons};
use crate::http::failures::database;
use crate::http::ops::form::Posted;
use crate::http::ops::layout::{Layout, Section};
use crate::http::ops::notice::Notice;
use crate::http::ops::visitor::Visitor;
use crate::http::ops::{answer, show};
use crate::http::problem::{Code, Problem};
use crate::http::query::Query;
use crate::repairs::{self, Orders, PointedPatch};

/// What the field of the choice has for a patch that is typed.
const OWN: &str = "own";

/// Length of a reason, in characters.
const REASON: std::ops::RangeInclusive<usize> = 3..=500;

#[derive(Template)]
#[template(path = "repairs/new.html")]
struct NewPage {
    page: Layout,
    /// Where the form is sent, with the selection.
    action: String,
    group: GroupQuery,
    /// None where nothing is selected.
    found: Option<Found>,
    proposals: Vec<Proposed>,
    typed: NewForm,
    /// Why the repair was not made.
    error: Option<String>,
}

/// A proposal in the form.
struct Proposed {
    proposal: RepairProposal,
    /// What the field of the choice has for it.
    choice: String,
    is_chosen: bool,
}

/// What is typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewForm {
    /// Number of a proposal, or `own`.
    choice: String,
    /// The value for a proposal that needs one.
    value: String,
    /// A patch.
    patch: String,
    /// `true` where the new requests may be about other invoices.
    change_identity: String,
    reason: String,
}

/// A patch that was chosen, with the problems that `{pointer}` in it stands for.
struct Chosen {
    patch: String,
    problem: RepairProblem,
}

impl NewPage {
    /// Whether the patch that is typed is chosen.
    fn is_own(&self) -> bool {
        self.proposals.iter().all(|proposed| !proposed.is_chosen)
    }

    /// What has to be given for the proposals that need a value.
    fn needed(&self) -> Option<&str> {
        let mut proposals = self.proposals.iter();
        proposals.find_map(|proposed| proposed.proposal.value.as_deref())
    }
}

/// The form.
pub(crate) async fn form(
    State(api): State<Api>,
    visitor: Visitor,
    Operator(_caller): Operator,
    uri: Uri,
    Query(group): Query<GroupQuery>,
) -> Result<Response, Problem> {
    let typed = NewForm {
        choice: "0".to_owned(),
        ..NewForm::default()
    };
    page(&api, &visitor, &uri, group, typed, None).await
}

/// Makes a repair, which is tried then. What is not valid is shown with what was typed.
pub(crate) async fn create(
    State(api): State<Api>,
    visitor: Visitor,
    Operator(caller): Operator,
    uri: Uri,
    Query(group): Query<GroupQuery>,
    form: Posted<NewForm>,
) -> Result<Response, Problem> {
    let typed = form.fields;
    match make(&api, &caller, &group, &typed).await {
        Ok(id) => {
            let made = answer::done(&format!("/repairs/{id}"), Notice::RepairMade);
            Ok(made.into_response())
        }
        Err(problem) if is_of_form(&problem) => {
            let error = Some(problem.detail().to_owned());
            let again = page(&api, &visitor, &uri, group, typed, error).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(problem) => Err(problem),
    }
}

/// Whether the visitor can put it right in the form.
fn is_of_form(problem: &Problem) -> bool {
    let codes = [Code::BodyInvalid, Code::ParameterInvalid, Code::NotFound];
    codes.iter().any(|code| code.as_str() == problem.code())
}

async fn page(
    api: &Api,
    visitor: &Visitor,
    uri: &Uri,
    group: GroupQuery,
    typed: NewForm,
    error: Option<String>,
) -> Result<Response, Problem> {
    let found = group.find(api).await?;
    let proposals = proposals(&group, None).into_iter().enumerate();
    let proposals = proposals.map(|(index, proposal)| {
        let choice = index.to_string();
        Proposed {
            is_chosen: choice == typed.choice,
            choice,
            proposal,
        }
    });
    let query = uri.query().unwrap_or_default();
    answer::page(&NewPage {
        page: Layout::new(visitor, Section::Repairs, "Repair dead letters"),
        action: format!("/repairs/new?{query}"),
        found,
        proposals: proposals.collect(),
        group,
        typed,
        error,
    })
}

fn proposals(group: &GroupQuery, value: Option<&str>) -> Vec<RepairProposal> {
    let asked = group.asked(value);
    asked.map_or_else(Vec::new, |asked| repairs::proposals(&asked))
}

/// Makes the repair, and answers its number.
async fn make(
    api: &Api,
    caller: &Caller,
    group: &GroupQuery,
    typed: &NewForm,
) -> Result<i64, Problem> {
    let Chosen { patch, problem } = chosen(group, typed)?;
    let reason = typed.reason.trim();
    if !REASON.contains(&reason.chars().count()) {
        let (least, most) = REASON.into_inner();
        let detail = format!("the reason has to have {least} to {most} characters");
        return Err(invalid(detail));
    }
    if group.is_empty() {
        return Err(invalid(
            "no dead letters are selected; give a filter or numbers, or choose all that are open",
        ));
    }
    let targets = group.targets()?;
    let frozen = freeze(api, &targets).await?;
    if frozen.count == 0 {
        let mut reasons = reasons(api, &targets, &frozen).await?;
        reasons.insert(0, "no dead letter is selected".to_owned());
        return Err(invalid(reasons.join("; ")));
    }
    let orders = Orders {
        frozen: &frozen,
        patch: &patch,
        change_identity: typed.change_identity == "true",
        problem_code: problem.code.as_deref(),
        problem_rule: problem.rule.as_deref(),
        by: caller.by(reason),
    };
    let made = repairs::create(&api.database, orders).await;
    Ok(made.map_err(|error| database(&error))?.id)
}

/// The patch that was chosen, if it is one.
fn chosen(group: &GroupQuery, typed: &NewForm) -> Result<Chosen, Problem> {
    let value = Some(typed.value.trim()).filter(|value| !value.is_empty());
    let chosen = if typed.choice == OWN {
        let asked = group.asked(None).unwrap_or_default();
        Chosen {
            patch: typed.patch.trim().to_owned(),
            problem: RepairProblem {
                code: Some(asked.code).filter(|code| !code.is_empty()),
                rule: asked.rule,
            },
        }
    } else {
        let index = typed.choice.parse::<usize>().ok();
        let proposal = index.and_then(|index| proposals(group, value).into_iter().nth(index));
        let proposal = proposal.ok_or_else(|| invalid("choose what changes"))?;
        if let Some(needed) = proposal.value {
            return Err(invalid(format!("the value is empty; give {needed}")));
        }
        Chosen {
            patch: proposal.patch.get().to_owned(),
            problem: proposal.problem,
        }
    };
    if chosen.patch.is_empty() {
        return Err(invalid("the patch is empty; type a JSON Patch (RFC 6902)"));
    }
    PointedPatch::parse(&chosen.patch).map_err(|error| invalid(error.to_string()))?;
    Ok(chosen)
}

fn invalid(detail: impl Into<String>) -> Problem {
    Problem::new(Code::BodyInvalid, detail)
}
