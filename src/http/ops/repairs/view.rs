//! Repairs and their letters, as this visitor may see them.

use crate::contract::{RepairLetter, RepairResource};
use crate::http::masked;
use crate::repairs::{Followed, Letter};
use crate::text::one_line;

/// Longest detail in a list, in characters.
const DETAIL_CHARS: usize = 200;

/// Problems of a letter in a list.
const PROBLEMS: usize = 3;

/// A repair.
pub(super) struct RepairView {
    /// The repair.
    pub(super) repair: RepairResource,
    /// Which dead letters, in words.
    pub(super) selection: String,
    /// What changes in each request, as JSON.
    pub(super) patch: String,
}

impl RepairView {
    /// A repair, with personal data masked unless the visitor may read.
    pub(super) fn of(followed: Followed, may_read: bool) -> Self {
        let mut selection = followed.row.selection().ok();
        let mut patch = followed.row.patch.clone();
        let mut repair = RepairResource::from(followed);
        if !may_read {
            patch = masked::patch(&patch);
            repair.error = repair.error.map(|error| masked::detail(&error));
            repair.reason = masked::reason(repair.reason);
            repair.applied_reason = masked::reason(repair.applied_reason);
            if let Some(text) = selection.as_mut().and_then(|it| it.text.as_mut()) {
                masked::MASK.clone_into(text);
            }
        }
        let unknown = || "written by a later version".to_owned();
        Self {
            repair,
            selection: selection.map_or_else(unknown, |selection| selection.target()),
            patch,
        }
    }
}

/// A letter of a repair, with personal data masked unless the visitor may read.
pub(super) fn letter(letter: Letter, may_read: bool) -> RepairLetter {
    let mut letter = RepairLetter::from(letter);
    if !may_read {
        letter.detail = letter.detail.map(|detail| masked::detail(&detail));
        letter.skip_reason = letter.skip_reason.map(|reason| masked::detail(&reason));
        letter.errors = masked::problems(letter.errors);
    }
    letter
}

/// A letter in a list.
pub(super) struct LetterRow {
    /// The letter, with its first problems.
    pub(super) letter: RepairLetter,
    /// How many further problems it has.
    pub(super) more: usize,
}

impl LetterRow {
    /// A letter, shortened, with personal data masked unless the visitor may read.
    pub(super) fn of(found: Letter, may_read: bool) -> Self {
        let mut letter = letter(found, may_read);
        let more = letter.errors.len().saturating_sub(PROBLEMS);
        letter.errors.truncate(PROBLEMS);
        for problem in &mut letter.errors {
            problem.detail = one_line(&problem.detail, DETAIL_CHARS);
        }
        let detail = letter.detail.take().filter(|_| letter.errors.is_empty());
        letter.detail = detail.map(|detail| one_line(&detail, DETAIL_CHARS));
        Self { letter, more }
    }
}
