//! Editing the requests of many open dead letters, one by one: each in a transaction of its own.

use std::sync::Arc;

use invoice::RequestLimits;

use super::edit_error::EditError;
use super::patch::Patch;
use super::patched::{PatchTerms, Patched, changed_fields, new_content, store};
use crate::contract::{EditReport, FieldChange, LetterEdit, RequestProblem};
use crate::database::dead_letter::Model;
use crate::database::dead_letters::{EditRun, Frozen};
use crate::database::{By, Database, DatabaseError};

/// Rows that are read at once: each holds a request, of 1 MiB at most unless `REQUEST_MAX_BYTES` says otherwise.
const PAGE: u64 = 32;

/// Most dead letters that a report names: of those that were skipped, and of the others.
const MAX_REPORTED: usize = 1_000;

/// Dead letters of which a report says what changes in them.
const MAX_COMPARED: usize = 5;

/// Most problems of one dead letter in a report.
const MAX_PROBLEMS: usize = 10;

/// How many dead letters are edited.
#[derive(Clone, Copy, Debug)]
pub struct EditTerms<'a> {
    /// Who, and why.
    pub by: By<'a>,
    /// Whether the new requests may be about other invoices.
    pub change_identity: bool,
    /// Whether nothing is stored.
    pub dry_run: bool,
    /// Limits of a request.
    pub limits: RequestLimits,
}

/// Applies a patch to the requests of dead letters. One whose request would not be valid then stays as it is, and is named in
/// the report.
pub async fn edit_all(
    database: &Database,
    frozen: &Frozen,
    patch: &Patch,
    terms: EditTerms<'_>,
) -> Result<EditReport, DatabaseError> {
    let mut edits = Edits::new(database, terms, frozen.selection.target());
    let patch = Arc::new(patch.clone());
    let mut after = 0;
    loop {
        let page = database
            .dead_letters(&frozen.selection, after, PAGE)
            .await?;
        let Some(last) = page.last() else {
            return Ok(edits.into_report());
        };
        after = last.id;
        for row in page {
            let (row, content) = new_content(row, &patch, terms.limits).await;
            edits.edit(&row, content).await?;
        }
    }
}

/// Edits that are under way, and what became of them so far.
pub(super) struct Edits<'a> {
    database: &'a Database,
    terms: EditTerms<'a>,
    run: EditRun,
    compared: usize,
    report: EditReport,
    /// Those that were skipped. The others leave no place for them in a report of many, and they are what a person acts on.
    skipped: Vec<LetterEdit>,
}

impl<'a> Edits<'a> {
    /// Edits that are recorded as one change of this target.
    pub(super) fn new(database: &'a Database, terms: EditTerms<'a>, target: String) -> Self {
        Self {
            database,
            terms,
            run: EditRun::of(target),
            compared: 0,
            report: EditReport {
                is_dry_run: terms.dry_run,
                ..EditReport::default()
            },
            skipped: Vec::new(),
        }
    }

    /// What was done; it names what was skipped first.
    pub(super) fn into_report(self) -> EditReport {
        let Self {
            mut report,
            mut skipped,
            ..
        } = self;
        skipped.append(&mut report.letters);
        report.letters = skipped;
        report
    }

    /// Gives a dead letter this content, or reports why it has none.
    pub(super) async fn edit(
        &mut self,
        row: &Model,
        content: Result<Vec<u8>, String>,
    ) -> Result<(), DatabaseError> {
        let content = match content {
            Ok(content) => content,
            Err(reason) => {
                self.skip(row.id, reason, Vec::new());
                return Ok(());
            }
        };
        match self.try_edit(row, &content).await {
            Ok(true) => {
                self.report.edited += 1;
                let changes = self.compare(row, &content);
                let edited = LetterEdit {
                    changes,
                    ..letter(row.id, "edited")
                };
                name(&mut self.report.letters, edited);
            }
            Ok(false) => self.unchanged(row.id),
            Err(EditError::Database(error)) => return Err(error),
            Err(EditError::Invalid(invalid)) => {
                let problems = invalid.problems().take(MAX_PROBLEMS);
                let errors = problems.map(RequestProblem::from).collect();
                let reason = "the new request is not valid and would fail again".to_owned();
                self.skip(row.id, reason, errors);
            }
            Err(
                error @ (EditError::Unknown(_)
                | EditError::NotOpen { .. }
                | EditError::OtherIdentity { .. }
                | EditError::Overtaken(_)
                | EditError::Claimed { .. }
                | EditError::SameAs { .. }
                | EditError::Unreadable(_)),
            ) => self.skip(row.id, error.to_string(), Vec::new()),
        }
        Ok(())
    }

    /// Whether it changes the dead letter.
    async fn try_edit(&mut self, row: &Model, content: &[u8]) -> Result<bool, EditError> {
        let terms = PatchTerms {
            change_identity: self.terms.change_identity,
            limits: self.terms.limits,
        };
        if self.terms.dry_run {
            let patched = Patched::of(self.database, row, content, terms).await?;
            return Ok(!patched.is_unchanged);
        }
        store(
            self.database,
            row,
            content,
            terms,
            self.terms.by,
            &mut self.run,
        )
        .await
    }

    /// What changes in a dead letter, for the first ones.
    fn compare(&mut self, row: &Model, content: &[u8]) -> Vec<FieldChange> {
        if self.compared >= MAX_COMPARED {
            return Vec::new();
        }
        self.compared += 1;
        changed_fields(row, content, self.terms.limits)
    }

    /// Reports that a dead letter has the content already.
    pub(super) fn unchanged(&mut self, id: i64) {
        self.report.unchanged += 1;
        name(&mut self.report.letters, letter(id, "unchanged"));
    }

    /// Reports that a dead letter stays as it is.
    pub(super) fn skip(&mut self, id: i64, reason: String, errors: Vec<RequestProblem>) {
        self.report.skipped += 1;
        let skipped = LetterEdit {
            reason: Some(reason),
            errors,
            ..letter(id, "skipped")
        };
        name(&mut self.skipped, skipped);
    }
}

/// Adds a dead letter to those that a report names, unless these are many.
fn name(named: &mut Vec<LetterEdit>, letter: LetterEdit) {
    if named.len() < MAX_REPORTED {
        named.push(letter);
    }
}

fn letter(id: i64, result: &'static str) -> LetterEdit {
    LetterEdit {
        id,
        result,
        reason: None,
        errors: Vec::new(),
        changes: Vec::new(),
    }
}
