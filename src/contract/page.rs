//! Pages of lists, and what changes answer, as the API returns them.

use std::borrow::Cow;

use invoice::failure_code::Explanation;
use invoice::{ClaimedIdentity, FailureCode};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    ChangeResource, DeadLetter, DeadLetterEdit, DeadLetterSummary, EditOfLetter, ErasureResource,
    FieldChange, ReplayResource, RequestProblem, RequestWarning,
};
use crate::broker::replayed::Archived;
use crate::database::{ReplayOutcome, dead_letter, dead_letter_edit};

macro_rules! pages {
    ($($(#[$doc:meta])+ $page:ident of $item:ident;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Debug, Serialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub struct $page {
            /// The newest first.
            pub items: Vec<$item>,
            /// The value of `cursor` for the next page; absent on the last one.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub next_cursor: Option<String>,
        }
    )+};
}

/// A page of dead letters.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterPage {
    /// The newest first.
    pub items: Vec<DeadLetterSummary>,
    /// The value of `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Where the page ends before it is full, because looking for more would take too long: all dead letters were looked at that came
    /// into the archive since this moment. `nextCursor` goes on from there, and a page without items need not be the last one. Absent
    /// otherwise.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::moment::option::serialize"
    )]
    pub searched_back_to: Option<OffsetDateTime>,
}

pages! {
    /// A page of the edits of a dead letter.
    EditPage of EditOfLetter;
    /// A page of replays.
    ReplayPage of ReplayResource;
    /// A page of erasures.
    ErasurePage of ErasureResource;
    /// A page of changes.
    ChangePage of ChangeResource;
}

/// Dead letters that failed for the same reason.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterGroup {
    /// How many.
    pub count: u64,
    /// Their state: `open`, `replayed` or `discarded`.
    pub status: &'static str,
    /// The stable code.
    pub code: String,
    /// What the code means; null where another program, or another version, has made it.
    pub explanation: Option<CodeExplanation>,
    /// Where they failed.
    pub stage: String,
    /// The beginning of their detail, with `#` for each number.
    pub detail: String,
    /// The detail of the newest of them, whole and with its numbers; null where it is none of the newest thousand of the selection.
    pub example: Option<String>,
    /// The first time that one of them failed.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub first_failed_at: OffsetDateTime,
    /// The last time that one of them failed.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub last_failed_at: OffsetDateTime,
    /// How many of them failed recently.
    pub trend: Trend,
}

/// How many dead letters of a group failed last within a time, which begins with a full hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Trend {
    /// Since the full hour before one hour ago.
    pub last_hour: u64,
    /// Since the full hour before 24 hours ago.
    pub last_day: u64,
    /// Since the full hour before seven days ago.
    pub last_week: u64,
}

/// A failure code in words.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CodeExplanation {
    /// What it means.
    pub meaning: &'static str,
    /// What to do about it.
    pub action: &'static str,
}

impl From<FailureCode> for CodeExplanation {
    fn from(code: FailureCode) -> Self {
        let Explanation { meaning, action } = code.explain();
        Self { meaning, action }
    }
}

/// Dead letters by their cause.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeadLetterGroups {
    /// How many were counted.
    pub total: u64,
    /// The largest first.
    pub groups: Vec<DeadLetterGroup>,
}

/// A dead letter with what operators changed in it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterDetails {
    #[serde(flatten)]
    letter: DeadLetter,
    /// What became of its last replay: `generated`, `failed-again` or `pending`. Null where it is not replayed, or by a version
    /// that did not note it.
    outcome: Option<&'static str>,
    /// The newest ones, of which the oldest comes first: ten at most, and fewer where their messages have more than 8 MiB together.
    edits: Vec<DeadLetterEdit>,
    /// How many edits came before these; `/v1/dead-letters/{id}/edits` lists all.
    older_edits: u64,
    /// Of a conflict, the first fields in which its request differs from the one that was issued under its identity: `before` is the
    /// issued value. Absent for other codes, and where no document is issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    differences: Option<Vec<FieldChange>>,
}

impl DeadLetterDetails {
    /// Of a row, its newest edits, the oldest of these first, and the number of those before. Its request is unpacked where it has
    /// `max_bytes` at most, and what it was until its edits where that has as many together.
    pub fn new(
        row: dead_letter::Model,
        (edits, older_edits): (Vec<dead_letter_edit::Model>, u64),
        outcome: Option<Option<ReplayOutcome>>,
        differences: Option<Vec<FieldChange>>,
        max_bytes: usize,
    ) -> Self {
        let archived = Archived {
            properties: &row.properties,
            headers: &row.headers,
        };
        let mut left = max_bytes;
        let edits = edits.into_iter().map(|edit| {
            let before = archived.content(&edit.before, left);
            if let Cow::Owned(unpacked) = &before {
                left = left.saturating_sub(unpacked.len());
            }
            let before = String::from_utf8_lossy(&before).into_owned();
            DeadLetterEdit::new(edit, before)
        });
        let edits = edits.collect();
        Self {
            edits,
            older_edits,
            differences,
            outcome: outcome.map(ReplayOutcome::name),
            letter: DeadLetter::new(row, max_bytes),
        }
    }
}

/// What an edit did.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EditedRequest {
    /// False where the dead letter had this content already.
    #[serde(rename = "changed")]
    pub is_changed: bool,
    /// The identity until then, where the edit changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<super::ClaimedMarketplace>)]
    pub former_marketplace: Option<ClaimedIdentity>,
    /// What is wrong with a request that was stored by force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<RequestProblem>,
    /// What is suspicious about it: a template or a language that is not there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<RequestWarning>,
}

/// What a discard did.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Discarded {
    /// How many were discarded.
    pub discarded: u64,
    /// Of a dry run: how many would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_discard: Option<u64>,
    /// Of a dry run: their causes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<DeadLetterGroup>,
    /// Why no dead letter is selected, or which of the given numbers the filters leave out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// What a replay would do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReplayPlan {
    /// How many dead letters.
    pub total: u64,
    /// Their causes, the largest group first.
    pub groups: Vec<DeadLetterGroup>,
    /// Why no dead letter is selected, or which of the given numbers the filters leave out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}
