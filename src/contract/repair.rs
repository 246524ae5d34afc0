//! A repair of a group of dead letters, and its letters.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{ReplayOutcomes, ReplaySelection, RequestProblem};
use crate::database::repair::Model;
use crate::database::{RepairVerdict, repair_letter};

/// A repair with its progress.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RepairResource {
    /// Its number.
    pub id: i64,
    /// `trying`, `tried`, `waiting_for_approval`, `applying`, `replaying`, `done`, `cancelled` or `failed`.
    pub status: &'static str,
    /// Of one that is cancelled or failed: the state in which it goes on when it is resumed.
    pub goes_on_as: Option<&'static str>,
    /// What the trial says so far, in words: "213 of 214 would be issued, 1 would conflict".
    pub summary: String,
    /// Which dead letters; none where a later version has written a filter that this one does not know.
    pub selection: Option<ReplaySelection>,
    /// What changes in each request.
    #[schema(value_type = Value)]
    pub patch: Option<Box<RawValue>>,
    /// Whether the new requests may be about other invoices.
    pub change_identity: bool,
    /// Which problems `{pointer}` in the patch stands for.
    pub problem: RepairProblem,
    /// Dead letters that were selected.
    pub total: i64,
    /// Dead letters that were tried.
    pub tried: u64,
    /// How many of them have which verdict.
    pub verdicts: BTreeMap<String, u64>,
    /// Digest of the templates, fonts and program of the trial; changes are made with these only.
    pub templates: Option<String>,
    /// Lane of the replay, once the repair was applied: `ordinary` or `bulk`.
    pub lane: Option<String>,
    /// Requests a second at most, of the replay.
    pub rate: Option<i64>,
    /// Requests at most, of the replay.
    pub limit: Option<i64>,
    /// Dead letters that were edited.
    pub edited: i64,
    /// Dead letters that would be issued, and were changed by others since the trial; they stay as they are.
    pub skipped: i64,
    /// The replay of those that were edited.
    pub replay: Option<i64>,
    /// What became of those that were replayed.
    pub outcome: Option<ReplayOutcomes>,
    /// Who made it: user@host, or the name of a token.
    pub actor: String,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// Who asked for its changes.
    pub applied_by: Option<String>,
    /// Why, in that person's words.
    pub applied_reason: Option<String>,
    /// Who approved them.
    pub approved_by: Option<String>,
    /// What went wrong last, or what it waits for.
    pub error: Option<String>,
    /// The process that works on it: host:pid.
    pub owner: Option<String>,
    /// When a person asked for its end, while a process works on it.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub cancel_requested_at: Option<OffsetDateTime>,
    /// When it was made.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub created_at: OffsetDateTime,
    /// When the trial was complete.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub tried_at: Option<OffsetDateTime>,
    /// Last change or sign of life. Who applies or approves the repair gives the moment that was seen.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub updated_at: OffsetDateTime,
    /// When it was done, cancelled, or failed.
    #[serde(serialize_with = "crate::moment::option::serialize")]
    pub finished_at: Option<OffsetDateTime>,
}

/// Which problems of a request `{pointer}` stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RepairProblem {
    /// With this code; none is any.
    pub code: Option<String>,
    /// That break this rule; none is any.
    pub rule: Option<String>,
}

impl RepairResource {
    /// Of a row, with the trial in words, and the outcomes of its replay where there is one.
    pub fn new(row: Model, summary: String, outcome: Option<ReplayOutcomes>) -> Self {
        let verdicts = row.verdicts();
        Self {
            id: row.id,
            status: row.status.as_str(),
            goes_on_as: row.goes_on_as.map(|status| status.as_str()),
            summary,
            selection: row.selection().ok().map(ReplaySelection::from),
            patch: RawValue::from_string(row.patch).ok(),
            change_identity: row.change_identity,
            problem: RepairProblem {
                code: row.problem_code,
                rule: row.problem_rule,
            },
            total: row.total,
            tried: verdicts.values().sum(),
            verdicts,
            templates: row.templates,
            lane: row.lane,
            rate: row.rate,
            limit: row.at_most,
            edited: row.edited,
            skipped: row.skipped,
            replay: row.replay_id,
            outcome,
            actor: row.actor,
            reason: row.reason,
            applied_by: row.applied_by,
            applied_reason: row.applied_reason,
            approved_by: row.approved_by,
            error: row.error,
            owner: row.owner,
            cancel_requested_at: row.cancel_requested_at,
            created_at: row.created_at,
            tried_at: row.tried_at,
            updated_at: row.updated_at,
            finished_at: row.finished_at,
        }
    }
}

/// A dead letter of a repair: what its trial says, and what became of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RepairLetter {
    /// Number of the dead letter.
    pub id: i64,
    /// `would_issue`, `conflict`, `already_generated`, `invalid`, `render_failed`, `would_fail`, `patch_failed` or `unchanged`.
    pub verdict: &'static str,
    /// Of one that would fail: the stable code.
    pub code: Option<String>,
    /// Why, in words.
    pub detail: Option<String>,
    /// What is wrong with fields of the new request.
    pub errors: Vec<RequestProblem>,
    /// `edited` or `skipped`, once the repair is applied to it.
    pub applied: Option<&'static str>,
    /// Why it was skipped.
    pub skip_reason: Option<String>,
    /// What became of it in the replay: `generated`, `failed-again` or `pending`; null where it was not replayed.
    pub outcome: Option<&'static str>,
    /// Of one that failed again: the code of its last failure.
    pub outcome_code: Option<String>,
    /// Whether the outcome is the one that the trial has said; null while that is not known.
    pub as_tried: Option<bool>,
}

impl RepairLetter {
    /// Of a row, with the name of its outcome, and the code with which it failed again.
    pub fn new(
        row: repair_letter::Model,
        outcome: Option<&'static str>,
        outcome_code: Option<String>,
    ) -> Self {
        let would_issue = row.verdict == RepairVerdict::WouldIssue;
        let as_tried = match outcome {
            Some("generated") => Some(would_issue),
            Some("failed-again") => Some(!would_issue),
            Some(_) | None => None,
        };
        Self {
            id: row.dead_letter_id,
            verdict: row.verdict.as_str(),
            code: row.code,
            detail: row.detail,
            errors: RequestProblem::read(row.problems.as_deref()),
            applied: row.applied.map(|applied| applied.as_str()),
            skip_reason: row.skip_reason,
            outcome,
            outcome_code,
            as_tried,
        }
    }

    /// Whether the outcome is known, and another one than the trial has said.
    pub fn differs(&self) -> bool {
        self.as_tried == Some(false)
    }
}

/// A page of repairs.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RepairPage {
    /// The newest first.
    pub items: Vec<RepairResource>,
    /// The value of `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A page of the letters of a repair.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RepairLetterPage {
    /// In the order of their numbers.
    pub items: Vec<RepairLetter>,
    /// The value of `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A patch that would repair a group of dead letters, if the value that it asks for is right.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RepairProposal {
    /// What it does, in words.
    pub title: String,
    /// The patch; `{pointer}` stands for the place of each letter's own problem, and `{value}` for what has to be given.
    #[schema(value_type = Vec<Value>)]
    pub patch: Box<RawValue>,
    /// What has to be given in the place of `{value}`, in words; null where the patch is complete.
    pub value: Option<String>,
    /// Which problems `{pointer}` stands for: the `problem` of the repair.
    pub problem: RepairProblem,
}

/// Proposals for a group, the most probable first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RepairProposals {
    /// Empty where the cause leaves open what would be right.
    pub proposals: Vec<RepairProposal>,
}
