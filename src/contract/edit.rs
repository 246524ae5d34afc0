//! What edits of many dead letters did, or would do.

use serde::Serialize;
use utoipa::ToSchema;

use super::RequestProblem;

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
