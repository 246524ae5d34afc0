//! Pages of lists, and what changes answer, as the API returns them.

use std::borrow::Cow;

use invoice::failure_code::Explanation;
use invoice::{ClaimedIdentity, FailureCode};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{ChangeResource, DeadLetter, DeadLetterSummary, ReplayResource, RequestProblem};
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

pages! {
    /// A page of dead letters.
    DeadLetterPage of DeadLetterSummary;
    /// A page of replays.
    ReplayPage of ReplayResource;
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
    /// Their detail, with `#` for each number.
    pub detail: String,
    /// The first time that one of them failed.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub first_failed_at: OffsetDateTime,
    /// The last time that one of them failed.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub last_failed_at: OffsetDateTime,
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
pub struct DeadLetterDetails {
    #[serde(flatten)]
    letter: DeadLetter,
    /// What became of its last replay: `generated`, `failed-again` or `pending`. Null where it is not replayed, or by a version
    /// that did not note it.
    outcome: Option<&'static str>,
    /// The oldest first.
    edits: Vec<DeadLetterEdit>,
}

/// An edit of a dead letter.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DeadLetterEdit {
    #[serde(serialize_with = "crate::moment::serialize")]
    at: OffsetDateTime,
    /// Who: user@host, or the name of a token.
    actor: String,
    reason: Option<String>,
    /// The content of the message until then: unpacked, unless it is too large to be shown; where it is not UTF-8, with
    /// replacement characters.
    before: String,
    /// The identity until then, where the edit changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<super::ClaimedMarketplace>)]
    former_marketplace: Option<ClaimedIdentity>,
}

impl DeadLetterDetails {
    /// Of a row and its edits, the oldest first. Its request is unpacked where it has `max_bytes` at most, and what it was
    /// until its edits where that has as many together.
    pub fn new(
        row: dead_letter::Model,
        edits: Vec<dead_letter_edit::Model>,
        outcome: Option<Option<ReplayOutcome>>,
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
            DeadLetterEdit {
                former_marketplace: edit.former(),
                at: edit.edited_at,
                actor: edit.edited_by,
                reason: edit.reason,
                before: String::from_utf8_lossy(&before).into_owned(),
            }
        });
        let edits = edits.collect();
        Self {
            edits,
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
