//! What people changed in dead letters, and what edits of many of them did, or would do.

use invoice::ClaimedIdentity;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::RequestProblem;
use crate::database::dead_letter_edit;
use crate::database::dead_letters::EditSummary;

/// An edit of a dead letter, without its messages.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EditOfLetter {
    /// Its number: `/v1/dead-letters/{id}/edits/{edit}` has the messages.
    pub id: i64,
    /// When.
    #[serde(serialize_with = "crate::moment::serialize")]
    pub at: OffsetDateTime,
    /// Who: user@host, or the name of a token.
    pub actor: String,
    /// Why.
    pub reason: Option<String>,
    /// The identity until then, where the edit changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<super::ClaimedMarketplace>)]
    pub former_marketplace: Option<ClaimedIdentity>,
}

impl From<EditSummary> for EditOfLetter {
    fn from(edit: EditSummary) -> Self {
        Self {
            former_marketplace: edit.former(),
            id: edit.id,
            at: edit.edited_at,
            actor: edit.edited_by,
            reason: edit.reason,
        }
    }
}

/// An edit of a dead letter, with the message until then.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterEdit {
    #[serde(flatten)]
    edit: EditOfLetter,
    /// The content of the message until then: unpacked, unless it is too large to be shown; where it is not UTF-8, with
    /// replacement characters.
    before: String,
}

impl DeadLetterEdit {
    /// Of a row, and the content of the message until then.
    pub fn new(edit: dead_letter_edit::Model, before: String) -> Self {
        let edit = EditOfLetter {
            former_marketplace: edit.former(),
            id: edit.id,
            at: edit.edited_at,
            actor: edit.edited_by,
            reason: edit.reason,
        };
        Self { edit, before }
    }
}

/// An edit of a dead letter, with the message before and after it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EditDetails {
    #[serde(flatten)]
    edit: DeadLetterEdit,
    /// The content of the message since then, in the same way.
    after: String,
}

impl EditDetails {
    /// Of a row, and the contents of the messages.
    pub fn new(edit: dead_letter_edit::Model, before: String, after: String) -> Self {
        let edit = DeadLetterEdit::new(edit, before);
        Self { edit, after }
    }
}

/// What became of the dead letters of an edit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EditReport {
    /// Whether nothing was changed, and the counts say what would be.
    #[serde(rename = "dryRun")]
    pub is_dry_run: bool,
    /// How many were edited.
    pub edited: u64,
    /// How many have the new content already.
    pub unchanged: u64,
    /// How many stay as they are, because the edit is not possible.
    pub skipped: u64,
    /// The first thousand that were skipped, and then the first thousand others; both in the order in which they were edited:
    /// that of their numbers, or of the lines of an import.
    pub letters: Vec<LetterEdit>,
    /// Why no dead letter is selected, or which of the given numbers the filters leave out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// What became of one dead letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LetterEdit {
    /// Its number.
    pub id: i64,
    /// `edited`, `unchanged` or `skipped`.
    pub result: &'static str,
    /// Why it was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is still wrong with a request that was skipped: the first problems.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<RequestProblem>,
    /// What changes in the request, for the first dead letters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<FieldChange>,
}

/// A change of a field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// Where: a JSON pointer (RFC 6901) into the request.
    pub pointer: String,
    /// The beginning of the former value, as JSON; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The beginning of the new value, as JSON; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}
