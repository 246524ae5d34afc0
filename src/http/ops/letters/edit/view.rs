//! The page with the form.

use askama::Template;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use invoice::RequestLimits;
use invoice::content::envelope_max;
use serde_json::Value;

use crate::broker::replayed::Archived;
use crate::contract::RequestProblem;
use crate::database::dead_letter::Model;
use crate::dead_letters::{EditCheck, EditedSince};
use crate::http::ops::code::{self, Line};
use crate::http::ops::diff::{self, DiffLine};
use crate::http::ops::indent::indented;
use crate::http::ops::layout::{Layout, Section};
use crate::http::ops::show;
use crate::http::ops::visitor::Visitor;
use crate::moment;

/// Pages of a document that can be chosen.
const PAGES: usize = 20;

/// The form, with what was typed.
#[derive(Template)]
#[template(path = "letter_edit.html")]
pub(super) struct EditPage {
    page: Layout,
    path: String,
    /// `updatedAt` of the dead letter that was shown.
    pub(super) version: String,
    text: String,
    pub(super) reason: String,
    pub(super) changes_identity: bool,
    checked: Option<Checked>,
    pub(super) preview: Option<Preview>,
    /// From what the dead letter has now to what was typed, where it was changed meanwhile.
    conflict: Option<Conflict>,
    /// Why nothing was stored or shown.
    pub(super) refusal: Option<String>,
}

/// What the check has found.
struct Checked {
    is_unchanged: bool,
    errors: Vec<RequestProblem>,
    /// How many these are.
    count: usize,
    /// Empty where it is no JSON.
    lines: Vec<Line>,
    /// The other invoice that it is about.
    moved: Option<String>,
}

/// A picture of a page of the document.
pub(super) struct Preview {
    source: String,
    number: usize,
    count: usize,
    /// The pages that can be chosen.
    pages: Vec<usize>,
}

/// What somebody else has stored meanwhile.
struct Conflict {
    /// Who, and what is changed by that.
    since: EditedSince,
    text: String,
    lines: Vec<DiffLine>,
}

/// The content of a dead letter, unpacked.
pub(super) fn content(row: &Model, limits: RequestLimits) -> Vec<u8> {
    let archived = Archived {
        properties: &row.properties,
        headers: &row.headers,
    };
    let content = archived.content(&row.payload, envelope_max(limits.max_bytes));
    content.into_owned()
}

impl EditPage {
    /// The form with this text.
    pub(super) fn new(visitor: &Visitor, row: &Model, text: String) -> Self {
        let title = format!("Edit dead letter {}", row.id);
        Self {
            page: Layout::new(visitor, Section::DeadLetters, title),
            path: format!("/dead-letters/{}", row.id),
            version: moment::text(row.updated_at),
            text,
            reason: String::new(),
            changes_identity: false,
            checked: None,
            preview: None,
            conflict: None,
            refusal: None,
        }
    }

    /// The same with what a check has found.
    pub(super) fn with_check(mut self, check: &EditCheck) -> Self {
        let problems = check.invalid.iter().flat_map(|invalid| invalid.problems());
        let errors: Vec<_> = problems.map(RequestProblem::from).collect();
        let request = check.request.as_deref().unwrap_or_default();
        // Without problems the form shows it already, and twice would be a heavy page.
        let request = serde_json::from_slice::<Value>(request).ok();
        let request = request.filter(|_| !errors.is_empty());
        let lines = request.map(|request| code::lines(&request, &errors));
        self.checked = Some(Checked {
            is_unchanged: check.is_unchanged,
            lines: lines.unwrap_or_default(),
            count: errors.len(),
            errors,
            moved: check.moved.as_ref().map(|moved| moved.to.to_string()),
        });
        self
    }

    /// The same where the dead letter has other content now. The form is about that from then on.
    pub(super) fn with_conflict(
        mut self,
        now: &Model,
        since: EditedSince,
        limits: RequestLimits,
    ) -> Self {
        self.version = moment::text(now.updated_at);
        let text = indented(&String::from_utf8_lossy(&content(now, limits)));
        self.conflict = Some(Conflict {
            since,
            lines: diff::lines(&text, &indented(&self.text)),
            text,
        });
        self
    }
}

impl Preview {
    /// A picture of this page, of so many.
    pub(super) fn new(png: &[u8], number: usize, count: usize) -> Self {
        Self {
            source: format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png)),
            number,
            count,
            pages: (1..=count.min(PAGES)).collect(),
        }
    }
}
